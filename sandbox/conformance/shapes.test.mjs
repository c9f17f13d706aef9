// The sandbox's answers against the interfaces that the client declares: every member, its type, its enumeration.
import assert from "node:assert/strict";
import { after, before, mock, test } from "node:test";
import sdk from "sailpoint-api-client";
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

// departures are all ways in which the sandbox may differ from the client's declarations, with the reason.
const departures = {
  Account: [
    // What an account lacks is null. The reference says so of recommendation; the declarations only make them optional.
    "Account.identity: null",
    "Account.identityId: null",
    "Account.ownerIdentity: null",
    "Account.recommendation: null",
    // New members may appear at any time; the sandbox sends two that no documentation names, so that clients decode leniently.
    "Account.classification: not declared",
    "Account.isCloudManaged: not declared",
  ],
  // Recorded answers of the service have these nulls.
  Source: ["Source.managerCorrelationMapping: null"],
  Schema: [
    "Schema.attributes.schema: null",
    // The current reference lists DATE; this release of the client does not know it yet.
    'Schema.attributes.type: "DATE" is no AttributeDefinitionType',
    "Schema.hierarchyAttribute: null",
  ],
};

// conforms checks values against a type: nothing but its departures, and all of them.
const conforms = (judge, values, type) => assert.deepEqual(judge(values, type), (departures[type] ?? []).toSorted());

test("the judge sees what is missing, of another type, null, out of the enumeration and not declared", () => {
  const account = {
    name: null, sourceId: null, sourceName: "x", attributes: [], authoritative: "no", disabled: false, locked: false, nativeIdentity: 7,
    uncorrelated: false, manuallyCorrelated: false, hasEntitlements: false, identity: { type: "ROBOT" }, origin: "BOUGHT", shoe: 43,
  };
  assert.deepEqual(v3([account], "Account"), [
    "Account.attributes: array, not object",
    "Account.authoritative: string, not boolean",
    'Account.identity.type: "ROBOT" is no AccountAllOfIdentityTypeV3',
    "Account.nativeIdentity: number, not string",
    'Account.origin: "BOUGHT" is no AccountOriginV3',
    "Account.shoe: not declared",
    "Account.sourceId: null",
    "Account.systemAccount: missing",
  ]);
  assert.deepEqual(v3([{ attributes: { name: "x" } }], "Schema"), ["Schema.attributes: object, not array"]);
});

test("Account", async () => {
  const { data } = await api.accounts.listAccounts({ sorters: "id" });
  conforms(v3, data, "Account");
});

test("Identity", async () => {
  const { data } = await new sdk.IdentitiesV2024Api(api.configuration).listIdentities({ sorters: "name" });
  assert.ok(data.length > 3);
  conforms(v2024, data, "IdentityV2024");
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
  const answers = [await create("C1081"), await create("C1090"), await create("C1092")];
  conforms(v3, answers.map((answer) => answer.data), "AccountsAsyncResult");
  const done = await Promise.all(answers.slice(0, 2).map((answer) => settled(api.tasks, answer)));
  const { data: running } = await api.tasks.getTaskStatus({ id: answers[2].data.id });
  assert.deepEqual([...done, running].map((task) => task.completionStatus), ["SUCCESS", "ERROR", null]);
  conforms(v2024, [...done, running], "TaskStatusV2024");
});

test("ErrorResponseDto", async () => {
  const error = await api.accounts.getAccount({ id: "unknown" }).catch((reason) => reason);
  conforms(v3, [error.response.data], "ErrorResponseDto");
});
