// Bruno imports every document, and its command line runs what came of it. Usage: bruno.mjs FOLDER URL
import { execFile } from "node:child_process";
import { mkdtempSync, readFileSync, readdirSync, rmSync, writeFileSync } from "node:fs";
import { createRequire } from "node:module";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { promisify } from "node:util";
import { DIALECTS, plan, prepare, verdict } from "./requests.mjs";

const [folder, url] = process.argv.slice(2);
const yaml = createRequire(`${folder}/package.json`)("yaml");
const place = mkdtempSync(join(tmpdir(), "bruno-"));

async function bru(collection, ...words) {
    try {
        const program = `${folder}/node_modules/@usebruno/cli/bin/bru.js`;
        await promisify(execFile)(process.execPath, [program, ...words], { cwd: collection });
    } catch (failure) {
        // It fails too when an answer has a status that is none of success.
        if (words[0] !== "run") throw new Error(`${failure.stdout}${failure.stderr}`);
    }
}

/** The files of a collection with the requests in them, by method and path as the document has them. */
function requests(collection) {
    const files = readdirSync(collection, { recursive: true }).filter((name) => name.endsWith(".yml"));
    const read = files.map((file) => [file, yaml.parse(readFileSync(join(collection, file), "utf8"))]);
    return new Map(read.filter(([, { http }]) => http).map(([file, request]) => {
        const path = request.http.url.replace("{{baseUrl}}", "").replace(/\?.*/, "").replace(/:(\w+)/g, "{$1}");
        return [`${request.http.method} ${path}`, { file, request }];
    }));
}

async function tried(dialect) {
    const prepared = await prepare(url);
    const document = await (await fetch(`${url}/openapi/${dialect}.json`)).json();
    const collection = join(place, dialect);
    writeFileSync(`${collection}.json`, JSON.stringify(document));
    await bru(place, "import", "openapi", "--source", `${collection}.json`, "--output", place, "--collection-name", dialect);
    const known = requests(collection);
    const planned = plan(dialect, document, prepared[dialect]);
    const files = planned.map(({ operationId, method, path, token, values = {}, body }) => {
        const found = known.get(`${method} ${path}`);
        if (!found) throw new Error(`${dialect}: no request for ${operationId}: ${[...known.keys()]}`);
        const { file, request: { info, http, settings } } = found;
        // A user puts the token into the collection's variable; here each request has its own.
        if (http.auth?.type === "bearer") http.auth.token = token;
        for (const parameter of http.params ?? []) parameter.value = values[parameter.name] ?? parameter.value;
        // The command line sends the query that stands in the URL, where the import leaves it out; it encodes it.
        const query = (http.params ?? []).filter(({ type, disabled }) => type === "query" && !disabled);
        if (query.length) http.url += `?${query.map(({ name, value }) => `${name}=${value}`).join("&")}`;
        if (body) http.body.data = JSON.stringify(body);
        settings.followRedirects = false;
        writeFileSync(join(collection, file), yaml.stringify({ info: { ...info, name: operationId }, http, settings }));
        return file;
    });
    const report = join(place, `${dialect}-report.json`);
    await bru(collection, "run", ...files, "--env", "This server", "--reporter-json", report);
    const [{ results }] = JSON.parse(readFileSync(report, "utf8"));
    const statuses = results.map(({ name, response, error }) => [name.split("/").at(-1), response?.status ?? error]);
    verdict(dialect, planned, new Map(statuses));
}

try {
    for (const dialect of DIALECTS) await tried(dialect);
} finally {
    rmSync(place, { recursive: true });
}
