// What accountsync does, read back by the official client: every write of `accountsync accounts`, and a sync.
import assert from "node:assert/strict";
import { execFile } from "node:child_process";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, mock, test } from "node:test";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { byName, byNative, connect, quoted } from "./client.mjs";

const binary = fileURLToPath(new URL("../../bin/accountsync", import.meta.url));
const run = promisify(execFile);
const source = "HR Contractors";
let api, file, dir;

before(async () => {
  mock.method(console, "log", () => {});
  api = await connect();
  file = await byName(api.sources, source);
  dir = mkdtempSync(join(tmpdir(), "accountsync-"));
});

after(async () => {
  rmSync(dir, { recursive: true, force: true });
  await api?.stop();
});

// accountsync runs the program; it must end with 0.
const accountsync = (...args) =>
  run(binary, [...args, "--source", source, "--state", join(dir, "state")], { env: process.env });

// Guards hold single acts too, and on seven accounts one act is past some of them.
const act = (...args) =>
  accountsync("accounts", ...args, ...(["delete", "disable"].includes(args[0]) ? ["--yes"] : []), "--out", join(dir, "out"), "--max-removals", "100%", "--max-updates", "100%", "--max-cleared", "100%");

const live = (native) => byNative(api.accounts, file, native);
const absent = async (native) =>
  (await api.accounts.listAccounts({ filters: `sourceId eq ${quoted(file.id)} and nativeIdentity eq ${quoted(native)}` })).data.length === 0;

test("list, get and entitlements show what the client reads", async () => {
  const { stdout: all } = await accountsync("accounts", "list", "--all", "--output", "json");
  const { data } = await api.accounts.listAccounts({ filters: `sourceId eq ${quoted(file.id)}`, sorters: "id" });
  assert.deepEqual(JSON.parse(all).map((a) => a.id).toSorted(), data.map((a) => a.id).toSorted());
  const { stdout: one } = await accountsync("accounts", "get", "C1001");
  assert.ok(one.includes((await live("C1001")).id));
  const { stdout: held } = await accountsync("accounts", "entitlements", "C1001");
  for (const { name } of (await api.accounts.getAccountEntitlements({ id: (await live("C1001")).id })).data) assert.ok(held.includes(name), name);
});

test("create", async () => {
  await act("create", "--attribute", "employeeId=N1", "--attribute", "city=Rome", "--attribute", "groups=VPN", "--attribute", "groups=Wiki");
  const { attributes } = await live("N1");
  assert.deepEqual([attributes.city, attributes.groups.toSorted()], ["Rome", ["VPN", "Wiki"]]);
});

test("put lays over what is there", async () => {
  await act("put", "C1002", "--attribute", "city=Turin");
  const { attributes } = await live("C1002");
  assert.deepEqual([attributes.city, attributes.mail, attributes.badgeNumber], ["Turin", "hnovak@example.com", "40054"]);
});

test("patch", async () => {
  await act("patch", "C1003", "--set", "city=Lund", "--identity", "none");
  const { attributes, uncorrelated } = await live("C1003");
  assert.deepEqual([attributes.city, uncorrelated], ["Lund", true]);
});

test("disable, enable, unlock, reload", async () => {
  await act("disable", "C1001");
  assert.equal((await live("C1001")).disabled, true);
  await act("enable", "C1001");
  assert.equal((await live("C1001")).disabled, false);
  await act("unlock", "C1006");
  assert.equal((await live("C1006")).locked, false);
  await act("reload", "C1001");
  assert.equal((await live("C1001")).attributes.city, "Austin");
});

test("delete", async () => {
  await act("delete", "C1005");
  assert.ok(await absent("C1005"));
});

test("a sync makes the source equal to its file", async () => {
  const rows = join(dir, "in.csv");
  writeFileSync(rows, "employeeId,displayName,city,account.disabled\nC1001,Ada Castell,Paris,true\nS1,Nia Sol,Oslo,\n");
  await accountsync("sync", "--file", rows, "--out", join(dir, "sync"), "--max-updates", "100%");
  const ada = await live("C1001");
  assert.deepEqual([ada.attributes.city, ada.disabled, ada.attributes.mail], ["Paris", true, "acastell@example.com"]);
  assert.equal((await live("S1")).attributes.city, "Oslo");
});
