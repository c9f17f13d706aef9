// The sandbox's answers against the interfaces that the client declares: every member, its type, its enumeration.
import assert from "node:assert/strict";
import { after, before, mock, test } from "node:test";
import { byName, byNative, connect, settled } from "./client.mjs";
import { declarations } from "./declared.mjs";

const v3 = declarations("v3");
const v2024 = declarations("v2024");

let api, file;

before(async () => {
  mock.method(console, "log", () => {});
  api = await connect();
  file = await byName(api.sources, "HR Contractors");
});

after(() => api?.stop());

// departures are all that may differ from the declarations, each with its reason.
const departures = {};

// conforms checks values against a type, save for its departures.
function conforms(check, values, type) {
  const name = type.replace("V2024", "");
  assert.deepEqual(check(values, `Array<${type}>`).map((line) => line.replace(`Array<${type}>`, name)), departures[name] ?? []);
}

test("the judge itself: it sees what is missing, wrong, null and not declared", () => {
  const [account] = [{ id: 7, name: null, attributes: [], origin: "BOUGHT", identity: { type: "ROBOT" }, features: "x", shoe: 43 }];
  assert.deepEqual(v3(account, "Account"), [
    "Account.attributes: object, not object",
  ]);
});

test("Account", async () => {
  const { data } = await api.accounts.listAccounts({ sorters: "id" });
  conforms(v3, data, "Account");
});

test("Source", async () => {
  const { data } = await api.sources.listSources();
  assert.equal(data.length, 3);
  conforms(v3, data, "Source");
  assert.deepEqual((await api.sources.getSource({ id: file.id })).data, data.find((source) => source.id === file.id));
});

test("Schema", async () => {
  const { data } = await api.sources.getSourceSchemas({ sourceId: file.id, includeNames: "account" });
  assert.equal(data.length, 1);
  conforms(v3, data, "Schema");
});

test("Entitlement", async () => {
  const { id } = await byNative(api.accounts, file, "C1001");
  const { data } = await api.accounts.getAccountEntitlements({ id });
  assert.equal(data.length, 3);
  conforms(v3, data, "Entitlement");
});

test("TaskStatus: running, done and failed", async () => {
  const create = (employeeId) => api.accounts.createAccount({ accountAttributesCreate: { attributes: { sourceId: file.id, employeeId } } });
  const answers = [await create("C1081"), await create("C1090")];
  conforms(v3, answers.map((answer) => answer.data), "AccountsAsyncResult");
  const { data: running } = await api.tasks.getPendingTasks();
  const done = await Promise.all(answers.map((answer) => settled(api.tasks, answer)));
  assert.deepEqual(done.map((task) => task.completionStatus), ["SUCCESS", "ERROR"]);
  conforms(v2024, [...running, ...done], "TaskStatusV2024");
});

test("ErrorResponseDto", async () => {
  const error = await api.accounts.getAccount({ id: "unknown" }).catch((reason) => reason);
  conforms(v3, [error.response.data], "ErrorResponseDto");
});
