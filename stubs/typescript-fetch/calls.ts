// Calls every presence operation of the four documents, and what an application signs its users in with, through the stubs that are generated from them, against a demo
// whose address is the argument. Each succeeds, is refused as its document says, and is refused otherwise as the header
// Prefer asks for.
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
    return { basePath: base + path, accessToken: token, headers };
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
            const response = (error as matrix.ResponseError | undefined)?.response;
            check(response instanceof Response, `${name} is not refused: ${error}`);
            check(response.status === status, `${name}: ${response.status} instead of ${status}`);
            const body: unknown = await response.json();
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
    await directory.putUser({ userId: sales, userProfile: { ...queue, displayName: "Sales" } });
    const admin = { account: 1, extensionNumber: "101", accountAdmin: true, departments: [4] };
    await directory.putUser({ userId: alice, userProfile: admin });
    await onMatrix("demo-carol").lists.modifyPresenceList({ userId: carol, presenceListUpdate: { invite: [alice] } });
}

async function tryMatrix() {
    const presenceUpdate = { presence: matrix.PresenceState.Online, statusMsg: "on call" };
    const presenceListUpdate = { invite: [carol] };
    const reads = (body: unknown, status: number) => {
        if (status !== 429) return matrix.instanceOfMatrixError(body as object);
        const limited = matrix.LimitExceededFromJSON(body);
        return limited.errcode === "M_LIMIT_EXCEEDED" && limited.retryAfterMs! > 0;
    };
    await tryEach(onMatrix, reads, [
        ["setPresence", (by, userId) => by.presence.setPresence({ userId, presenceUpdate }), alice, bob, 403, 429],
        ["getPresence", (by, userId) => by.presence.getPresence({ userId }), alice, carol, 403, 404],
        ["modifyPresenceList", (by, userId) => by.lists.modifyPresenceList({ userId, presenceListUpdate }), alice, bob, 400, 429],
        ["getPresenceList", (by, userId) => by.lists.getPresenceList({ userId }), alice, "nobody", 400, 503],
    ]);
    const { presence, statusMsg } = await onMatrix().presence.getPresence({ userId: alice });
    check(presence === matrix.PresenceState.Online && statusMsg === "on call", `matrix: ${presence}, ${statusMsg}`);
}

async function tryPnut() {
    const presenceUpdate = { presence: "reading" };
    const reads = (body: unknown, status: number) => pnut.ErrorAnswerFromJSON(body).meta.code === status;
    await tryEach(onPnut, reads, [
        ["setPresence", (by, userId) => by.setPresence({ userId, presenceUpdate }), "me", "2", 403, 413],
        ["getPresence", (by, userId) => by.getPresence({ userId }), "me", "999", 404, 429],
        ["getPresenceByAlias", (by, userId) => by.getPresenceByAlias({ userId }), "1", "999", 404, 503],
        ["listPresence", (by) => by.listPresence(), "everybody", STRANGER, 401, 429],
    ]);
    const { data } = await onPnut("demo-bob").getPresence({ userId: "1" });
    check(data.presence === "reading", `pnut: ${data.presence}`);
}

async function tryRingCentral() {
    const accountId = "~";
    const monitoredExtensionsUpdate = { records: [{ extension: { id: "2" } }] };
    const callQueueUpdatePresence = { records: [{ member: { id: "1" }, acceptCurrentQueueCalls: false }] };
    const extensionCallQueueUpdatePresenceList = { records: [{ callQueue: { id: "4" }, acceptCalls: true }] };
    const reads = (body: unknown) => ringcentral.instanceOfErrorResponse(body as object);
    await tryEach(onRingCentral, reads, [
        ["UpdateUserPresenceStatus", (by, extensionId) =>
            by.updateUserPresenceStatus({ accountId, extensionId, presenceInfoResource: { message: "lunch" } }), "~", "9999", 404, 415],
        ["ReadUserPresenceStatus", (by, extensionId) =>
            by.readUserPresenceStatus({ accountId, extensionId }), "~", "9999", 404, 429],
        ["ReadAccountPresence", (by, accountId) => by.readAccountPresence({ accountId }), "~", "999", 404, 503],
        ["updateMonitoredExtensions", (by, extensionId) =>
            by.updateMonitoredExtensions({ accountId, extensionId, monitoredExtensionsUpdate }), "~", "9999", 404, 413],
        ["readMonitoredExtensions", (by, extensionId) =>
            by.readMonitoredExtensions({ accountId, extensionId }), "~", "9999", 404, 429],
        ["updateCallQueuePresence", (by, groupId) =>
            by.updateCallQueuePresence({ accountId, groupId, callQueueUpdatePresence }), "4", "9999", 404, 403],
        ["readCallQueuePresence", (by, groupId) => by.readCallQueuePresence({ accountId, groupId }), "4", "9999", 404, 429],
        ["updateExtensionCallQueuePresence", (by, extensionId) =>
            by.updateExtensionCallQueuePresence({ accountId, extensionId, extensionCallQueueUpdatePresenceList }), "~", "9999", 404, 400],
        ["readExtensionCallQueuePresence", (by, extensionId) =>
            by.readExtensionCallQueuePresence({ accountId, extensionId }), "~", "9999", 404, 503],
    ]);
    const { message } = await onRingCentral("demo-bob").readUserPresenceStatus({ accountId, extensionId: "1" });
    check(message === "lunch", `ringcentral: ${message}`);
}

async function tryPresenced() {
    const userSettings = { override: presenced.OverrideName.Busy };
    const callReport = { direction: presenced.Direction.Inbound, telephonyStatus: presenced.TelephonyStatus.CallConnected };
    const heartbeats = (userId: string) =>
        ({ heartbeats: [{ userId, deviceId: "DESK", state: presenced.PresenceState.Online }] });
    const reads = (body: unknown, status: number) => presenced.ProblemFromJSON(body).status === status;
    const presenceUpdate = { state: presenced.PresenceState.Online };
    const updates = (userId: string) => ({ updates: [{ userId, state: presenced.PresenceState.Online }] });
    const backend = { name: "backend", scopes: [presenced.Scope.Read, presenced.Scope.Write] };
    // What is said of many users, and who is in a room, is said by an admin.
    const asAdmin = (token?: string, prefer?: string) => onPresenced(token === STRANGER ? token : "demo-admin", prefer);
    await tryEach(asAdmin, reads, [
        ["updatePresence", (by, userId) => by.presence.updatePresence({ presenceUpdates: updates(userId) }), alice, STRANGER, 401, 413],
        ["addMember", (by, userId) => by.directory.addMember({ roomId: lobby, userId }), carol, nobody, 404, 409],
        ["removeMember", (by, userId) => by.directory.removeMember({ roomId: lobby, userId }), carol, STRANGER, 401, 413],
        ["createAppToken", (by) => by.directory.createAppToken({ appTokenRequest: backend }), "backend", STRANGER, 401, 409],
        ["endSessions", (by, userId) => by.directory.endSessions({ userId }), carol, nobody, 404, 503],
    ]);
    await tryEach(onPresenced, reads, [
        ["putUserPresence", (by, userId) => by.presence.putUserPresence({ userId, presenceUpdate }), alice, bob, 403, 429],
        ["whoami", (by) => by.directory.whoami(), "own", STRANGER, 401, 503],
        ["createTicket", (by) => by.following.createTicket(), "own", STRANGER, 401, 413],
        ["postActivity", (by) => by.presence.postActivity(), "own", STRANGER, 401, 413],
        ["getRoomPresence", (by, roomId) => by.presence.getRoomPresence({ roomId }), lobby, noRoom, 404, 503],
        ["getUserRooms", (by, userId) => by.presence.getUserRooms({ userId }), alice, bob, 403, 404],
        ["deleteUserPresence", (by, userId) => by.presence.deleteUserPresence({ userId }), alice, bob, 403, 429],
        ["putSettings", (by, userId) => by.presence.putSettings({ userId, userSettings }), alice, bob, 403, 429],
        ["getSettings", (by, userId) => by.presence.getSettings({ userId }), alice, bob, 403, 404],
        ["postHeartbeats", (by, userId) => by.presence.postHeartbeats({ heartbeats: heartbeats(userId) }), alice, STRANGER, 401, 413],
        ["getUserPresence", (by, userId) => by.presence.getUserPresence({ userId }), alice, nobody, 404, 503],
        ["queryPresence", (by, userId) => by.presence.queryPresence({ presenceQuery: { users: [userId] } }), alice, STRANGER, 401, 403],
        ["streamChanges", (by, userId) => by.presence.streamChanges({ users: [userId] }), STREAM, "nobody", 400, 429],
        ["putCall", (by, userId) => by.presence.putCall({ userId, callId: "c1", callReport }), alice, nobody, 404, 413],
        ["deleteCall", (by, userId) => by.presence.deleteCall({ userId, callId: "c1" }), alice, nobody, 404, 503],
        ["getPresenceList", (by, userId) => by.lists.getPresenceList({ userId }), alice, bob, 403, 503],
        ["acceptObserver", (by, observerId) => by.lists.acceptObserver({ userId: alice, observerId }), carol, bob, 404, 429],
        ["denyObserver", (by, observerId) => by.lists.denyObserver({ userId: alice, observerId }), carol, bob, 404, 503],
    ]);
    const { state } = await onPresenced("demo-bob").presence.getUserPresence({ userId: alice });
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
