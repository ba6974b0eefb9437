// Validates documents, each against the schema and the rules of its version.
// Usage: swagger_parser.mjs FOLDER DOCUMENT...
import { createRequire } from 'node:module';

const [folder, ...documents] = process.argv.slice(2);
const { default: SwaggerParser } = await import(
    createRequire(`${folder}/package.json`).resolve('@apidevtools/swagger-parser'));
for (const document of documents) {
    const api = await SwaggerParser.validate(document);
    console.log(`${document}: ${api.openapi}`);
}
