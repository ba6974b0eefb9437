// Two instances of @ringcentral/sdk that share a login, as the tabs of one application do, unmodified: each refreshes
// with the token that it knows, at the same time and one after the other, and both go on. The argument is the address
// of a demo server; the module is looked up in the folder of the second.
import { createRequire } from "node:module";
import { pathToFileURL } from "node:url";

const [url, folder] = process.argv.slice(2);
const require = createRequire(pathToFileURL(`${folder}/package.json`));
const { SDK } = require("@ringcentral/sdk");

const OWN = "/restapi/v1.0/account/~/extension/~/presence";

function check(condition, what) {
    if (!condition) throw new Error(what);
}

const tabs = [0, 1].map(() => new SDK({ server: url, clientId: "page", clientSecret: "s" }));
await tabs[0].login({ jwt: "demo-alice" });

/** The login as a tab knows it. */
const data = (tab) => tab.platform().auth().data();
/** Tells the second tab what the first knows. */
const share = async () => tabs[1].platform().auth().setData(await data(tabs[0]));

async function bothWork() {
    for (const tab of tabs) {
        const own = await (await tab.get(OWN)).json();
        check(own.extension.id === 1, JSON.stringify(own));
    }
    const [one, other] = [await data(tabs[0]), await data(tabs[1])];
    check(one.access_token === other.access_token, "both have the same access token");
    check(one.refresh_token === other.refresh_token, "both have the same refresh token");
    check(one.endpoint_id && one.endpoint_id === other.endpoint_id, `${one.endpoint_id} ${other.endpoint_id}`);
}

await share();
await bothWork();
for (let round = 0; round < 3; round++) {
    const before = (await data(tabs[0])).access_token;
    await Promise.all(tabs.map((tab) => tab.refresh()));
    check((await data(tabs[0])).access_token !== before, "a refresh gives another token");
    await bothWork();
}
// One after the other: the first uses what it got at once.
await tabs[0].refresh();
await tabs[0].get(OWN);
await tabs[1].refresh();
await bothWork();
// A tab that was asleep meets a token that works no more, and refreshes by itself.
await tabs[0].refresh();
const own = await (await tabs[1].get(OWN)).json();
check(own.extension.id === 1, JSON.stringify(own));
await bothWork();

await tabs[0].logout();
const out = await tabs[1].get(OWN).then(
    () => "answered",
    () => "refused",
);
check(out === "refused", "one of them logs both out");
process.exit(0);
