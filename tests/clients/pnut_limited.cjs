// pnut-butter, unmodified but redirected, meets the rate limit of a server that lets one call of each kind
// through. The argument is the folder in which the module is installed.
const assert = require("node:assert/strict");
const { createRequire } = require("node:module");

const pnut = createRequire(`${process.argv[2]}/package.json`)("pnut-butter");

async function main() {
    pnut.token = "demo-alice";
    assert.equal((await pnut.updatePresence("once")).meta.code, 200);
    const { meta, data } = await pnut.updatePresence("twice");
    assert.deepEqual([meta.code, meta.retry_in, data], [429, 600, undefined]);
    assert.equal((await pnut.presenceOf("me")).data.presence, "once");
}

main().catch((error) => {
    console.error(error);
    process.exit(1);
});
