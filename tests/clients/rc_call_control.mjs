// ringcentral-call-control over @ringcentral/sdk and @ringcentral/subscriptions, unmodified and as its README shows it:
// it learns whom it works for, and its filters stand in one subscription with those of presence. The argument is the
// address of a demo server; the modules are looked up in the folder of the second.
import { createRequire } from "node:module";
import { pathToFileURL } from "node:url";

const [url, folder] = process.argv.slice(2);
const require = createRequire(pathToFileURL(`${folder}/package.json`));
const { SDK } = require("@ringcentral/sdk");
const { Subscriptions } = require("@ringcentral/subscriptions");
const { RingCentralCallControl } = require("ringcentral-call-control");

function check(condition, what) {
    if (!condition) throw new Error(what);
}

const late = setTimeout(() => {
    console.error("nothing was told in a minute");
    process.exit(1);
}, 60_000);

async function login(jwt) {
    const sdk = new SDK({ server: url, clientId: "desk", clientSecret: "s" });
    await sdk.platform().login({ jwt });
    return sdk;
}

for (const accountLevel of [false, true]) {
    const sdk = await login("demo-alice");
    const control = new RingCentralCallControl({ sdk, accountLevel });
    await new Promise((resolve) => control.on("initialized", resolve));
    check(control.ready && control.extensionId === "1" && control.accountId === "1", "who it works for");
    check(control.sessions.length === 0, "there are no calls");

    const level = accountLevel ? "/restapi/v1.0/account/~" : "/restapi/v1.0/account/~/extension/~";
    const subscription = new Subscriptions({ sdk }).createSubscription();
    subscription.setEventFilters([`${level}/telephony/sessions`, `${level}/presence?detailedTelephonyState=true`]);
    const told = new Promise((resolve) => {
        subscription.on(subscription.events.notification, (message) => {
            control.onNotificationEvent(message);
            resolve(message);
        });
    });
    const registered = await subscription.register();
    await sdk.put("/restapi/v1.0/account/~/extension/~/presence", { message: `at ${level}` });
    const message = await told;
    check(message.event === "/restapi/v1.0/account/1/extension/1/presence?detailedTelephonyState=true", message.event);
    check(message.body.message === `at ${level}` && message.body.totalActiveCalls === 0, JSON.stringify(message.body));
    check(control.sessions.length === 0, "a presence makes no session");
    await registered.revoke();
    await sdk.platform().logout();
}

clearTimeout(late);
process.exit(0);
