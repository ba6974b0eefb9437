// A real browser over TLS: more streams than it opens connections to one host, a request and a WebSocket beside them,
// all over one connection of HTTP/2. The server's address is the argument, playwright-core is looked up in the folder of
// the second, and the third is the browser.
import { createRequire } from "node:module";
import { pathToFileURL } from "node:url";

const [url, folder, executablePath] = process.argv.slice(2);
const require = createRequire(pathToFileURL(`${folder}/package.json`));
const { chromium } = require("playwright-core");

const STREAMS = 12;

const browser = await chromium.launch({ executablePath, args: ["--no-sandbox", "--ignore-certificate-errors"] });
try {
    const page = await (await browser.newContext({ ignoreHTTPSErrors: true })).newPage();
    page.setDefaultTimeout(60_000);
    await page.goto(`${url}/healthz`);
    const told = await page.evaluate(async (count) => {
        const streams = Array.from({ length: count }, () => {
            const stream = new EventSource("/presenced/v1/changes?access_token=demo-bob");
            return new Promise((open, fail) => {
                stream.onopen = open;
                stream.onerror = () => fail(new Error("a stream failed"));
            });
        });
        await Promise.all(streams);
        const token = await fetch("/restapi/oauth/wstoken", {
            method: "POST",
            headers: { authorization: "Bearer demo-bob" },
        });
        const { uri, ws_access_token: access } = await token.json();
        const socket = new WebSocket(`${uri}?access_token=${access}`);
        return new Promise((answer, fail) => {
            socket.onmessage = (message) => answer(message.data);
            socket.onclose = (event) => fail(new Error(`the socket was closed with ${event.code}`));
        });
    }, STREAMS);
    if (JSON.parse(told)[0].type !== "ConnectionDetails") throw new Error(told);
} finally {
    await browser.close();
}
