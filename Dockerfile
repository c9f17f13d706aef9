# A static program in an image that holds nothing else, as a user without rights.
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
ARG COMMIT=
ARG DATE=
RUN --mount=type=cache,target=/go/pkg/mod --mount=type=cache,target=/root/.cache/go-build \
    deploy/container/rootfs.sh /out "$VERSION" "$COMMIT" "$DATE"

# The image is what rootfs.sh made: the program, CA certificates, and empty directories.
FROM scratch
COPY --from=build /out/usr /usr
COPY --from=build /out/etc /etc
COPY --from=build /out/tmp /tmp
COPY --from=build --chown=65532:65532 /out/state /state
COPY --from=build --chown=65532:65532 /out/work /work
ENV STATE_DIRECTORY=/state
WORKDIR /work
USER 65532:65532
ENTRYPOINT ["/usr/local/bin/accountsync"]
CMD ["--help"]
