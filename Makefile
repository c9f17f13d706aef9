# The two commands to know: make demo, make test.
GO ?= go
BIN := bin/accountsync

.PHONY: all build demo test lint vuln fuzz bench conformance samples clean

all: build

build: ## build bin/accountsync
	$(GO) build -trimpath -o $(BIN) ./cmd/accountsync

demo: build ## plan, sync and sync again on the embedded sandbox
	$(BIN) demo --out out/demo

# Every test, with the race detector. The tests of the HTML report open it in
# Chromium (apt-get install chromium) with axe-core from npm, those of the
# metrics ask promtool (apt-get install prometheus); .ci/run installs both.
test:
	$(GO) test -race ./...

# Each further check with its reason:
#   gofmt        one layout, no talk about it
#   vet          mistakes the compiler lets pass
#   staticcheck  more of those, unused code, misspelled printf verbs
#   mod verify   the modules are what go.sum says
lint:
	@test -z "$$(gofmt -l .)" || { echo "gofmt would change:"; gofmt -l .; exit 1; }
	$(GO) vet ./...
	$(GO) tool staticcheck ./...
	$(GO) mod verify

# Known vulnerabilities in what we use. It needs the database at vuln.go.dev:
# where that cannot be reached it says so and is not a pass.
vuln:
	@$(GO) tool govulncheck ./... || { code=$$?; \
		if [ $$code -eq 1 ]; then echo "govulncheck: its database cannot be reached, NOT CHECKED"; else exit $$code; fi; }

# Every fuzz target for a few seconds.
FUZZTIME ?= 5s
fuzz:
	@set -e; for pkg in $$($(GO) list ./...); do \
		for target in $$($(GO) test -list '^Fuzz' $$pkg | grep '^Fuzz' || true); do \
			echo "fuzz $$pkg $$target"; \
			$(GO) test -run '^$$' -fuzz "^$$target$$" -fuzztime $(FUZZTIME) $$pkg; \
		done; done

# The official TypeScript client goes through all eleven operations of the sandbox.
conformance: build
	cd sandbox/conformance && npm ci --ignore-scripts --no-audit --no-fund && node --test

# What was promised of speed and memory, as ratios taken in one run, with peers
# beside it; benchstat sets the ways side by side. DuckDB comes from npm.
BENCH_OUT := bench/out
COUNT ?= 3
DUCKDB_DIR := cmd/accountsync/testdata/bench/duckdb
bench:
	mkdir -p $(BENCH_OUT)
	cd $(DUCKDB_DIR) && npm ci --ignore-scripts --no-audit --no-fund
	$(GO) test -run '^$$' -bench . -benchtime 1x -count $(COUNT) -timeout 60m ./account ./isc ./diff ./ratelimit ./journal ./reports | tee $(BENCH_OUT)/packages.txt
	$(GO) test -run '^$$' -bench . -benchtime 1x -count $(COUNT) -timeout 60m ./cmd/accountsync | tee $(BENCH_OUT)/program.txt
	$(GO) tool benchstat -col /way $(BENCH_OUT)/packages.txt
	$(GO) tool benchstat -col /way $(BENCH_OUT)/program.txt

# The files a run leaves behind, with every kind of state, as samples/report.
samples:
	$(GO) test ./reports -run 'Sample' -update

clean:
	rm -rf bin out
