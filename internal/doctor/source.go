package doctor

import (
	"context"
	"slices"
	"strings"

	"accountsync/account"
	"accountsync/csvfile"
	"accountsync/internal/aggregation"
)

// findSource looks the source up, when one is asked for.
func (d *doctor) findSource(ctx context.Context) bool {
	if d.conf.Source == "" {
		d.warn("source", "name it with --source to have it and its schema looked at", "not looked at: --source is not given")
		return false
	}
	source, err := d.api.Source(ctx, d.conf.Source)
	if err != nil {
		d.fail("source", err)
		return false
	}
	d.source = source
	switch {
	case !source.FlatFile():
		d.warn("source", "leave attributes to the target system; states and correlation can be synced, and --removal disable works",
			"%s (%s) is a direct source: the API cannot create, put or delete its accounts as on a flat file", source.Name, source.Type)
	default:
		d.ok("source", "%s (%s) is a flat-file source%s", source.Name, source.ID, threshold(source))
	}
	if source.Authoritative {
		d.warn("source", "leave account.identityId out of the file, or mean it (--allow-recorrelate)",
			"%s is authoritative: an account that moves to another identity can delete the former one", source.Name)
	}
	return true
}

// aggregation looks whether an aggregation of the source is running.
func (d *doctor) aggregation(ctx context.Context) {
	running, err := d.api.Aggregations(ctx, d.source.ID)
	switch {
	case err != nil:
		d.warn("aggregation", "", "%s", aggregation.CannotAsk(err))
	case len(running) > 0:
		d.warn("aggregation", "let it end first, or let sync and apply wait for it with --aggregation-wait", "%s", aggregation.Running(running[0]))
	default:
		d.ok("aggregation", "none of the source is running")
	}
	due, err := aggregation.Next(ctx, d.api.Client, d.conf.AggregationZone, d.source.ID)
	switch {
	case err != nil:
		d.warn("aggregation", "", "%s", aggregation.CannotAskDue(err))
	case due.IsZero():
		d.ok("aggregation", "none of the source is scheduled")
	default:
		d.ok("aggregation", "%s, if its schedule counts in --aggregation-zone %s", aggregation.Due(due), due.Location())
	}
}

func threshold(s account.Source) string {
	if s.DeleteThreshold == nil {
		return ""
	}
	return "; its aggregations skip deletions past " + percent(*s.DeleteThreshold)
}

// readSchema reads the account schema.
func (d *doctor) readSchema(ctx context.Context) {
	schema, err := d.api.Schema(ctx, d.source.ID)
	if err != nil {
		d.fail("schema", err)
		return
	}
	d.schema = schema
	d.ok("schema", "%d attributes, known by %s: the scope idn:source-schema:read is there", len(schema.Attributes), schema.IdentityAttribute)
}

// bindFile holds the header of the desired state against the schema.
func (d *doctor) bindFile(ctx context.Context) {
	if d.conf.File == "" || d.schema.IdentityAttribute == "" {
		return
	}
	file, err := csvfile.OpenContext(ctx, d.conf.File, d.conf.CSV)
	if err != nil {
		d.fail("file", err)
		return
	}
	defer file.Close()
	table, err := file.Bind(d.source, d.schema)
	if err != nil {
		d.fail("file", err)
		return
	}
	d.table = table
	if d.conf.Columns != "" {
		d.ok("columns", "%s says how %s is read", d.conf.Columns, table.Path())
	}
	d.ok("file", "%s: its key is %s, its header fits the schema%s", table.Path(), table.Key().Header, d.unmanaged(table))
}

// unmanaged names the attributes that the file leaves alone.
func (d *doctor) unmanaged(t *csvfile.Table) string {
	var left []string
	for _, at := range d.schema.Attributes {
		managed := at.Name == t.Key().Attribute || at.Name == d.schema.IdentityAttribute ||
			slices.ContainsFunc(t.Columns(), func(c account.Column) bool { return c.Attribute == at.Name })
		if !managed {
			left = append(left, at.Name)
		}
	}
	if len(left) == 0 {
		return ""
	}
	return "; it leaves alone " + strings.Join(left, ", ")
}
