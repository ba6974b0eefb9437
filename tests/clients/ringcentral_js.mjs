// @rc-ex/core and @ringcentral/sdk, unmodified: logins, with codes too, who is who, the three operations, a batch in
// both forms, and refusals, on the demo server whose address is the argument. The modules are looked up in the folder of the
// second argument.
import { createRequire } from "node:module";
import { pathToFileURL } from "node:url";

const [url, folder] = process.argv.slice(2);
const require = createRequire(pathToFileURL(`${folder}/package.json`));
const RingCentral = require("@rc-ex/core").default;
const { SDK } = require("@ringcentral/sdk");

const BATCH = "/restapi/v1.0/account/~/extension/1,9/presence";
const OWN = "/restapi/v1.0/account/~/extension/~/presence";
const JSON_FORM = { Accept: "application/vnd.ringcentral.multipart+json" };

function check(condition, what) {
    if (!condition) throw new Error(what);
}

async function refusal(call) {
    return await call.then(
        () => check(false, "it has to be refused"),
        (error) => error,
    );
}

async function extensible() {
    const rc = new RingCentral({ server: url, clientId: "extensible", clientSecret: "s" });
    const login = await rc.authorize({ jwt: "demo-alice" });
    check(login.owner_id === "1" && login.refresh_token, JSON.stringify(login));
    const presence = rc.restapi().account().extension().presence();
    const own = await presence.get();
    check(own.presenceStatus === "Available" && own.extension.id === 1, JSON.stringify(own));
    const put = await presence.put({ userStatus: "Busy", message: "lunch" });
    check(put.presenceStatus === "Busy" && put.message === "lunch", JSON.stringify(put));
    const merged = await presence.put({ dndStatus: "DoNotAcceptAnyCalls" });
    check(merged.userStatus === "Busy" && merged.message === "lunch", JSON.stringify(merged));
    const page = await rc.restapi().account().presence().get({ detailedTelephonyState: true, page: 1, perPage: 2 });
    check(page.records.length === 2 && page.paging.totalElements === 3, JSON.stringify(page.paging));
    check(page.navigation.nextPage.uri.includes("page=2"), JSON.stringify(page.navigation));

    // Who is who.
    check((await rc.restapi().get()).uriString === "v1.0", "the version");
    const account = rc.restapi().account();
    check((await account.get()).id === 1, "the account");
    const me = await account.extension().get();
    check(me.extensionNumber === "101" && me.contact.firstName === "Alice", JSON.stringify(me));
    const users = await account.extension().list({ type: ["User"], status: ["Enabled"], perPage: 2 });
    check(users.records.length === 2 && users.paging.totalElements === 3, JSON.stringify(users));
    const features = (await rc.get("/restapi/v1.0/account/~/extension/~/features")).data.records;
    check(features.find((feature) => feature.id === "ReadPresenceStatus").available, JSON.stringify(features));

    const parts = await rc.get(BATCH);
    check(parts.status === 207 && parts.data.split("--Boundary").length === 5, parts.data);
    const items = (await rc.get(BATCH, {}, { headers: JSON_FORM })).data;
    check(items[0].resourceId === "1" && items[0].body.message === "lunch", JSON.stringify(items));
    check(items[1].status === 404 && items[1].body.errorCode === "CMN-102", JSON.stringify(items));

    const bad = await refusal(presence.put({ userStatus: "Away" }));
    check(bad.response.status === 400, bad.message);
    check(bad.response.data.errors[0].errorCode === "CMN-101", bad.message);
    check(bad.response.data.acceptedValues.includes("Busy"), bad.message);
    const unknown = await refusal(rc.restapi().account().extension("9999").presence().get());
    check(unknown.response.data.errorCode === "CMN-102", unknown.message);

    const before = rc.token.access_token;
    await rc.refresh();
    check(rc.token.access_token !== before, "a refresh gives another token");
    check((await presence.get()).message === "lunch", "and that one works");
    await rc.revoke();
    const strangers = new RingCentral({ server: url, token: { access_token: "nonsense" } });
    const refused = await refusal(strangers.restapi().account().extension().presence().get());
    check(refused.response.status === 401, refused.message);
    check(refused.response.data.errors[0].errorCode === "OAU-149", refused.message);
    const mistaken = new RingCentral({ server: url, clientId: "extensible", clientSecret: "s" });
    const noLogin = await refusal(mistaken.authorize({ jwt: "nobody" }));
    check(noLogin.response.data.error === "invalid_grant", noLogin.message);
}

async function official() {
    const sdk = new SDK({ server: url, clientId: "official", clientSecret: "s" });
    await sdk.login({ jwt: "demo-bob" });
    const own = await (await sdk.get(OWN)).json();
    check(own.extension.id === 2, JSON.stringify(own));
    const put = await (await sdk.put(OWN, { userStatus: "Available", message: "here" })).json();
    check(put.message === "here", JSON.stringify(put));
    const page = await (await sdk.get("/restapi/v1.0/account/~/presence", { detailedTelephonyState: true })).json();
    check(page.records.length === 3, JSON.stringify(page.paging));

    const parts = await sdk.client().multipart(await sdk.get(BATCH));
    check(parts.length === 2 && parts[0].ok && parts[1].status === 404, JSON.stringify(parts.map((part) => part.status)));
    check((await parts[0].json()).extension.id === 1, "the first part is alice");
    const items = await (await sdk.get(BATCH, null, { headers: JSON_FORM })).json();
    check(items.length === 2 && items[1].status === 404, JSON.stringify(items));

    const bad = await refusal(sdk.put(OWN, { dndStatus: "Unknown" }));
    check(bad.message === "Parameter [dndStatus] value is invalid", bad.message);

    // A token that does not work any more is replaced by the refresh token, and the call sent again.
    const data = await sdk.platform().auth().data();
    await sdk.platform().auth().setData({ ...data, access_token: "nonsense" });
    const again = await (await sdk.get(OWN)).json();
    check(again.message === "here", JSON.stringify(again));
    await sdk.logout();
    const out = await refusal(sdk.get(OWN));
    check(out instanceof Error, "nobody is logged in");
}

/** Where the server sends a browser that asks for an address. */
async function sentTo(address) {
    const answer = await fetch(address, { redirect: "manual" });
    check(answer.status === 302, `${answer.status} ${await answer.text()}`);
    return answer.headers.get("location");
}

/** An application with a user interface: a public one with a challenge, and one with a secret. */
async function authorized() {
    const redirectUri = "https://desk.example.com/back";
    for (const [clientSecret, usePKCE] of [
        ["", true],
        ["s", false],
    ]) {
        const sdk = new SDK({ server: url, clientId: "page", clientSecret, redirectUri });
        const asked = `${sdk.loginUrl({ state: "a state", usePKCE })}&login_hint=102`;
        const back = new URL(await sentTo(asked));
        check(back.searchParams.get("state") === "a state", back.href);
        await sdk.login(sdk.parseLoginRedirect(back.search));
        check((await (await sdk.get(OWN)).json()).extension.id === 2, "it is bob");
        await sdk.logout();
    }
    const rc = new RingCentral({ server: url, clientId: "page", clientSecret: "s" });
    const question = new URLSearchParams({ response_type: "code", client_id: "page", redirect_uri: redirectUri, login_hint: "carol" });
    const back = new URL(await sentTo(`${url}/restapi/oauth/authorize?${question}`));
    await rc.authorize({ code: back.searchParams.get("code"), redirect_uri: redirectUri });
    check((await rc.restapi().account().extension().get()).id === 3, "it is carol");
}

await extensible();
await official();
await authorized();
process.exit(0);
