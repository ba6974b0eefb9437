// Validates an AsyncAPI document. Usage: asyncapi_parser.mjs FOLDER DOCUMENT
import { readFileSync } from "node:fs";
import { createRequire } from "node:module";

const [folder, file] = process.argv.slice(2);
const { Parser } = createRequire(`${folder}/package.json`)("@asyncapi/parser");
const { document, diagnostics } = await new Parser().parse(readFileSync(file, "utf8"));
// 0 is an error, 1 a warning.
const wrong = diagnostics.filter(({ severity }) => severity <= 1);
for (const { severity, path, message } of wrong) console.error(severity, path.join("."), message);
if (!document || wrong.length > 0) process.exit(1);
const channels = document.channels().all().map((channel) => `${channel.address()} (${channel.messages().all().length})`);
console.log(`${file}: ${document.version()}, ${channels.join(", ")}`);
