// Prism mocks every document: asked for a documented answer, it gives the one that a demo gives, to the letter. Usage:
// prism.mjs FOLDER URL
import { spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { createServer } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout } from "node:timers/promises";
import { isDeepStrictEqual } from "node:util";
import { DIALECTS, plan } from "./requests.mjs";

const [folder, url] = process.argv.slice(2);
const place = mkdtempSync(join(tmpdir(), "prism-"));

async function freePort() {
    const server = createServer().listen(0, "127.0.0.1");
    await once(server, "listening");
    const { port } = server.address();
    server.close();
    return port;
}

/** What a `$ref` stands for. */
function resolved(document, value) {
    if (!value?.$ref) return value;
    return value.$ref.slice(2).split("/").reduce((part, name) => part[name.replaceAll("~1", "/")], document);
}

function example(document, content) {
    const named = Object.values(content.examples ?? {})[0];
    return named?.value ?? content.example ?? resolved(document, content.schema).example;
}

/** A request for an operation with its examples. */
function request(document, operation, { path, method, parameters, token }) {
    const value = (parameter) => parameter.example ?? Object.values(parameter.examples ?? {})[0]?.value;
    const segment = (name) => parameters.find((parameter) => parameter.in === "path" && parameter.name === name);
    const filled = path.replace(/\{(\w+)\}/g, (_, name) => encodeURIComponent(value(segment(name))));
    const required = parameters.filter((parameter) => parameter.in === "query" && parameter.required);
    const query = new URLSearchParams(required.map((parameter) => [parameter.name, value(parameter)]));
    const basic = operation.security?.some((way) => way.basic);
    const authorization = basic ? `Basic ${btoa("desk:secret")}` : `Bearer ${token}`;
    const headers = { authorization };
    let body;
    const [[kind, content] = []] = Object.entries(operation.requestBody?.content ?? {});
    if (kind) {
        headers["content-type"] = kind;
        const sent = example(document, content);
        body = kind.endsWith("json") ? JSON.stringify(sent) : new URLSearchParams(sent).toString();
    }
    return [`${filled}?${query}`, { method, headers, body, redirect: "manual" }];
}

async function answer(base, [path, init], prefer) {
    const response = await fetch(base + path, { ...init, headers: { ...init.headers, ...prefer } });
    const text = await response.text();
    const kind = response.headers.get("content-type")?.split(";")[0];
    return { status: response.status, kind, body: /[/+]json$/.test(kind) ? JSON.parse(text) : text };
}

async function tried(dialect) {
    const document = await (await fetch(`${url}/openapi/${dialect}.json`)).json();
    const file = join(place, `${dialect}.json`);
    writeFileSync(file, JSON.stringify(document));
    const port = await freePort();
    const program = `${folder}/node_modules/@stoplight/prism-cli/dist/index.js`;
    const prism = spawn(process.execPath, [program, "mock", "--port", port, "--host", "127.0.0.1", file], { stdio: "ignore" });
    try {
        const mock = `http://127.0.0.1:${port}`;
        while (!(await fetch(mock).then(() => true, () => false))) {
            if (prism.exitCode !== null) throw new Error(`${dialect}: Prism does not start`);
            await setTimeout(100);
        }
        const real = document.servers[0].url;
        let count = 0;
        for (const planned of plan(dialect, document, {})) {
            const operation = document.paths[planned.path][planned.method.toLowerCase()];
            const sent = request(document, operation, planned);
            // Neither of them answers 101 without switching.
            const statuses = Object.keys(operation.responses).filter((status) => status !== "101");
            for (const status of statuses) {
                const prefer = { prefer: `code=${status}` };
                const [mocked, given] = [await answer(mock, sent, prefer), await answer(real, sent, prefer)];
                count += 1;
                if (!isDeepStrictEqual(mocked, given)) {
                    const said = JSON.stringify({ mocked, given });
                    throw new Error(`${dialect} ${planned.operationId} ${status}: ${said}`);
                }
            }
        }
        console.log(`${dialect}: ${count} answers are the same`);
    } finally {
        prism.kill();
    }
}

try {
    for (const dialect of DIALECTS) await tried(dialect);
} finally {
    rmSync(place, { recursive: true });
}
