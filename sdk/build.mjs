// Builds everything that is checked in: types from the server's documents, the client, and the pages. With `--check` it
// writes nothing, and fails where what is there is not what it would write.
import { build } from "esbuild";
import openapiTypescript, { astToString } from "openapi-typescript";
import { execFileSync } from "node:child_process";
import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync, mkdirSync, existsSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { parse } from "yaml";

const here = dirname(fileURLToPath(import.meta.url));
const isCheck = process.argv.includes("--check");
const different = [];

const NOTICE = "// Made by sdk/build.mjs. Do not edit.\n";

/** Writes a file, or looks whether it is as it would be written. */
function put(path, content) {
    const file = join(here, path);
    if (existsSync(file) && readFileSync(file).equals(Buffer.from(content))) return;
    if (isCheck) return void different.push(path);
    mkdirSync(dirname(file), { recursive: true });
    writeFileSync(file, content);
}

async function types(document, path) {
    const made = astToString(await openapiTypescript(document));
    // Comments as people write them.
    const clean = made
        .replace(/@description (?=\S)/g, "")
        .replace(/^ *\* Format: \w+\n/gm, "")
        .replace(/ *\/\*\* @(constant|enum) \*\//g, "")
        .replace(/(@example) @/g, "$1 \\@");
    put(path, NOTICE + clean);
}

/** The schemas alone, of a document that is no OpenAPI. */
function schemasOf({ info, components: { schemas } }) {
    return { openapi: "3.1.0", info, paths: {}, components: { schemas } };
}

const document = (name) => parse(readFileSync(join(here, "../openapi", name), "utf8"));
await types(document("presenced.yaml"), "typescript/src/generated/api.ts");
await types(schemasOf(document("presenced-events.yaml")), "typescript/src/generated/events.ts");

const common = { bundle: true, format: "esm", target: "es2022", minify: true, write: false, charset: "utf8", legalComments: "none" };

/** Bundles a script; private members get short names. */
async function bundle(entry, path, options = {}) {
    const { outputFiles } = await build({ ...common, entryPoints: [join(here, entry)], absWorkingDir: here, ...options });
    for (const { contents } of outputFiles) put(path, contents);
}

await bundle("typescript/src/index.ts", "typescript/dist/presenced.js", {
    banner: { js: "/* presenced's client for browsers. Apache-2.0. */" },
});
await bundle("typescript/src/react.ts", "typescript/dist/react.js", { external: ["react"] });

const declarations = mkdtempSync(join(tmpdir(), "presenced-"));
try {
    const tsc = join(here, "node_modules/typescript/bin/tsc");
    const options = ["--project", "typescript", "--declaration", "--emitDeclarationOnly", "--outDir", declarations];
    execFileSync(process.execPath, [tsc, ...options], { cwd: here, stdio: "inherit" });
    for (const name of readdirSync(declarations, { recursive: true }).filter((name) => name.endsWith(".d.ts"))) {
        put(`typescript/dist/${name}`, readFileSync(join(declarations, name)));
    }
} finally {
    rmSync(declarations, { recursive: true });
}

// The board takes the client from where everybody does.
const client = "../sdk/presenced.js";
await bundle("pages/src/board.tsx", "pages/dist/board.js", {
    jsx: "automatic",
    jsxImportSource: "preact",
    alias: { presenced: client },
    external: [client],
});
for (const page of ["board", "landing"]) await bundle(`pages/src/${page}.css`, `pages/dist/${page}.css`);

if (different.length) {
    console.error(`not as built: ${different.join(", ")}; build them again with: npm --prefix sdk run build`);
    process.exit(1);
}
