// standardwebhooks, unmodified: verifies a webhook, whose secret, headers and body are the arguments, and refuses another
// body. The module is looked up in the folder of the first argument.
import { createRequire } from "node:module";
import { pathToFileURL } from "node:url";

const [folder, secret, headers, body] = process.argv.slice(2);
const { Webhook } = createRequire(pathToFileURL(`${folder}/package.json`))("standardwebhooks");
const webhook = new Webhook(secret);
if (webhook.verify(body, JSON.parse(headers)).type !== "presence") throw new Error("no presence");
let isRefused = false;
try {
    webhook.verify(body + " ", JSON.parse(headers));
} catch {
    isRefused = true;
}
if (!isRefused) throw new Error("another body is taken");
