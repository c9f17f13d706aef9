"use strict";
// Shows the operations of the page a hundred at a time, searched and filtered,
// and of a plan lets a reviewer mark what is to be left out. Every text becomes
// a text node: nothing from the data is ever read as markup.
(() => {
  const PAGE = 100; // lines at a time
  const LONG = 300; // characters of a value shown at once
  const LISTED = 20; // elements of a list shown at once
  const PRINTED = 2000; // operations printed at most
  const FLAGS = 10; // rules typed as flags at most

  const byId = (id) => document.getElementById(id);

  // element makes an element of texts and other elements.
  function element(tag, className, ...children) {
    const e = document.createElement(tag);
    if (className) e.className = className;
    e.append(...children);
    return e;
  }

  function silent(sign) {
    const e = element("span", "", sign);
    e.setAttribute("aria-hidden", "true");
    return e;
  }

  function cell(tag, className, role, label, ...children) {
    const e = element(tag, className, ...children);
    e.setAttribute("role", role);
    if (label) e.dataset.label = label;
    return e;
  }

  const number = (n) => n.toLocaleString("en-US");
  const counted = (n, noun) => number(n) + " " + noun + (n === 1 ? "" : "s");
  const say = (text) => { byId("said").textContent = text; };

  // --- commands to copy

  async function copy(button) {
    const code = byId(button.dataset.copy);
    try {
      await navigator.clipboard.writeText(code.textContent);
      say("Copied.");
      button.textContent = "Copied";
    } catch {
      getSelection().selectAllChildren(code); // to be copied by hand
      say("Selected: copy it with your keyboard.");
      button.textContent = "Selected";
    }
    setTimeout(() => { button.textContent = "Copy"; }, 2000);
  }
  for (const b of document.querySelectorAll(".copy")) {
    b.hidden = false;
    b.addEventListener("click", () => copy(b));
  }

  // --- what is printed holds what is folded

  let unfolded = [];
  function unfold() {
    unfolded = Array.from(document.querySelectorAll("details:not([open])"));
    for (const d of unfolded) d.open = true;
  }
  function fold() {
    for (const d of unfolded) d.open = false;
  }

  const form = byId("filters");
  if (!form) {
    window.addEventListener("beforeprint", unfold);
    window.addEventListener("afterprint", fold);
    return;
  }
  const { operations, names } = JSON.parse(byId("data").textContent);
  const lines = byId("lines"), plan = Boolean(byId("leave"));
  let shown = operations.map((_, i) => i); // the operations that pass the filters
  let page = 0;
  let haystacks = null;

  const where = (line) => (lines.dataset.sheet ? lines.dataset.sheet + "!" : "line ") + line;

  // --- one line of the table

  function badge(state) {
    return element("span", "state " + names.states[state], silent(names.stateSigns[state]), " " + names.states[state]);
  }

  // text is a value in its own direction, long ones with a button for the rest.
  function text(value) {
    const bdi = element("bdi");
    if (value.length <= LONG) {
      bdi.append(value);
      return [bdi];
    }
    const characters = Array.from(value);
    bdi.append(characters.slice(0, LONG).join("") + "…");
    const more = button("more", "show all " + number(characters.length) + " characters", () => {
      bdi.textContent = value;
      more.remove();
    });
    return [bdi, " ", more];
  }

  function button(className, label, act) {
    const b = element("button", className, label);
    b.type = "button";
    b.addEventListener("click", act);
    return b;
  }

  function values(tag, sign, word, list) {
    const all = list.map((v) => element(tag, "", silent(sign), element("span", "hidden", word), " ", ...text(v)));
    if (all.length <= LISTED) return all;
    const rest = all.splice(LISTED);
    const more = button("more", "and " + number(rest.length) + " more", () => more.replaceWith(...spaced(rest)));
    return [...all, more];
  }

  const spaced = (elements) => elements.flatMap((e) => [e, " "]);

  function setChange(before, after) {
    const had = new Set(before), has = new Set(after);
    const lost = before.filter((v) => !has.has(v)), gained = after.filter((v) => !had.has(v));
    const stay = before.length - lost.length;
    return [
      ...spaced(values("del", "−", "loses", lost)), ...spaced(values("ins", "+", "gains", gained)),
      ...(stay ? [element("span", "dim", number(stay) + " stay")] : []),
    ];
  }

  // wordDiff is two long texts as [kind, text] pieces: "same", "del" or "ins".
  // Where the middle that differs is too long for a table it is one piece.
  function wordDiff(before, after) {
    const a = before.split(/(\s+)/), b = after.split(/(\s+)/);
    let start = 0, end = 0;
    while (start < a.length && start < b.length && a[start] === b[start]) start++;
    while (end < a.length - start && end < b.length - start && a[a.length - 1 - end] === b[b.length - 1 - end]) end++;
    const x = a.slice(start, a.length - end), y = b.slice(start, b.length - end);
    const middle = x.length * y.length > 1e6 ? [["del", x.join("")], ["ins", y.join("")]] : longestCommon(x, y);
    return [["same", a.slice(0, start).join("")], ...middle, ["same", a.slice(a.length - end).join("")]].filter((p) => p[1]);
  }

  function longestCommon(x, y) {
    const wide = y.length + 1, best = new Uint32Array((x.length + 1) * wide);
    for (let i = x.length - 1; i >= 0; i--)
      for (let j = y.length - 1; j >= 0; j--)
        best[i * wide + j] = x[i] === y[j] ? best[(i + 1) * wide + j + 1] + 1 : Math.max(best[(i + 1) * wide + j], best[i * wide + j + 1]);
    const pieces = [];
    const add = (kind, word) => {
      const last = pieces[pieces.length - 1];
      if (last && last[0] === kind) last[1] += word;
      else pieces.push([kind, word]);
    };
    let i = 0, j = 0;
    while (i < x.length || j < y.length) {
      if (i < x.length && j < y.length && x[i] === y[j]) { add("same", x[i]); i++; j++; }
      else if (i < x.length && (j === y.length || best[(i + 1) * wide + j] >= best[i * wide + j + 1])) add("del", x[i++]);
      else add("ins", y[j++]);
    }
    return pieces;
  }

  // longChange shows the words that change with a little around them.
  function longChange(before, after) {
    const around = 40;
    const pieces = wordDiff(before, after).map(([kind, s], i, all) => {
      if (kind !== "same") return element(kind, "", ...text(s));
      const head = i > 0 ? s.slice(0, around) : "", tail = i < all.length - 1 ? s.slice(Math.max(head.length, s.length - around)) : "";
      return element("span", "same", head.length + tail.length < s.length ? head + " … " + tail : s);
    });
    const whole = element("details", "fold", element("summary", "", "both in full, " + number(before.length) + " and " + number(after.length) + " characters"));
    whole.addEventListener("toggle", () => {
      if (whole.childElementCount === 1) whole.append(element("del", "", element("bdi", "", before)), " ", element("ins", "", element("bdi", "", after)));
    });
    return [...spaced(pieces), whole];
  }

  function textChange(before, after) {
    if (before && after && Math.max(before.length, after.length) > LONG) return longChange(before, after);
    const parts = before ? [element("del", "", ...text(before)), " ", element("span", "dim", "→"), " "] : [];
    return [...parts, after ? element("ins", "", ...text(after)) : element("em", "none", "no value")];
  }

  const list = (v) => (v === null ? [] : Array.isArray(v) ? v : [v]);

  function change([attribute, before, after]) {
    const parts = Array.isArray(before) || Array.isArray(after) ? setChange(list(before), list(after)) : textChange(before, after);
    return element("li", "", element("span", "name", names.attributes[attribute]), " ", ...parts);
  }

  function opCell(op, i) {
    const link = element("a", "", silent(names.signs[op.o]), " " + names.ops[op.o]);
    link.href = "#op-" + (i + 1);
    link.title = "Link to this operation";
    return cell("td", "op " + names.ops[op.o], "cell", "", link, ...(plan ? [" ", marker(op, i)] : []));
  }

  function ids(op) {
    if (!op.a && !op.i) return [];
    const d = element("details", "fold ids", element("summary", "", "ids"));
    if (op.a) d.append(element("span", "dim", "account ", element("code", "", op.a)), " ");
    if (op.i) d.append(element("span", "dim", "identity ", element("code", "", op.i)));
    return [" ", d];
  }

  function keyCell(op) {
    const c = cell("th", "", "rowheader", "", element("bdi", "key", op.k));
    c.scope = "row";
    if (op.nm) c.append(" ", element("span", "name", element("bdi", "", op.nm)));
    if (op.l) c.append(" ", element("span", "dim", where(op.l)));
    if (op.m) c.append(" ", element("strong", "mark", op.m));
    c.append(...ids(op));
    return c;
  }

  function stateCell(op) {
    const state = names.states[op.s];
    const c = cell("td", "", "cell", state ? "State" : "Identity", ...(state ? [badge(op.s)] : []));
    if (op.w) c.append(" ", element("span", "whose", element("bdi", "", op.w)));
    if (op.r) c.append(" ", element("span", "why", ...text(op.r)));
    if (op.x) c.append(" ", element("span", "sent dim", op.x));
    return c;
  }

  function changesCell(op) {
    const c = cell("td", "", "cell", "Changes");
    if (!op.c) return c;
    const changes = element("ul", "changes", ...op.c.map(change));
    c.append(op.f ? element("details", "fold", element("summary", "", (op.t ? "takes away " : "") + counted(op.c.length, "attribute")), changes) : changes);
    return c;
  }

  function row(i) {
    const op = operations[i];
    const tr = cell("tr", plan && leftOut(op) ? "left" : "", "row", "", opCell(op, i), keyCell(op), stateCell(op), changesCell(op));
    tr.id = "op-" + (i + 1);
    return tr;
  }

  // --- the page of lines that is shown

  const pages = () => Math.max(1, Math.ceil(shown.length / PAGE));

  function render() {
    page = Math.max(0, Math.min(page, pages() - 1));
    const from = page * PAGE, to = Math.min(shown.length, from + PAGE);
    lines.replaceChildren(...shown.slice(from, to).map(row));
    byId("count").textContent = shown.length === operations.length ? counted(operations.length, "operation")
      : number(shown.length) + " of " + counted(operations.length, "operation");
    byId("nothing").hidden = shown.length > 0;
    for (const nav of document.querySelectorAll(".pages")) {
      nav.hidden = pages() === 1;
      nav.querySelector(".page").textContent = "Page " + number(page + 1) + " of " + number(pages()) + ", " + number(from + 1) + " to " + number(to);
      for (const b of nav.querySelectorAll("button")) b.disabled = turned(b) === page;
    }
  }

  // turned is the page a button leads to, this one where there is no other.
  function turned(button) {
    const to = { first: 0, previous: page - 1, next: page + 1, last: pages() - 1 }[button.dataset.turn];
    return Math.max(0, Math.min(to, pages() - 1));
  }

  function turn(button) {
    page = turned(button);
    render();
    remember();
    lines.parentElement.scrollIntoView();
    if (button.disabled) button.parentElement.querySelector("button:not(:disabled)").focus({ preventScroll: true });
  }

  // --- filters

  const flat = (v) => (v === null ? "" : Array.isArray(v) ? v.join(" ") : v);

  function haystack(op) {
    const changes = (op.c || []).map(([a, b, c]) => names.attributes[a] + " " + flat(b) + " " + flat(c)).join(" ");
    return [op.k, op.nm, op.a, op.l ? where(op.l) : "", op.r, op.x, op.i, op.w, op.m, changes].filter(Boolean).join(" ").toLowerCase();
  }

  const checked = (name) => Array.from(form.querySelectorAll('input[name="' + name + '"]:checked'), (c) => c.value);
  const selected = () => byId("attribute").value;
  const searched = () => byId("q").value.trim();

  function filter() {
    const states = checked("state").map((s) => names.states.indexOf(s)), ops = checked("op").map((o) => names.ops.indexOf(o));
    const attribute = selected() ? names.attributes.indexOf(selected()) : -1;
    const words = searched().toLowerCase(), left = checked("left").length > 0;
    if (words && !haystacks) haystacks = operations.map(haystack);
    shown = [];
    operations.forEach((op, i) => {
      if (states.length && !states.includes(op.s)) return;
      if (ops.length && !ops.includes(op.o)) return;
      if (attribute >= 0 && (op.t || !(op.c || []).some((c) => c[0] === attribute))) return;
      if (left && !leftOut(op)) return;
      if (words && !haystacks[i].includes(words)) return;
      shown.push(i);
    });
    render();
  }

  function showAll() {
    form.reset();
    changed();
    byId("count").focus();
  }

  // --- addresses: #op-17 is one operation, #state=failed&op=put a filter

  function remember() {
    const address = new URLSearchParams();
    if (searched()) address.set("q", searched());
    for (const name of ["state", "op", "left"]) for (const value of checked(name)) address.append(name, value);
    if (selected()) address.set("attribute", selected());
    if (page > 0) address.set("page", String(page + 1));
    history.replaceState(history.state, "", "#" + (address.toString() || "operations"));
  }

  function recall(address) {
    form.reset();
    byId("q").value = address.get("q") || "";
    for (const name of ["state", "op", "left"])
      for (const c of form.querySelectorAll('input[name="' + name + '"]')) c.checked = address.getAll(name).includes(c.value);
    byId("attribute").value = address.get("attribute") || "";
    page = Number(address.get("page") || 1) - 1;
    filter();
    byId("operations").scrollIntoView();
    byId("count").focus({ preventScroll: true });
  }

  function show(i) {
    if (!shown.includes(i)) {
      form.reset();
      filter();
    }
    page = Math.floor(shown.indexOf(i) / PAGE);
    render();
    const tr = byId("op-" + (i + 1));
    tr.classList.add("found");
    tr.scrollIntoView({ block: "center" });
    tr.querySelector("a").focus({ preventScroll: true });
  }

  function follow() {
    const address = location.hash.slice(1), one = /^op-(\d+)$/.exec(address);
    if (one && operations[one[1] - 1]) return show(one[1] - 1);
    if (address.includes("=")) recall(new URLSearchParams(address));
  }

  // --- what is left out of a plan: rules, each with its reason

  const rules = new Map();

  // pattern is the text as a rule's pattern that matches it and nothing else.
  const pattern = (s) => s.replace(/[*?[]/g, (c) => "[" + c + "]");
  const keyRule = (op) => "key=" + (op.kr || pattern(op.k));
  const opRule = (op) => "op=" + names.ops[op.o];

  // ruleOf is the first rule that leaves the operation out.
  function ruleOf(op) {
    const named = (op.t ? [] : op.c || []).map(([a]) => "attribute=" + pattern(names.attributes[a]));
    return [keyRule(op), opRule(op), ...named].find((r) => rules.has(r));
  }
  const leftOut = (op) => rules.size > 0 && ruleOf(op) !== undefined;

  function marker(op) {
    const box = element("input");
    box.type = "checkbox";
    const rule = rules.size > 0 ? ruleOf(op) : undefined;
    box.checked = rule !== undefined;
    box.disabled = names.keysMasked || (rule !== undefined && rule !== keyRule(op));
    box.addEventListener("change", () => {
      if (box.checked) rules.set(keyRule(op), reason());
      else rules.delete(keyRule(op));
      ruled(op);
    });
    const label = element("label", "mine", box, "leave out", element("span", "hidden", " " + op.k));
    if (names.keysMasked) label.title = "Keys are masked in this report, so no rule can name one";
    else if (box.disabled) label.title = "Left out by " + rule;
    return label;
  }

  const reason = () => byId("reason").value.trim().replace(/\s+/g, " ");

  // leaveShown leaves out all that the filter shows: by kind or by attribute
  // where the filter says nothing else, else key by key.
  function leaveShown() {
    const ops = checked("op"), alone = !searched() && !checked("state").length && !checked("left").length;
    if (alone && ops.length && !selected()) for (const op of ops) rules.set("op=" + op, reason());
    else if (alone && !ops.length && selected()) rules.set("attribute=" + pattern(selected()), reason());
    else if (!names.keysMasked) for (const i of shown) rules.set(keyRule(operations[i]), reason());
    ruled();
    byId("rules-count").scrollIntoView({ block: "nearest" });
  }

  const quoted = (s) => (/^[\w@%+=:,.\/-]+$/.test(s) ? s : "'" + s.replaceAll("'", "'\\''") + "'");

  // fileText is the file of rules: one a line, each reason once as a comment.
  function fileText() {
    const byReason = new Map();
    for (const [rule, why] of rules) byReason.set(why, [...(byReason.get(why) || []), rule]);
    const parts = ["# Left out of run " + names.run + ". Use it with --exclude @" + names.file];
    for (const [why, all] of byReason) parts.push("", "# " + (why || "no reason given"), ...all);
    return parts.join("\n") + "\n";
  }

  let address = "";
  function ruled(op) {
    const n = operations.filter(leftOut).length;
    byId("left-count").textContent = number(n);
    byId("rules").hidden = rules.size === 0;
    byId("take-back").disabled = rules.size === 0;
    byId("rules-count").textContent = counted(n, "operation") + " of this page left out by " + counted(rules.size, "rule");
    byId("rules-list").replaceChildren(...Array.from(rules).slice(0, PAGE).map(([rule, why]) => {
      const back = button("", "take back", () => { rules.delete(rule); ruled(); byId("leave-shown").focus(); });
      back.append(element("span", "hidden", " " + rule));
      return element("li", "", element("code", "", rule), " ", element("span", "dim", why || "no reason given"), " ", back);
    }), ...(rules.size > PAGE ? [element("li", "dim", "and " + number(rules.size - PAGE) + " more, in the file")] : []));
    const flags = rules.size > FLAGS ? "--exclude " + quoted("@" + names.file)
      : Array.from(rules.keys(), (r) => "--exclude " + quoted(r)).join(" ");
    byId("rules-flags").textContent = flags;
    byId("rules-command-line").hidden = !names.next;
    byId("rules-command").textContent = names.next + " " + flags;
    byId("rules-file").textContent = fileText();
    if (address) URL.revokeObjectURL(address);
    address = URL.createObjectURL(new Blob([fileText()], { type: "text/plain" }));
    byId("rules-save").href = address;
    try { history.replaceState({ rules: Array.from(rules) }, ""); } catch { /* more than the browser keeps: the marks last as long as the page */ }
    if (checked("left").length) filter();
    else render();
    const i = op ? operations.indexOf(op) : -1, box = i >= 0 && byId("op-" + (i + 1))?.querySelector(".mine input");
    if (box) box.focus({ preventScroll: true });
  }

  // --- print: what the filter shows, whole, or what is left out is said

  function print() {
    const part = shown.slice(0, PRINTED);
    lines.replaceChildren(...part.map(row));
    byId("printed").textContent = "Printed: " + (part.length < shown.length ? "the first " + number(part.length) + " of the " : "the ")
      + counted(shown.length, "operation") + (shown.length < operations.length ? " that the filter shows, of " + number(operations.length) + " on the page" : "")
      + (part.length < shown.length ? "; all of them are in result.csv." : ".");
    unfold();
  }

  // --- start

  let typing = 0;
  function changed() {
    clearTimeout(typing);
    page = 0;
    filter();
    remember();
  }

  byId("q").addEventListener("input", () => {
    clearTimeout(typing);
    typing = setTimeout(changed, 150);
  });
  form.addEventListener("change", (e) => { if (e.target.id !== "q") changed(); });
  form.addEventListener("submit", (e) => { e.preventDefault(); changed(); });
  byId("clear").addEventListener("click", showAll);
  byId("all").addEventListener("click", showAll);
  for (const b of document.querySelectorAll(".pages button")) b.addEventListener("click", () => turn(b));
  window.addEventListener("hashchange", follow);
  // A link that is followed again leads to its operations again.
  document.addEventListener("click", (e) => {
    const link = e.target.closest && e.target.closest('a[href^="#"]');
    if (link && link.getAttribute("href") === location.hash) follow();
  });
  window.addEventListener("beforeprint", print);
  window.addEventListener("afterprint", () => { fold(); render(); });

  if (plan) {
    for (const [rule, why] of (history.state && history.state.rules) || []) rules.set(rule, why);
    byId("leave-shown").addEventListener("click", leaveShown);
    byId("take-back").addEventListener("click", () => { rules.clear(); ruled(); byId("leave-shown").focus(); });
    byId("leave").hidden = false;
    if (rules.size) ruled();
  }
  if (matchMedia("(max-width: 46rem)").matches) byId("choices").open = false;
  form.hidden = false;
  byId("first").hidden = true;
  render();
  // The browser goes to the address itself first, and takes the focus away.
  window.addEventListener("load", () => setTimeout(follow));
})();
