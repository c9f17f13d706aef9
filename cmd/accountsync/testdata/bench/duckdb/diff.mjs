// Holds one CSV file against another: node diff.mjs DESIRED.csv LIVE.csv
import { DuckDBInstance } from "@duckdb/node-api";

const [desired, live] = process.argv.slice(2).map((path) => `read_csv('${path.replaceAll("'", "''")}', header = true, all_varchar = true)`);
const connection = await (await DuckDBInstance.create(":memory:")).connect();
const columns = (await connection.runAndReadAll(`DESCRIBE FROM ${desired}`)).getRows().map(([name]) => `"${name}"`);
const [key, ...values] = columns;
const row = (table) => `(${values.map((name) => `${table}.${name}`).join(", ")})`;
const answer = await connection.runAndReadAll(`
  SELECT count(*) FILTER (l.${key} IS NULL), count(*) FILTER (d.${key} = l.${key} AND ${row("d")} IS DISTINCT FROM ${row("l")}), count(*) FILTER (d.${key} IS NULL)
  FROM ${desired} d FULL JOIN ${live} l ON d.${key} = l.${key}`);
const [creates, puts, deletes] = answer.getRows()[0];
console.log(`create ${creates} put ${puts} delete ${deletes}`);
