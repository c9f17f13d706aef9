//go:build integration

package reports

import (
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/chromedp/chromedp"

	"accountsync/account"
	"accountsync/diff"
	"accountsync/internal/text"
	"accountsync/sync"
)

// The page as people use it, in a real browser.
func TestPage(t *testing.T) {
	t.Parallel()
	ctx := browser(t)
	for name, test := range map[string]func(*testing.T){
		"filters":        func(t *testing.T) { testFilters(newTab(t, ctx)) },
		"addresses":      func(t *testing.T) { testAddresses(newTab(t, ctx)) },
		"keyboard":       func(t *testing.T) { testKeyboard(newTab(t, ctx)) },
		"many":           func(t *testing.T) { testMany(newTab(t, ctx)) },
		"hostile":        func(t *testing.T) { testHostile(newTab(t, ctx)) },
		"long lists":     func(t *testing.T) { testLongLists(newTab(t, ctx)) },
		"no operations":  func(t *testing.T) { testNoOperations(newTab(t, ctx)) },
		"plan":           func(t *testing.T) { testPlan(newTab(t, ctx)) },
		"left out":       func(t *testing.T) { testLeftOut(newTab(t, ctx)) },
		"narrow":         func(t *testing.T) { testNarrow(newTab(t, ctx, chromedp.EmulateViewport(390, 844))) },
		"print":          func(t *testing.T) { testPrint(newTab(t, ctx)) },
		"long values":    func(t *testing.T) { testLongValues(newTab(t, ctx)) },
		"axe plan":       func(t *testing.T) { testAxePlan(newTab(t, ctx, chromedp.Func(withoutPolicy))) },
		"without script": func(t *testing.T) { testWithoutScript(newTab(t, ctx), newTab(t, ctx, chromedp.Func(withoutScript))) },
		"axe left out": func(t *testing.T) {
			testAxe(newTab(t, ctx, chromedp.Func(withoutPolicy)), leavingOut(t), "12 operations")
		},
		"axe light": func(t *testing.T) {
			testAxe(newTab(t, ctx, chromedp.Func(withoutPolicy)), everyState(t), "11 operations")
		},
		"axe dark": func(t *testing.T) {
			testAxe(newTab(t, ctx, chromedp.Func(withoutPolicy), media("", "dark")), everyState(t), "11 operations")
		},
		"axe print": func(t *testing.T) {
			testAxe(newTab(t, ctx, chromedp.Func(withoutPolicy), media("print", "light")), everyState(t), "11 operations")
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			test(t)
		})
	}
}

func testFilters(p *tab) {
	p.open(p.write(everyState(p)))
	until(p, countText, "11 operations")
	p.do(choose("state", "failed"))
	until(p, shownKeys, "new.zoe")
	until(p, countText, "1 of 11 operations")
	p.do(choose("state", "stale"))
	until(p, shownKeys, "new.zoe put.stale")
	p.do(choose("op", "put"))
	until(p, shownKeys, "put.stale")
	until(p, "location.hash", "#state=failed&state=stale&op=put")
	p.do(chromedp.Click(chromedp.ID("clear")))
	until(p, countText, "11 operations")
	for words, keys := range map[string]string{"lima": "new.zoe", "VPN": "put.eve gone.1 new.anna", "line 9": "put.bob", "e7eab609": "new.zoe",
		"12345678901234567891": "put.bob", "東京": "new.山田", "max-errors": "put.eve", "identity-3": "gone.3", "nobody has this": ""} {
		eval[chromedp.Void](p, `document.getElementById("q").value = ""; undefined`)
		p.do(chromedp.SendKeys(chromedp.ID("q"), words))
		until(p, shownKeys, keys)
	}
	p.do(chromedp.Click(chromedp.ID("clear")))
	eval[bool](p, `(() => { const a = document.getElementById("attribute"); a.value = "groups"; return a.dispatchEvent(new Event("change", { bubbles: true })); })()`)
	until(p, shownKeys, "put.eve new.anna")
}

// A number of the balance, an attribute and a reason lead to their operations,
// and an address brings one operation back.
func testAddresses(p *tab) {
	address := p.write(everyState(p))
	p.open(address + "#op-5")
	until(p, `document.activeElement.closest("tr")?.id ?? ""`, "op-5")
	until(p, `document.querySelector("tr.found .key")?.textContent ?? ""`, "put.eve")
	p.do(chromedp.Click(chromedp.CSS(`#books tbody a[href="#state=failed&op=create"]`)))
	until(p, shownKeys, "new.zoe")
	p.do(chromedp.Click(chromedp.CSS(`#attributes a[href="#attribute=level"]`)))
	until(p, shownKeys, "put.bob")
	until(p, "document.activeElement.id", "count")
	p.do(chromedp.Click(chromedp.CSS(`.whole a[href="#state=withheld"]`)))
	until(p, shownKeys, "put.eve gone.3 gone.1 gone.2")
	p.do(chromedp.SendKeys(chromedp.ID("q"), "nobody has this"))
	until(p, `document.getElementById("nothing").checkVisibility()`, true)
	p.do(chromedp.Click(chromedp.ID("all")))
	until(p, countText, "11 operations")
	p.do(chromedp.Click(chromedp.CSS(`#removals a[href^="#op-"]`)))
	until(p, `document.querySelector("tr.found .key")?.textContent ?? ""`, "gone.1")
	p.do(chromedp.Navigate("about:blank"), chromedp.Navigate(address+"#q=lima&state=failed&page=7"))
	until(p, shownKeys, "new.zoe")
	until(p, `document.getElementById("q").value`, "lima")
	p.do(chromedp.Navigate("about:blank"), chromedp.Navigate(address+"#op-999"))
	until(p, countText, "11 operations")
}

// Every filter and line can be reached and used with the tab key and space.
func testKeyboard(p *tab) {
	p.open(p.write(everyState(p)))
	until(p, countText, "11 operations")
	p.do(chromedp.Focus(chromedp.ID("q")), chromedp.KeyEvent("\t"))
	until(p, "document.activeElement.tagName", "SUMMARY")
	p.do(chromedp.KeyEvent("\t"))
	until(p, "document.activeElement.value", "verified")
	p.do(chromedp.KeyEvent(" "))
	until(p, countText, "3 of 11 operations")
	p.do(chromedp.KeyEvent("\t"), chromedp.KeyEvent(" "))
	until(p, countText, "5 of 11 operations")
	until(p, `document.getElementById("count").getAttribute("aria-live")`, "polite")
}

// As many operations as a page holds are searched and paged like ten.
func testMany(p *tab) {
	address := p.write(manyCreates(100_000, sync.Verified))
	p.open(address + "#op-17778")
	until(p, `document.querySelector("tr.found .key")?.textContent ?? ""`, "user.017777")
	until(p, `document.querySelectorAll("#lines tr").length`, 100)
	until(p, `document.querySelector(".page").textContent`, "Page 178 of 200, 17,701 to 17,800")
	p.do(chromedp.Click(chromedp.CSS(`.pages button[data-turn="last"]`)))
	until(p, `document.querySelector("#lines tr:last-child .key").textContent`, "user.019999")
	until(p, `Array.from(document.querySelectorAll(".pages button:disabled"), (b) => b.dataset.turn).join(" ")`, "next last next last")
	until(p, "document.activeElement.dataset.turn", "first") // the focus is not lost with the button
	p.do(chromedp.Click(chromedp.CSS(`main nav:last-of-type button[data-turn="previous"]`)))
	until(p, `document.querySelector("#lines .key").textContent`, "user.019800")
	until(p, "location.hash", "#page=199")
	p.do(chromedp.SendKeys(chromedp.ID("q"), "user.0123"))
	until(p, countText, "100 of 20,000 operations")
	until(p, `document.querySelector(".pages").hidden`, true)
	until(p, `document.querySelector("#operations > p.warn").textContent.includes("the first 20,000 of 100,000 operations")`, true)
	if n := eval[int](p, `document.querySelectorAll("*").length`); n > 5000 {
		p.Errorf("the page has %d elements for 100 lines", n)
	}
}

func testHostile(p *tab) {
	r, texts := hostile(p)
	p.open(p.write(r))
	until(p, countText, fmt.Sprintf("%d operations", len(texts)))
	shown := eval[string](p, `document.body.innerText`)
	for _, said := range append(texts[:6:6], texts[7:11]...) {
		if said = text.Visible(said); !strings.Contains(shown, said) {
			p.Errorf("%s is not shown as text", said)
		}
	}
	for _, text := range []string{`right\u202eto\u2066left`, `two\nlines\r\n`, `\x00\x1b[31m`} {
		if !strings.Contains(shown, text) {
			p.Errorf("%s is not shown", text)
		}
	}
	until(p, `document.querySelectorAll("script, img, iframe, object, embed, link, [onerror], [onmouseover], a[href^=javascript]").length`, 2) // our script and the data
	p.do(chromedp.Click(chromedp.CSS("#lines tr:last-child .more")))
	until(p, `Array.from(document.querySelectorAll("#lines tr:last-child bdi"), (b) => b.textContent.length).includes(10000)`, true)
	title := eval[string](p, "document.title")
	if title != "accountsync report 20261123T020000Z-7f3a: partial, exit 3" {
		p.Errorf("the title is %q", title)
	}
}

// A list of thousands shows the first, and the others when asked.
func testLongLists(p *tab) {
	var before, after []string
	for i := range 1000 {
		before, after = append(before, fmt.Sprint("old", i)), append(after, fmt.Sprint("new", i))
	}
	r := manyCreates(1, sync.Verified)
	r.Operations[0].Op = diff.Put // what is created is folded
	r.Operations[0].Changes = []diff.Field{{Attribute: "groups", Before: account.ListValue(append(before, "same")), After: account.ListValue(append(after, "same"))}}
	p.open(p.write(r))
	until(p, `document.querySelectorAll("#lines del").length`, 20)
	p.do(chromedp.Click(chromedp.CSS("#lines .more")))
	until(p, `document.querySelectorAll("#lines del").length`, 1000)
	until(p, `document.querySelector("#lines .changes > li > .dim").textContent`, "1 stay")
}

func testNoOperations(p *tab) {
	r := head()
	r.Outcome, r.ExitCode, r.Error, r.Hint = sync.RunFailed, 77, "401 invalid_client\nthe token was refused", "look at SAIL_CLIENT_ID"
	p.open(p.write(r))
	until(p, `document.querySelector("h1").textContent.includes("could not be done")`, true)
	until(p, `document.getElementById("operations").textContent.includes("There was nothing to do.")`, true)
}

// Without a script the first lines say the same as with it.
func testWithoutScript(with, without *tab) {
	r := everyState(with)
	r.Operations = append(r.Operations, manyCreates(150, sync.Accepted).Operations...)
	address := with.write(r)
	with.open(address)
	without.open(address)
	until(with, countText, "161 operations")
	until(without, `document.getElementById("first").textContent`, "The first 100 of 161 operations")
	got, want := eval[string](without, linesText), eval[string](with, linesText)
	if got != want {
		gotLines, wantLines := strings.Split(got, "\n"), strings.Split(want, "\n")
		for i := range min(len(gotLines), len(wantLines)) {
			if gotLines[i] != wantLines[i] {
				with.Fatalf("line %d\nwithout script %s\nwith script    %s", i+1, gotLines[i], wantLines[i])
			}
		}
	}
	until(without, `document.getElementById("filters").hidden`, true)
	until(without, `document.querySelector("noscript p").checkVisibility()`, true)
}

// axe is axe-core from npm, installed by its lock file where it is missing.
func axe(t testing.TB) string {
	t.Helper()
	dir := filepath.Join("testdata", "axe")
	script := filepath.Join(dir, "node_modules", "axe-core", "axe.min.js")
	if _, err := os.Stat(script); err != nil {
		install := exec.Command("npm", "ci", "--ignore-scripts", "--no-audit", "--no-fund")
		install.Dir = dir
		if out, err := install.CombinedOutput(); err != nil {
			t.Fatalf("no axe-core to look for barriers with: run npm ci in reports/%s: %v\n%s", dir, err, out)
		}
	}
	text, err := os.ReadFile(script)
	if err != nil {
		t.Fatal(err)
	}
	return string(text)
}

// A reviewer marks operations of a plan, by keyboard as well, and is shown the
// flags and the file that leave them out.
func testPlan(p *tab) {
	r := aPlan(p)
	r.Operations[0].Key = "new*anna [1]"
	address := p.write(r)
	p.open(address)
	until(p, countText, "12 operations")
	until(p, `document.querySelector("header.verdict").className`, "verdict look")
	until(p, `document.querySelectorAll("#books th[scope=col]").length`, 2)
	for _, want := range []string{"bypassed by --allow-removals 3", "1 removal from an identity that is active", "Gina Onegin, ACTIVE", "1 value cleared", "1 account moved to another identity", "Unusual: 2 to delete"} {
		until(p, fmt.Sprintf(`document.getElementById("look").textContent.includes(%q)`, want), true)
	}
	p.do(chromedp.SendKeys(chromedp.ID("reason"), "still employed"))
	p.do(chromedp.Focus(chromedp.CSS(`#lines tr:first-child .mine input`)), chromedp.KeyEvent(" "))
	until(p, `document.getElementById("rules-flags").textContent`, "--exclude key=gone.1")
	until(p, "document.activeElement.checked", true) // the focus is where it was
	eval[string](p, `document.getElementById("reason").value = ""`)
	p.do(choose("op", "create"))
	until(p, countText, "3 of 12 operations")
	p.do(chromedp.Click(chromedp.ID("leave-shown")))
	until(p, `document.getElementById("rules-flags").textContent`, "--exclude key=gone.1 --exclude op=create")
	until(p, `document.querySelectorAll("#lines tr.left").length`, 3)
	p.do(chromedp.Click(chromedp.ID("clear")))
	p.do(chromedp.SendKeys(chromedp.ID("q"), "line 9"))
	until(p, countText, "2 of 12 operations")
	p.do(chromedp.Click(chromedp.ID("leave-shown")))
	until(p, `document.getElementById("rules-count").textContent`, "6 operations of this page left out by 3 rules")
	p.do(chromedp.Click(chromedp.ID("clear")))
	want := "# Left out of run 20261123T020000Z-7f3a. Use it with --exclude @left-out-20261123T020000Z-7f3a.txt\n\n# still employed\nkey=gone.1\n\n# no reason given\nop=create\nkey=put.bob\n"
	until(p, `document.getElementById("rules-file").textContent`, want)
	saved, err := chromedp.Run(p.ctx, chromedp.Evaluate[string](`fetchText(document.getElementById("rules-save").href); async function fetchText(u) { return u.startsWith("blob:") ? "a blob" : u; }`, chromedp.EvalAwaitPromise))
	if err != nil || saved != "a blob" {
		p.Errorf("the file to save is %q, %v", saved, err)
	}
	p.do(chromedp.Reload())
	until(p, `document.getElementById("rules-flags").textContent`, "--exclude key=gone.1 --exclude op=create --exclude key=put.bob") // the marks outlast a reload
	p.do(chromedp.Click(chromedp.ID("take-back")))
	until(p, `document.getElementById("rules").hidden`, true)
	p.do(chromedp.Click(chromedp.CSS(`#lines tr:nth-child(5) .mine input`)))
	until(p, `document.querySelectorAll("#lines tr.left").length`, 1)
	p.do(chromedp.SendKeys(chromedp.ID("q"), "anna"))
	until(p, countText, "1 of 12 operations")
	p.do(chromedp.Click(chromedp.ID("take-back")), chromedp.Click(chromedp.CSS(`#lines .mine input`)))
	until(p, `document.getElementById("rules-flags").textContent`, `--exclude 'key=new[*]anna [[]1]'`) // a pattern of that key alone
}

// What a plan leaves out is a state of the page; the numbers that do not count it
// lead to none of it.
func testLeftOut(p *tab) {
	p.open(p.write(leavingOut(p)))
	until(p, countText, "12 operations")
	const states = `Array.from(document.querySelectorAll("#lines .state"), (s) => s.textContent.trim()).join("|")`
	until(p, states, "– left out|– left out|– left out|– left out")
	for _, follow := range []struct{ link, keys, states string }{
		{`.whole a[href="#state=left+out"]`, "put.eve gone.3 gone.1 gone.2", "– left out|– left out|– left out|– left out"},
		{`.whole a[href="#op=put&state="]`, "put.bob put.stale", ""},
		{`#books tbody a[href="#state=left+out&op=put"]`, "put.eve", "– left out"},
		{`#books tfoot a[href="#state=left+out"]`, "put.eve gone.3 gone.1 gone.2", "– left out|– left out|– left out|– left out"},
		{`#books tbody a[href="#op=put"]`, "put.eve put.bob put.stale", "– left out"},
		{`#attributes a[href="#attribute=city&state="]`, "new.anna new.zoe new.山田 put.bob put.stale", ""},
	} {
		p.do(chromedp.Click(chromedp.CSS(follow.link)))
		until(p, shownKeys, follow.keys)
		until(p, states, follow.states)
	}
	p.do(chromedp.Click(chromedp.ID("clear")))
	p.do(choose("state", ""))
	until(p, countText, "8 of 12 operations")
	until(p, "location.hash", "#state=")
	p.do(choose("state", "left out"))
	until(p, countText, "12 operations")
	until(p, `document.querySelector("#removals p, #removals table")?.textContent.includes("No account is taken away")`, true)
}

// On a phone everything is in one column, and nothing off the screen.
func testNarrow(p *tab) {
	for _, r := range []*fake{everyState(p), aPlan(p), leavingOut(p)} {
		p.do(chromedp.Navigate("about:blank"), chromedp.Navigate(p.write(r)))
		until(p, `document.getElementById("filters")?.hidden ?? true`, false)
		eval[int](p, `document.querySelectorAll("details").forEach((d) => { d.open = true; }), 1`)
		off := eval[string](p, `Array.from(document.querySelectorAll("body *")).filter((e) => e.getBoundingClientRect().right > innerWidth + 1 && e.checkVisibility() && !e.closest(".hidden, svg, thead")).map((e) => e.outerHTML.slice(0, 100)).join("\n")`)
		if off != "" {
			p.Errorf("off the screen:\n%s", off)
		}
		if n := eval[int](p, `document.documentElement.scrollWidth - innerWidth`); n > 0 {
			p.Errorf("the page is %d pixels too wide", n)
		}
	}
}

// What is printed is what the filter shows, whole, or says what it leaves out.
func testPrint(p *tab) {
	p.do(chromedp.Navigate(p.write(manyCreates(304, sync.Verified))))
	until(p, countText, "304 operations")
	eval[bool](p, `dispatchEvent(new Event("beforeprint"))`)
	until(p, `document.querySelectorAll("#lines tr").length`, 304)
	until(p, `document.getElementById("printed").textContent`, "Printed: the 304 operations.")
	until(p, `document.querySelectorAll("details:not([open])").length`, 0)
	eval[bool](p, `dispatchEvent(new Event("afterprint"))`)
	until(p, `document.querySelectorAll("#lines tr").length`, 100)
	p.do(chromedp.Navigate("about:blank"), chromedp.Navigate(p.write(manyCreates(2500, sync.Verified))))
	until(p, countText, "2,500 operations")
	eval[bool](p, `dispatchEvent(new Event("beforeprint"))`)
	until(p, `document.getElementById("printed").textContent`, "Printed: the first 2,000 of the 2,500 operations; all of them are in result.csv.")
}

// Of two long texts the words that change are shown, and both in full when asked.
func testLongValues(p *tab) {
	before := strings.Repeat("the same words ", 100) + "old end"
	after := strings.Replace(before, "the same words the same", "the same words a new", 1)
	r := manyCreates(1, sync.Failed)
	r.Operations[0].Op, r.Operations[0].Changes = diff.Put, []diff.Field{field("note", before, strings.Replace(after, "old end", "new end", 1))}
	p.open(p.write(r))
	until(p, `Array.from(document.querySelectorAll("#lines .changes del"), (e) => e.textContent).join("|")`, "the|same|old")
	until(p, `Array.from(document.querySelectorAll("#lines .changes ins"), (e) => e.textContent).join("|")`, "a|new|new")
	if n := eval[int](p, `document.querySelector("#lines .changes").textContent.length`); n > 400 {
		p.Errorf("%d characters are shown", n)
	}
	p.do(chromedp.Click(chromedp.CSS("#lines .changes summary")))
	until(p, `document.querySelector("#lines .changes details del")?.textContent.length ?? 0`, len(before))
}

// testAxePlan finds no barrier on the page of a plan with marks.
func testAxePlan(p *tab) {
	p.open(p.write(aPlan(p)))
	until(p, countText, "12 operations")
	p.do(chromedp.Click(chromedp.ID("leave-shown")))
	until(p, `document.querySelectorAll("#lines tr.left").length`, 12)
	barriers(p)
}

// testAxe finds no barrier on the page, with everything open that can be.
func testAxe(p *tab, r runner, count string) {
	p.open(p.write(r))
	until(p, countText, count)
	barriers(p)
}

// barriers looks for them with axe.
func barriers(p *tab) {
	p.Helper()
	eval[int](p, `document.querySelectorAll("details").forEach((d) => { d.open = true; }), 1`)
	eval[chromedp.Void](p, axe(p)+"; undefined")
	found, err := chromedp.Run(p.ctx, chromedp.Evaluate[[]string](`axe.run(document).then((r) => r.violations.map((v) => v.id + ": " + v.help + "\n" +
		v.nodes.map((n) => n.html + "\n" + n.failureSummary).join("\n")))`, chromedp.EvalAwaitPromise))
	if err != nil {
		p.Fatal(err)
	}
	for _, violation := range found {
		p.Error(violation)
	}
	if n := eval[int](p, `document.querySelectorAll("main section h2").length`); n != 8 {
		p.Errorf("the page has %d sections", n)
	}
}
