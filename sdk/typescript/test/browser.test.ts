// The client on pages of another origin, in a real browser, against the real server.

import { readFileSync } from "node:fs";
import type { Browser, BrowserContext, Page } from "playwright-core";
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from "vitest";
import { Application, IS_NIGHT, launch, open, sees } from "./browser.js";
import { ALICE, BOB, Network, Server, until } from "./server.js";

let browser: Browser;
let server: Server;
let application: Application;
const contexts: BrowserContext[] = [];

beforeAll(async () => void (browser = await launch()));
afterAll(() => browser.close());
beforeEach(async () => {
    server = await Server.start();
    application = await Application.of(server.url);
});
afterEach(async () => {
    for (const context of contexts.splice(0)) await context.close();
    application.close();
    await server.stop();
});

/** A browser of somebody's own. */
async function someone(): Promise<BrowserContext> {
    const context = await browser.newContext();
    contexts.push(context);
    return context;
}

async function tab(context: BrowserContext, token: string, options: object = {}): Promise<Page> {
    return open(await context.newPage(), application, token, options);
}

/** How many sockets the server has. */
async function sockets(): Promise<number> {
    const answer = await fetch(`${server.url}/metrics`, { headers: { authorization: "Bearer demo-admin" } });
    return Number(/watchers\{[^}]*"websocket"[^}]*\} (\d+)/.exec(await answer.text())?.[1] ?? 0);
}

const devices = async (token: string) => (await server.own(token)).devices as { deviceId: string; label: string; connected: boolean }[];

it("two windows show each other's dots; one is closed, and is grey after the grace; a status ends", async () => {
    // The README's twenty lines, letter by letter but for the address of the server.
    const readme = readFileSync(new URL("../../../README.md", import.meta.url), "utf8");
    const example = /```html\n([^]*?)```/.exec(readme)![1]!;
    expect(example).toBe(readFileSync(new URL("../examples/web/index.html", import.meta.url), "utf8"));
    expect(example.trim().split("\n").length).toBeLessThanOrEqual(25);
    const app = await Application.serve({ "/": example.replaceAll("http://127.0.0.1:8008", server.url) });
    const [alice, bob] = [await (await someone()).newPage(), await (await someone()).newPage()];
    await alice.goto(`${app.url}/#alice`);
    await bob.goto(`${app.url}/#bob`);
    for (const page of [alice, bob]) {
        for (const user of [ALICE, BOB]) await page.locator(`[id="${user}"].online`).waitFor();
    }
    const [then, now] = [new Date(Date.now() + 120_000), new Date()];
    const clock = `${String(then.getHours()).padStart(2, "0")}:${String(then.getMinutes()).padStart(2, "0")}`;
    await alice.locator("#text").fill(`lunch until ${clock}`);
    await alice.locator("#text").press("Enter");
    await bob.getByText(`${ALICE} lunch until ${clock}`).waitFor();
    await server.pass(Math.ceil((then.getTime() - now.getTime()) / 1000) + 1);
    await until(async () => !(await bob.locator(`[id="${ALICE}"]`).textContent())!.includes("lunch"), "the end of lunch");
    await alice.close();
    await until(async () => !(await devices("demo-alice")).some(({ connected }) => connected));
    await server.pass(31);
    await bob.locator(`[id="${ALICE}"].offline`).waitFor();
    app.close();
});

const SHARING = [
    { with: "Web Locks", most: 1, prepare: "" },
    { with: "nothing to share by", most: 7, prepare: "delete Navigator.prototype.locks" },
];

describe.each(IS_NIGHT ? SHARING : SHARING.slice(0, 1))("seven tabs with $with", ({ most, prepare }) => {
    it("are one device, and go on when the first is closed", async () => {
        const [one, other] = [await someone(), await someone()];
        if (prepare) await one.addInitScript(prepare);
        const tabs: Page[] = [];
        for (let count = 0; count < 7; count++) tabs.push(await tab(one, "demo-alice"));
        const bob = await tab(other, "demo-bob");
        expect(await sockets()).toBe(most + 1);
        expect(await devices("demo-alice")).toMatchObject([{ label: "web", connected: true }]);
        for (const page of tabs) await sees(page, BOB, "online");
        await tabs[0]!.close();
        await bob.evaluate("presence.setState('busy')");
        for (const page of tabs.slice(1)) await sees(page, BOB, "busy");
        await tabs[6]!.evaluate("presence.setStatus('from the last')");
        await until(async () => (await server.own("demo-alice")).status === "from the last");
        for (const page of tabs.slice(1)) {
            await page.waitForFunction(`presence.get("${ALICE}").status === "from the last"`);
        }
        await until(async () => (await sockets()) === (most === 1 ? 2 : 7));
        // One of them alone is left, and speaks for the same device.
        for (const page of tabs.slice(1, 6)) await page.close();
        await tabs[6]!.evaluate("presence.setState('busy')");
        expect(await devices("demo-alice")).toMatchObject([{ connected: true }]);
        await sees(bob, ALICE, "busy");
    });
});

it("another user, and another device, in the same browser are on their own", async () => {
    const context = await someone();
    const alice = await tab(context, "demo-alice");
    const bob = await tab(context, "demo-bob");
    await tab(context, "demo-alice", { device: "kiosk" });
    expect(await sockets()).toBe(3);
    expect((await devices("demo-alice")).map(({ deviceId }) => deviceId).sort()).toEqual(["kiosk", expect.stringMatching(/^web-/)]);
    await sees(alice, BOB, "online");
    await sees(bob, ALICE, "online");
});

it("a tab in the background follows, and an idle user is away until they come back", async () => {
    const context = await someone();
    // What a browser with windows does when another tab is in front.
    await context.addInitScript(`
        let isHidden = false;
        Object.defineProperty(document, "visibilityState", { get: () => (isHidden ? "hidden" : "visible") });
        window.hide = (hidden) => { isHidden = hidden; document.dispatchEvent(new Event("visibilitychange")); };`);
    const [first, second] = [await tab(context, "demo-alice"), await tab(context, "demo-alice")];
    const bob = await tab(await someone(), "demo-bob");
    await first.evaluate("hide(true)");
    await second.evaluate("hide(true)");
    await sees(bob, ALICE, "online");
    await server.pass(301);
    await sees(bob, ALICE, "unavailable");
    await bob.evaluate("presence.setState('busy')");
    await sees(first, BOB, "busy");
    await sees(second, BOB, "busy");
    // The tab that holds the socket stays in the background.
    await until(async () => {
        await second.evaluate("hide(true), hide(false)");
        return (await server.own("demo-alice")).state === "online";
    });
    await sees(bob, ALICE, "online");
});

it("a network that is cut and comes back", async () => {
    const network = await Network.before(server);
    const alice = await tab(await someone(), "demo-alice", { url: network.url });
    network.cut();
    await server.put("demo-bob", { state: "busy" });
    // The browser knows of it; where it does not, the client asks, as the tests of the client show.
    await alice.evaluate("dispatchEvent(new Event('offline'))");
    await alice.waitForFunction("presence.state === 'connecting'");
    network.mend();
    await alice.evaluate("dispatchEvent(new Event('online'))");
    await sees(alice, BOB, "busy");
    expect(await alice.evaluate("states")).toEqual(["connecting", "open"]);
    network.close();
});

it("a token that ends, and getToken", async () => {
    const context = await someone();
    const made: string[] = [];
    await context.exposeFunction("makeToken", async () => {
        made.push(await server.token(ALICE, { deviceId: "WEB", expiresInSeconds: 120 }));
        return made.at(-1);
    });
    const page = await context.newPage();
    await page.goto(application.url);
    await page.waitForFunction("window.begin");
    await page.evaluate(`begin({ getToken: makeToken }, { users: ["${BOB}"] })`);
    expect(made.length).toBe(1);
    await server.pass(65);
    await until(() => made.length === 2, "another token");
    await server.pass(65);
    await server.put("demo-bob", { state: "busy" });
    await sees(page, BOB, "busy");
    expect(await page.evaluate("states"), "the same socket").toEqual([]);
    const before = made.length;
    await server.call("DELETE", `/presenced/v1/users/${ALICE}/tokens`, "demo-admin");
    await page.waitForFunction("states.join() === 'connecting,open'");
    expect(made.length).toBe(before + 1);
});

it("a server that is started anew", async () => {
    const context = await someone();
    const tabs = [await tab(context, "demo-alice"), await tab(context, "demo-alice")];
    await server.put("demo-bob", { state: "busy" });
    for (const page of tabs) await sees(page, BOB, "busy");
    await server.stop();
    await server.begin();
    for (const page of tabs) {
        await sees(page, BOB, "offline");
        await page.waitForFunction("presence.state === 'open'");
    }
    expect(await sockets()).toBe(1);
    expect(await devices("demo-alice")).toMatchObject([{ connected: true }]);
});

it("a page under a strict content security policy", async () => {
    const policy = `default-src 'none'; script-src 'self' ${server.url}; connect-src ${server.url} ${server.url.replace("http", "ws")}; require-trusted-types-for 'script'`;
    const strict = await Application.of(server.url, policy);
    const context = await someone();
    const page = await context.newPage();
    const wrong: string[] = [];
    page.on("console", (message) => /Content Security|Trusted/.test(message.text()) && wrong.push(message.text()));
    await open(page, strict, "demo-alice");
    await sees(page, ALICE, "online");
    expect(wrong.filter((text) => !text.includes("favicon"))).toEqual([]);
    strict.close();
});

it("a page that is left and come back to", async () => {
    const context = await someone();
    const page = await tab(context, "demo-alice");
    await page.goto("about:blank");
    await until(async () => !(await devices("demo-alice"))[0]!.connected);
    await page.goBack();
    await page.waitForFunction("window.begin");
    if (!(await page.evaluate("!!window.presence"))) await open(page, application, "demo-alice");
    await page.waitForFunction("presence.state === 'open'");
    await until(async () => (await devices("demo-alice"))[0]!.connected);
});
