// Postman's converter imports every document, and newman runs what came of it. Usage: postman.mjs FOLDER URL
import { createRequire } from "node:module";
import { promisify } from "node:util";
import { DIALECTS, plan, prepare, verdict } from "./requests.mjs";

const [folder, url] = process.argv.slice(2);
const require = createRequire(`${folder}/package.json`);
const convert = promisify(require("openapi-to-postmanv2").convertV2);
const run = promisify(require("newman").run);

/** The requests of a collection, out of their folders. */
function requests(items) {
    return items.flatMap((item) => (item.item ? requests(item.item) : [item]));
}

/** Method and path, as the document has them. */
function name({ method, url }) {
    return `${method} /${url.path.join("/").replace(/:(\w+)/g, "{$1}")}`;
}

async function tried(dialect) {
    const prepared = await prepare(url);
    const document = await (await fetch(`${url}/openapi/${dialect}.json`)).json();
    const imported = await convert(
        { type: "string", data: JSON.stringify(document) },
        // It makes up values of parameters that have no example; pnut's are those that set presence.
        { folderStrategy: "Tags", parametersResolution: "Example", enableOptionalParameters: dialect !== "pnut" },
    );
    if (!imported.result) throw new Error(`${dialect}: ${imported.reason}`);
    const collection = imported.output[0].data;
    const known = new Map(requests(collection.item).map((item) => [name(item.request), item]));
    const planned = plan(dialect, document, prepared[dialect]);
    collection.item = planned.map(({ operationId, method, path, token, values = {}, body }) => {
        const item = known.get(`${method} ${path}`);
        if (!item) throw new Error(`${dialect}: no request for ${operationId}: ${[...known.keys()]}`);
        // A user puts the token into the collection's variable; here each request has its own.
        if (item.request.auth?.type === "bearer") item.request.auth.bearer = [{ key: "token", value: token }];
        for (const variable of item.request.url.variable ?? []) {
            variable.value = values[variable.key] ?? variable.value;
        }
        if (body) item.request.body.raw = JSON.stringify(body);
        return { ...item, name: operationId, protocolProfileBehavior: { followRedirects: false } };
    });
    const { run: ran } = await run({ collection, timeoutRequest: 20_000 });
    const statuses = ran.executions.map(({ item, response, requestError }) => [item.name, response?.code ?? requestError]);
    verdict(dialect, planned, new Map(statuses));
}

for (const dialect of DIALECTS) await tried(dialect);
