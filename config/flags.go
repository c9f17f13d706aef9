package config

import (
	"time"

	"github.com/spf13/pflag"
)

// Each group of flags is shared by the commands that need it.

// ConfigFlag is for every command.
func ConfigFlag(f *pflag.FlagSet) {
	f.String("config", "", "YAML `FILE` with settings named as these flags (also ACCOUNTSYNC_CONFIG)")
}

// SourceFlag is for commands that are told a source, not a plan or a run.
func SourceFlag(f *pflag.FlagSet) {
	f.String("source", "", "the `SOURCE`, by id or name")
}

func ConnectFlags(f *pflag.FlagSet) {
	ConnectionFlags(f)
	StateFlags(f)
}

func ConnectionFlags(f *pflag.FlagSet) {
	f.String("api", "v3", "`FORM` of the API's addresses: v3, v2024, v2025, v2026, beta or v1 (/accounts/v1)")
	f.String("rate", "100/10s", "the `QUOTA` the tenant grants, as requests per time")
	f.Int("workers", 16, "`N` calls at the same time")
	f.String("client-secret-file", "", "`FILE` that holds the client secret")
	f.String("client-secret-command", "", "`COMMAND` that prints the client secret, run by the shell, e.g. 'op read op://vault/isc/secret'")
}

func CSVFlags(f *pflag.FlagSet) {
	f.StringP("file", "f", "", "the desired-state `FILE`: CSV, book.xlsx#SHEET, lines of JSON objects, or https://... (- is standard input)")
	f.String("file-header-file", "", "`FILE` with header lines for the web server of --file, such as Authorization: Bearer ...")
	f.String("encoding", "", "`NAME` of the file's encoding where it is not UTF-8, such as windows-1252")
	f.String("key", "", "`COLUMN` that holds the key (default: the schema's identityAttribute, or nativeIdentity)")
	f.StringArray("map", nil, "rename a column: `COLUMN=ATTRIBUTE` (repeatable)")
	f.StringArray("ignore", nil, "drop a `COLUMN` (repeatable)")
	f.StringArray("multi", nil, "treat an `ATTRIBUTE` as multi-valued though the schema does not say so (repeatable)")
	f.String("separator", ";", "`TEXT` between the values of one multi-valued cell")
	f.String("delimiter", "auto", "the `CHARACTER` between cells: \",\" \";\" \"tab\" \"|\", or auto")
	f.Bool("merge-rows", false, "join rows of one key that differ only in multi-valued columns")
	f.Bool("trim", false, "take white space off the ends of cells and of the values in them")
	f.StringArray("null", nil, "a `TEXT` of cells that stands for no value, e.g. NULL (repeatable)")
	f.StringArray("date-format", nil, "a `FORM` of DATE cells beside ISO's and epoch milliseconds: dd.MM.yyyy, M/d/yyyy h:mm a, excel, epoch-seconds (repeatable)")
	f.Int("key-width", 0, "fill keys of digits only up to `N` digits with zeros on the left")
	f.Int("skip-lines", 0, "pass over the first `N` lines, which come before the header")
	f.String("columns", "", "YAML `FILE` that says how the table is read, with keys named as these flags (default: NAME.columns.yaml beside --file, if it is there; none: not that one)")
	f.String("comment", "", "skip lines that begin with this `CHARACTER`; none: such rows are rows (default: a row that begins with # is rejected)")
}

// DefaultOut is where the reports go when nobody says otherwise.
const DefaultOut = "accountsync-out"

func PlanFlags(f *pflag.FlagSet) {
	DecisionFlags(f)
	LimitFlags(f)
	MaxShrunkFlag(f)
	AllowFlags(f)
	AllowShrunkFlag(f)
	SelectFlags(f)
}

// SelectFlags are for commands that plan, or carry a plan out in part.
func SelectFlags(f *pflag.FlagSet) {
	f.StringArray("only", nil, "send only operations that a `RULE` matches: op=create, key=svc-* (a pattern), attribute=city, or @FILE with one rule a line (repeatable)")
	f.StringArray("exclude", nil, "leave out operations that a `RULE` matches; they stay in the books as withheld (repeatable)")
}

// MaxShrunkFlag is for commands that list all accounts.
func MaxShrunkFlag(f *pflag.FlagSet) {
	f.String("max-shrunk", "", "guard: most accounts fewer than the last complete run left, a `LIMIT` (default 20%)")
}

// AllowShrunkFlag is for commands that go by a listing of all accounts.
func AllowShrunkFlag(f *pflag.FlagSet) {
	f.Int("allow-shrunk", 0, "go on although exactly `N` accounts fewer are listed, for this run")
}

func DecisionFlags(f *pflag.FlagSet) {
	f.String("removal", "report", "accounts without a row, `report|disable|delete|disable-then-delete=14d`: report (leave alone), disable, delete, or disable-then-delete=14d")
	f.String("update-with", "put", "`put|patch`: put (live attributes overlaid with the row) or patch (only what differs, for accounts others write to as well)")
	f.Bool("allow-direct-create", false, "create on a direct source: the account must be on the target, or the next aggregation removes it")
	f.Bool("allow-recorrelate", false, "change whose accounts they are on an authoritative source: an identity can be lost")
	f.Int("allow-lookalikes", 0, "create exactly `N` accounts whose keys only look like others, for this run")
	f.StringArray("protect", nil, "accounts never removed: a `FILE|PATTERN` of keys and names, e.g. svc-* (repeatable)")
}

func LimitFlags(f *pflag.FlagSet) {
	f.String("max-removals", "", "guard: most removals, a `LIMIT` as 25, 10% or 25,10% of the live accounts (default 10%, or the source's deleteThreshold if lower)")
	f.String("max-updates", "", "guard: most updates, a `LIMIT` (default 50%)")
	f.String("max-creates", "", "guard: most creates, a `LIMIT` (default: no limit)")
	f.Float64("max-unusual", 0, "guard: most operations of a kind, as a `FACTOR` of the median of past runs (default: only a warning, from 3)")
	f.String("max-cleared", "", "guard: most accounts that lose the value of one attribute, a `LIMIT` (default 20%)")
}

func AllowFlags(f *pflag.FlagSet) {
	f.Int("allow-removals", 0, "let exactly `N` removals through, for this run")
	f.Int("allow-updates", 0, "let exactly `N` updates through, for this run")
	f.Int("allow-creates", 0, "let exactly `N` creates through, for this run")
	f.Int("allow-cleared", 0, "let exactly `N` cleared values of one attribute through, for this run")
	f.Bool("allow-unusual", false, "let an unusual night through, for this run")
	f.Bool("allow-empty", false, "go on although the file has no valid row")
}

func ApplyFlags(f *pflag.FlagSet) {
	f.String("on-guard", "block", "`block|skip-removals`, when only the guard on removals blocks: block, or skip-removals (the rest goes on, the exit status is 4 all the same)")
	f.Int("canary", 0, "send and verify `N` mixed operations before the rest")
	f.Bool("reload", false, "have ISC read the touched accounts of a direct source again")
	f.String("max-errors", "25", "stop early, and remove nothing, past this many failed operations: a `LIMIT`")
	f.String("verify", "auto", "`auto|off`: auto lists again what was written until it shows; off does not (the run then ends with 3)")
	f.Duration("verify-timeout", 5*time.Minute, "`TIME`: how long to wait for what was written to show")
	f.Duration("lost-after", 20*time.Second, "`TIME`: how long a write without an answer may take to show before it is sent again")
	f.Duration("lock-wait", time.Hour, "`TIME`: how long to wait for another run of this client id to end; the source of a run under way is not waited for")
}

// AggregationFlag is for commands that carry out a plan for a whole source.
func AggregationFlag(f *pflag.FlagSet) {
	f.Duration("aggregation-wait", 10*time.Minute, "`TIME`: how long to wait for an aggregation of the source to end; 0: do not ask whether one is running or due")
	AggregationZoneFlag(f)
}

// AggregationZoneFlag is for commands that say when an aggregation is due.
func AggregationZoneFlag(f *pflag.FlagSet) {
	f.String("aggregation-zone", "UTC", "the time `ZONE` in which the source's aggregations are scheduled, e.g. America/Chicago: the API does not say")
}

// StaleFlags are for what was planned earlier.
func StaleFlags(f *pflag.FlagSet) {
	f.String("max-stale", "5%", "write nothing when more of the plan than this no longer fits: a `LIMIT`")
}

// SavedFlags are for commands that save a plan.
func SavedFlags(f *pflag.FlagSet) {
	f.Duration("expires", 24*time.Hour, "`TIME`: how long the saved plan may be applied")
}

// ApprovalFlags are for commands that make, approve or carry out a plan.
func ApprovalFlags(f *pflag.FlagSet) {
	f.Int("require-approvals", 0, "apply a plan only when `N` people have approved it, its maker not among them; a flag cannot lower what a file says")
	f.String("allowed-signers", "", "`FILE` of who may approve, a name and an SSH public key a line, as in ssh-keygen(1) under ALLOWED SIGNERS")
}

// MakerFlag is for commands that make a plan.
func MakerFlag(f *pflag.FlagSet) {
	f.String("made-by", "", "`NAME` of who makes the plan, beside the user of this system: neither can approve it")
}

func OutputFlags(f *pflag.FlagSet) {
	f.StringP("out", "o", DefaultOut, "`DIR` for the plan and the reports")
	RenderFlags(f)
}

// RenderFlags are for commands that show what a plan or a run holds.
func RenderFlags(f *pflag.FlagSet) {
	f.StringArray("redact", nil, "mask the values of an `ATTRIBUTE` in every report (repeatable)")
	f.BoolP("verbose", "v", false, "show every operation")
}

// NotifyFlags are for commands that others are told of.
func NotifyFlags(f *pflag.FlagSet) {
	f.String("ping-url", "", "tell a monitor that the run begins and how it ended, as healthchecks.io does: `URL`/start, URL/STATUS")
	f.String("webhook", "", "post how the run ended to a `URL`, as JSON, when the exit status is not 0")
}

// StateFlags are for commands that use the journal.
func StateFlags(f *pflag.FlagSet) {
	f.String("state", "", "`DIR` of the journal and the locks, or postgres://USER@HOST/DATABASE (default: $STATE_DIRECTORY, or ~/.local/state/accountsync)")
	LogFlags(f)
}

func LogFlags(f *pflag.FlagSet) {
	f.String("log-format", "auto", "`auto|console|json` (auto: console on a terminal)")
	f.String("log-level", "info", "`debug|info|warn|error`")
	f.BoolP("quiet", "q", false, "print nothing when the exit status is 0")
	f.Bool("no-progress", false, "no live line")
}

// SyncFlags are all that a sync takes.
func SyncFlags(f *pflag.FlagSet) {
	SourceFlag(f)
	ConnectFlags(f)
	CSVFlags(f)
	PlanFlags(f)
	ApplyFlags(f)
	AggregationFlag(f)
	OutputFlags(f)
	NotifyFlags(f)
}

// ParallelFlag is for commands that carry out the syncs of a fleet.
func ParallelFlag(f *pflag.FlagSet) {
	f.Int("parallel", 4, "of a configuration file with several syncs: work on `N` tenants and client ids at the same time")
}
