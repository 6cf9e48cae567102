/** The same question as others ask it: as curl, as Python, as an address. */
import type { Body } from "./body";

/** Return a command line for a POSIX shell. */
export function asCurl(origin: string, path: string, body: Body | null, withToken: boolean): string {
  const lines = [`curl -s ${quoted(origin + path)}`];
  if (withToken) lines.push(`-H "Authorization: Bearer $SATSEEK_TOKEN"`);
  if (body) lines.push(`-H 'Content-Type: application/json'`, `-d ${quoted(JSON.stringify(body))}`);
  return lines.join(" \\\n  ");
}

/** Return a Python script that needs nothing but the standard library. */
export function asPython(origin: string, path: string, body: Body | null, withToken: boolean): string {
  const head = ["import json", ...(withToken ? ["import os"] : []), "import urllib.request", ""];
  const headers = [
    ...(body ? [`"Content-Type": "application/json"`] : []),
    ...(withToken ? [`"Authorization": f"Bearer {os.environ['SATSEEK_TOKEN']}"`] : []),
  ];
  const query = body ? [`query = ${python(body)}`] : [];
  const data = body ? ", data=json.dumps(query).encode()" : "";
  const asked = `urllib.request.Request(${JSON.stringify(origin + path)}${data}${headers.length ? `, headers={${headers.join(", ")}}` : ""})`;
  const tail = body
    ? ['for feature in found["features"]:', '    print(feature["id"], feature["properties"].get("satseek:score"))']
    : ['print(found["id"], found["properties"])'];
  return [
    ...head,
    ...query,
    `request = ${asked}`,
    "found = json.load(urllib.request.urlopen(request))",
    ...tail,
    "",
  ].join("\n");
}

/** Write JSON values as Python reads them. */
export function python(value: unknown): string {
  if (value === null || value === undefined) return "None";
  if (typeof value === "boolean") return value ? "True" : "False";
  if (Array.isArray(value)) return `[${value.map(python).join(", ")}]`;
  if (typeof value === "object") {
    const members = Object.entries(value).map(([key, each]) => `${JSON.stringify(key)}: ${python(each)}`);
    return `{${members.join(", ")}}`;
  }
  return JSON.stringify(value);
}

const quoted = (text: string): string => `'${text.replaceAll("'", `'\\''`)}'`;
