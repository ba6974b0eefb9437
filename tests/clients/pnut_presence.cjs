// pnut-butter, unmodified but redirected: each operation and each class of error, on a demo server. The
// argument is the folder in which the module is installed.
const assert = require("node:assert/strict");
const { createRequire } = require("node:module");

const pnut = createRequire(`${process.argv[2]}/package.json`)("pnut-butter");

/** Says something as somebody; none is nobody. */
function as(token) {
    pnut.token = token ? `demo-${token}` : "";
    return pnut;
}

function data({ meta, data }) {
    assert.equal(meta.code, 200, JSON.stringify(meta));
    assert.equal("error_message" in meta, false, "its presence is taken for failure");
    return data;
}

function refused({ meta, data }, code) {
    assert.equal(meta.code, code, JSON.stringify(meta));
    assert.equal(typeof meta.error_message, "string");
    assert.equal(data, undefined);
    return meta;
}

async function reads(user) {
    return data(await as("bob").presenceOf(user)).presence;
}

async function main() {
    assert.deepEqual(data(await as("bob").presence()), []);
    assert.equal(await reads("me"), "offline");

    // Setting: offline needs "0" or "offline", since what is false is not sent.
    for (const [value, reading] of [
        ["on the train", "on the train"],
        [undefined, "online"],
        ["x".repeat(100), "x".repeat(100)],
        [0, "online"],
        ["", "online"],
        ["0", "offline"],
        [1, "online"],
        ["offline", "offline"],
        ["at the cafe & more", "at the cafe & more"],
    ]) {
        assert.equal(data(await as("alice").updatePresence(value)).presence, reading);
        assert.equal(await reads(1), reading);
    }

    // Reading: the alias, and the path with a name.
    const own = data(await as("alice").presenceOf("me"));
    assert.match(own.last_seen_at, /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ$/);
    assert.deepEqual(data(await as("bob").custom("/users/@alice/presence")), own);
    assert.deepEqual(data(await as("bob").custom("/users/%40ALICE/presence")), own);
    assert.deepEqual(data(await as("bob").presence()), [own]);

    // update_presence, whose `+` goes out raw.
    let answer = await as("alice").presence({ updatePresence: "at the cafe" });
    assert.equal(answer.meta.updated_presence, true);
    assert.equal(data(answer)[0].presence, "at the cafe");
    answer = await as("alice").presenceOf("me", { updatePresence: "1+1" });
    assert.equal(data(answer).presence, "1 1");
    answer = await as("alice").presence({ updatePresence: "x".repeat(101) });
    assert.equal(answer.meta.updated_presence, false);
    assert.equal(data(answer)[0].presence, "1 1");
    answer = await as("admin").presence({ updatePresence: "app" });
    assert.equal(answer.meta.updated_presence, false);
    assert.equal(data(answer).length, 1);

    // Who somebody is.
    assert.equal(data(await as("alice").user("@bob")).id, "2");
    assert.equal(data(await as("alice").custom("/token")).user.username, "alice");

    // Each class of error resolves to an envelope.
    refused(await as("alice").updatePresence("x".repeat(101)), 400);
    refused(await as("").presence(), 401);
    refused(await as("nobody").presence(), 401);
    refused(await as("admin").updatePresence("x"), 403);
    refused(await as("admin").presenceOf("me"), 403);
    refused(await as("alice").presenceOf("bob"), 404);
    refused(await as("alice").presenceOf(99), 404);
    refused(await as("alice").custom("/nowhere"), 404);
    refused(await as("alice").custom("/presence", "DELETE"), 405);
    refused(await as("alice").updatePresence("x".repeat(70_000)), 413);
}

main().catch((error) => {
    console.error(error);
    process.exit(1);
});
