package fleet

import (
	"bytes"
	"context"
	"crypto/sha256"
	"embed"
	"errors"
	"fmt"
	"html/template"
	"io"
	"net"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"time"

	"accountsync/internal/network"

	"github.com/prometheus/client_golang/prometheus/promhttp"
	"riverqueue.com/riverui"
)

//go:embed page
var pageFiles embed.FS

// Web is what the pages of a fleet need to know beside it.
type Web struct {
	Words  func(status int) string // an exit status in words
	Report func(ctx context.Context, w io.Writer, run string) error
	Users  *Users // nil: everybody who can connect; then only by a name of this machine
}

// ErrNoRun is wrapped by the error of Report for a run that is not on record.
var ErrNoRun = errors.New("no such run is on record")

// Handler serves the pages, metrics and probes of a fleet, until its context is
// done. Probes are open to all.
func (f *Fleet) Handler(ctx context.Context, web Web) (http.Handler, error) {
	p, err := f.newPages(web)
	if err != nil {
		return nil, err
	}
	jobs, err := riverui.NewHandler(&riverui.HandlerOpts{Endpoints: riverui.NewEndpoints(f.client, nil), Prefix: "/jobs", Logger: riverLog(f.log)})
	if err != nil {
		return nil, fmt.Errorf("the page of River: %w", err)
	}
	if err := jobs.Start(ctx); err != nil {
		return nil, fmt.Errorf("the page of River: %w", err)
	}
	pages := http.NewServeMux()
	pages.HandleFunc("GET /{$}", p.syncs)
	pages.HandleFunc("GET /syncs/{name}", p.sync)
	pages.HandleFunc("GET /runs/{run}/report.html", p.report)
	pages.HandleFunc("GET /page.css", p.css)
	pages.Handle("GET /metrics", promhttp.HandlerFor(f.metrics(), promhttp.HandlerOpts{}))
	pages.Handle("/jobs/", riverPolicy(jobs))
	pages.Handle("GET /jobs", http.RedirectHandler("/jobs/", http.StatusMovedPermanently))
	all := http.NewServeMux()
	all.HandleFunc("GET /healthz", func(w http.ResponseWriter, _ *http.Request) { fmt.Fprintln(w, "ok") })
	all.HandleFunc("GET /readyz", func(w http.ResponseWriter, r *http.Request) {
		if err := f.ready(r.Context()); err != nil || f.stop.Err() != nil {
			http.Error(w, "the database cannot be reached, or the worker is ending", http.StatusServiceUnavailable)
			return
		}
		fmt.Fprintln(w, "ok")
	})
	all.Handle("/", web.guard(http.NewCrossOriginProtection().Handler(pages)))
	return secured(all), nil
}

// guard lets in who may see personal data: users, or where there are none
// those who ask this machine by a name of its own: a page of another site that
// had its name lead here would have another.
func (w Web) guard(next http.Handler) http.Handler {
	if w.Users != nil {
		return w.Users.guard(next)
	}
	return http.HandlerFunc(func(rw http.ResponseWriter, r *http.Request) {
		host, _, err := net.SplitHostPort(r.Host)
		if err != nil {
			host = r.Host
		}
		if !network.IsLoopback(strings.Trim(host, "[]")) {
			http.Error(rw, "ask for localhost", http.StatusMisdirectedRequest)
			return
		}
		next.ServeHTTP(rw, r)
	})
}

// secured sets the headers that all answers have.
func secured(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		h := w.Header()
		h.Set("Content-Security-Policy", "default-src 'none'; style-src 'self'; img-src data:; form-action 'self'; base-uri 'none'; frame-ancestors 'none'")
		h.Set("X-Content-Type-Options", "nosniff")
		h.Set("X-Frame-Options", "DENY")
		h.Set("Referrer-Policy", "no-referrer")
		h.Set("Cross-Origin-Opener-Policy", "same-origin")
		h.Set("Cross-Origin-Resource-Policy", "same-origin")
		h.Set("Cache-Control", "no-store")
		if r.TLS != nil {
			h.Set("Strict-Transport-Security", "max-age=31536000")
		}
		next.ServeHTTP(w, r)
	})
}

// riverPolicy lets River's page load itself.
func riverPolicy(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Content-Security-Policy", "default-src 'self'; style-src 'self' 'unsafe-inline'; img-src 'self' data:; font-src 'self' data:; form-action 'self'; base-uri 'none'; frame-ancestors 'none'")
		next.ServeHTTP(w, r)
	})
}

type pages struct {
	*Fleet
	web   Web
	style []byte
	tag   string
	html  *template.Template
}

func (f *Fleet) newPages(web Web) (p *pages, err error) {
	p = &pages{Fleet: f, web: web}
	if p.style, err = pageFiles.ReadFile("page/page.css"); err != nil {
		return nil, err
	}
	p.tag = fmt.Sprintf(`"%x"`, sha256.Sum256(p.style))
	p.html, err = template.New("").Funcs(template.FuncMap{"words": words, "exit": p.exit, "status": status, "progress": progress, "pathEscape": url.PathEscape}).ParseFS(pageFiles, "page/page.html")
	return p, err
}

// words are a state for people.
func words(s State) string {
	return map[State]string{Running: "running", Waiting: "waiting", Retrying: "will try again", Attention: "needs attention", Good: "in order", Never: "has not run"}[s]
}

// exit is an exit status with its words.
func (p *pages) exit(n *Night) string {
	if n.Status == nil {
		return ""
	}
	return fmt.Sprintf("exit %d: %s", *n.Status, p.web.Words(*n.Status))
}

func status(n *Night) string {
	if n.Status == nil {
		return "?"
	}
	return fmt.Sprint(*n.Status)
}

// progress says more of a run that has not ended.
func progress(n *Night) string {
	const clock = "2006-01-02 15:04:05"
	switch state := n.State(); {
	case state == Running:
		return "since " + n.Begun.UTC().Format(clock) + " on " + n.Worker
	case state == Retrying && n.Again != nil:
		return "at " + n.Again.UTC().Format(clock)
	case state == Waiting && n.Begun == nil:
		return "for its turn"
	case state == Waiting:
		return "to go on"
	}
	return ""
}

// line is a sync as the page of all shows it.
type line struct{ *Standing }

// Newest is the newest run, while it has not ended.
func (l line) Newest() *Night {
	if len(l.Nights) == 0 || l.Nights[0].Ended != nil {
		return nil
	}
	return &l.Nights[0]
}

// Past are the runs before the last.
func (l line) Past() (past []*Night) {
	last := l.Last()
	for i := range l.Nights {
		if n := &l.Nights[i]; n.Ended != nil && n != last {
			past = append(past, n)
		}
	}
	return past
}

const shownNights = 15

// syncs is the page of all syncs.
func (p *pages) syncs(w http.ResponseWriter, r *http.Request) {
	all, err := p.Standings(r.Context(), shownNights, "")
	if err != nil {
		p.unavailable(w, err)
		return
	}
	type choice struct {
		Name, Words string
		Count       int
		Chosen      bool
	}
	query, wanted := strings.TrimSpace(r.FormValue("q")), State(r.FormValue("state"))
	counts := map[State]int{}
	var lines []line
	for i := range all {
		s := &all[i]
		counts[s.State()]++
		if (wanted == "" || s.State() == wanted) && s.matches(query) {
			lines = append(lines, line{s})
		}
	}
	slices.SortStableFunc(lines, func(a, b line) int { return slices.Index(States, a.State()) - slices.Index(States, b.State()) })
	var states []choice
	for _, s := range States {
		states = append(states, choice{string(s), words(s), counts[s], s == wanted})
	}
	p.show(w, http.StatusOK, "syncs", map[string]any{"Title": "All syncs", "Now": p.clock.Now(), "Query": query, "States": states, "Syncs": lines, "Total": len(all)})
}

// matches reports whether a sync, or one of its runs, is called like that.
func (s *Standing) matches(query string) bool {
	query = strings.ToLower(query)
	return strings.Contains(strings.ToLower(s.Name), query) ||
		slices.ContainsFunc(s.Nights, func(n Night) bool { return query != "" && strings.HasPrefix(strings.ToLower(n.Run), query) })
}

// sync is the page of one sync.
func (p *pages) sync(w http.ResponseWriter, r *http.Request) {
	const most = 100
	all, err := p.Standings(r.Context(), most, r.PathValue("name"))
	switch {
	case err != nil:
		p.unavailable(w, err)
	case len(all) == 0:
		p.message(w, http.StatusNotFound, "No such sync", "No sync of that name is in the configuration of this worker.")
	default:
		p.show(w, http.StatusOK, "sync", map[string]any{"Title": all[0].Name, "Now": p.clock.Now(), "Standing": line{&all[0]}})
	}
}

// report is report.html of a run, rendered from its record.
func (p *pages) report(w http.ResponseWriter, r *http.Request) {
	out := &late{w: w}
	w.Header().Set("Content-Security-Policy", "frame-ancestors 'none'") // the report brings its own
	w.Header().Set("Content-Type", "text/html; charset=utf-8")
	err := p.web.Report(r.Context(), out, r.PathValue("run"))
	switch {
	case err == nil || out.begun:
	case errors.Is(err, ErrNoRun):
		p.message(w, http.StatusNotFound, "No such run", "The run is not on record: it wrote nothing down before it ended, or it was pruned.")
	default:
		p.unavailable(w, err)
	}
}

// late knows whether something was written.
type late struct {
	w     io.Writer
	begun bool
}

func (l *late) Write(b []byte) (int, error) {
	l.begun = true
	return l.w.Write(b)
}

func (p *pages) css(w http.ResponseWriter, r *http.Request) {
	w.Header().Set("ETag", p.tag)
	w.Header().Set("Cache-Control", "no-cache")
	http.ServeContent(w, r, "page.css", time.Time{}, bytes.NewReader(p.style))
}

func (p *pages) unavailable(w http.ResponseWriter, err error) {
	p.log.Warn().Err(err).Msg("a page could not be shown")
	p.message(w, http.StatusServiceUnavailable, "Not available", "The database cannot be asked at the moment. The log of the worker says why.")
}

func (p *pages) message(w http.ResponseWriter, status int, title, text string) {
	p.show(w, status, "message", map[string]any{"Title": title, "Text": text, "Now": p.clock.Now()})
}

func (p *pages) show(w http.ResponseWriter, status int, name string, data any) {
	var text bytes.Buffer
	if err := p.html.ExecuteTemplate(&text, name, data); err != nil {
		p.log.Error().Err(err).Msg("a page could not be made")
		http.Error(w, "internal error", http.StatusInternalServerError)
		return
	}
	w.Header().Set("Content-Type", "text/html; charset=utf-8")
	w.WriteHeader(status)
	_, _ = text.WriteTo(w)
}
