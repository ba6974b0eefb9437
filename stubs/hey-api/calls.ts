// Sets and reads presence in the four documents through the stubs that hey-api makes from them, against a demo whose
// address is the argument; and each refuses once as its document says.
import * as matrix from "./matrix";
import { createClient as matrixClient } from "./matrix/client";
import * as pnut from "./pnut";
import { createClient as pnutClient } from "./pnut/client";
import * as presenced from "./presenced";
import { createClient as presencedClient } from "./presenced/client";
import * as ringcentral from "./ringcentral";
import { createClient as ringcentralClient } from "./ringcentral/client";

const base = process.argv[2].replace(/\/+$/, "");

function check(holds: unknown, what: string): asserts holds {
    if (!holds) throw new Error(what);
}

/** The token goes into the header alone, and not into the query, which some documents allow too. */
function settings(path: string) {
    return { baseUrl: base + path, auth: ({ scheme }: { scheme?: string }) => (scheme === "bearer" ? "demo-alice" : undefined) };
}

async function onMatrix() {
    const client = matrixClient(settings("/_matrix/client/v3"));
    const path = { userId: "@alice:example.com" };
    const set = await matrix.setPresence({ client, path, body: { presence: "online", status_msg: "on call" } });
    check(set.data, `setPresence: ${JSON.stringify(set.error)}`);
    const { data } = await matrix.getPresence({ client, path });
    check(data?.presence === "online" && data.status_msg === "on call", `getPresence: ${JSON.stringify(data)}`);
    const { error, request, response } = await matrix.getPresence({ client, path: { userId: "@carol:example.com" } });
    check(response?.status === 403 && error && "errcode" in error, `getPresence: ${JSON.stringify(error)}`);
    check(error.errcode === "M_FORBIDDEN" && !request?.url.includes("demo-alice"), `getPresence: ${request?.url}`);
}

async function onPnut() {
    const client = pnutClient(settings("/v0"));
    const set = await pnut.setPresence({ client, path: { user_id: "me" }, body: { presence: "reading" } });
    check(set.data?.data.presence === "reading", `setPresence: ${JSON.stringify(set.error)}`);
    const { data } = await pnut.getPresence({ client, path: { user_id: "me" } });
    check(data?.data.presence === "reading", `getPresence: ${JSON.stringify(data)}`);
    const { error } = await pnut.getPresence({ client, path: { user_id: "999" } });
    check(error?.meta.code === 404, `getPresence: ${JSON.stringify(error)}`);
}

async function onRingCentral() {
    const client = ringcentralClient(settings(""));
    const path = { accountId: "~", extensionId: "~" };
    const set = await ringcentral.updateUserPresenceStatus({ client, path, body: { message: "lunch" } });
    check(set.data?.message === "lunch", `UpdateUserPresenceStatus: ${JSON.stringify(set.error)}`);
    const { data } = await ringcentral.readUserPresenceStatus({ client, path });
    check(data && "message" in data && data.message === "lunch", `ReadUserPresenceStatus: ${JSON.stringify(data)}`);
    const { error } = await ringcentral.readUserPresenceStatus({ client, path: { ...path, extensionId: "9999" } });
    check(error?.errorCode === "CMN-102", `ReadUserPresenceStatus: ${JSON.stringify(error)}`);
}

async function onPresenced() {
    const client = presencedClient(settings(""));
    const path = { userId: "me" };
    const set = await presenced.putUserPresence({ client, path, body: { state: "busy", status: { text: "in a meeting" } } });
    check(set.data?.state === "busy", `putUserPresence: ${JSON.stringify(set.error)}`);
    const { data } = await presenced.getUserPresence({ client, path });
    check(data?.status === "in a meeting", `getUserPresence: ${JSON.stringify(data)}`);
    const { error } = await presenced.getUserPresence({ client, path: { userId: "@nobody:example.com" } });
    check(error?.status === 404 && error.type.endsWith(":not-found"), `getUserPresence: ${JSON.stringify(error)}`);
}

async function main() {
    for (const tried of [onMatrix, onPnut, onRingCentral, onPresenced]) await tried();
}

main().catch((error: unknown) => {
    console.error(error);
    process.exit(1);
});
