# The two commands to know: make demo, make test. Both need Go and nothing else.
GO ?= go
BIN := bin/accountsync

.PHONY: all build demo test property integration deploy release-check lint platforms vuln fuzz bench conformance samples pictures clean

all: build

build: ## build bin/accountsync, static as in releases
	CGO_ENABLED=0 $(GO) build -trimpath -o $(BIN) ./cmd/accountsync

demo: build ## plan, sync and sync again on the embedded sandbox
	$(BIN) demo --out out/demo

# Every test that needs Go and nothing else; without the race detector, which
# needs a C compiler. The scripts among them need the system's own sh, which a
# PATH with Go alone does not name.
test: export PATH := $(PATH):/usr/bin:/bin
test:
	$(GO) test ./...

# The equivalence property at length: killed and resumed, or planned and applied,
# a run ends as one that nobody disturbed, and undoes nobody's work.
SCENARIOS ?= 5000
property:
	SCENARIOS=$(SCENARIOS) $(GO) test ./sync -run 'TestEquivalence|TestOthersAreNeverUndone' -timeout 2h

# Every test, with the race detector, and those that need other programs: the
# HTML report is opened in Chromium with axe-core from npm, metrics and alert
# rules are shown to promtool, runs are kept in a PostgreSQL of the tests' own,
# signatures of plans are shown to ssh-keygen and made by it.
# .ci/need installs what is missing where it may, or names it and ends at once.
# The race detector is slow: of the tests of the engine and of the program it
# takes some, and make test has tried the scenarios in their number.
integration:
	@.ci/need chromium promtool postgresql pgbouncer npm cc ssh-keygen curl
	$(GO) test -race -tags integration -timeout 45m $$($(GO) list ./... | grep -v -e '/sync$$' -e '/cmd/accountsync$$')
	SCENARIOS=60 $(GO) test -tags integration -timeout 45m ./sync ./cmd/accountsync
	$(GO) test -race -timeout 45m -run 'Fleet|TestScripts/(sync|apply|resume|undo|fleet|canary|accounts_write)$$' ./cmd/accountsync
	$(GO) test -race -timeout 45m -run 'Listing|Create|Canary|Interrupted|Lost|Verify|Witness|Twins|States' ./sync

# What deploy/ and the Dockerfile hold: manifests are rendered and decoded strictly,
# units go through systemd-analyze, the container's root file system is built and
# the program run in it. A module of its own has what only these tests need.
deploy:
	@.ci/need systemd-analyze
	cd deploy/check && $(GO) vet . && $(GO) test -timeout 30m .

# .goreleaser.yaml, a snapshot of archive, deb and rpm built twice alike, the
# packages installed, run and removed. It builds goreleaser first, which takes
# minutes, once: it is kept in the user's cache.
release-check:
	@.ci/need systemd-analyze rpm
	deploy/release/check.sh

# Each further check with its reason:
#   gofmt        one layout, no talk about it
#   vet          mistakes the compiler lets pass
#   staticcheck  more of those, unused code, misspelled printf verbs
#   platforms    it can be built for the systems we name, and its tests for Windows too: vet reads both
#   mod verify   the modules are what go.sum says
lint:
	@test -z "$$(gofmt -l .)" || { echo "gofmt would change:"; gofmt -l .; exit 1; }
	$(GO) vet ./...
	$(GO) vet ./cmd/accountsync/testdata/bench/csvdiff ./cmd/accountsync/testdata/bench/measure ./cmd/accountsync/testdata/bench/naive
	$(GO) vet -tags integration ./approval ./reports ./journal ./sync ./fleet
	$(GO) tool staticcheck -tags integration ./...
	$(MAKE) platforms
	$(GO) mod verify

# It is tested on Linux; for the others it is built.
PLATFORMS ?= linux/amd64 linux/arm64 darwin/arm64 windows/amd64
platforms:
	@set -e; for p in $(PLATFORMS); do \
		echo "build for $$p"; GOOS=$${p%/*} GOARCH=$${p#*/} CGO_ENABLED=0 $(GO) build -o /dev/null ./cmd/accountsync; \
	done
	GOOS=windows CGO_ENABLED=0 $(GO) vet ./...

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

# The figures as ratios, each in turn with its peers; benchstat sets the ways
# side by side. Nothing fails on a figure. Figure 4 needs node: without DuckDB,
# from npm, it is skipped and says so.
BENCHCOUNT ?= 3
TENANTS ?= 300
DUCKDB := cmd/accountsync/testdata/bench/duckdb
BENCH = $(GO) test -run '^$$' -timeout 90m -count $(BENCHCOUNT)
bench:
	@mkdir -p bench/out
	npm ci --ignore-scripts --no-audit --no-fund --prefix $(DUCKDB) || echo "DuckDB is not there: figure 4 is skipped"
	$(BENCH) -benchtime 50x -bench '^BenchmarkStart$$' ./cmd/accountsync > bench/out/0-start.txt
	$(BENCH) -benchtime 3x -bench '^BenchmarkRead$$' ./csvfile > bench/out/1-csv.txt
	$(BENCH) -benchtime 200x -bench '^BenchmarkDecodePage$$' ./isc > bench/out/2-page.txt
	$(BENCH) -benchtime 1x -bench '^BenchmarkIndex$$' ./diff > bench/out/3-index.txt
	$(BENCH) -benchtime 1x -bench '^BenchmarkPlan$$' ./cmd/accountsync > bench/out/3-7-plan.txt
	$(BENCH) -benchtime 1x -bench '^BenchmarkDoors$$' ./cmd/accountsync > bench/out/3-doors.txt
	$(BENCH) -benchtime 1x -bench '^BenchmarkLarge$$' ./cmd/accountsync > bench/out/4-8-large.txt
	$(BENCH) -benchtime 3x -bench '^BenchmarkCSVDiff$$' ./cmd/accountsync > bench/out/4-csvdiff.txt
	$(BENCH) -benchtime 1x -bench '^BenchmarkQuota$$' ./ratelimit > bench/out/5-6-quota.txt
	$(BENCH) -benchtime 1x -bench '^BenchmarkSync$$' ./cmd/accountsync > bench/out/5-sync.txt
	$(BENCH) -benchtime 1x -bench '^BenchmarkIdle$$' ./sync > bench/out/7-idle.txt
	$(BENCH) -tags integration -benchtime 1000x -bench '^BenchmarkOperation$$' ./journal > bench/out/8-journal.txt
	$(BENCH) -benchtime 1x -bench '^BenchmarkMillion$$' ./journal > bench/out/9-million.txt
	$(BENCH) -tags integration -benchtime 1x -bench '^BenchmarkDispatch$$' ./fleet > bench/out/10-dispatch.txt
	$(BENCH) -tags integration -benchtime 1x -bench '^BenchmarkTenants$$' ./cmd/accountsync -tenants $(TENANTS) > bench/out/11-tenants.txt
	@for f in 1-csv 2-page 4-csvdiff 5-sync; do $(GO) tool benchstat -col /way bench/out/$$f.txt; done
	@for f in 0-start 3-index 3-7-plan 3-doors 4-8-large 7-idle 8-journal 9-million 10-dispatch 11-tenants; do $(GO) tool benchstat bench/out/$$f.txt; done
	@$(GO) tool benchstat -col /client bench/out/5-6-quota.txt

# The files a run leaves behind, with every kind of state, as samples/report.
samples:
	$(GO) test ./reports -run 'Sample' -update

# The README's picture of a terminal, from a real session, and those of the
# HTML report, for which Chromium is needed.
pictures:
	$(GO) test ./cmd/accountsync -run '^TestTerminalPicture$$' -terminal-picture $(CURDIR)/docs/img/terminal.svg
	$(GO) test -tags integration ./reports -run '^TestPictures$$' -pictures $(CURDIR)/docs/img

clean:
	rm -rf bin out
