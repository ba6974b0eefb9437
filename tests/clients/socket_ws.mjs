// ws, unmodified, on the socket of presenced's own API: alice follows bob, who says something on his socket, and goes on
// after her connection broke, on the demo server whose address is the argument. The modules are looked up in the folder
// of the second argument.
import { createRequire } from "node:module";
import { pathToFileURL } from "node:url";

const [url, folder] = process.argv.slice(2);
const WebSocket = createRequire(pathToFileURL(`${folder}/package.json`))("ws");
const [ALICE, BOB] = ["@alice:example.com", "@bob:example.com"];

function check(condition, what) {
    if (!condition) throw new Error(what);
}

// A socket with a queue of its frames.
async function open(query = "", headers = {}) {
    const socket = new WebSocket(`${url.replace("http", "ws")}/presenced/v1/socket${query}`, ["presenced.v1"], { headers });
    const frames = [];
    let wake = () => {};
    socket.on("message", (data) => {
        frames.push(JSON.parse(data));
        wake();
    });
    const closed = new Promise((resolve) => socket.on("close", (code, reason) => resolve([code, String(reason)])));
    await new Promise((resolve, reject) => socket.on("open", resolve).on("error", reject));
    const next = async (type) => {
        while (frames.length === 0) await new Promise((resolve) => (wake = resolve));
        const frame = frames.shift();
        check(frame.type === type, `${JSON.stringify(frame)} is no ${type}`);
        return frame;
    };
    return { socket, next, closed, send: (frame) => socket.send(JSON.stringify(frame)) };
}

// By a ticket, as a page has to.
const made = await fetch(`${url}/presenced/v1/tickets`, {
    method: "POST",
    headers: { authorization: "Bearer demo-alice" },
});
check(made.status === 201, `${made.status}`);
let alice = await open(`?ticket=${(await made.json()).ticket}`);
check(alice.socket.protocol === "presenced.v1", alice.socket.protocol);
check((await alice.next("ready")).userId === ALICE, "alice is signed in");
alice.send({ type: "watch", users: [BOB], id: "1" });
check((await alice.next("snapshot")).users[0].state === "offline", "bob is offline");
check((await alice.next("ack")).id === "1", "it is done");

const bob = await open("", { authorization: "Bearer demo-bob" });
await bob.next("ready");
bob.send({ type: "presence", state: "online", status: { text: "On a train" }, label: "web", id: "2" });
await bob.next("ack");
const told = await alice.next("presence");
check(told.users[0].state === "online" && told.users[0].status === "On a train", JSON.stringify(told));

// Her connection breaks; what happens meanwhile is told when she is back.
alice.socket.terminate();
bob.send({ type: "presence", state: "busy", id: "3" });
await bob.next("ack");
alice = await open();
alice.send({ type: "token", token: "demo-alice" });
await alice.next("ready");
alice.send({ type: "watch", users: [BOB], since: told.token, id: "4" });
const since = await alice.next("presence");
check(since.users.length === 1 && since.users[0].state === "busy", JSON.stringify(since));
await alice.next("ack");

alice.send({ type: "dance", id: "5" });
check((await alice.next("error")).status === 400, "an unknown type is told");
alice.socket.send(Buffer.from([1]));
const [code] = await alice.closed;
check(code === 1003, `${code}`);
bob.socket.close();
console.log("ws: signed in, followed, said, resumed");
