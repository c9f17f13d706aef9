package reports

import (
	"html/template"
	"sync"

	"accountsync/account"
	"accountsync/diff"
	"accountsync/internal/text"
)

// htmlTemplates are the pages' parts: "begin" ends where the data of the
// operations stands in the page, "end" goes on behind it.
// They are parsed when the first page is written: it takes longer than a short command.
var htmlTemplates = sync.OnceValue(func() *template.Template {
	return template.Must(template.New("").Funcs(template.FuncMap{
		"number":   func(n int) string { return text.Number(n) },
		"number64": func(n int64) string { return text.Number(n) },
		"counted":  func(n int, noun string) string { return counted(n, noun) },
		"visible":  text.Visible,
		"message":  message,
		"brief":    brief,
		"total":    total,
		"tries":    tries,
		"lineText": lineText,
		"opSign":   opSign,
		"sign":     stateSign,
		"texts":    func(v account.Value) string { return valueText(v, valueInPage) },
		"done":     func(op diff.Op) string { return done[op] },
	}).ParseFS(htmlFiles, "html/*.html"))
})
