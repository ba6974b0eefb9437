// The server's own pages in a real browser.

import axe from "axe-core";
import { readFileSync } from "node:fs";
import { createRequire } from "node:module";
import type { Browser, BrowserContextOptions, Page } from "playwright-core";
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from "vitest";
import { IS_NIGHT, launch } from "../../typescript/test/browser.js";
import { Server, until } from "../../typescript/test/server.js";

const AXE = readFileSync(createRequire(import.meta.url).resolve("axe-core/axe.min.js"), "utf8");
/** Where pictures are left, for people to look at. */
const PICTURES = process.env.PRESENCED_TEST_PICTURES;

const DESKTOP = { viewport: { width: 1280, height: 860 } };
const PHONE = { viewport: { width: 390, height: 844 }, deviceScaleFactor: 2, hasTouch: true, isMobile: true };

let browser: Browser;
let server: Server;
let wrong: string[];
const pages: Page[] = [];

beforeAll(async () => void (browser = await launch()));
afterAll(() => browser.close());
beforeEach(async () => {
    server = await Server.start();
    wrong = [];
});
afterEach(async () => {
    for (const page of pages.splice(0)) await page.context().close();
    await server.stop();
    expect(wrong, "what the browser complains of, or asks elsewhere").toEqual([]);
});

async function visit(path: string, options: BrowserContextOptions = DESKTOP): Promise<Page> {
    const context = await browser.newContext(options);
    const page = await context.newPage();
    pages.push(page);
    page.on("pageerror", (error) => wrong.push(`${error}`));
    page.on("console", (message) => message.type() === "error" && wrong.push(message.text()));
    page.on("request", (request) => {
        if (!request.url().startsWith(server.url) && !request.url().startsWith("data:")) wrong.push(request.url());
    });
    await page.goto(server.url + path);
    return page;
}

async function board(token: string, options?: BrowserContextOptions): Promise<Page> {
    const page = await visit(`/live#token=${token}`, options);
    await page.locator("main.board").waitFor();
    return page;
}

const row = (page: Page, user: string) => page.locator(".people li", { hasText: user });

describe("the board", () => {
    it("shows in one browser what is set in another", async () => {
        const [alice, bob] = [await board("demo-alice"), await board("demo-bob")];
        expect(alice.url(), "the token is in no address").toBe(`${server.url}/live`);
        await row(bob, "alice").getByText("Online").waitFor();
        await alice.getByRole("radio", { name: "Busy" }).check({ force: true });
        await row(bob, "alice").getByText("Busy").waitFor();
        await alice.getByRole("textbox", { name: "Status" }).fill("Lunch");
        await alice.getByLabel("It ends").selectOption({ label: "Until a time" });
        const then = new Date(Date.now() + 120_000);
        await alice.getByLabel("At", { exact: true }).fill([then.getHours(), then.getMinutes()].map((part) => String(part).padStart(2, "0")).join(":"));
        await alice.getByRole("button", { name: "Set status" }).click();
        await row(bob, "alice").getByText("Lunch").waitFor();
        await bob.locator(".feed li", { hasText: "says: Lunch" }).waitFor();
        await server.pass(121);
        await until(async () => !(await row(bob, "alice").textContent())!.includes("Lunch"), "the end of lunch");
        await alice.getByRole("button", { name: "Sign out" }).click();
        await alice.getByLabel("Token").waitFor();
        expect(await alice.evaluate("sessionStorage.length"), "and the token is gone").toBe(1);
    });

    it("shows what its token may see", async () => {
        await server.put("demo-carol", { state: "online" });
        const [bob, admin] = [await board("demo-bob"), await board("demo-admin")];
        await row(bob, "alice").getByText("Offline").waitFor();
        expect(await row(bob, "carol").count()).toBe(0);
        await row(admin, "Carol").getByText("Online").waitFor();
        await row(admin, "Alice").getByText("Offline").waitFor();
        await admin.getByRole("heading", { name: "You follow" }).waitFor();
    });

    it("finds people, and shows those in one state", async () => {
        await server.put("demo-carol", { state: "busy", status: { text: "On the phone" } });
        const admin = await board("demo-admin");
        await row(admin, "Carol").waitFor();
        await admin.getByRole("searchbox").fill("phone");
        await until(async () => (await admin.locator(".people li").count()) === 1);
        await admin.getByRole("searchbox").fill("");
        await admin.getByRole("button", { name: /^Busy/ }).click();
        await until(async () => (await admin.locator(".people li").count()) === 1);
        await admin.getByRole("searchbox").fill("nobody at all");
        await admin.getByText("Nobody is like that.").waitFor();
    });

    it("is opened by keyboard alone, and says what is wrong with a token", async () => {
        const page = await visit("/live");
        await page.getByLabel("Token").focus();
        await page.keyboard.type("nonsense");
        await page.keyboard.press("Enter");
        await page.getByRole("alert").getByText("unknown").waitFor();
        // The browser tells of the refusal by itself.
        wrong = wrong.filter((text) => !text.includes("401"));
        await page.keyboard.press("Control+A");
        await page.keyboard.type("demo-bob");
        await page.keyboard.press("Enter");
        await page.locator("main.board").waitFor();
        await page.getByRole("radio", { name: "Automatic" }).focus();
        await page.keyboard.press("ArrowRight");
        await until(async () => (await server.own("demo-bob")).state === "busy");
        await page.keyboard.press("Tab");
        await page.keyboard.type("Typing");
        await page.keyboard.press("Enter");
        await until(async () => (await server.own("demo-bob")).status === "Typing");
    });

    it("is open again when it is loaded anew, and goes on with a server that was started anew", async () => {
        const page = await board("demo-bob");
        await page.reload();
        await row(page, "bob").getByText("Online").waitFor();
        await server.stop();
        await page.getByText("Connecting…").waitFor();
        await server.begin();
        await page.getByText("Live", { exact: true }).waitFor();
        wrong = wrong.filter((text) => !/ERR_CONNECTION|WebSocket connection/.test(text));
        await server.put("demo-alice", { state: "busy" });
        await row(page, "alice").getByText("Busy").waitFor();
    });
});

const LOOKS = [
    { colorScheme: "light" as const, size: "desktop", options: DESKTOP },
    { colorScheme: "dark" as const, size: "phone", options: PHONE },
    { colorScheme: "dark" as const, size: "desktop", options: DESKTOP },
    { colorScheme: "light" as const, size: "phone", options: PHONE },
];

describe.each(IS_NIGHT ? LOOKS : LOOKS.slice(0, 2))("in $colorScheme on a $size", ({ colorScheme, size, options }) => {
    it("every page can be used by everybody", async () => {
        await server.put("demo-carol", { state: "busy", status: { text: "On the phone until the end of the afternoon", expiresInSeconds: 3600 } });
        const bob = await board("demo-bob");
        const chosen = { ...options, colorScheme, reducedMotion: "reduce" as const };
        const [start, signIn, own, all] = [await visit("/", chosen), await visit("/live", chosen), await board("demo-alice", chosen), await board("demo-admin", chosen)];
        await row(own, "bob").getByText("Online").waitFor();
        await bob.evaluate("document.body.dispatchEvent(new PointerEvent('pointermove', { bubbles: true }))");
        await own.getByRole("textbox", { name: "Status" }).fill("Reviewing the release");
        await own.getByRole("button", { name: "Set status" }).click();
        await row(own, "alice").getByText("Reviewing").waitFor();
        await server.put("demo-bob", { state: "busy" });
        await row(own, "bob").getByText("Busy").waitFor();
        const told: string[] = [];
        for (const [name, page] of Object.entries({ start, signIn, own, all })) {
            if (PICTURES) await page.screenshot({ path: `${PICTURES}/${name}-${size}-${colorScheme}.png`, fullPage: name !== "signIn" });
            await page.evaluate(AXE);
            const { violations } = (await page.evaluate("axe.run(document, { resultTypes: ['violations'] })")) as axe.AxeResults;
            told.push(...violations.map(({ id, nodes }) => `${name}: ${id}: ${nodes.map(({ html }) => html).join(" ")}`));
            const sideways = "document.documentElement.scrollWidth - document.documentElement.clientWidth";
            expect(await page.evaluate(sideways), `${name} is as wide as the window`).toBe(0);
            expect(await page.evaluate("document.getAnimations().length"), `${name} stands still`).toBe(0);
        }
        expect(told).toEqual([]);
    });
});

it.runIf(IS_NIGHT)("the board shows 10,000 users without a stutter", async () => {
    const COUNT = 10_000;
    const users = Array.from({ length: COUNT }, (_, number) => `@user${String(number).padStart(5, "0")}:example.com`);
    const rest = [...users];
    const add = async () => {
        for (let user = rest.pop(); user; user = rest.pop()) await server.call("PUT", `/presenced/v1/users/${user}`, "demo-admin", {});
    };
    await Promise.all(Array.from({ length: 16 }, add));
    const states = ["online", "busy", "unavailable"];
    const say = (batch: string[], state: (index: number) => string) =>
        server.call("POST", "/presenced/v1/presence/update", "demo-admin", {
            updates: batch.map((userId, index) => ({ userId, state: state(index), leaseSeconds: 3600 })),
        });
    for (let from = 0; from < COUNT; from += 1000) await say(users.slice(from, from + 1000), (index) => states[index % 3]!);

    const page = await visit("/live");
    await page.evaluate(`
        window.longTasks = [];
        new PerformanceObserver((list) => longTasks.push(...list.getEntries().map(({ duration }) => Math.round(duration))))
            .observe({ type: "longtask", buffered: true });`);
    const begun = Date.now();
    await page.getByRole("button", { name: "Admin" }).click();
    await page.locator(".people li").first().waitFor();
    const firstRow = Date.now() - begun;
    await page.getByRole("heading", { name: "Everybody" }).getByText("10,003").waitFor();
    const all = Date.now() - begun;
    const filling = (await page.evaluate("longTasks.splice(0)")) as number[];
    // Through the list, while a tenth of them changes.
    const changing = (async () => {
        for (let round = 0; round < 5; round++) await say(users.slice(round * 1000, round * 1000 + 200), (index) => states[(index + round + 1) % 3]!);
    })();
    await page.evaluate(`new Promise((done) => {
        let frames = 0;
        const step = () => {
            // Faster than anybody scrolls, and to the end and back.
            if (frames % 50 === 49) scrollTo(0, frames % 100 === 49 ? 1e9 : 0);
            else scrollBy(0, 500);
            if (frames++ < 250) requestAnimationFrame(step);
            else done();
        };
        step();
    })`);
    await page.keyboard.press("End");
    await changing;
    await until(async () => (await page.locator(".people li").count()) > 5);
    expect(await page.evaluate("scrollY")).toBeGreaterThan(300_000);
    const scrolling = (await page.evaluate("longTasks")) as number[];
    const rows = await page.locator(".people li").count();
    console.log(`figure: board of 10,000 users: first row after ${firstRow} ms, all after ${all} ms, ${rows} rows in the page;`);
    console.log(`figure:   tasks over 50 ms while it fills: ${filling}; while it is scrolled: ${scrolling}`);
    expect(Math.max(0, ...scrolling), "a task while scrolling, in milliseconds").toBeLessThanOrEqual(100);
    expect(rows).toBeLessThan(60);
});
