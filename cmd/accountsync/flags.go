package main

import (
	"time"

	"github.com/spf13/pflag"
)

// Each group of flags is shared by the commands that need it.

func connectFlags(f *pflag.FlagSet) {
	f.String("source", "", "the source, by `ID or name`")
	f.String("api", "v3", "form of the API's addresses: v3, v2024, v2025, v2026, beta or v1 (/accounts/v1)")
	f.String("rate", "100/10s", "the quota the tenant grants: requests per time")
	f.Int("workers", 16, "calls at the same time")
	f.String("client-secret-file", "", "`FILE` that holds the client secret")
	f.String("log-format", "auto", "auto, console or json (auto: console on a terminal)")
	f.String("log-level", "info", "debug, info, warn or error")
	f.BoolP("quiet", "q", false, "print nothing when the exit status is 0")
	f.Bool("no-progress", false, "no live line")
}

func csvFlags(f *pflag.FlagSet) {
	f.StringP("file", "f", "", "the desired-state CSV `FILE` (- is standard input)")
	f.String("key", "", "`column` that holds the key (default: the schema's identityAttribute, or nativeIdentity)")
	f.StringSlice("map", nil, "rename a column: `Column=attribute` (repeatable)")
	f.StringSlice("ignore", nil, "drop a `column` (repeatable)")
	f.StringSlice("multi", nil, "treat an `attribute` as multi-valued though the schema does not say so (repeatable)")
	f.String("separator", ";", "between the values of one multi-valued cell")
	f.String("delimiter", "auto", `between cells: "," ";" "tab" "|", or auto`)
	f.Bool("merge-rows", false, "join rows of one key that differ only in multi-valued columns")
}

func planFlags(f *pflag.FlagSet) {
	f.String("removal", "report", "accounts without a row: report (leave alone) or delete")
	f.String("max-removals", "", "guard: most removals, as `N, P% or N,P%` of the live accounts (default 10%, or the source's deleteThreshold if lower)")
	f.String("max-updates", "", "guard: most updates, `N, P% or N,P%` (default 50%)")
	f.String("max-creates", "", "guard: most creates, `N, P% or N,P%` (default: no limit)")
	f.String("max-cleared", "", "guard: most accounts that lose the value of one attribute, `N, P% or N,P%` (default 20%)")
	f.Int("allow-removals", 0, "let exactly this many removals through, for this run")
	f.Int("allow-updates", 0, "let exactly this many updates through, for this run")
	f.Int("allow-creates", 0, "let exactly this many creates through, for this run")
	f.Int("allow-cleared", 0, "let exactly this many cleared values of one attribute through, for this run")
	f.Bool("allow-empty", false, "go on although the file has no valid row")
}

func applyFlags(f *pflag.FlagSet) {
	f.String("max-errors", "25", "stop early, and remove nothing, past this many failed operations: `N or P%`")
	f.String("verify", "auto", "auto: list again what was written until it shows; off: don't (the run then ends with 3)")
	f.Duration("verify-timeout", 5*time.Minute, "how long to wait for what was written to show")
}

func outputFlags(f *pflag.FlagSet) {
	f.StringP("out", "o", "accountsync-out", "`DIR` for result.json, result.csv and failed.csv")
	f.BoolP("verbose", "v", false, "show every operation")
}
