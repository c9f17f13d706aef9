// Holds JSON values against the interfaces that the client's own .d.ts declares, which are generated from
// SailPoint's OpenAPI documents.
import { readFileSync } from "node:fs";
import { createRequire } from "node:module";
import { dirname, join } from "node:path";

const dist = dirname(createRequire(import.meta.url).resolve("sailpoint-api-client"));

// declarations gives a judge of values for one API version of the client: v3, v2024 or beta.
export function declarations(version) {
  const text = readFileSync(join(dist, version, "api.d.ts"), "utf8");
  const known = new Map();
  const declared = (name) => {
    if (!known.has(name)) known.set(name, parse(text, name));
    return known.get(name);
  };
  // It tells every way in which values are not of a type, once each, as lines such as "Account.name: missing".
  return (values, type) => [...new Set(values.flatMap((value) => judge(declared, value, type, type)))].sort();
}

// parse reads `export interface NAME {...}` or `export declare const NAME: {...}`, an enumeration.
function parse(text, name) {
  const enumeration = body(text, `export declare const ${name}: {`);
  if (enumeration !== undefined) return { values: [...enumeration.matchAll(/: "(.*)";/g)].map((match) => match[1]) };
  const source = body(text, `export interface ${name} {`);
  if (source === undefined) throw new Error(`the client declares no ${name}`);
  const plain = source.replace(/\/\*\*[^]*?\*\//g, "").replace(/\{\s*\[key: string\]: any;\s*\}/g, "object");
  const members = [...plain.matchAll(/^ {4}'(.+)'(\??): (.+);$/gm)];
  const lines = plain.split("\n").filter((line) => line.trim());
  if (members.length !== lines.length) throw new Error(`cannot read all of ${name}: ${plain}`);
  return { members: members.map(([, member, optional, type]) => ({ member, type, required: !optional })) };
}

function body(text, opening) {
  const start = text.indexOf(`\n${opening}\n`);
  if (start < 0) return undefined;
  return text.slice(start + opening.length + 1, text.indexOf("\n}", start));
}

const primitives = {
  string: (value) => typeof value === "string",
  number: (value) => typeof value === "number",
  boolean: (value) => typeof value === "boolean",
  object: (value) => typeof value === "object" && value !== null && !Array.isArray(value),
  any: () => true,
};

const kindOf = (value) => (Array.isArray(value) ? "array" : typeof value);

function judge(declared, value, type, path) {
  const [bare, ...others] = type.split(" | ");
  if (others.some((other) => other !== "null")) throw new Error(`${path}: cannot judge the type ${type}`);
  if (value === null) return others.length || bare === "any" ? [] : [`${path}: null`];
  const element = /^Array<(.+)>$/.exec(bare)?.[1];
  if (element) {
    return Array.isArray(value) ? value.flatMap((each) => judge(declared, each, element, path)) : [`${path}: ${kindOf(value)}, not array`];
  }
  if (bare in primitives) return primitives[bare](value) ? [] : [`${path}: ${kindOf(value)}, not ${bare}`];
  const { values, members } = declared(bare);
  if (values) return values.includes(value) ? [] : [`${path}: ${JSON.stringify(value)} is no ${bare}`];
  if (!primitives.object(value)) return [`${path}: ${kindOf(value)}, not ${bare}`];
  return judgeMembers(declared, value, members, path);
}

function judgeMembers(declared, value, members, path) {
  const names = members.map(({ member }) => member);
  const undeclared = Object.keys(value).filter((name) => !names.includes(name));
  return [
    ...undeclared.map((name) => `${path}.${name}: not declared`),
    ...members.flatMap(({ member, type, required }) => {
      if (member in value) return judge(declared, value[member], type, `${path}.${member}`);
      return required ? [`${path}.${member}: missing`] : [];
    }),
  ];
}
