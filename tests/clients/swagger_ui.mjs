// Swagger UI in a real browser: whatever the page is called, below a path of a proxy too, "Authorize" and "Execute"
// reach this server and no other. The page's address is the argument, playwright-core is looked up in the folder of the
// second, and the third is the browser.
import { createRequire } from "node:module";
import { pathToFileURL } from "node:url";

const [url, folder, executablePath] = process.argv.slice(2);
const require = createRequire(pathToFileURL(`${folder}/package.json`));
const { chromium } = require("playwright-core");

function check(condition, what) {
    if (!condition) throw new Error(what);
}

// Each document with an operation of it, and where that has to lead.
const CASES = [
    ["Matrix", "accessTokenBearer", "getPresence", /\/_matrix\/client\/v3\/presence\/[^/]+\/status$/],
    ["pnut", "bearer", "getToken", /\/v0\/token$/],
    ["RingCentral", "bearer", "ReadUserPresenceStatus", /\/restapi\/v1\.0\/account\/[^/]+\/extension\/[^/]+\/presence/],
    ["presenced", "bearer", "getUserPresence", /\/presenced\/v1\/users\/[^/]+\/presence$/],
];

const browser = await chromium.launch({ executablePath, args: ["--no-sandbox"] });
try {
    const page = await browser.newPage();
    page.setDefaultTimeout(60_000);
    const asked = [];
    const failed = [];
    page.on("request", (request) => asked.push(request.url()));
    page.on("requestfailed", (request) => failed.push(request.url()));
    await page.goto(url);
    const titles = await page.locator(".topbar select option").allTextContents();
    for (const [title, scheme, operation, path] of CASES) {
        const chosen = titles.find((known) => known.includes(title));
        check(chosen !== undefined, `no document of ${title}: ${titles}`);
        await page.locator(".topbar select").selectOption({ label: chosen });
        const block = page.locator(`.opblock[id$="-${operation}"]`).first();
        await block.waitFor();

        await page.locator(".auth-wrapper .btn.authorize").first().click();
        const dialog = page.locator(".auth-container", { hasText: scheme }).first();
        const field = dialog.locator("input").first();
        if (await field.count()) {
            await field.fill("demo-alice");
            await dialog.locator("button.authorize").click();
        }
        await page.locator(".dialog-ux .close-modal").click();

        await block.locator(".opblock-summary-control, .opblock-summary").first().click();
        const execute = block.locator("button.execute");
        if (!(await execute.count())) await block.locator("button.try-out__btn").click();
        asked.length = 0;
        await execute.click();
        const status = await block.locator(".live-responses-table tbody .response-col_status").first().textContent();
        check(status.trim().startsWith("200"), `${title}: ${status}`);
        const called = asked.filter((called) => path.test(new URL(called).pathname));
        check(called.length === 1, `${title} asked ${asked}`);
        const below = url.replace(/swagger-ui\/.*$/, "");
        check(asked.every((called) => called.startsWith(below) || called.startsWith("data:")), `${title} asked ${asked}`);
    }
    check(failed.length === 0, `without an answer: ${failed}`);
} finally {
    await browser.close();
}
