// The official client, signed in to a sandbox, and how to wait for what it started.
import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { setTimeout as pause } from "node:timers/promises";
import sdk from "sailpoint-api-client"; // CommonJS: its names come with the default export
import { startSandbox } from "./sandbox.mjs";

const seed = JSON.parse(readFileSync(new URL("seed.json", import.meta.url), "utf8"));

// A proxy of the machine has no business on loopback.
process.env.NO_PROXY = process.env.no_proxy = "127.0.0.1";

// patience is how long anything may take before it counts as failed, in milliseconds.
export const patience = 20_000;

// connect starts a sandbox and signs in as its documentation says: by the SAIL_ variables alone.
export async function connect() {
  const { variables, stop } = await startSandbox();
  Object.assign(process.env, variables);
  const configuration = new sdk.Configuration();
  configuration.experimental = true; // task status is experimental under v2024
  configuration.baseOptions = { timeout: patience };
  return { ...apis(configuration), base: variables.SAIL_BASE_URL, stop };
}

// apis are the client's services that the tests use.
export const apis = (configuration) => ({
  configuration,
  accounts: new sdk.AccountsApi(configuration),
  sources: new sdk.SourcesApi(configuration),
  tasks: new sdk.TaskManagementV2024Api(configuration),
});

// signInAs makes a configuration for another client of the seed, with a secret that may be wrong.
export function signInAs(base, id, secret = seed.clients.find((client) => client.id === id).secret) {
  return new sdk.Configuration({ baseurl: base, clientId: id, clientSecret: secret, tokenUrl: `${base}/oauth/token` });
}

// until reads again and again, until what it reads satisfies the condition.
export async function until(read, condition) {
  const deadline = Date.now() + patience;
  for (;;) {
    const { data } = await read();
    if (condition(data)) return data;
    assert.ok(Date.now() < deadline, `after ${patience} ms still ${JSON.stringify(data)}`);
    await pause(50);
  }
}

// settled waits for the task of a 202 and gives its last status.
export async function settled(tasks, answer) {
  assert.equal(answer.status, 202);
  assert.match(answer.data.id, /^[0-9a-f]{32}$/);
  return until(() => tasks.getTaskStatus({ id: answer.data.id }), (task) => task.completionStatus !== null);
}

// succeeded waits for a task that must end well.
export async function succeeded(tasks, answer) {
  const task = await settled(tasks, answer);
  assert.equal(task.completionStatus, "SUCCESS", JSON.stringify(task.messages));
  return task;
}

// byName gives the source of a name.
export async function byName(sources, name) {
  const { data } = await sources.listSources({ filters: `name eq ${quoted(name)}` });
  assert.equal(data.length, 1);
  return data[0];
}

// byNative gives the account of a native identity.
export async function byNative(accounts, source, native) {
  const filters = `sourceId eq ${quoted(source.id)} and nativeIdentity eq ${quoted(native)}`;
  const { data } = await accounts.listAccounts({ filters, sorters: "id" });
  assert.equal(data.length, 1, `accounts ${native}`);
  return data[0];
}

// quoted writes a value of a filter.
export const quoted = (text) => `"${text.replaceAll("\\", "\\\\").replaceAll('"', '\\"')}"`;
