// matrix-bot-sdk, unmodified: alice's bot starts with a filter, syncs, sets and reads presence and profiles, and logs
// out, on the demo server whose address is the first argument. The module is in the folder of the second.
const { createRequire } = require("node:module");

const [url, folder] = process.argv.slice(2);
const { LogLevel, LogService, MatrixClient, MemoryStorageProvider } = createRequire(`${folder}/package.json`)("matrix-bot-sdk");

const ALICE = "@alice:example.com";
const BOB = "@bob:example.com";

function check(condition, what) {
    if (!condition) throw new Error(what);
}

/** A storage that tells of the first tokens of a sync. */
class Storage extends MemoryStorageProvider {
    constructor(synced) {
        super();
        this.synced = synced;
    }

    setSyncToken(token) {
        super.setSyncToken(token);
        if (token) this.synced(token);
    }
}

async function main() {
    LogService.setLevel(LogLevel.ERROR);
    let storage;
    const synced = new Promise((resolve) => (storage = new Storage(resolve)));
    const alice = new MatrixClient(url, "demo-alice", storage);
    await alice.start({ presence: { limit: 0 }, room: { timeline: { limit: 0 } } });
    check(await synced, "a sync brings a token");

    const rooms = await alice.getJoinedRooms();
    check(rooms.join() === "!lobby:example.com", `the rooms are ${rooms}`);
    const profile = await alice.getUserProfile(BOB);
    check(profile.displayname === "Bob", JSON.stringify(profile));

    await alice.setPresenceStatus("online", "brb");
    const own = await alice.getPresenceStatus();
    check(own.state === "online" && own.statusMessage === "brb", JSON.stringify(own));
    const seen = await new MatrixClient(url, "demo-bob").getPresenceStatusFor(ALICE);
    check(seen.currentlyActive === true && seen.statusMessage === "brb", "bob sees it");
    const refused = await alice.getPresenceStatusFor("@carol:example.com").catch((error) => error);
    check(refused.errcode === "M_FORBIDDEN", `the refusal is ${refused.errcode}`);

    alice.stop();
    await alice.doRequest("POST", "/_matrix/client/v3/logout");
    const gone = await new MatrixClient(url, "demo-alice").getUserId().catch((error) => error);
    check(gone.errcode === "M_UNKNOWN_TOKEN", `the token is ${gone.errcode ?? "still good"}`);
}

const late = setTimeout(() => {
    console.error("it took more than a minute");
    process.exit(1);
}, 60_000);
main().then(
    () => process.exit(0),
    (error) => {
        clearTimeout(late);
        console.error(error);
        process.exit(1);
    },
);
