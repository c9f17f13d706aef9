// Starts `accountsync sandbox` with seed.json on a free port and ends it again.
import { spawn } from "node:child_process";
import { once } from "node:events";
import { existsSync } from "node:fs";
import { createInterface } from "node:readline";
import { fileURLToPath } from "node:url";

const here = (path) => fileURLToPath(new URL(path, import.meta.url));
const binary = here("../../bin/accountsync");

// The shell becomes the sandbox and leaves a watcher behind that ends it when our end of standard input closes: also
// when this process is killed.
const watched = 'exec 3<&0; { read -r _ <&3; kill $$; } >/dev/null 2>&1 & exec "$@" 3<&- </dev/null';

// startSandbox gives the SAIL_ variables that the sandbox prints for its first client, and a function that ends it.
export async function startSandbox() {
  if (!existsSync(binary)) throw new Error(`${binary} is not there: run "make build" first`);
  const child = spawn("sh", ["-c", watched, "sh", binary, "sandbox", "--seed", here("seed.json"), "--addr", "127.0.0.1:0"]);
  const closed = once(child, "close");
  let complaints = "";
  child.stderr.setEncoding("utf8").on("data", (text) => (complaints += text));

  const variables = {};
  for await (const line of createInterface(child.stdout)) {
    for (const [, name, value] of line.matchAll(/(SAIL_\w+)=(\S+)/g)) variables[name] = value;
    if (line.startsWith("Ctrl-C")) break;
  }
  if (!variables.SAIL_CLIENT_SECRET) {
    child.stdin.end();
    await closed;
    throw new Error(`the sandbox did not start: ${complaints}`);
  }
  const stop = async () => {
    child.stdin.end();
    const [code, signal] = await closed;
    if (signal || code !== 0) throw new Error(`the sandbox ended with ${signal ?? code}: ${complaints}`);
  };
  return { variables, stop };
}
