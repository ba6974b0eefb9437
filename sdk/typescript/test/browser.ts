// Debian's Chromium, and an application of another origin.

import { once } from "node:events";
import { createServer, type Server as HttpServer } from "node:http";
import type { AddressInfo } from "node:net";
import { chromium, type Browser, type Page } from "playwright-core";
import type { PresenceState } from "../src/index.js";
import { ALICE, BOB } from "./server.js";

/** Whether what takes longer is tried too. */
export const IS_NIGHT = !!process.env.PRESENCED_TEST_NIGHTLY;

export function launch(): Promise<Browser> {
    return chromium.launch({ executablePath: process.env.PRESENCED_TEST_CHROMIUM ?? "/usr/bin/chromium", args: ["--no-sandbox"] });
}

/** An application: pages of its own origin that import the client of a server. */
export class Application {
    private readonly listener: HttpServer;

    private constructor(
        private readonly pages: Record<string, string>,
        private readonly policy: string | undefined,
    ) {
        this.listener = createServer(({ url }, answer) => {
            const name = new URL(url!, "http://x").pathname;
            const kind = name.endsWith(".js") ? "text/javascript" : "text/html; charset=utf-8";
            const page = this.pages[name];
            answer.writeHead(page === undefined ? 404 : 200, {
                "content-type": kind,
                ...(this.policy && { "content-security-policy": this.policy }),
            });
            answer.end(page ?? "");
        });
    }

    static async serve(pages: Record<string, string>, policy?: string): Promise<Application> {
        const application = new Application(pages, policy);
        application.listener.listen(0, "127.0.0.1");
        await once(application.listener, "listening");
        return application;
    }

    /** Pages that do what a test says, with the client of this server. */
    static of(server: string, policy?: string): Promise<Application> {
        const script = `import { connect } from "${server}/sdk/presenced.js";
            window.begin = async (options, watched) => {
                const presence = (window.presence = await connect(options));
                window.states = [];
                presence.on("state", (state) => window.states.push(state));
                await presence.watch(watched);
            };`;
        const page = `<!doctype html><title>app</title><script type="module" src="/app.js"></script><p>app</p>`;
        return Application.serve({ "/": page, "/app.js": script }, policy);
    }

    get url(): string {
        return `http://localhost:${(this.listener.address() as AddressInfo).port}`;
    }

    close(): void {
        this.listener.closeAllConnections();
        this.listener.close();
    }
}

/** Opens the application's page, as a user. */
export async function open(page: Page, application: Application, token: string, options: object = {}): Promise<Page> {
    await page.goto(application.url);
    await page.waitForFunction("window.begin");
    await page.evaluate(`begin(${JSON.stringify({ token, ...options })}, ${JSON.stringify({ users: [ALICE, BOB] })})`);
    return page;
}

/** Waits until a page shows a user in a state. */
export async function sees(page: Page, user: string, state: PresenceState): Promise<void> {
    await page.waitForFunction(`presence.get("${user}")?.state === "${state}"`, undefined, { timeout: 20_000, polling: 50 });
}
