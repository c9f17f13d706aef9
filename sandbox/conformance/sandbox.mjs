// Starts `accountsync sandbox` with seed.json on a free port and ends it again.
import { spawn } from "node:child_process";
import { once } from "node:events";
import { existsSync } from "node:fs";
import { createInterface } from "node:readline";
import { fileURLToPath } from "node:url";

const here = (path) => fileURLToPath(new URL(path, import.meta.url));
const binary = here("../../bin/accountsync");

// startSandbox gives the SAIL_ variables that the sandbox prints for its first client, and a function that ends it.
export async function startSandbox() {
  if (!existsSync(binary)) throw new Error(`${binary} is not there: run "make build" first`);
  const child = spawn(binary, ["sandbox", "--seed", here("seed.json"), "--addr", "127.0.0.1:0"], {
    stdio: ["ignore", "pipe", "pipe"],
  });
  const kill = () => child.kill("SIGKILL");
  process.once("exit", kill);
  let complaints = "";
  child.stderr.setEncoding("utf8").on("data", (text) => (complaints += text));

  const variables = {};
  for await (const line of createInterface(child.stdout)) {
    for (const [, name, value] of line.matchAll(/(SAIL_\w+)=(\S+)/g)) variables[name] = value;
    if (line.startsWith("Ctrl-C")) break;
  }
  if (!variables.SAIL_CLIENT_SECRET) throw new Error(`the sandbox did not start: ${complaints}`);
  const stop = async () => {
    const ended = once(child, "exit");
    child.kill("SIGTERM");
    const [code, signal] = await ended;
    process.removeListener("exit", kill);
    if (signal || code !== 0) throw new Error(`the sandbox ended with ${signal ?? code}: ${complaints}`);
  };
  return { variables, stop };
}
