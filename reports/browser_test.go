//go:build integration

package reports

import (
	"context"
	"fmt"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	gosync "sync"
	"testing"
	"time"

	"github.com/chromedp/cdproto/cdp"
	"github.com/chromedp/cdproto/emulation"
	"github.com/chromedp/cdproto/log"
	"github.com/chromedp/cdproto/network"
	pages "github.com/chromedp/cdproto/page"
	"github.com/chromedp/cdproto/runtime"
	"github.com/chromedp/chromedp"
)

// chromium finds the browser; a report nobody has opened is not tested.
func chromium(t testing.TB) string {
	t.Helper()
	for _, name := range []string{"chromium", "chromium-browser", "google-chrome"} {
		if path, err := exec.LookPath(name); err == nil {
			return path
		}
	}
	t.Fatal("no Chromium to open report.html with: apt-get install -y chromium")
	return ""
}

// browser starts a headless browser that asks nobody for anything.
func browser(t testing.TB) context.Context {
	t.Helper()
	options := append(chromedp.DefaultExecAllocatorOptions[:], chromedp.ExecPath(chromium(t)), chromedp.NoSandbox,
		chromedp.Flag("disable-gpu", true), chromedp.Flag("hide-scrollbars", true), chromedp.Flag("disable-component-update", true),
		chromedp.WSURLReadTimeout(time.Minute), chromedp.WindowSize(1360, 900))
	allocator, stop := chromedp.NewExecAllocator(context.Background(), options...)
	t.Cleanup(stop)
	ctx, stopBrowser := chromedp.NewContext(allocator)
	t.Cleanup(stopBrowser)
	if err := chromedp.Do(ctx); err != nil {
		t.Fatalf("Chromium does not start: %v", err)
	}
	return ctx
}

// tab is one page in the browser, with what it did that a report must not do.
type tab struct {
	*testing.T
	ctx context.Context

	mu         gosync.Mutex
	requests   []string
	complaints []string
}

// newTab opens a tab; at its end the page must have asked for nothing but
// itself and complained of nothing.
func newTab(t *testing.T, browser context.Context, prepare ...chromedp.Action[chromedp.Void]) *tab {
	t.Helper()
	ctx, stop := chromedp.NewContext(browser)
	t.Cleanup(stop)
	ctx, stopWaiting := context.WithTimeout(ctx, 2*time.Minute)
	t.Cleanup(stopWaiting)
	p := &tab{T: t, ctx: ctx}
	if err := chromedp.Listen(ctx, p.listen); err != nil {
		t.Fatal(err)
	}
	p.do(append([]chromedp.Action[chromedp.Void]{media("", "light")}, prepare...)...)
	return p
}

func (p *tab) listen(event any) {
	p.mu.Lock()
	defer p.mu.Unlock()
	switch e := event.(type) {
	case *network.EventRequestWillBeSent:
		p.requests = append(p.requests, e.Request.URL)
	case *runtime.EventConsoleAPICalled:
		p.complaints = append(p.complaints, fmt.Sprintf("console: %s %v", e.Type, e.Args))
	case *runtime.EventExceptionThrown:
		p.complaints = append(p.complaints, fmt.Sprintf("exception: %+v", e.ExceptionDetails))
	case *log.EventEntryAdded:
		p.complaints = append(p.complaints, fmt.Sprintf("log: %s %s", e.Entry.Source, e.Entry.Text))
	case *pages.EventJavascriptDialogOpening:
		p.complaints = append(p.complaints, "dialog: "+e.Message)
	}
}

func (p *tab) do(steps ...chromedp.Action[chromedp.Void]) {
	p.Helper()
	if err := chromedp.Do(p.ctx, steps...); err != nil {
		p.Fatal(err)
	}
}

// write writes the report of a run and gives its address.
func (p *tab) write(r runner) string {
	p.Helper()
	path := filepath.Join(p.TempDir(), ReportHTML)
	f, err := os.Create(path)
	if err != nil {
		p.Fatal(err)
	}
	defer f.Close()
	if err := writeHTML(context.Background(), f, r.run()); err != nil {
		p.Fatal(err)
	}
	return (&url.URL{Scheme: "file", Path: path}).String()
}

// open goes to an address, and checks at the end of the test that the page
// asked for nothing else.
func (p *tab) open(address string) {
	p.Helper()
	p.do(chromedp.Navigate("about:blank"), chromedp.Navigate(address))
	p.Cleanup(func() {
		p.mu.Lock()
		defer p.mu.Unlock()
		file, _, _ := strings.Cut(address, "#")
		if i := slices.IndexFunc(p.requests, func(u string) bool { return !strings.HasPrefix(u, file) && u != "about:blank" }); i >= 0 {
			p.Errorf("the page asks for %s", p.requests[i])
		}
		for _, complaint := range p.complaints {
			p.Error(complaint)
		}
	})
}

// eval is the value of an expression in the page.
func eval[T any](p *tab, expression string) T {
	p.Helper()
	v, err := chromedp.Run(p.ctx, chromedp.Evaluate[T](expression))
	if err != nil {
		p.Fatalf("%s: %v", expression, err)
	}
	return v
}

// until waits for an expression to be what it has to be: the page answers keys
// and addresses in its own time.
func until[T comparable](p *tab, expression string, want T) {
	p.Helper()
	var got T
	for range 400 {
		if got = eval[T](p, expression); got == want {
			return
		}
		time.Sleep(25 * time.Millisecond)
	}
	p.Fatalf("%s is %v instead of %v", expression, got, want)
}

// What the list of operations shows; the white space between elements is not compared.
const (
	countText = `document.getElementById("count").textContent`
	shownKeys = `Array.from(document.querySelectorAll("#lines .key"), (k) => k.textContent).join(" ")`
	linesText = `Array.from(document.querySelectorAll("#lines tr"), (r) => r.textContent.replace(/\s+/g, "")).join("\n")`
)

func choose(name, value string) chromedp.Action[chromedp.Void] {
	return chromedp.Click(chromedp.CSS(fmt.Sprintf(`#filters input[name="%s"][value="%s"]`, name, value)), chromedp.NodeReady)
}

// media shows the page as a reader of light, dark or printed pages sees it.
func media(kind, scheme string) chromedp.Action[chromedp.Void] {
	return chromedp.Func(func(ctx context.Context, t *chromedp.Target) error {
		_, err := cdp.Call(ctx, t, emulation.SetEmulatedMedia, emulation.SetEmulatedMediaParams{Media: kind,
			Features: []*emulation.MediaFeature{{Name: "prefers-color-scheme", Value: scheme}, {Name: "prefers-reduced-motion", Value: "reduce"}}})
		return err
	})
}

func withoutScript(ctx context.Context, t *chromedp.Target) error {
	_, err := cdp.Call(ctx, t, emulation.SetScriptExecutionDisabled, emulation.SetScriptExecutionDisabledParams{Value: true})
	return err
}

func withoutPolicy(ctx context.Context, t *chromedp.Target) error {
	_, err := cdp.Call(ctx, t, pages.SetBypassCSP, pages.SetBypassCSPParams{Enabled: true})
	return err
}
