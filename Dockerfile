# A static program on an image without a shell, as a user without rights.
#
#   docker build --build-arg VERSION=1.0.0 -t accountsync .
#   docker run --rm accountsync demo
#   docker run --rm --env-file tenant.env -v accountsync-state:/state -v "$PWD:/work" \
#     --user "$(id -u):$(id -g)" accountsync plan --source "HR Contractors" --file contractors.csv
#
# /state holds the journal and the locks: keep it between runs, on a local disk.
# /work is where relative paths start: the input, and accountsync-out/ for the reports.
# Both must be writable for the user; volumes with names are made so by the image
# for its own user (65532), others by --user or chown.

# Of go.mod's minor version; patches come by themselves.
FROM golang:1.26-bookworm AS build
WORKDIR /src
COPY go.mod go.sum ./
RUN --mount=type=cache,target=/go/pkg/mod go mod download
COPY . .
ARG VERSION=
RUN --mount=type=cache,target=/go/pkg/mod --mount=type=cache,target=/root/.cache/go-build \
    CGO_ENABLED=0 go build -trimpath -buildvcs=false -ldflags "-s -w -X main.release=${VERSION}" -o /out/accountsync ./cmd/accountsync \
    && mkdir -p /out/state /out/work

FROM gcr.io/distroless/static-debian12:nonroot
COPY --from=build /out/accountsync /usr/local/bin/accountsync
COPY --from=build --chown=65532:65532 /out/state /state
COPY --from=build --chown=65532:65532 /out/work /work
ENV STATE_DIRECTORY=/state
WORKDIR /work
USER 65532:65532
ENTRYPOINT ["/usr/local/bin/accountsync"]
CMD ["--help"]
