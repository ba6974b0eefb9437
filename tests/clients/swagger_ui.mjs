// Swagger UI in a real browser: whatever the page is called, below a path of a proxy too, every document renders,
// "Authorize" and "Execute" give the documented success of every GET, which changes nothing, and no request leaves the
// page's server. The page's address is the argument, playwright-core is looked up in the folder of the second, the third is
// the browser; with a fourth, pictures are left in that folder.
import { createRequire } from "node:module";
import { pathToFileURL } from "node:url";
import { plan, prepare } from "./tools/requests.mjs";

const [url, folder, executablePath, pictures] = process.argv.slice(2);
const require = createRequire(pathToFileURL(`${folder}/package.json`));
const { chromium } = require("playwright-core");
const below = url.replace(/swagger-ui\/.*$/, "");

function check(condition, what) {
    if (!condition) throw new Error(what);
}

const DIALECTS = { matrix: "Matrix", pnut: "pnut", ringcentral: "RingCentral", presenced: "presenced" };

/** What no page can show by itself; the description says how it is tried instead. */
const TOLD = { authorize: "address bar", OpenWebSocket: "WebSocket client", streamChanges: "curl -N" };

/** All that GETs could change. */
async function everything() {
    const get = async (path) => {
        const answer = await fetch(below + path, { headers: { authorization: "Bearer demo-admin" } });
        check(answer.ok, `${path}: ${answer.status}`);
        return answer.json();
    };
    const users = ["@alice:example.com", "@bob:example.com", "@carol:example.com"];
    const of = (user, what) => get(`presenced/v1/users/${user}/${what}`);
    const each = users.map((user) => Promise.all(["presence", "settings", "tokens", "presence-list"].map((what) => of(user, what))));
    const whole = ["users", "rooms", "app-tokens", "subscriptions"].map((what) => get(`presenced/v1/${what}`));
    return JSON.stringify(await Promise.all([...whole, ...each]));
}

/** Puts a token where the document wants it, instead of the one that was there. */
async function authorize(page, token) {
    await page.locator(".auth-wrapper .btn.authorize").first().click();
    const scheme = page.locator(".auth-container", { hasText: /\(http, Bearer\)/ }).first();
    if (await scheme.getByRole("button", { name: "Remove authorization" }).count()) {
        await scheme.getByRole("button", { name: "Remove authorization" }).click();
    }
    await scheme.locator("input").first().fill(token);
    await scheme.getByRole("button", { name: "Apply credentials" }).click();
    await page.locator(".dialog-ux .close-modal").click();
}

/** Executes an operation with what the page has filled in, and `values` besides; returns the status that it shows. */
async function execute(page, { operationId, values = {} }) {
    const block = page.locator(`.opblock[id$="-${operationId}"]`).first();
    await block.locator(".opblock-summary").first().click();
    for (const [name, value] of Object.entries(values)) {
        await block.locator(`tr[data-param-name="${name}"] input`).fill(value);
    }
    await block.locator("button.execute").click();
    const status = await block.locator(".live-responses-table tbody .response-col_status").first().textContent();
    if (pictures) await block.screenshot({ path: `${pictures}/${operationId}.png` });
    await block.locator(".opblock-summary").first().click();
    return parseInt(status);
}

const browser = await chromium.launch({ executablePath, args: ["--no-sandbox"] });
try {
    const page = await browser.newPage({ viewport: { width: 1280, height: 1000 } });
    page.setDefaultTimeout(60_000);
    const [asked, wrong] = [[], []];
    page.on("request", (request) => asked.push(request.url()));
    page.on("requestfailed", (request) => wrong.push(`no answer: ${request.url()}`));
    page.on("pageerror", (error) => wrong.push(`${error}`));
    page.on("console", (message) => message.type() === "error" && wrong.push(`${message.text()} ${message.location().url}`));
    const prepared = await prepare(below.replace(/\/$/, ""));
    const before = await everything();
    await page.goto(url);
    check((await page.title()) === "presenced: try the APIs", await page.title());
    const titles = await page.locator(".topbar select option").allTextContents();
    check(titles.length === Object.keys(DIALECTS).length, `${titles}`);
    for (const [dialect, title] of Object.entries(DIALECTS)) {
        await page.locator(".topbar select").selectOption({ label: titles.find((known) => known.includes(title)) });
        await page.locator(".info .title", { hasText: title }).waitFor();
        const document = await (await fetch(`${below}swagger-ui/${dialect}.json`)).json();
        if (pictures) await page.screenshot({ path: `${pictures}/${dialect}.png` });
        const planned = plan(dialect, document, prepared[dialect]).filter(({ method }) => method === "GET");
        for (const [operationId, instead] of Object.entries(TOLD)) {
            const told = Object.values(document.paths).map(({ get }) => get).find((get) => get?.operationId === operationId);
            check(!told || told.description.replace(/\s+/g, " ").includes(instead), `${operationId} does not say: ${instead}`);
        }
        const tried = planned.filter(({ operationId }) => !TOLD[operationId]);
        check(tried.length > 4, `${dialect}: ${tried.length} operations`);
        for (const token of new Set(tried.map(({ token }) => token))) {
            await authorize(page, token);
            for (const operation of tried.filter((operation) => operation.token === token)) {
                asked.length = 0;
                const status = await execute(page, operation);
                const expected = operation.refused?.[0] ?? 200;
                check(status === expected, `${dialect} ${operation.operationId}: ${status}`);
                const path = operation.path.replace(/\{\w+\}/g, "[^/]+").replace(/\/$/, "/?");
                const called = asked.filter((called) => new RegExp(`${path}$`).test(new URL(called).pathname));
                check(called.length === 1, `${dialect} ${operation.operationId} asked ${asked}`);
                check(asked.every((called) => called.startsWith(below) || called.startsWith("data:")), `asked ${asked}`);
            }
        }
        console.log(`${dialect}: ${tried.length} operations`);
    }
    check((await everything()) === before, `something was changed:\n${before}\n${await everything()}`);
    // The one refusal: a demo keeps nothing, so there is nothing to export.
    const unexpected = wrong.filter((what) => !/409 .*\/presenced\/v1\/export$/.test(what));
    check(unexpected.length === 0, unexpected.join("\n"));
} finally {
    await browser.close();
}
