// @rc-ex/ws, unmodified: alice sees bob's presence by push, over a connection that breaks and is recovered, on the
// demo server whose address is the argument. The modules are looked up in the folder of the second argument.
import { createRequire } from "node:module";
import { pathToFileURL } from "node:url";

const [url, folder] = process.argv.slice(2);
const require = createRequire(pathToFileURL(`${folder}/package.json`));
const exported = (module) => module.default?.default ?? module.default ?? module;
const RingCentral = exported(require("@rc-ex/core"));
const WebSocketExtension = exported(require("@rc-ex/ws"));
const { Events } = require("@rc-ex/ws");

const FILTER = "/restapi/v1.0/account/~/extension/2/presence?detailedTelephonyState=true";

function check(condition, what) {
    if (!condition) throw new Error(what);
}

function client(token) {
    return new RingCentral({ server: url, token: { access_token: token } });
}

const late = setTimeout(() => {
    console.error("nothing was told in two minutes");
    process.exit(1);
}, 120_000);

const bob = client("demo-bob");
const set = (body) => bob.restapi().account().extension().presence().put(body);

/** Notifications that came and were not looked at, and whoever waits for one. */
const told = [];
let waiting;
function tell(event) {
    if (waiting) {
        waiting(event);
        waiting = undefined;
    } else {
        told.push(event);
    }
}
const next = () => (told.length > 0 ? told.shift() : new Promise((resolve) => (waiting = resolve)));

const alice = client("demo-alice");
const extension = new WebSocketExtension({ restOverWebSocket: true });
await alice.installExtension(extension);
check(extension.connectionDetails.recoveryBufferSize === 100, "the details of the connection");

const subscription = await extension.subscribe([FILTER], tell);
const info = subscription.subscriptionInfo;
check(info.status === "Active" && info.deliveryMode.transportType === "WebSocket", JSON.stringify(info));
check(info.eventFilters[0] === FILTER.replace("~", "1"), info.eventFilters[0]);

await set({ userStatus: "Busy", message: "lunch" });
const first = await next();
check(first.event === FILTER.replace("~", "1"), first.event);
check(first.subscriptionId === info.id && first.ownerId === "1", JSON.stringify(first));
check(first.body.extensionId === 2 && first.body.presenceStatus === "Busy", JSON.stringify(first.body));
check(first.body.message === "lunch" && first.body.totalActiveCalls === 0, JSON.stringify(first.body));

// Other requests go over the socket too.
const own = await alice.restapi().account().extension().presence().get();
check(own.extension.id === 1, JSON.stringify(own));
const refused = await alice.get("/restapi/v1.0/account/~/extension/99/presence").catch((error) => error);
check(refused.response.status === 404 && refused.response.data.errorCode === "CMN-102", refused.message);

// The connection breaks; what happens meanwhile is told afterwards, by the same subscription.
const recovered = new Promise((resolve) => extension.eventEmitter.once(Events.autoRecoverSuccess, resolve));
extension.ws.terminate();
await set({ userStatus: "Available" });
await recovered;
const second = await next();
check(second.subscriptionId === info.id, "the subscription went on");
check(second.body.presenceStatus === "Available", JSON.stringify(second.body));
check(second.body.sequence > first.body.sequence, "the sequence orders them");

await subscription.refresh();
await extension.subscription.revoke();
const list = await alice.restapi().subscription().list();
check(list.records.length === 0, JSON.stringify(list));

clearTimeout(late);
await extension.revoke();
process.exit(0);
