import { readFileSync } from "node:fs";
import { gzipSync } from "node:zlib";
import { expect, it } from "vitest";

it("is small, and needs nothing else", () => {
    const built = readFileSync(new URL("../dist/presenced.js", import.meta.url));
    const size = gzipSync(built, { level: 9 }).length;
    console.log(`figure: /sdk/presenced.js has ${size} bytes by gzip -9`);
    expect(size).toBeLessThanOrEqual(12_288);
    expect(built.toString()).not.toMatch(/\bimport\s*[({"*]/);
});
