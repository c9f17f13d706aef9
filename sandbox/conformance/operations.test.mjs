// The eleven operations of the Accounts API, called through the official client; each change is read back.
import assert from "node:assert/strict";
import { after, before, mock, test } from "node:test";
import sdk from "sailpoint-api-client";
import { byName, byNative, connect, patience, quoted, settled, succeeded, until } from "./client.mjs";

let api, file, direct;

before(async () => {
  mock.method(console, "log", () => {}); // the client announces each page and each experimental call
  api = await connect();
  file = await byName(api.sources, "HR Contractors");
  direct = await byName(api.sources, "Corporate Directory");
});

after(() => api?.stop());

const get = async (id) => (await api.accounts.getAccount({ id })).data;
const listed = async (parameters) => (await api.accounts.listAccounts(parameters)).data;
const natives = (accounts) => accounts.map((account) => account.nativeIdentity);
const ofFile = (native) => byNative(api.accounts, file, native);

test("signs in with SAIL_BASE_URL, SAIL_CLIENT_ID and SAIL_CLIENT_SECRET", async () => {
  const token = await api.configuration.accessToken;
  const claims = JSON.parse(Buffer.from(token.split(".")[1], "base64url"));
  assert.equal(claims.client_id, "conformance");
});

test("list: pages, sorters and the total", async () => {
  const answer = await api.accounts.listAccounts({
    filters: `sourceId eq ${quoted(direct.id)}`, sorters: "-nativeIdentity", limit: 2, count: true,
  });
  assert.equal(answer.status, 200);
  assert.equal(answer.headers["x-total-count"], "3");
  assert.deepEqual(natives(answer.data), ["CN=svc-backup,DC=example,DC=com", "CN=Jun Rask,DC=example,DC=com"]);
  const rest = await listed({ filters: `sourceId eq ${quoted(direct.id)}`, sorters: "-nativeIdentity", limit: 2, offset: 2 });
  assert.deepEqual(natives(rest), ["CN=Ada Castell,DC=example,DC=com"]);
  const none = await api.accounts.listAccounts({ limit: 0, count: true });
  assert.deepEqual([none.data.length, none.headers["x-total-count"]], [0, "630"]);
  assert.equal((await api.accounts.listAccounts({ limit: 1 })).headers["x-total-count"], undefined);
});

const filters = [
  ['nativeIdentity in ("C1002","C1001")', ["C1001", "C1002"]],
  ['nativeIdentity sw "c100" and not nativeIdentity in ("C1002","C1003","C1004","C1005")', ["C1001", "C1006"]],
  ['nativeIdentity eq "C1001" or nativeIdentity eq "C1002" and uncorrelated eq true', ["C1001"]],
  ['(nativeIdentity eq "C1001" or nativeIdentity eq "C1004") and uncorrelated eq true', ["C1004"]],
  [`nativeIdentity eq ${quoted('C"10\\07')}`, ['C"10\\07']],
  ['identity.name eq "Hugo Novák"', ["C1002"]],
  ['identity.identityState in ("INACTIVE_SHORT_TERM")', ["C1003"]],
  ['entitlements eq "VPN"', ["C1001"]],
  ["hasEntitlements eq true and identity.correlated eq true", ["C1001", "C1002", "C1003"]],
  ["modified lt 2025-01-01T00:00:00Z", ["C1001"]],
];

for (const [filter, expected] of filters) {
  test(`list: ${filter}`, async () => {
    const found = await listed({ filters: `sourceId eq ${quoted(file.id)} and (${filter})`, sorters: "nativeIdentity" });
    assert.deepEqual(natives(found), expected);
  });
}

test("list: SLIM has null attributes, FULL is the default", async () => {
  const query = { filters: `sourceId eq ${quoted(file.id)}`, sorters: "id", limit: 1 };
  const [slim] = await listed({ ...query, detailLevel: "SLIM" });
  const [full] = await listed({ ...query, detailLevel: "FULL" });
  assert.equal(slim.attributes, null);
  assert.equal(typeof full.attributes, "object");
  assert.equal(slim.id, full.id);
  assert.deepEqual((await listed(query))[0], full);
});

test("list: the client's paginator finds each of 620 accounts once", { timeout: patience }, async () => {
  const source = await byName(api.sources, "Seasonal Staff");
  const parameters = { filters: `sourceId eq ${quoted(source.id)}`, sorters: "id" };
  const { data } = await sdk.Paginator.paginate(api.accounts, api.accounts.listAccounts, parameters, 250);
  assert.equal(data.length, 620);
  assert.equal(new Set(natives(data)).size, 620);
  const ids = data.map((account) => account.id);
  assert.deepEqual(ids, ids.toSorted());
});

test("get", async () => {
  const { id } = await ofFile("C1001");
  const account = await get(id);
  const { idNowDescription, ...attributes } = account.attributes;
  assert.match(idNowDescription, /^[0-9a-f]{64}$/);
  assert.deepEqual(attributes, {
    employeeId: "C1001", displayName: "Ada Castell", mail: "acastell@example.com", city: "Austin", startDate: "2022-01-01",
    badgeNumber: "40017", contractor: "false", groups: ["Build", "VPN", "Wiki"],
  });
  assert.deepEqual(
    [account.id, account.name, account.sourceId, account.sourceName, account.connectionType, account.identity.name, account.created],
    [id, "Ada Castell", file.id, "HR Contractors", "file", "Ada Castell", "2024-01-10T08:00:00.000Z"],
  );
});

test("get: the same account under v3, v2024 and beta", async () => {
  const { id } = await ofFile("C1001");
  const account = await get(id);
  assert.deepEqual((await new sdk.AccountsV2024Api(api.configuration).getAccount({ id })).data, account);
  assert.deepEqual((await new sdk.AccountsBetaApi(api.configuration).getAccount({ id })).data, account);
});

test("identities: by email, alias and name, under v2024 and beta", async () => {
  for (const identities of [new sdk.IdentitiesV2024Api(api.configuration), new sdk.IdentitiesBetaApi(api.configuration)]) {
    const answer = await identities.listIdentities({
      filters: `email eq "ACASTELL@example.com" or email eq "nobody@example.com" or email eq ${quoted("hnovak@example.com")}`,
      defaultFilter: "NONE", count: true, sorters: "name",
    });
    assert.equal(answer.headers["x-total-count"], "2");
    assert.deepEqual(answer.data.map(({ name, alias }) => [name, alias]), [["Ada Castell", "acastell"], ["Hugo Novák", "hnovak"]]);
    for (const filters of ['alias eq "acastell"', 'name eq "ada castell"', `id in (${quoted(answer.data[0].id)})`]) {
      assert.deepEqual((await identities.listIdentities({ filters })).data, [answer.data[0]]);
    }
    assert.deepEqual((await identities.getIdentity({ id: answer.data[0].id })).data, answer.data[0]);
    assert.equal((await ofFile("C1001")).identityId, answer.data[0].id);
    await assert.rejects(identities.listIdentities({ filters: 'email in ("acastell@example.com")' }), { status: 400 });
  }
});

test("entitlements", async () => {
  const { id } = await ofFile("C1001");
  const all = await api.accounts.getAccountEntitlements({ id, count: true });
  assert.equal(all.headers["x-total-count"], "3");
  assert.deepEqual(all.data.map(({ attribute, value }) => [attribute, value]), [["groups", "Build"], ["groups", "VPN"], ["groups", "Wiki"]]);
  const second = await api.accounts.getAccountEntitlements({ id, limit: 1, offset: 1 });
  assert.deepEqual(second.data, all.data.slice(1, 2));
});

test("create, and again for an account that is there", async () => {
  const create = async (attributes) =>
    succeeded(api.tasks, await api.accounts.createAccount({ accountAttributesCreate: { attributes: { sourceId: file.id, ...attributes } } }));
  const task = await create({ employeeId: "C1080", displayName: "Lena Vogt", city: "Osaka", badgeNumber: "12345678901234567890", groups: "VPN" });
  assert.deepEqual([task.type, task.target.id], ["QUEUED_TASK", file.id]);
  const made = await ofFile("C1080");
  assert.deepEqual([made.name, made.origin, made.uncorrelated, made.disabled, made.hasEntitlements], ["Lena Vogt", "PROVISIONED", true, false, true]);
  assert.match(made.attributes.idNowDescription, /^[0-9a-f]{64}$/);
  assert.deepEqual([made.attributes.city, made.attributes.badgeNumber, made.attributes.groups], ["Osaka", "12345678901234567890", ["VPN"]]);

  await create({ employeeId: "C1080", city: "Paris" });
  const same = await ofFile("C1080");
  assert.equal(same.id, made.id);
  assert.deepEqual(same.attributes, { ...made.attributes, city: "Paris" });
});

test("put replaces: what is left out becomes null", async () => {
  const { id, modified: before, attributes: live } = await ofFile("C1002");
  const sent = { employeeId: "C1002", displayName: "Hugo Nowak", groups: ["VPN", "Wiki"], idNowDescription: live.idNowDescription };
  await succeeded(api.tasks, await api.accounts.putAccount({ id, accountAttributes: { attributes: sent } }));
  const { name, modified, attributes } = await get(id);
  assert.equal(name, "Hugo Nowak");
  assert.ok(modified > before, `modified ${modified}, before ${before}`);
  assert.deepEqual(attributes, { ...sent, mail: null, city: null, startDate: null, badgeNumber: null, contractor: null });
});

test("patch: attributes, identity and manuallyCorrelated", async () => {
  const { id, attributes } = await ofFile("C1003");
  const { identityId } = await ofFile("C1001");
  const answer = await api.accounts.updateAccount({ id, requestBody: [
    { op: "test", path: "/attributes/city", value: "Malmö" },
    { op: "replace", path: "/attributes/city", value: "Paris" },
    { op: "add", path: "/attributes/mail", value: "oquill@example.org" },
    { op: "remove", path: "/attributes/groups" },
    { op: "replace", path: "/identityId", value: identityId },
  ] });
  assert.equal(answer.status, 202);
  assert.equal(answer.data.id, undefined, "a patch has no task");
  const patched = await until(() => api.accounts.getAccount({ id }), (account) => account.attributes.city === "Paris");
  const { groups, ...others } = attributes;
  assert.deepEqual(patched.attributes, { ...others, city: "Paris", mail: "oquill@example.org" });
  assert.deepEqual([patched.identityId, patched.identity.name, patched.manuallyCorrelated], [identityId, "Ada Castell", true]);

  await api.accounts.updateAccount({ id, requestBody: [{ op: "replace", path: "/manuallyCorrelated", value: false }] });
  await until(() => api.accounts.getAccount({ id }), (account) => !account.manuallyCorrelated);
});

test("delete", async () => {
  const { id } = await ofFile("C1004");
  await succeeded(api.tasks, await api.accounts.deleteAccount({ id }));
  await assert.rejects(api.accounts.getAccount({ id }), (error) => error.response.status === 404);
  assert.deepEqual(await listed({ filters: `id eq ${quoted(id)}` }), []);
});

test("enable", async () => {
  const { id, disabled } = await ofFile("C1005");
  assert.equal(disabled, true);
  await succeeded(api.tasks, await api.accounts.enableAccount({ id, accountToggleRequest: { forceProvisioning: true } }));
  assert.equal((await get(id)).disabled, false);
});

test("disable", async () => {
  const { id, disabled } = await byNative(api.accounts, direct, "CN=Jun Rask,DC=example,DC=com");
  assert.equal(disabled, false);
  await succeeded(api.tasks, await api.accounts.disableAccount({ id, accountToggleRequest: {} }));
  assert.equal((await get(id)).disabled, true);
});

test("unlock", async () => {
  const { id, locked } = await ofFile("C1006");
  assert.equal(locked, true);
  const accountUnlockRequest = { unlockIDNAccount: false, forceProvisioning: true };
  await succeeded(api.tasks, await api.accounts.unlockAccount({ id, accountUnlockRequest }));
  assert.equal((await get(id)).locked, false);
});

test("reload reads the account again and changes nothing", async () => {
  const account = await byNative(api.accounts, direct, "CN=Ada Castell,DC=example,DC=com");
  await succeeded(api.tasks, await api.accounts.submitReloadAccount({ id: account.id }));
  assert.deepEqual(await get(account.id), account);
});

test("tasks: many found by one request", async () => {
  const { id } = await byNative(api.accounts, direct, "CN=Ada Castell,DC=example,DC=com");
  const answers = await Promise.all([1, 2, 3].map(() => api.accounts.submitReloadAccount({ id })));
  const ids = answers.map((answer) => answer.data.id);
  assert.equal(new Set(ids).size, 3);
  await Promise.all(answers.map((answer) => succeeded(api.tasks, answer)));
  const { data } = await api.tasks.getTaskStatusList({ filters: `id in (${ids.map(quoted).join(",")})`, sorters: "created" });
  assert.deepEqual(data.map((task) => task.id).toSorted(), ids.toSorted());
  assert.deepEqual(data.map((task) => task.completionStatus), ["SUCCESS", "SUCCESS", "SUCCESS"]);
});

test("tasks: one that runs on is pending", async () => {
  const attributes = { sourceId: file.id, employeeId: "C1092" };
  const { data: { id } } = await api.accounts.createAccount({ accountAttributesCreate: { attributes } });
  assert.equal((await api.tasks.getTaskStatus({ id })).data.completionStatus, null);
  const { data: pending } = await api.tasks.getPendingTasks();
  assert.deepEqual(pending.map((task) => task.id), [id]);
});

test("tasks: one that fails says why, and nothing changes", async () => {
  const attributes = { sourceId: file.id, employeeId: "C1090", displayName: "Never There" };
  const task = await settled(api.tasks, await api.accounts.createAccount({ accountAttributesCreate: { attributes } }));
  assert.equal(task.completionStatus, "ERROR");
  assert.deepEqual(task.messages.map((message) => [message.type, message.localizedText.message]), [["ERROR", "The source refused the account."]]);
  assert.deepEqual(await listed({ filters: 'nativeIdentity eq "C1090"' }), []);
});
