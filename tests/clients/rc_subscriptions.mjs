// @ringcentral/subscriptions over @ringcentral/sdk, unmodified: alice sees bob's presence by push on the demo server
// whose address is the argument. The modules are looked up in the folder of the second argument.
import { createRequire } from "node:module";
import { pathToFileURL } from "node:url";

const [url, folder] = process.argv.slice(2);
const require = createRequire(pathToFileURL(`${folder}/package.json`));
const { SDK } = require("@ringcentral/sdk");
const { Subscriptions } = require("@ringcentral/subscriptions");

function check(condition, what) {
    if (!condition) throw new Error(what);
}

async function login(token) {
    const sdk = new SDK({ server: url, clientId: "c", clientSecret: "s" });
    await sdk.login({ access_token: token, token_type: "bearer", expires_in: "3600" });
    return sdk;
}

const late = setTimeout(() => {
    console.error("nothing was told in a minute");
    process.exit(1);
}, 60_000);

const alice = await login("demo-alice");
const bob = await login("demo-bob");
const subscription = new Subscriptions({ sdk: alice }).createSubscription();
subscription.setEventFilters(["/restapi/v1.0/account/~/presence"]);
const told = new Promise((resolve) => subscription.on(subscription.events.notification, resolve));
const registered = await subscription.register();

await bob.put("/restapi/v1.0/account/~/extension/~/presence", { userStatus: "Offline" });
const event = await told;
check(event.event === "/restapi/v1.0/account/1/extension/2/presence", event.event);
check(event.body.extensionId === 2 && event.body.presenceStatus === "Offline", JSON.stringify(event));

const listed = async () => (await (await alice.get("/restapi/v1.0/subscription")).json()).records.length;
check((await listed()) === 1, "the subscription is listed");
await registered.revoke();
check((await listed()) === 0, "the subscription has ended");

clearTimeout(late);
process.exit(0);
