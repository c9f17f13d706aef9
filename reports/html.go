package reports

import (
	"bufio"
	"context"
	"crypto/rand"
	"embed"
	"io"

	"accountsync/sync"
)

// ReportHTML is the name of the report that opens in a browser.
const ReportHTML = "report.html"

//go:embed html/*.html html/report.css html/report.js
var htmlFiles embed.FS

// policy lets nothing into the page but its own style and script, and nothing
// out of it.
const policy = "default-src 'none'; script-src 'nonce-%[1]s'; style-src 'nonce-%[1]s'; base-uri 'none'; form-action 'none'; " +
	"require-trusted-types-for 'script'; trusted-types 'none'"

// asset is a file of the page as it was built into the program.
func asset(name string) string {
	text, err := htmlFiles.ReadFile("html/" + name)
	if err != nil {
		panic(err) // it is embedded
	}
	return string(text)
}

// writeHTML writes what report.html holds.
func writeHTML(ctx context.Context, out io.Writer, r *Run) error {
	o, err := r.outline(ctx)
	if err != nil {
		return err
	}
	s, data := newSurvey(o), newPageData(o)
	err = r.pass(ctx, data.operation, func(op *sync.Operation, _ *sync.Line) error { s.add(op); return nil })
	if err == nil {
		err = s.finish(ctx, r)
	}
	if err != nil {
		return err
	}
	return writePage(out, r, s, data, rand.Text())
}

// writePage writes the report as one page that needs nothing else. The
// operations stand in it as data, so that twenty thousand of them cost the page
// no more elements than a hundred.
func writePage(out io.Writer, r *Run, s *survey, data *pageData, nonce string) error {
	w := bufio.NewWriter(out)
	view, err := newPage(r, s, data, nonce)
	if err != nil {
		return err
	}
	if err := htmlTemplates().ExecuteTemplate(w, "begin", view); err != nil {
		return err
	}
	if err := data.write(w); err != nil {
		return err
	}
	if err := htmlTemplates().ExecuteTemplate(w, "end", view); err != nil {
		return err
	}
	return w.Flush()
}
