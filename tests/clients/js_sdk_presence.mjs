// matrix-js-sdk, unmodified: alice's startClient sees bob's presence live, on the demo server whose address
// is the argument. The module is looked up in the folder of the second argument.
import { createRequire } from "node:module";
import { pathToFileURL } from "node:url";

const [url, folder] = process.argv.slice(2);
const require = createRequire(pathToFileURL(`${folder}/package.json`));
const { createClient, UserEvent } = await import(pathToFileURL(require.resolve("matrix-js-sdk")));

const ALICE = "@alice:example.com";
const BOB = "@bob:example.com";

const quiet = { trace() {}, debug() {}, info() {}, warn() {}, error() {}, getChild: () => quiet };

function client(userId, accessToken, deviceId) {
    return createClient({ baseUrl: url, userId, accessToken, deviceId, logger: quiet });
}

function check(condition, what) {
    if (!condition) throw new Error(what);
}

const alice = client(ALICE, "demo-alice", "DEMO");
const bob = client(BOB, "demo-bob", "DEMO");

/** The next change of bob's presence that alice is told of and that fits. */
function told(fits) {
    return new Promise((resolve) => {
        const listener = (_event, user) => {
            if (user.userId !== BOB || !fits(user)) return;
            alice.off(UserEvent.Presence, listener);
            alice.off(UserEvent.CurrentlyActive, listener);
            resolve(user);
        };
        alice.on(UserEvent.Presence, listener);
        alice.on(UserEvent.CurrentlyActive, listener);
    });
}

const late = setTimeout(() => {
    console.error("nothing was told in a minute");
    process.exit(1);
}, 60_000);

await alice.startClient({ pollTimeout: 30_000 });
await new Promise((resolve) => alice.once("sync", resolve));
check(alice.getSyncState() !== "ERROR", `the sync state is ${alice.getSyncState()}`);

const online = told((user) => user.presence === "online");
await bob.setPresence({ presence: "online", status_msg: "I am here." });
const seen = await online;
check(seen.presenceStatusMsg === "I am here.", `the status is ${seen.presenceStatusMsg}`);
check(seen.currentlyActive === true, "bob is currently active");

const away = told((user) => user.presence === "unavailable");
await bob.setPresence({ presence: "unavailable", status_msg: "brb" });
check((await away).presenceStatusMsg === "brb", "the status is brb");

const read = await alice.getPresence(BOB);
check(read.presence === "unavailable" && read.status_msg === "brb", JSON.stringify(read));

const refused = await alice.getPresence("@carol:example.com").catch((error) => error);
check(refused.errcode === "M_FORBIDDEN", `the refusal is ${refused.errcode}`);

const own = await bob.getPresence(ALICE);
check(own.presence === "online", "alice's sync makes her online");

clearTimeout(late);
alice.stopClient();
bob.stopClient();
process.exit(0);
