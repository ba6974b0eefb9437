// What tools that imported a document ask of a demo: every operation once, with its examples. Here stands what the
// document does not say: in which order, with whose token, what has to be there before, and what is refused and why.
import { createServer } from "node:http";
import { once } from "node:events";

export const DIALECTS = ["matrix", "pnut", "ringcentral", "presenced"];

const METHODS = ["get", "put", "post", "delete"];

/** Operations that only a demo with more than its fixtures would grant, with the status and the reason. */
const REFUSED = {
    matrix: { register: [403, "it takes the token of an application service"] },
    pnut: {},
    ringcentral: {
        OpenWebSocket: [426, "it is no WebSocket"],
        authorize: [302, "it leads back to the application"],
        answerAuthorization: [400, "it answers a page that has to be asked for first"],
    },
    presenced: {
        openSocket: [426, "it is no WebSocket"],
        exportData: [409, "the demo keeps nothing"],
        rotateAdminToken: [409, "the demo's token is fixed"],
    },
};

/** Operations that are not asked, with the reason. */
const LEFT_OUT = { presenced: { streamChanges: "its answer does not end" } };

/** What takes away what others need comes last, in this order. */
const LAST = [
    "deleteUserPresence", "deleteCall", "denyObserver", "DeleteSubscription", "deleteWebhook", "endSubscription", "revokeAppToken", "revokeToken", "removeMember",
    "endSessions", "deleteUser",
    "logout", "logoutAll", "advanceDemo", "resetDemo", "rotateAdminToken",
];

/** Directory and server are an admin's, and so is what is said of many. */
const ADMIN = ["Directory", "Server", "Webhooks", "updatePresence"];

/** What ends the token that it comes with has one that nothing else needs. */
const TOKENS = { logout: "demo-bob-2", logoutAll: "demo-carol" };

function tokenOf(dialect, operationId, tag) {
    return TOKENS[operationId] ?? (dialect === "presenced" && (ADMIN.includes(tag) || ADMIN.includes(operationId)) ? "demo-admin" : "demo-alice");
}

async function call(url, method, path, token, body) {
    const headers = { authorization: `Bearer ${token}`, "content-type": "application/json" };
    const answer = await fetch(url + path, { method, headers, body: body && JSON.stringify(body) });
    if (!answer.ok) throw new Error(`${method} ${path}: ${answer.status} ${await answer.text()}`);
    return answer.status === 204 ? undefined : answer.json();
}

/** A receiver of webhooks, which says of each subscription that it is one. */
async function receiver() {
    const server = createServer((request, response) => {
        const token = request.headers["validation-token"];
        response.writeHead(200, token === undefined ? {} : { "Validation-Token": token });
        request.resume();
        response.end();
    });
    server.listen(0, "127.0.0.1");
    await once(server, "listening");
    server.unref();
    return `http://127.0.0.1:${server.address().port}/hook`;
}

/**
 * Brings a demo to where every operation has something to work on, and returns what the requests name: by dialect and
 * operation values of parameters, and bodies instead of those of the examples.
 */
export async function prepare(url) {
    await call(url, "POST", "/presenced/v1/demo/reset", "demo-admin");
    const put = (user, profile) => call(url, "PUT", `/presenced/v1/users/${user}`, "demo-admin", profile);
    const queue = { number: 4, account: 1, extensionNumber: "900", extensionType: "Department", displayName: "Sales" };
    await put("@sales:example.com", queue);
    await put("@alice:example.com", { account: 1, extensionNumber: "101", accountAdmin: true, departments: [4] });
    const inviting = { invite: ["@alice:example.com"] };
    await call(url, "POST", "/_matrix/client/v3/presence/list/@carol:example.com", "demo-carol", inviting);
    await put("@dave:example.com", { displayName: "Dave" });
    const tokens = `/presenced/v1/users/@dave:example.com/tokens`;
    const token = await call(url, "POST", tokens, "demo-admin", { deviceId: "PHONE" });
    const app = await call(url, "POST", "/presenced/v1/app-tokens", "demo-admin", { name: "wallboard" });
    const address = await receiver();
    const subscription = {
        eventFilters: ["/restapi/v1.0/account/~/presence"],
        deliveryMode: { transportType: "WebHook", address },
    };
    const subscribe = () => call(url, "POST", "/restapi/v1.0/subscription", "demo-alice", subscription);
    const [{ id: subscriptionId }, { id: ended }] = [await subscribe(), await subscribe()];
    const hook = { url: address };
    const { webhookId } = await call(url, "POST", "/presenced/v1/webhooks", "demo-admin", hook);
    const dave = { userId: "@dave:example.com" };
    return {
        matrix: {}, pnut: {},
        ringcentral: {
            CreateSubscription: { body: subscription },
            ReadSubscription: { values: { subscriptionId } },
            UpdateSubscription: { values: { subscriptionId } },
            RenewSubscription: { values: { subscriptionId } },
            DeleteSubscription: { values: { subscriptionId } },
        },
        presenced: {
            putUser: { values: dave, body: { displayName: "Dave" } },
            createToken: { values: dave },
            endSessions: { values: dave },
            revokeToken: { values: { ...dave, tokenId: token.info.tokenId } },
            deleteUser: { values: dave },
            revokeAppToken: { values: { tokenId: app.info.tokenId } },
            createWebhook: { body: hook },
            getWebhook: { values: { webhookId } },
            putWebhook: { values: { webhookId }, body: hook },
            testWebhook: { values: { webhookId } },
            deleteWebhook: { values: { webhookId } },
            endSubscription: { values: { subscriptionId: ended } },
        },
    };
}

/** The operations of a document in the order in which they are asked; `prepared` is of its dialect. */
export function plan(dialect, document, prepared) {
    const all = Object.entries(document.paths).flatMap(([path, item]) =>
        METHODS.filter((method) => item[method]).map((method) => {
            const { operationId, summary, tags, parameters = [] } = item[method];
            return {
                operationId, path, summary, parameters, method: method.toUpperCase(), tag: tags[0],
                token: tokenOf(dialect, operationId, tags[0]),
                leftOut: LEFT_OUT[dialect]?.[operationId],
                refused: REFUSED[dialect][operationId],
                ...prepared[operationId],
            };
        }),
    );
    const asked = all.filter(({ leftOut }) => leftOut === undefined);
    const rank = ({ operationId }) => LAST.indexOf(operationId);
    return asked.sort((one, other) => rank(one) - rank(other));
}

/** Holds what came of the requests against the plan: `statuses` are by operation. */
export function verdict(dialect, planned, statuses) {
    const wrong = planned.filter(({ operationId, refused }) => {
        const status = statuses.get(operationId);
        return refused ? status !== refused[0] : !(status >= 200 && status < 300);
    });
    for (const { operationId, refused } of planned) {
        const reason = refused ? `: ${refused[1]}` : "";
        console.log(`${dialect} ${operationId}: ${statuses.get(operationId)}${reason}`);
    }
    if (wrong.length) throw new Error(`${dialect}: ${wrong.map(({ operationId }) => operationId).join(", ")}`);
}
