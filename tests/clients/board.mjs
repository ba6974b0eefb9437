// The board and the client for web pages in a real browser, wherever they are served, below a path of a proxy too. Their
// address is the argument, playwright-core is looked up in the folder of the second, and the third is the browser.
import { createRequire } from "node:module";
import { pathToFileURL } from "node:url";

const [url, folder, executablePath] = process.argv.slice(2);
const require = createRequire(pathToFileURL(`${folder}/package.json`));
const { chromium } = require("playwright-core");

const browser = await chromium.launch({ executablePath, args: ["--no-sandbox"] });
const wrong = [];

/** A browser of somebody's own. */
async function visit(path) {
    const page = await (await browser.newContext()).newPage();
    page.setDefaultTimeout(60_000);
    page.on("pageerror", (error) => wrong.push(`${error}`));
    page.on("console", (message) => message.type() === "error" && wrong.push(message.text()));
    page.on("request", (request) => {
        if (!request.url().startsWith(`${url}/`) && !request.url().startsWith("data:")) wrong.push(request.url());
    });
    await page.goto(`${url}/${path}`);
    return page;
}

try {
    const [alice, bob] = [await visit("live#token=demo-alice"), await visit("live#token=demo-bob")];
    const row = bob.locator(".people li", { hasText: "alice" });
    await row.getByText("Online").waitFor();
    await alice.getByRole("radio", { name: "Busy" }).check({ force: true });
    await row.getByText("Busy").waitFor();
    // A page that is told no address takes that of the module.
    const start = await visit("");
    await start.evaluate(async () => {
        const { connect } = await import("./sdk/presenced.js");
        window.presence = await connect({ token: "demo-bob-2" });
        await window.presence.watch({ rooms: ["!lobby:example.com"] });
    });
    await start.waitForFunction(() => window.presence.get("@alice:example.com")?.state === "busy");
    await start.getByRole("link", { name: "Try it: pnut.io" }).click();
    await start.locator(".info .title", { hasText: "pnut" }).waitFor();
    if (wrong.length) throw new Error(wrong.join("\n"));
} finally {
    await browser.close();
}
