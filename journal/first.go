package journal

import (
	"context"
	"encoding/json"
	"fmt"
	"strings"
	"time"

	"accountsync/account"
	"accountsync/diff"
	"accountsync/sync"
)

// The journal of the first edition, schema versions 1 to 6, in the same file: a
// run had parts, one for each source; an intent covered several operations;
// records of how operations stood were JSON arrays of many. Its runs, open ones
// too, and what it knew of missing accounts are taken over.

// firstTables are its tables, by which they are set aside meanwhile.
var firstTables = []string{"runs", "parts", "operations", "intents", "records", "rejected", "missing", "known"}

// setAside brings the old journal to its last version and renames its tables.
func setAside(ctx context.Context, t tx, version int) error {
	var statements []string
	steps, err := schemaFiles.ReadDir("schema/first")
	if err != nil {
		return err
	}
	for _, step := range steps[version-1:] { // the first is that from version 1 to 2
		text, err := schemaFiles.ReadFile("schema/first/" + step.Name())
		if err != nil {
			return err
		}
		statements = append(statements, string(text))
	}
	statements = append(statements, "DROP VIEW IF EXISTS attempts", "DROP INDEX IF EXISTS parts_of_source")
	for _, table := range firstTables {
		statements = append(statements, "ALTER TABLE "+table+" RENAME TO first_"+table)
	}
	for _, statement := range statements {
		if _, err := t.exec(ctx, statement); err != nil {
			return fmt.Errorf("setting the journal of the first edition aside: %w", err)
		}
	}
	return nil
}

// takeOver copies what the old tables hold into the new ones, and drops them.
func takeOver(ctx context.Context, t tx) error {
	parts, err := firstParts(ctx, t)
	if err != nil {
		return err
	}
	for i, p := range parts {
		p.id = int64(i) + 1
		if err := p.copy(ctx, t); err != nil {
			return fmt.Errorf("run %s: %w", p.head.Run, err)
		}
	}
	if _, err := t.exec(ctx, `UPDATE counters SET value = ? WHERE name = 'run'`, len(parts)); err != nil {
		return err
	}
	if err := copyMissing(ctx, t); err != nil {
		return err
	}
	for i := len(firstTables) - 1; i >= 0; i-- { // parts refer to runs
		if _, err := t.exec(ctx, "DROP TABLE first_"+firstTables[i]); err != nil {
			return err
		}
	}
	return nil
}

// firstPart is one source's part of an old run: a run of its own by now.
type firstPart struct {
	id           int64 // of the new run
	part         int64 // of the old part
	begun, ended bool
	head         *sync.Head
}

func firstParts(ctx context.Context, t tx) (parts []*firstPart, err error) {
	seen := map[string]int{}
	for scan := range t.rows(ctx, `SELECT p.id, begun, ended, r.run, command, version, tenant, api, started, finished, outcome, exit_code, error, hint,
		requests, head, source, input, listing, guards, totals, notes, account_schema, settings
		FROM first_parts p JOIN first_runs r ON r.id = p.run ORDER BY p.id`) {
		p := &firstPart{head: &sync.Head{}}
		h := p.head
		var started, finished int64
		var texts [10][]byte
		dest := []any{&p.part, &p.begun, &p.ended, &h.Run, &h.Command, &h.Version, &h.Tenant, &h.API, &started, &finished, &h.Outcome, &h.ExitCode, &h.Error, &h.Hint}
		for i := range texts {
			dest = append(dest, &texts[i])
		}
		if err := scan(dest...); err != nil {
			return nil, err
		}
		h.Started, h.Finished, h.Writes, h.Dated = moment(started), moment(finished), true, false
		var settings map[string]string
		var rest struct {
			Command  string          `json:"command"`
			Settings []sync.Setting  `json:"settings"`
			Redacted []string        `json:"redacted"`
			Latency  *sync.Latency   `json:"latency"`
			Timeline []sync.Interval `json:"timeline"`
		}
		for i, v := range []any{&h.Requests, &rest, &h.Source, &h.Input, &h.Listing, &h.Guards, &h.Totals, &h.Notes, &h.AccountSchema, &settings} {
			if err := sync.Decode(texts[i], v); err != nil {
				return nil, fmt.Errorf("%w: run %s: %w", ErrDamaged, h.Run, err)
			}
		}
		h.Settings, h.Redacted, h.Latency, h.Timeline = rest.Settings, rest.Redacted, rest.Latency, rest.Timeline
		h.Terms = firstTerms(settings)
		if !p.ended {
			h.Outcome, h.Finished = "", time.Time{}
		}
		if seen[h.Run]++; seen[h.Run] > 1 { // a further source of one run
			h.Run = fmt.Sprintf("%s-%d", h.Run, seen[h.Run])
		}
		parts = append(parts, p)
	}
	return parts, nil
}

// firstTerms are the settings as an old journal remembers them; what it does
// not say is as the defaults are.
func firstTerms(settings map[string]string) sync.Terms {
	terms := sync.Terms{Limits: diff.DefaultLimits(), Verify: settings["verify"] != "off", SkipRemovals: settings["on-guard"] == "skip-removals", Rate: settings["rate"]}
	terms.Removal, terms.Grace, _ = diff.ParseRemoval(settings["removal"])
	terms.MaxErrors, _ = diff.ParseLimit(settings["max-errors"])
	terms.VerifyTimeout, _ = time.ParseDuration(settings["verify-timeout"])
	_, _ = fmt.Sscan(settings["canary"], &terms.Canary)
	_, _ = fmt.Sscan(settings["workers"], &terms.Workers)
	_ = json.Unmarshal([]byte(settings["options"]), &terms.Options)
	_ = json.Unmarshal([]byte(settings["told"]), &terms.Action)
	return terms
}

// copy writes the part as a run: sealed when it had begun.
func (p *firstPart) copy(ctx context.Context, t tx) error {
	text, sum, err := encodeHead(p.head)
	if err != nil {
		return err
	}
	if err := t.insertRun(ctx, p.id, 1, p.head, text, sum); err != nil {
		return err
	}
	if err := p.operations(ctx, t); err != nil {
		return err
	}
	if err := p.rejected(ctx, t); err != nil {
		return err
	}
	_, err = t.exec(ctx, `UPDATE runs SET sealed = ?, ended = ? WHERE id = ?`, flag(p.begun), flag(p.ended), p.id)
	return err
}

// firstRecord is how an operation stood, as the old journal says it.
type firstRecord struct {
	Seq        int        `json:"seq"`
	N          int64      `json:"n"`
	At         int64      `json:"at"`
	State      sync.State `json:"state"`
	Account    string     `json:"account"`
	Reason     string     `json:"reason"`
	Attempts   int        `json:"attempts"`
	HTTP       int        `json:"http"`
	Task       string     `json:"task"`
	TaskStatus string     `json:"task_status"`
	TrackingID string     `json:"tracking_id"`
	Error      string     `json:"error"`
	DurationMS int64      `json:"duration_ms"`
	Sent       bool       `json:"sent"`
	Lost       bool       `json:"lost"`
}

// firstHistory is what happened to the operations of a part: the last record
// of each, and its last intent, by seq.
type firstHistory struct {
	records map[int]firstRecord
	intents map[int]int64
}

func (p *firstPart) history(ctx context.Context, t tx) (*firstHistory, error) {
	h := &firstHistory{map[int]firstRecord{}, map[int]int64{}}
	for scan := range t.rows(ctx, `SELECT outcomes FROM first_records WHERE part = ?`, p.part) {
		var text []byte
		var all []firstRecord
		if err := scan(&text); err != nil {
			return nil, err
		}
		if err := sync.Decode(text, &all); err != nil {
			return nil, fmt.Errorf("%w: %w", ErrDamaged, err)
		}
		for _, r := range all {
			if r.N > h.records[r.Seq].N {
				h.records[r.Seq] = r
			}
		}
	}
	for scan := range t.rows(ctx, `SELECT first, last, n FROM first_intents WHERE part = ?`, p.part) {
		var first, last int
		var n int64
		if err := scan(&first, &last, &n); err != nil {
			return nil, err
		}
		for seq := first; seq <= last; seq++ {
			h.intents[seq] = max(h.intents[seq], n)
		}
	}
	return h, nil
}

// operations copies the operations of the part.
func (p *firstPart) operations(ctx context.Context, t tx) error {
	history, err := p.history(ctx, t)
	if err != nil {
		return err
	}
	var a adding
	first, last := span(p.part)
	for scan := range t.rows(ctx, `SELECT id & 4294967295, op, key, account, line, row_offset, joined, reason, why, state, identity_id, identity_state, native, fingerprint, changes, live, warnings, modified, force
		FROM first_operations WHERE id BETWEEN ? AND ? ORDER BY id`, first, last) {
		op, err := p.operation(scan, history)
		if err != nil {
			return err
		}
		e, err := sync.EncodeEntry(op)
		if err != nil {
			return err
		}
		if a.add(e); len(a.draft.text) >= draftBytes {
			if err := a.stage(ctx, t, p.id); err != nil {
				return err
			}
		}
	}
	if err := a.stage(ctx, t, p.id); err != nil {
		return err
	}
	_, err = a.seal(ctx, t, p.id)
	return err
}

// operation reads one operation and what became of it.
func (p *firstPart) operation(scan func(...any) error, h *firstHistory) (*sync.Operation, error) {
	op := &sync.Operation{}
	var joined, reason, why, changes, live, warnings string
	var fact firstRecord
	err := scan(&op.Seq, &op.Op, &op.Key, &op.Account, &op.Line, &op.Offset, &joined, &reason, &why, &fact.State, &op.IdentityID, &op.IdentityState,
		&op.Native, &op.Fingerprint, &changes, &live, &warnings, &op.Modified, &op.Force)
	if err != nil {
		return nil, err
	}
	fact.Reason, fact.Account = reason, op.Account
	for _, part := range []struct {
		text string
		into any
	}{{joined, &op.Joined}, {changes, &op.Changes}, {warnings, &op.Warnings}} {
		if part.text == "" {
			continue
		}
		if err := sync.Decode([]byte(part.text), part.into); err != nil {
			return nil, fmt.Errorf("%w: operation %d: %w", ErrDamaged, op.Seq, err)
		}
	}
	if last, recorded := h.records[op.Seq]; recorded {
		fact = last
	}
	op.Why = firstReason(why)
	fact.set(op)
	if !p.ended && h.intents[op.Seq] > fact.N { // an intent without an answer
		op.State, op.Reason, op.Sent, op.Ambiguous = sync.Failed, sync.Reason{Code: sync.CodeNoAnswer}, true, true
	}
	if live != "" {
		op.Before = &account.Account{ID: op.Account, NativeIdentity: op.Native, SourceID: p.head.Source.ID, IdentityID: op.IdentityID, IdentityState: op.IdentityState}
		if op.Before.Attributes, err = firstAttributes(live); err != nil {
			return nil, fmt.Errorf("%w: operation %d: %w", ErrDamaged, op.Seq, err)
		}
	}
	return op, nil
}

// set makes the operation stand as the record says.
func (r *firstRecord) set(op *sync.Operation) {
	op.State, op.Reason = r.State, firstReason(r.Reason)
	op.Attempts, op.HTTP, op.Task, op.TaskStatus, op.TrackingID, op.Error, op.DurationMS = r.Attempts, r.HTTP, r.Task, r.TaskStatus, r.TrackingID, r.Error, r.DurationMS
	op.Sent, op.Ambiguous = r.Sent, r.Lost
	if op.Account == "" {
		op.Created = r.Account
	}
	if r.State == sync.Accepted {
		op.AcceptedAt = moment(r.At)
	}
}

// firstReason is the code of an old sentence, and the sentence.
func firstReason(text string) sync.Reason {
	if text == "" {
		return sync.Reason{}
	}
	code := sync.CodeText
	if rest, is := strings.CutPrefix(text, "not possible: "); is {
		code, text = sync.CodeNotPossible, rest
	}
	for prefix, known := range map[string]sync.Code{"interrupted": sync.CodeInterrupted, "already so": sync.CodeAlreadySo, "guard ": sync.CodeGuard} {
		if strings.HasPrefix(text, prefix) {
			code = known
		}
	}
	return sync.Reason{Code: code, Details: sync.Details{Text: text}}
}

// firstAttributes reads the object in which attributes were kept.
func firstAttributes(text string) ([]account.Attribute, error) {
	var holder struct {
		Attributes []account.Attribute
	}
	err := sync.Decode(append(append([]byte(`{"Attributes":`), text...), '}'), &holder)
	return holder.Attributes, err
}

func (p *firstPart) rejected(ctx context.Context, t tx) error {
	var rows [][]any
	for scan := range t.rows(ctx, `SELECT line, key, reason, row_offset FROM first_rejected WHERE part = ? ORDER BY n`, p.part) {
		var r account.Rejected
		if err := scan(&r.Line, &r.Key, &r.Reason, &r.Offset); err != nil {
			return err
		}
		text, err := sync.EncodeRejected(r)
		if err != nil {
			return err
		}
		rows = append(rows, entryRow(p.id, kindRejected, int64(len(rows)+1), r.Line, r.Key, text))
	}
	return t.insert(ctx, "entries", "run, kind, n", entryColumns, rows)
}

// copyMissing copies what was known of missing accounts: as of the last run
// that may have learnt it.
func copyMissing(ctx context.Context, t tx) error {
	var rows [][]any
	for scan := range t.rows(ctx, `SELECT tenant, source_id, account, native, since, disable_sent, unanswered, seen_disabled FROM first_missing`) {
		var m diff.Absence
		var tenant, source string
		var since, sent, seen int64
		if err := scan(&tenant, &source, &m.AccountID, &m.NativeIdentity, &since, &sent, &m.Unanswered, &seen); err != nil {
			return err
		}
		m.Since, m.DisableSent, m.SeenDisabledSince = moment(since), moment(sent), moment(seen)
		text, err := sync.Encode(m)
		if err != nil {
			return err
		}
		rows = append(rows, absenceRow(tenant, source, m.AccountID, text))
	}
	if err := t.insert(ctx, "absences", "tenant, source_id, account", absenceColumns, rows); err != nil {
		return err
	}
	_, err := t.exec(ctx, `INSERT INTO sources (tenant, source_id, absences_as_of, accounts_as_of, accounts, accounts_run)
		SELECT r.tenant, r.source_id, max(started), CASE WHEN coalesce(max(accounts), 0) > 0 THEN max(started) ELSE 0 END, coalesce(max(accounts), 0),
			CASE WHEN coalesce(max(accounts), 0) > 0 THEN max(run) ELSE '' END
		FROM runs r LEFT JOIN first_known k ON k.tenant = r.tenant AND k.source_id = r.source_id GROUP BY r.tenant, r.source_id`)
	return err
}
