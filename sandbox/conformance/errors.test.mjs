// What the official client gets when a request is refused: axios errors with the documented bodies.
import assert from "node:assert/strict";
import { after, before, mock, test } from "node:test";
import sdk from "sailpoint-api-client";
import { apis, byName, byNative, connect, signInAs } from "./client.mjs";

let api, file, direct;

before(async () => {
  mock.method(console, "log", () => {});
  api = await connect();
  file = await byName(api.sources, "HR Contractors");
  direct = await byName(api.sources, "Corporate Directory");
});

after(() => api?.stop());

// refusal gives the answer to a call that must be refused with a status.
async function refusal(call, status) {
  const error = await call.then(() => assert.fail("the call was not refused"), (reason) => reason);
  assert.equal(error.isAxiosError, true, error.stack);
  assert.equal(error.response.status, status, JSON.stringify(error.response.data));
  assert.match(error.response.headers["content-type"], /^application\/json/);
  return error.response;
}

// explained checks the documented error body and gives the text of its causes.
async function explained(call, status, detailCode) {
  const { data } = await refusal(call, status);
  assert.equal(data.detailCode, detailCode);
  assert.match(data.trackingId, /^[0-9a-f]{32}$/);
  assert.ok(data.messages.length > 0);
  for (const message of [...data.messages, ...data.causes]) {
    assert.deepEqual([message.locale, message.localeOrigin, typeof message.text], ["en-US", "DEFAULT", "string"]);
  }
  return data.causes.map((cause) => cause.text).join(" ");
}

const create = (attributes) => api.accounts.createAccount({ accountAttributesCreate: { attributes } });
const patch = (id, ...requestBody) => api.accounts.updateAccount({ id, requestBody });
const list = (parameters) => api.accounts.listAccounts(parameters);
const ofDirect = () => byNative(api.accounts, direct, "CN=Jun Rask,DC=example,DC=com");
const ofFile = () => byNative(api.accounts, file, "C1001");

const bad = {
  "a filter on a field that has none": [() => list({ filters: "disabled eq true" }), /disabled/],
  "an operator the field lacks": [() => list({ filters: 'name co "x"' }), /co/],
  "a filter that does not parse": [() => list({ filters: 'name eq "x' }), /filters/],
  "an unknown sorter": [() => list({ sorters: "favourite" }), /favourite/],
  "a page of more than 250": [() => list({ limit: 251 }), /250/],
  "create without sourceId": [() => create({ employeeId: "C1" }), /sourceId/],
  "create without the identityAttribute": [() => create({ sourceId: file.id, city: "Paris" }), /employeeId/],
  "create with a number": [() => create({ sourceId: file.id, employeeId: "C1", badgeNumber: 7 }), /badgeNumber/],
  "create with an attribute the schema lacks": [() => create({ sourceId: file.id, employeeId: "C1", shoeSize: "43" }), /shoeSize/],
  "put on a direct source": [
    async () => api.accounts.putAccount({ id: (await ofDirect()).id, accountAttributes: { attributes: { displayName: "x" } } }), /flat-file/],
  "delete on a direct source": [async () => api.accounts.deleteAccount({ id: (await ofDirect()).id }), /DelimitedFile/],
  "patch of an attribute on a direct source": [
    async () => patch((await ofDirect()).id, { op: "add", path: "/attributes/displayName", value: "x" }), /flat-file/],
  "patch of a path that cannot be changed": [
    async () => patch((await ofFile()).id, { op: "replace", path: "/disabled", value: true }), /\/disabled/],
  "patch whose test fails": [
    async () => patch((await ofFile()).id, { op: "test", path: "/attributes/city", value: "Rome" }), /test failed/],
};

for (const [title, [call, cause]] of Object.entries(bad)) {
  test(`400: ${title}`, async () => {
    assert.match(await explained(call(), 400, "400.1 Bad Request Content"), cause);
  });
}

test("401: a token that nobody gave out", async () => {
  const stranger = apis(new sdk.Configuration({ baseurl: api.base, accessToken: "not.a.token" }));
  const { data } = await refusal(stranger.accounts.listAccounts(), 401);
  assert.match(data.error, /^JWT validation failed: /);
});

test("401: a token past its life", async () => {
  const { data } = await refusal(apis(signInAs(api.base, "brief")).accounts.listAccounts(), 401);
  assert.deepEqual(data, { error: "JWT validation failed: JWT is expired" });
});

test("401: a sign-in with the wrong secret", async (t) => {
  t.mock.method(console, "error", () => {}); // the client says so itself
  await assert.rejects(async () => signInAs(api.base, "reader", "wrong").accessToken, /status code 401/);
});

test("403: a token that may read accounts only", async () => {
  const reader = apis(signInAs(api.base, "reader"));
  const { data: [account] } = await reader.accounts.listAccounts({ limit: 1 });
  const calls = {
    "idn:accounts:manage": () => reader.accounts.deleteAccount({ id: account.id }),
    "idn:accounts-state:manage": () => reader.accounts.disableAccount({ id: account.id, accountToggleRequest: {} }),
    "idn:sources:read": () => reader.sources.listSources(),
  };
  for (const [scope, call] of Object.entries(calls)) {
    assert.ok((await explained(call(), 403, "403 Forbidden")).includes(scope), scope);
  }
});

test("404: accounts, sources and tasks that are not there", async () => {
  const id = "0".repeat(32);
  const calls = [
    () => api.accounts.getAccount({ id }),
    () => api.accounts.getAccountEntitlements({ id }),
    () => api.accounts.putAccount({ id, accountAttributes: { attributes: {} } }),
    () => patch(id, { op: "remove", path: "/attributes/city" }),
    () => api.accounts.deleteAccount({ id }),
    () => api.accounts.enableAccount({ id, accountToggleRequest: {} }),
    () => api.accounts.disableAccount({ id, accountToggleRequest: {} }),
    () => api.accounts.unlockAccount({ id, accountUnlockRequest: {} }),
    () => api.accounts.submitReloadAccount({ id }),
    () => api.sources.getSource({ id }),
    () => api.sources.getSourceSchemas({ sourceId: id }),
    () => api.tasks.getTaskStatus({ id }),
  ];
  for (const call of calls) assert.ok((await explained(call(), 404, "404 Not found")).includes(id), call.toString());
});

test("429: a client past its quota, with Retry-After", async () => {
  const narrow = apis(signInAs(api.base, "narrow"));
  await narrow.accounts.listAccounts({ limit: 1 });
  await narrow.accounts.listAccounts({ limit: 1 });
  const { data, headers } = await refusal(narrow.accounts.listAccounts({ limit: 1 }), 429);
  assert.deepEqual(data, { message: " Rate Limit Exceeded " });
  assert.match(headers["retry-after"], /^[1-9]\d*$/);
});

test("503: the client's own retry finds the API well again", async () => {
  const answer = await list({ filters: 'nativeIdentity eq "C1091"' });
  assert.deepEqual([answer.status, answer.data], [200, []]);
});
