"use strict";
// Shows the operations of the page a hundred at a time, searched and filtered.
// Every text becomes a text node: nothing from the data is ever read as markup.
(() => {
  const PAGE = 100; // lines at a time
  const LONG = 300; // characters of a value shown at once
  const LISTED = 20; // elements of a list shown at once

  const byId = (id) => document.getElementById(id);
  const form = byId("filters");
  if (!form) return;
  const { operations, names } = JSON.parse(byId("data").textContent);
  const lines = byId("lines");
  let shown = operations.map((_, i) => i); // the operations that pass the filters
  let page = 0;
  let haystacks = null;

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

  const number = (n) => n.toLocaleString("en-US");
  const counted = (n, noun) => number(n) + " " + noun + (n === 1 ? "" : "s");

  // --- one line of the table

  function badge(state) {
    return element("span", "state " + names.states[state], silent(names.stateSigns[state]), " " + names.states[state]);
  }

  // text is a value in its own direction, long ones with a button for the rest.
  function text(value, from = 0) {
    const bdi = element("bdi");
    if (value.length <= LONG) {
      bdi.append(value);
      return [bdi];
    }
    const characters = Array.from(value);
    const start = Math.max(0, Math.min(from - 40, characters.length - LONG));
    bdi.append((start > 0 ? "…" : "") + characters.slice(start, start + LONG).join("") + (start + LONG < characters.length ? "…" : ""));
    const more = element("button", "more", "show all " + number(characters.length) + " characters");
    more.type = "button";
    more.addEventListener("click", () => {
      bdi.textContent = value;
      more.remove();
    });
    return [bdi, " ", more];
  }

  // parting is where two texts begin to differ.
  function parting(a, b) {
    let i = 0;
    while (i < a.length && i < b.length && a[i] === b[i]) i++;
    return i;
  }

  function values(tag, sign, word, list) {
    const all = list.map((v) => element(tag, "", silent(sign), element("span", "hidden", word), " ", ...text(v)));
    if (all.length <= LISTED) return all;
    const rest = all.splice(LISTED);
    const more = element("button", "more", "and " + number(rest.length) + " more");
    more.type = "button";
    more.addEventListener("click", () => more.replaceWith(...spaced(rest)));
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

  function textChange(before, after) {
    const from = before && after ? parting(before, after) : 0;
    const parts = before ? [element("del", "", ...text(before, from)), " ", element("span", "dim", "→"), " "] : [];
    return [...parts, after ? element("ins", "", ...text(after, from)) : element("em", "none", "no value")];
  }

  const list = (v) => (v === null ? [] : Array.isArray(v) ? v : [v]);

  function change([attribute, before, after]) {
    const parts = Array.isArray(before) || Array.isArray(after) ? setChange(list(before), list(after)) : textChange(before, after);
    return element("li", "", element("span", "name", names.attributes[attribute]), " ", ...parts);
  }

  function sent(op) {
    if (!op.h) return [];
    let words = "HTTP " + op.h + (op.n > 1 ? " after " + op.n + " attempts" : "");
    if (op.ts) words += " · task " + op.ts;
    if (op.tr) words += " · trackingId " + op.tr;
    return [" ", element("span", "sent dim", words)];
  }

  function opCell(op, i) {
    const link = element("a", "", silent(names.signs[op.o]), " " + names.ops[op.o]);
    link.href = "#op-" + (i + 1);
    link.title = "Link to this operation";
    return element("td", "op " + names.ops[op.o], link);
  }

  function keyCell(op) {
    const cell = element("th", "", element("bdi", "key", op.k));
    cell.scope = "row";
    if (op.l) cell.append(" ", element("span", "dim", "line " + op.l));
    if (op.a) cell.append(" ", element("code", "dim", op.a));
    if (op.m) cell.append(" ", element("strong", "mark", op.m));
    return cell;
  }

  function stateCell(op) {
    const why = op.e || op.r;
    return element("td", "", badge(op.s), ...(why ? [" ", element("span", "why", ...text(why))] : []), ...sent(op));
  }

  function changesCell(op) {
    return element("td", "", ...(op.c ? [element("ul", "changes", ...op.c.map(change))] : []));
  }

  function row(i) {
    const op = operations[i];
    const tr = element("tr", "", opCell(op, i), keyCell(op), stateCell(op), changesCell(op));
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
    byId("count").scrollIntoView();
    if (button.disabled) button.parentElement.querySelector("button:not(:disabled)").focus({ preventScroll: true });
  }

  // --- filters

  const flat = (v) => (v === null ? "" : Array.isArray(v) ? v.join(" ") : v);

  function haystack(op) {
    const changes = (op.c || []).map(([a, b, c]) => names.attributes[a] + " " + flat(b) + " " + flat(c)).join(" ");
    return [op.k, op.a, op.l ? "line " + op.l : "", op.r, op.e, op.t, op.ts, op.tr, op.i, op.is, op.m, changes]
      .filter(Boolean).join(" ").toLowerCase();
  }

  const checked = (name) => Array.from(form.querySelectorAll('input[name="' + name + '"]:checked'), (c) => c.value);
  const selected = (id) => (byId(id) ? byId(id).value : "");

  function filter() {
    const states = checked("state").map((s) => names.states.indexOf(s)), ops = checked("op").map((o) => names.ops.indexOf(o));
    const attribute = selected("attribute") ? names.attributes.indexOf(selected("attribute")) : -1;
    const words = byId("q").value.trim().toLowerCase();
    if (words && !haystacks) haystacks = operations.map(haystack);
    shown = [];
    operations.forEach((op, i) => {
      if (states.length && !states.includes(op.s)) return;
      if (ops.length && !ops.includes(op.o)) return;
      if (attribute >= 0 && !(op.c || []).some((c) => c[0] === attribute)) return;
      if (words && !haystacks[i].includes(words)) return;
      shown.push(i);
    });
    render();
  }

  function clear() {
    form.reset();
    filter();
  }

  // --- addresses: #op-17 is one operation, #state=failed&op=put a filter

  function remember() {
    const address = new URLSearchParams();
    if (byId("q").value.trim()) address.set("q", byId("q").value.trim());
    for (const name of ["state", "op"]) for (const value of checked(name)) address.append(name, value);
    if (selected("attribute")) address.set("attribute", selected("attribute"));
    if (page > 0) address.set("page", String(page + 1));
    history.replaceState(null, "", "#" + (address.toString() || "operations"));
  }

  function recall(address) {
    form.reset();
    byId("q").value = address.get("q") || "";
    for (const name of ["state", "op"])
      for (const c of form.querySelectorAll('input[name="' + name + '"]')) c.checked = address.getAll(name).includes(c.value);
    byId("attribute").value = address.get("attribute") || "";
    page = Number(address.get("page") || 1) - 1;
    filter();
    byId("operations").scrollIntoView();
  }

  function show(i) {
    if (!shown.includes(i)) clear();
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
  byId("clear").addEventListener("click", () => { form.reset(); changed(); });
  for (const b of document.querySelectorAll(".pages button")) b.addEventListener("click", () => turn(b));
  window.addEventListener("hashchange", follow);

  form.hidden = false;
  render();
  // The browser goes to the address itself first, and takes the focus away.
  window.addEventListener("load", () => setTimeout(follow));
})();
