// Calls every presence operation of the four documents, and what an application signs its users in with, through the stubs that are generated from them, against a demo
// whose address is the argument. Each succeeds, is refused as its document says, and is refused otherwise as the header
// Prefer asks for.
import { isAxiosError } from "axios";

import * as matrix from "./matrix";
import * as pnut from "./pnut";
import * as presenced from "./presenced";
import * as ringcentral from "./ringcentral";

const [alice, bob, carol, sales, nobody] = ["alice", "bob", "carol", "sales", "nobody"].map((name) => `@${name}:example.com`);

const [lobby, noRoom] = ["!lobby:example.com", "!nobody:example.com"];

/** As an argument: the operation has none that could be wrong, but for the token. */
const STRANGER = "stranger";
/** As an argument: the answer is a stream, which does not end, so that its documented example is asked for. */
const STREAM = "";

const base = process.argv[2].replace(/\/+$/, "");

/** What every document's stubs take: where the server is, a token, and the header. */
function settings(path: string, token: string, prefer?: string) {
    const headers: Record<string, string> = prefer === undefined ? {} : { Prefer: prefer };
    return { basePath: base + path, accessToken: token, baseOptions: { headers } };
}

function check(holds: unknown, what: string): asserts holds {
    if (!holds) throw new Error(what);
}

/** Name, call, an argument that is right, one that is refused, with which status, and the status that is asked for. */
type Operation<A> = [string, (by: A, argument: string) => Promise<unknown>, string, string, number, number];

/** Tries operations of a document: how it is opened, and whether the body of a refusal is as the document has it. */
async function tryEach<A>(
    open: (token?: string, prefer?: string) => A,
    reads: (body: unknown, status: number) => unknown,
    operations: Operation<A>[],
) {
    for (const [name, call, good, bad, refused, preferred] of operations) {
        const refuses = async (answer: Promise<unknown>, status: number) => {
            const error = await answer.then(() => undefined, (error: unknown) => error);
            check(isAxiosError(error) && error.response, `${name} is not refused: ${error}`);
            check(error.response.status === status, `${name}: ${error.response.status} instead of ${status}`);
            const body: unknown = error.response.data;
            check(reads(body, status), `${name}: the error of ${status} cannot be read: ${JSON.stringify(body)}`);
        };
        await call(open("demo-alice", good === STREAM ? "code=200" : undefined), good);
        await refuses(call(open(bad === STRANGER ? STRANGER : "demo-alice"), bad), refused);
        await refuses(call(open("demo-alice", `code=${preferred}`), good), preferred);
        console.log(`${name}: succeeds, ${refused}, ${preferred}`);
    }
}

function onPresenced(token = "demo-alice", prefer?: string) {
    const configuration = new presenced.Configuration(settings("", token, prefer));
    return {
        presence: new presenced.PresenceApi(configuration),
        lists: new presenced.PresenceListsApi(configuration),
        directory: new presenced.DirectoryApi(configuration),
        following: new presenced.FollowingApi(configuration),
        demo: new presenced.DemoApi(configuration),
    };
}

function onMatrix(token = "demo-alice", prefer?: string) {
    const configuration = new matrix.Configuration(settings("/_matrix/client/v3", token, prefer));
    return { presence: new matrix.PresenceApi(configuration), lists: new matrix.PresenceListsApi(configuration) };
}

function onPnut(token = "demo-alice", prefer?: string) {
    return new pnut.PresenceApi(new pnut.Configuration(settings("/v0", token, prefer)));
}

function onRingCentral(token = "demo-alice", prefer?: string) {
    return new ringcentral.PresenceApi(new ringcentral.Configuration(settings("", token, prefer)));
}

/**
 * Brings the demo to where every operation has something to work on: there is a call queue, alice is an admin of the
 * account and takes its calls, and carol asks to see her.
 */
async function prepare() {
    await onPresenced().demo.resetDemo();
    const { directory } = onPresenced("demo-admin");
    const queue = { number: 4, account: 1, extensionNumber: "900", extensionType: presenced.ExtensionType.Department };
    await directory.putUser(sales, { ...queue, displayName: "Sales" });
    await directory.putUser(alice, { account: 1, extensionNumber: "101", accountAdmin: true, departments: [4] });
    await onMatrix("demo-carol").lists.modifyPresenceList(carol, { invite: [alice] });
}

async function tryMatrix() {
    const online = { presence: matrix.PresenceState.Online, status_msg: "on call" };
    const reads = (body: unknown, status: number) => {
        if (status !== 429) return (body as matrix.MatrixError).errcode;
        const limited = body as matrix.LimitExceeded;
        return limited.errcode === "M_LIMIT_EXCEEDED" && limited.retry_after_ms! > 0;
    };
    await tryEach(onMatrix, reads, [
        ["setPresence", (by, user) => by.presence.setPresence(user, online), alice, bob, 403, 429],
        ["getPresence", (by, user) => by.presence.getPresence(user), alice, carol, 403, 404],
        ["modifyPresenceList", (by, user) => by.lists.modifyPresenceList(user, { invite: [carol] }), alice, bob, 400, 429],
        ["getPresenceList", (by, user) => by.lists.getPresenceList(user), alice, "nobody", 400, 503],
    ]);
    const { presence, status_msg } = (await onMatrix().presence.getPresence(alice)).data;
    check(presence === matrix.PresenceState.Online && status_msg === "on call", `matrix: ${presence}, ${status_msg}`);
}

async function tryPnut() {
    const set = (by: pnut.PresenceApi, user: string) =>
        by.setPresence(user, undefined, undefined, undefined, undefined, { presence: "reading" });
    const reads = (body: unknown, status: number) => (body as pnut.ErrorAnswer).meta.code === status;
    await tryEach(onPnut, reads, [
        ["setPresence", set, "me", "2", 403, 413],
        ["getPresence", (by, user) => by.getPresence(user), "me", "999", 404, 429],
        ["getPresenceByAlias", (by, user) => by.getPresenceByAlias(user), "1", "999", 404, 503],
        ["listPresence", (by) => by.listPresence(), "everybody", STRANGER, 401, 429],
    ]);
    const { data } = (await onPnut("demo-bob").getPresence("1")).data;
    check(data.presence === "reading", `pnut: ${data.presence}`);
}

async function tryRingCentral() {
    const lunch = { message: "lunch" };
    const monitored = { records: [{ extension: { id: "2" } }] };
    const members = { records: [{ member: { id: "1" }, acceptCurrentQueueCalls: false }] };
    const queues = { records: [{ callQueue: { id: "4" }, acceptCalls: true }] };
    const reads = (body: unknown) => (body as ringcentral.ErrorResponse).errorCode;
    await tryEach(onRingCentral, reads, [
        ["UpdateUserPresenceStatus", (by, extension) => by.updateUserPresenceStatus("~", extension, lunch), "~", "9999", 404, 415],
        ["ReadUserPresenceStatus", (by, extension) => by.readUserPresenceStatus("~", extension), "~", "9999", 404, 429],
        ["ReadAccountPresence", (by, account) => by.readAccountPresence(account), "~", "999", 404, 503],
        ["updateMonitoredExtensions", (by, extension) => by.updateMonitoredExtensions("~", extension, monitored), "~", "9999", 404, 413],
        ["readMonitoredExtensions", (by, extension) => by.readMonitoredExtensions("~", extension), "~", "9999", 404, 429],
        ["updateCallQueuePresence", (by, group) => by.updateCallQueuePresence("~", group, members), "4", "9999", 404, 403],
        ["readCallQueuePresence", (by, group) => by.readCallQueuePresence("~", group), "4", "9999", 404, 429],
        ["updateExtensionCallQueuePresence", (by, extension) =>
            by.updateExtensionCallQueuePresence("~", extension, queues), "~", "9999", 404, 400],
        ["readExtensionCallQueuePresence", (by, extension) => by.readExtensionCallQueuePresence("~", extension), "~", "9999", 404, 503],
    ]);
    const { message } = (await onRingCentral("demo-bob").readUserPresenceStatus("~", "1")).data;
    check(message === "lunch", `ringcentral: ${message}`);
}

async function tryPresenced() {
    const busy = { override: presenced.OverrideName.Busy };
    const report = { direction: presenced.Direction.Inbound, telephonyStatus: presenced.TelephonyStatus.CallConnected };
    const online = (userId: string) => ({ heartbeats: [{ userId, deviceId: "DESK", state: presenced.PresenceState.Online }] });
    const reads = (body: unknown, status: number) => (body as presenced.Problem).status === status;
    const said = { state: presenced.PresenceState.Online };
    const updates = (userId: string) => ({ updates: [{ userId, ...said }] });
    const backend = { name: "backend", scopes: [presenced.Scope.Read, presenced.Scope.Write] };
    // What is said of many users, and who is in a room, is said by an admin.
    const asAdmin = (token?: string, prefer?: string) => onPresenced(token === STRANGER ? token : "demo-admin", prefer);
    await tryEach(asAdmin, reads, [
        ["updatePresence", (by, user) => by.presence.updatePresence(updates(user)), alice, STRANGER, 401, 413],
        ["addMember", (by, user) => by.directory.addMember(lobby, user), carol, nobody, 404, 409],
        ["removeMember", (by, user) => by.directory.removeMember(lobby, user), carol, STRANGER, 401, 413],
        ["createAppToken", (by) => by.directory.createAppToken(backend), "backend", STRANGER, 401, 409],
        ["endSessions", (by, user) => by.directory.endSessions(user), carol, nobody, 404, 503],
    ]);
    await tryEach(onPresenced, reads, [
        ["putUserPresence", (by, user) => by.presence.putUserPresence(user, said), alice, bob, 403, 429],
        ["whoami", (by) => by.directory.whoami(), "own", STRANGER, 401, 503],
        ["createTicket", (by) => by.following.createTicket(), "own", STRANGER, 401, 413],
        ["postActivity", (by) => by.presence.postActivity(), "own", STRANGER, 401, 413],
        ["getRoomPresence", (by, room) => by.presence.getRoomPresence(room), lobby, noRoom, 404, 503],
        ["getUserRooms", (by, user) => by.presence.getUserRooms(user), alice, bob, 403, 404],
        ["deleteUserPresence", (by, user) => by.presence.deleteUserPresence(user), alice, bob, 403, 429],
        ["putSettings", (by, user) => by.presence.putSettings(user, busy), alice, bob, 403, 429],
        ["getSettings", (by, user) => by.presence.getSettings(user), alice, bob, 403, 404],
        ["postHeartbeats", (by, user) => by.presence.postHeartbeats(online(user)), alice, STRANGER, 401, 413],
        ["getUserPresence", (by, user) => by.presence.getUserPresence(user), alice, nobody, 404, 503],
        ["queryPresence", (by, user) => by.presence.queryPresence({ users: [user] }), alice, STRANGER, 401, 403],
        ["streamChanges", (by, user) => by.presence.streamChanges([user]), STREAM, "nobody", 400, 429],
        ["putCall", (by, user) => by.presence.putCall(user, "c1", report), alice, nobody, 404, 413],
        ["deleteCall", (by, user) => by.presence.deleteCall(user, "c1"), alice, nobody, 404, 503],
        ["getPresenceList", (by, user) => by.lists.getPresenceList(user), alice, bob, 403, 503],
        ["acceptObserver", (by, observer) => by.lists.acceptObserver(alice, observer), carol, bob, 404, 429],
        ["denyObserver", (by, observer) => by.lists.denyObserver(alice, observer), carol, bob, 404, 503],
    ]);
    const { state } = (await onPresenced("demo-bob").presence.getUserPresence(alice)).data;
    check(state === presenced.PresenceState.Busy, `presenced: ${state}`);
}

async function main() {
    await prepare();
    await tryMatrix();
    await tryPnut();
    await tryRingCentral();
    await tryPresenced();
}

main().catch((error: unknown) => {
    console.error(error);
    process.exit(1);
});
