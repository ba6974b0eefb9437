// Sets and reads presence in the four documents through openapi-fetch with the types that are made from them, against a
// demo whose address is the argument; and each refuses once as its document says.
import createClient from "openapi-fetch";
import type { paths as Matrix } from "./matrix";
import type { paths as Pnut } from "./pnut";
import type { paths as Presenced } from "./presenced";
import type { paths as RingCentral } from "./ringcentral";

const base = process.argv[2].replace(/\/+$/, "");

function check(holds: unknown, what: string): asserts holds {
    if (!holds) throw new Error(what);
}

function client<P extends {}>(path: string) {
    return createClient<P>({ baseUrl: base + path, headers: { Authorization: "Bearer demo-alice" } });
}

async function onMatrix() {
    const api = client<Matrix>("/_matrix/client/v3");
    const own = { params: { path: { userId: "@alice:example.com" } } };
    const set = await api.PUT("/presence/{userId}/status", { ...own, body: { presence: "online", status_msg: "on call" } });
    check(set.data, `setPresence: ${set.error?.errcode}`);
    const { data } = await api.GET("/presence/{userId}/status", own);
    check(data?.presence === "online" && data.status_msg === "on call", `getPresence: ${JSON.stringify(data)}`);
    const { error, response } = await api.GET("/presence/{userId}/status", { params: { path: { userId: "@carol:example.com" } } });
    check(response.status === 403 && error?.errcode === "M_FORBIDDEN", `getPresence: ${JSON.stringify(error)}`);
}

async function onPnut() {
    const api = client<Pnut>("/v0");
    const own = { params: { path: { user_id: "me" } } };
    const set = await api.PUT("/users/{user_id}/presence", { ...own, body: { presence: "reading" } });
    check(set.data?.data.presence === "reading", `setPresence: ${JSON.stringify(set.error)}`);
    const { data } = await api.GET("/users/{user_id}/presence", own);
    check(data?.data.presence === "reading", `getPresence: ${JSON.stringify(data)}`);
    const { error } = await api.GET("/users/{user_id}/presence", { params: { path: { user_id: "999" } } });
    check(error?.meta.code === 404, `getPresence: ${JSON.stringify(error)}`);
}

async function onRingCentral() {
    const api = client<RingCentral>("");
    const path = "/restapi/v1.0/account/{accountId}/extension/{extensionId}/presence";
    const own = { params: { path: { accountId: "~", extensionId: "~" } } };
    const set = await api.PUT(path, { ...own, body: { message: "lunch" } });
    check(set.data?.message === "lunch", `UpdateUserPresenceStatus: ${JSON.stringify(set.error)}`);
    const { data } = await api.GET(path, own);
    // Of several extensions the answer has several parts, which are text.
    check(typeof data === "object" && "message" in data && data.message === "lunch", `ReadUserPresenceStatus: ${JSON.stringify(data)}`);
    const { error, response } = await api.GET(path, { params: { path: { accountId: "~", extensionId: "9999" } } });
    check(response.status === 404 && error?.errorCode === "CMN-102", `ReadUserPresenceStatus: ${JSON.stringify(error)}`);
}

async function onPresenced() {
    const api = client<Presenced>("");
    const path = "/presenced/v1/users/{userId}/presence";
    const own = { params: { path: { userId: "me" } } };
    const set = await api.PUT(path, { ...own, body: { state: "busy", status: { text: "in a meeting" } } });
    check(set.data?.state === "busy", `putUserPresence: ${JSON.stringify(set.error)}`);
    const { data } = await api.GET(path, own);
    check(data?.status === "in a meeting", `getUserPresence: ${JSON.stringify(data)}`);
    const { error } = await api.GET(path, { params: { path: { userId: "@nobody:example.com" } } });
    check(error?.status === 404 && error.type.endsWith(":not-found"), `getUserPresence: ${JSON.stringify(error)}`);
}

async function main() {
    for (const tried of [onMatrix, onPnut, onRingCentral, onPresenced]) await tried();
}

main().catch((error: unknown) => {
    console.error(error);
    process.exit(1);
});
