//go:build integration && unix

package fleet

import (
	"context"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/chromedp/cdproto/cdp"
	"github.com/chromedp/cdproto/emulation"
	"github.com/chromedp/cdproto/log"
	chromepage "github.com/chromedp/cdproto/page"
	"github.com/chromedp/cdproto/runtime"
	"github.com/chromedp/chromedp"
	"github.com/prometheus/client_golang/prometheus/testutil/promlint"
	"golang.org/x/crypto/bcrypt"
)

const reportText = `<!DOCTYPE html><html lang="en"><title>a report</title><h1>The report</h1>`

// nights are syncs in every state, with a history, and the server of their pages.
func nights(t *testing.T, users *Users) (f *Fleet, address string) {
	t.Helper()
	w, url := newWorld(t), database(t)
	nightly := every(24 * time.Hour)
	var syncs []Sync
	for _, name := range []string{"hr-contractors", "hr-employees", "badge <b>readers</b>", "vpn", "new-one", "a.very.long.name.of.a.sync.that.does.not.fit.on.a.phone/with a slash"} {
		syncs = append(syncs, Sync{Name: name, Domain: "https://acme.api.identitynow.com 2c91", Schedule: nightly, Deadline: 6 * time.Hour})
	}
	syncs = append(syncs, Sync{Name: "by hand", Domain: "https://beta.api.identitynow.com 77"})
	f = w.open(url, "worker-a", 0, syncs)
	for i := range 20 {
		for n, name := range []string{"hr-contractors", "hr-employees", "badge <b>readers</b>", "by hand", syncs[5].Name} {
			status, said := 0, ""
			if n == 1 && i == 0 || (i+n)%9 == 8 {
				status, said = 4, "Blocked by guard removals: 21 planned, limit 6. Nothing was written. <script>alert(1)</script>"
			}
			insert(t, f, fmt.Sprintf("2026112%dT0%d0000Z-%02d", i%10, n, i), name, time.Duration(i)*24*time.Hour, status, said)
		}
	}
	for _, name := range []string{"vpn", "badge <b>readers</b>"} {
		if _, err := f.Ask(t.Context(), name); err != nil {
			t.Fatal(err)
		}
	}
	if _, err := f.pool.Exec(t.Context(), `UPDATE fleet_runs SET working = true, worker = 'worker-b', begun = now(), beat = now() WHERE sync = 'vpn'`); err != nil {
		t.Fatal(err)
	}
	handler, err := f.Handler(t.Context(), Web{Users: users, Words: func(status int) string {
		return map[int]string{0: "in sync, or all applied and verified", 4: "blocked by a guard", 130: "interrupted"}[status]
	}, Report: func(_ context.Context, w io.Writer, run string) error {
		if !strings.HasPrefix(run, "2026") {
			return fmt.Errorf("%w: %s", ErrNoRun, run)
		}
		_, err := io.WriteString(w, reportText)
		return err
	}})
	if err != nil {
		t.Fatal(err)
	}
	server := httptest.NewServer(handler)
	t.Cleanup(server.Close)
	return f, server.URL
}

func insert(t *testing.T, f *Fleet, run, sync string, ago time.Duration, status int, said string) {
	t.Helper()
	_, err := f.pool.Exec(t.Context(), `INSERT INTO fleet_runs (run, sync, slot, asked, domain, job, created, begun, worker, status, said, ended)
		VALUES ($1, $2, now() - $3::interval, false, '', 0, now() - $3::interval, now() - $3::interval, 'worker-a', $4, $5, now() - $3::interval + '5 minutes'::interval)`, run, sync, ago+time.Hour, status, said)
	if err != nil {
		t.Fatal(err)
	}
}

// get asks for a page.
func get(t *testing.T, address string, change ...func(*http.Request)) (status int, header http.Header, body string) {
	t.Helper()
	r, err := http.NewRequest(http.MethodGet, address, nil)
	if err != nil {
		t.Fatal(err)
	}
	for _, c := range change {
		c(r)
	}
	resp, err := http.DefaultClient.Do(r)
	if err != nil {
		t.Fatal(err)
	}
	defer resp.Body.Close()
	text, err := io.ReadAll(resp.Body)
	if err != nil {
		t.Fatal(err)
	}
	return resp.StatusCode, resp.Header, string(text)
}

func TestPages(t *testing.T) {
	t.Parallel()
	f, address := nights(t, nil)
	for _, c := range []struct {
		path   string
		status int
		has    []string
		hasNot []string
	}{
		{"/", 200, []string{"7 of 7 syncs", "badge &lt;b&gt;readers&lt;/b&gt;", "exit 4: blocked by a guard", "on worker-b", "for its turn", "has not run", "when asked for"}, []string{"<b>readers"}},
		{"/?q=HR&state=attention", 200, []string{"1 of 7 syncs", ">hr-employees<"}, []string{">hr-contractors<"}},
		{"/?q=nothing-like-it", 200, []string{"No sync fits this filter"}, nil},
		{"/?q=20261121T01", 200, []string{">hr-employees<", "1 of 7 syncs"}, nil},
		{"/syncs/hr-employees", 200, []string{"Its last 20 runs", "limit 6", "&lt;script&gt;", "/runs/20261120T010000Z-00/report.html"}, []string{"<script"}},
		{"/syncs/" + strings.ReplaceAll("a.very.long.name.of.a.sync.that.does.not.fit.on.a.phone%2Fwith%20a%20slash", "+", "%20"), 200, []string{"Its last 20 runs"}, nil},
		{"/syncs/nobody", 404, []string{"No such sync"}, nil},
		{"/runs/20261120T010000Z-00/report.html", 200, []string{"The report"}, nil},
		{"/runs/other/report.html", 404, []string{"No such run"}, nil},
		{"/nowhere", 404, nil, nil},
		{"/healthz", 200, []string{"ok"}, nil},
		{"/readyz", 200, []string{"ok"}, nil},
		{"/metrics", 200, []string{`accountsync_fleet_last_exit_status{sync="hr-employees"} 4`, `accountsync_fleet_syncs{state="running"} 1`, "accountsync_fleet_database_up 1"}, nil},
		{"/jobs/", 200, []string{"<html"}, nil},
	} {
		status, header, body := get(t, address+c.path)
		if status != c.status {
			t.Errorf("%s: %d\n%s", c.path, status, body)
		}
		for _, text := range c.has {
			if !strings.Contains(body, text) {
				t.Errorf("%s lacks %q:\n%s", c.path, text, body)
			}
		}
		for _, text := range c.hasNot {
			if strings.Contains(body, text) {
				t.Errorf("%s has %q", c.path, text)
			}
		}
		for name, want := range map[string]string{"X-Content-Type-Options": "nosniff", "X-Frame-Options": "DENY", "Referrer-Policy": "no-referrer", "Content-Security-Policy": "frame-ancestors 'none'"} {
			if !strings.Contains(header.Get(name), want) {
				t.Errorf("%s: header %s is %q", c.path, name, header.Get(name))
			}
		}
	}
	if status, _, _ := get(t, address+"/", func(r *http.Request) { r.Host = "evil.example" }); status != http.StatusMisdirectedRequest {
		t.Errorf("a page of another site gets %d", status)
	}
	resp, err := http.Post(address+"/jobs/api/queues/syncs/pause", "text/plain", nil)
	if err != nil || resp.StatusCode >= 500 {
		t.Errorf("%v %v", resp, err)
	}
	cross, _ := http.NewRequest(http.MethodPut, address+"/jobs/api/queues/syncs/pause", nil)
	cross.Header.Set("Origin", "https://evil.example")
	if resp, err = http.DefaultClient.Do(cross); err != nil || resp.StatusCode != http.StatusForbidden {
		t.Errorf("another site can pause the queue: %v %v", resp.Status, err)
	}
	_, _, text := get(t, address+"/metrics")
	if problems, err := promlint.New(strings.NewReader(text)).Lint(); err != nil || slices.ContainsFunc(problems, func(p promlint.Problem) bool { return strings.HasPrefix(p.Metric, "accountsync") }) {
		t.Errorf("%v %v", problems, err)
	}
	f.pool.Close()
	if status, _, _ := get(t, address+"/readyz"); status != http.StatusServiceUnavailable {
		t.Errorf("ready without a database: %d", status)
	}
	if status, _, body := get(t, address+"/"); status != http.StatusServiceUnavailable || !strings.Contains(body, "Not available") {
		t.Errorf("%d %s", status, body)
	}
}

func TestUsers(t *testing.T) {
	t.Parallel()
	hash, err := bcrypt.GenerateFromPassword([]byte("right"), bcrypt.MinCost)
	if err != nil {
		t.Fatal(err)
	}
	users, err := ReadUsers("# who may look\nanna:" + string(hash) + "\n")
	if err != nil {
		t.Fatal(err)
	}
	_, address := nights(t, users)
	as := func(name, password string) func(*http.Request) {
		return func(r *http.Request) { r.SetBasicAuth(name, password) }
	}
	for _, c := range []struct {
		path, name, password string
		status               int
	}{
		{"/", "anna", "right", 200}, {"/", "anna", "right", 200}, {"/", "anna", "wrong", 401}, {"/", "bob", "right", 401}, {"/", "", "", 401},
		{"/metrics", "", "", 401}, {"/jobs/", "", "", 401}, {"/jobs/api/jobs", "", "", 401}, {"/page.css", "", "", 401},
		{"/runs/20261120T010000Z-00/report.html", "", "", 401}, {"/healthz", "", "", 200}, {"/readyz", "", "", 200},
	} {
		if status, _, _ := get(t, address+c.path, as(c.name, c.password)); status != c.status {
			t.Errorf("%s as %q %q: %d, want %d", c.path, c.name, c.password, status, c.status)
		}
	}
	for _, text := range []string{"", "anna", "anna:secret", "anna:$apr1$abc$def", "anna:{SHA}xyz"} {
		if _, err := ReadUsers(text); err == nil {
			t.Errorf("%q is a file of users", text)
		}
	}
}

// The pages as people use them, in a real browser.
func TestBrowser(t *testing.T) {
	t.Parallel()
	_, address := nights(t, nil)
	path, err := exec.LookPath("chromium")
	if err != nil {
		t.Fatalf("no Chromium to open the pages with: apt-get install -y chromium: %v", err)
	}
	options := append(chromedp.DefaultExecAllocatorOptions[:], chromedp.ExecPath(path), chromedp.NoSandbox, chromedp.Flag("disable-gpu", true),
		chromedp.Flag("disable-component-update", true), chromedp.WSURLReadTimeout(time.Minute), chromedp.WindowSize(1360, 900))
	allocator, stop := chromedp.NewExecAllocator(context.Background(), options...)
	t.Cleanup(stop)
	browser, stopBrowser := chromedp.NewContext(allocator)
	t.Cleanup(stopBrowser)
	if err := chromedp.Do(browser); err != nil {
		t.Fatal(err)
	}
	b := &tab{T: t, ctx: browser}
	if err := chromedp.Listen(browser, b.listen); err != nil {
		t.Fatal(err)
	}
	b.do(chromedp.Navigate(address + "/"))
	b.until(`document.activeElement.tagName`, "BODY")
	b.do(chromedp.KeyEvent("\t"))
	b.until(`document.activeElement.textContent`, "Skip to content")
	b.do(chromedp.Focus(chromedp.CSS("input[name=q]")), chromedp.SendKeys(chromedp.CSS("input[name=q]"), "contract\r"))
	b.until(`document.querySelector("[role=status]")?.textContent`, "1 of 7 syncs")
	b.do(chromedp.Focus(chromedp.CSS("tbody th a")), chromedp.KeyEvent("\r"))
	b.until(`document.querySelector("h1").textContent`, "hr-contractors")
	b.do(chromedp.Click(chromedp.CSS("tbody th a")))
	b.until(`document.querySelector("h1").textContent`, "The report")
	for _, scheme := range []string{"light", "dark"} {
		for _, width := range []int64{1360, 390} {
			for _, page := range []string{"/", "/syncs/hr-employees", "/syncs/new-one", "/?q=nothing-like-it", "/syncs/nobody"} {
				b.do(chromedp.EmulateViewport(width, 844), media(scheme), chromedp.Navigate(address+page))
				if wide := b.number(`document.documentElement.scrollWidth`); wide > int(width) {
					b.Errorf("%s is %d wide on %d", page, wide, width)
				}
				b.axe(page + " " + scheme)
			}
		}
	}
	if len(b.complaints) > 1 { // the 404 of /syncs/nobody, of which there is one a visit
		b.complaints = slices.DeleteFunc(b.complaints, func(c string) bool { return strings.Contains(c, "404") })
		if len(b.complaints) > 0 {
			b.Errorf("the browser complains: %v", b.complaints)
		}
	}
	b.complaints = nil
	b.do(chromedp.EmulateViewport(1360, 900), chromedp.Navigate(address+"/jobs/"))
	b.until(`document.body.textContent.includes("syncs") || document.body.textContent.includes("Jobs")`, "true")
	b.do(chromedp.Navigate(address + "/jobs/jobs?state=pending"))
	b.until(`document.body.textContent.includes("pending") || document.body.textContent.includes("Pending")`, "true")
	if len(b.complaints) > 0 {
		b.Errorf("on River's page the browser complains: %v", b.complaints)
	}
}

// tab is a page in the browser, and what it complains of.
type tab struct {
	*testing.T
	ctx        context.Context
	complaints []string
}

func (b *tab) listen(event any) {
	switch e := event.(type) {
	case *runtime.EventConsoleAPICalled:
		b.complaints = append(b.complaints, fmt.Sprintf("console: %s %v", e.Type, e.Args))
	case *runtime.EventExceptionThrown:
		b.complaints = append(b.complaints, fmt.Sprintf("exception: %+v", e.ExceptionDetails))
	case *log.EventEntryAdded:
		b.complaints = append(b.complaints, fmt.Sprintf("log: %s %s %s", e.Entry.Source, e.Entry.Text, e.Entry.URL))
	}
}

func (b *tab) do(steps ...chromedp.Action[chromedp.Void]) {
	b.Helper()
	ctx, cancel := context.WithTimeout(b.ctx, time.Minute)
	defer cancel()
	if err := chromedp.Do(ctx, steps...); err != nil {
		b.Fatal(err)
	}
}

func (b *tab) number(expression string) int {
	b.Helper()
	n, err := chromedp.Run(b.ctx, chromedp.Evaluate[int](expression))
	if err != nil {
		b.Fatalf("%s: %v", expression, err)
	}
	return n
}

func (b *tab) until(expression, want string) {
	b.Helper()
	var got string
	for range 400 {
		got, _ = chromedp.Run(b.ctx, chromedp.Evaluate[string](`String(`+expression+`)`))
		if got == want {
			return
		}
		time.Sleep(25 * time.Millisecond)
	}
	b.Fatalf("%s is %q instead of %q", expression, got, want)
}

// axe looks for barriers.
func (b *tab) axe(where string) {
	b.Helper()
	found, _ := filepath.Glob("../reports/testdata/axe/package-lock.json")
	if deeper, _ := filepath.Glob("../reports/*/testdata/axe/package-lock.json"); found == nil {
		found = deeper
	}
	if len(found) == 0 {
		b.Fatal("no axe-core: its package-lock.json is not where it was")
	}
	dir := filepath.Dir(found[0])
	path := filepath.Join(dir, "node_modules", "axe-core", "axe.min.js")
	if _, err := os.Stat(path); err != nil {
		install := exec.Command("npm", "ci", "--ignore-scripts", "--no-audit", "--no-fund")
		install.Dir = dir
		if out, err := install.CombinedOutput(); err != nil {
			b.Fatalf("no axe-core to look for barriers with: %v\n%s", err, out)
		}
	}
	script, err := os.ReadFile(path)
	if err != nil {
		b.Fatal(err)
	}
	if _, err := chromedp.Run(b.ctx, chromedp.Evaluate[chromedp.Void](string(script)+"; undefined")); err != nil {
		b.Fatal(err)
	}
	violations, err := chromedp.Run(b.ctx, chromedp.Evaluate[[]string](`axe.run(document).then((r) => r.violations.map((v) => v.id + ": " + v.help + "\n" + v.nodes.map((n) => n.html + " " + n.failureSummary).join("\n")))`, chromedp.EvalAwaitPromise))
	if err != nil {
		b.Fatal(err)
	}
	for _, v := range violations {
		b.Errorf("%s: %s", where, v)
	}
}

// media shows the page as a reader of light or dark pages sees it.
func media(scheme string) chromedp.Action[chromedp.Void] {
	return chromedp.Func(func(ctx context.Context, t *chromedp.Target) error {
		if _, err := cdp.Call(ctx, t, chromepage.SetBypassCSP, chromepage.SetBypassCSPParams{Enabled: true}); err != nil { // for axe
			return err
		}
		_, err := cdp.Call(ctx, t, emulation.SetEmulatedMedia, emulation.SetEmulatedMediaParams{
			Features: []*emulation.MediaFeature{{Name: "prefers-color-scheme", Value: scheme}}})
		return err
	})
}
