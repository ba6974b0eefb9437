// The client in Node against the real server.

import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { connect, PresenceError, type ConnectOptions, type Presence, type PresenceChange } from "../src/index.js";
import { ALICE, BOB, CAROL, LOBBY, Network, Server, until } from "./server.js";

let server: Server;
const open: Presence[] = [];

beforeEach(async () => void (server = await Server.start()));
afterEach(async () => {
    for (const presence of open.splice(0)) presence.close();
    await server.stop();
});

async function join(token: string, options: Partial<ConnectOptions> = {}): Promise<Presence> {
    const credentials = options.getToken ? {} : { token };
    const presence = await connect({ url: server.url, ...credentials, ...options });
    open.push(presence);
    return presence;
}

/** All that `change` told, in order. */
function told(presence: Presence): PresenceChange[] {
    const all: PresenceChange[] = [];
    presence.on("change", (users) => all.push(...users));
    return all;
}

describe("following", () => {
    it("knows whoever is named once watch is done, and tells changes", async () => {
        const bob = await join("demo-bob");
        expect(bob.me).toMatchObject({ userId: BOB, deviceId: "DEMO" });
        const news = told(bob);
        await bob.watch({ users: [ALICE, CAROL] });
        expect(bob.get(ALICE)).toMatchObject({ userId: ALICE, state: "offline" });
        expect(bob.get(CAROL), "who may not be seen").toBeUndefined();
        await server.put("demo-alice", { state: "busy", status: { text: "Lunch" } });
        await until(() => bob.get(ALICE)?.state === "busy");
        expect(news.at(-1)).toMatchObject({ userId: ALICE, state: "busy", status: "Lunch" });
        await bob.unwatch({ users: [ALICE] });
        expect(bob.get(ALICE)).toBeUndefined();
    });

    it("tells members of rooms, those who come later, and who goes", async () => {
        const bob = await join("demo-bob");
        const news = told(bob);
        await server.put("demo-carol", { state: "online" });
        await bob.watch({ rooms: [LOBBY] });
        expect(bob.get(CAROL)).toBeUndefined();
        const member = `/presenced/v1/rooms/${LOBBY}/members/${CAROL}`;
        await server.call("PUT", member, "demo-admin");
        await until(() => bob.get(CAROL)?.state === "online");
        await server.call("DELETE", member, "demo-admin");
        await until(() => !bob.get(CAROL));
        expect(news.at(-1)).toEqual({ userId: CAROL, state: "offline", currentlyActive: false, gone: true });
    });

    it("keeps whom somebody else here watches, and forgets the others", async () => {
        const bob = await join("demo-bob");
        await bob.watch({ users: [ALICE], rooms: [LOBBY] });
        await bob.watch({ users: [ALICE] });
        await bob.unwatch({ users: [ALICE] });
        expect(bob.get(ALICE)).toBeDefined();
        await bob.unwatch({ users: [ALICE] });
        await server.put("demo-alice", { state: "online" });
        await until(() => bob.get(ALICE)?.state === "online", "a member of the room");
        await bob.unwatch({ rooms: [LOBBY] });
        expect(bob.all()).toEqual([]);
    });

    it("shows everybody to an admin, whose token says nothing", async () => {
        const admin = await join("demo-admin");
        expect(admin.me.userId).toBeUndefined();
        await server.put("demo-carol", { state: "online" });
        await admin.watch({ everyone: true });
        expect(admin.all().map(({ userId }) => userId)).toEqual([CAROL]);
        await expect(admin.setState("busy")).rejects.toMatchObject({ status: 403 });
    });

    it("refuses what is no id, and goes on", async () => {
        const bob = await join("demo-bob");
        await expect(bob.watch({ users: ["alice"] })).rejects.toThrow("alice is no user id");
        await expect(bob.watch({ rooms: ["lobby"] })).rejects.toMatchObject({ status: 400 });
        await bob.unwatch({ rooms: ["lobby"] });
        await bob.watch({ users: [ALICE] });
        expect(bob.get(ALICE)).toBeDefined();
    });

    it("watches more than fits into a frame", async () => {
        const bob = await join("demo-bob");
        const others = Array.from({ length: 2_500 }, (_, number) => `@user${number}:example.com`);
        await bob.watch({ users: [...others, ALICE] });
        expect(bob.get(ALICE)).toBeDefined();
        const more = Array.from({ length: 10_000 }, (_, number) => `@more${number}:example.com`);
        await expect(bob.watch({ users: more })).rejects.toMatchObject({ status: 413 });
    });

    it("asks once for what is watched in one go", async () => {
        const frames: string[] = [];
        class Counted extends WebSocket {
            override send(data: string): void {
                frames.push((JSON.parse(data) as { type: string }).type);
                super.send(data);
            }
        }
        const bob = await join("demo-bob", { WebSocket: Counted });
        await Promise.all([bob.watch({ users: [ALICE] }), bob.watch({ users: [BOB] }), bob.watch({ rooms: [LOBBY] })]);
        expect(bob.all().length).toBe(2);
        expect(frames.filter((type) => type === "watch").length).toBe(1);
    });
});

describe("saying", () => {
    it("is unavailable at first, since there is no page, and then what one says", async () => {
        const alice = await join("demo-alice", { label: "bot" });
        await until(async () => (await server.own("demo-alice")).state === "unavailable");
        alice.active();
        await until(async () => (await server.own("demo-alice")).state === "online");
        await alice.setState("busy");
        const own = await server.own("demo-alice");
        expect(own.devices).toMatchObject([{ deviceId: "DEMO", label: "bot", state: "busy", connected: true }]);
        alice.active();
        await alice.setStatus("hi");
        expect(await server.own("demo-alice")).toMatchObject({ state: "busy", status: "hi" });
        await alice.setState("offline");
        expect(await server.own("demo-alice")).toMatchObject({ state: "offline" });
    });

    it("says nothing where it only follows, until it is told to", async () => {
        const alice = await join("demo-alice", { silent: true });
        await alice.watch({ users: [ALICE] });
        expect((await server.own("demo-alice")).devices).toEqual([]);
        await alice.setState("busy");
        await until(() => alice.get(ALICE)?.state === "busy");
    });

    it("ends a status when its time has come", async () => {
        const alice = await join("demo-alice");
        await alice.watch({ users: [ALICE] });
        await alice.setStatus("Lunch", { expiresInSeconds: 3600 });
        await until(() => alice.get(ALICE)?.status === "Lunch");
        expect(alice.get(ALICE)?.statusExpiresAt).toBeGreaterThan(0);
        await server.advance(3601);
        await until(() => alice.get(ALICE)?.status === undefined);
        await alice.setStatus("Later", { expiresAt: new Date(Date.now() + 3601_000 + 60_000) });
        await alice.setStatus(null);
        await until(() => alice.get(ALICE)?.status === undefined);
    });

    it("says why something is refused", async () => {
        const alice = await join("demo-alice");
        await expect(alice.setStatus("x".repeat(2000))).rejects.toMatchObject({ name: "PresenceError", status: 413 });
        await expect(alice.setStatus("x", { expiresInSeconds: 0 })).rejects.toMatchObject({ status: 400 });
    });

    it("is offline after the grace once it is closed", async () => {
        const [alice, bob] = [await join("demo-alice"), await join("demo-bob")];
        await bob.watch({ users: [ALICE] });
        alice.active();
        await until(() => bob.get(ALICE)?.state === "online");
        alice.close();
        await until(async () => !(await server.own("demo-alice")).devices[0].connected);
        await server.advance(31);
        await until(() => bob.get(ALICE)?.state === "offline");
        await expect(alice.setState("busy")).rejects.toThrow("closed");
    });
});

describe("the connection", () => {
    it("is refused with a token that is none", async () => {
        await expect(join("nonsense")).rejects.toMatchObject({ status: 401 });
        await expect(connect({ url: server.url })).rejects.toBeInstanceOf(PresenceError);
        await expect(connect({ url: "ftp://example.com", token: "x" })).rejects.toThrow("no address");
        const kept = ["nonsense", "demo-bob"];
        expect((await join("", { getToken: () => kept.shift()! })).me.userId).toBe(BOB);
    });

    it("waits for a server that starts, until one gives up", async () => {
        await server.stop();
        await expect(join("demo-bob", { signal: AbortSignal.timeout(200) })).rejects.toThrow(/timeout/);
        const joining = join("demo-bob");
        await server.begin();
        expect((await joining).state).toBe("open");
    });

    it("opens with tickets of one's own backend, each time a new one", async () => {
        let made = 0;
        const getToken = async () => {
            made++;
            const { ticket } = await server.call("POST", "/presenced/v1/tickets", "demo-bob");
            return { ticket };
        };
        const bob = await join("", { getToken });
        expect(bob.me.userId).toBe(BOB);
        const before = made;
        await server.stop("SIGKILL");
        await until(() => bob.state === "connecting");
        await server.begin();
        await until(() => bob.state === "open");
        expect(made).toBeGreaterThan(before);
    });

    it("goes on with another token before one ends", async () => {
        let made = 0;
        const getToken = () => {
            made++;
            return server.token(BOB, { deviceId: "WEB", expiresInSeconds: 120 });
        };
        const bob = await join("", { getToken });
        const states: string[] = [];
        bob.on("state", (state) => states.push(state));
        await bob.watch({ users: [ALICE] });
        await server.pass(65);
        await until(() => made === 2, "another token");
        await server.pass(65);
        await server.put("demo-alice", { state: "busy" });
        await until(() => bob.get(ALICE)?.state === "busy");
        expect(states, "the same socket").toEqual([]);
    });

    it("ends with a token that nobody renews", async () => {
        const token = await server.token(BOB, { deviceId: "WEB", expiresInSeconds: 60 });
        const bob = await join(token);
        const errors: PresenceError[] = [];
        bob.on("error", (error) => errors.push(error));
        await server.advance(61);
        await until(() => bob.state === "closed");
        expect(errors.at(-1)).toMatchObject({ status: 401 });
        await expect(bob.watch({ users: [ALICE] })).rejects.toThrow("closed");
    });

    it("comes back to a server that was started anew, without a stale dot", async () => {
        const [alice, bob] = [await join("demo-alice"), await join("demo-bob")];
        await bob.watch({ rooms: [LOBBY] });
        await alice.setState("busy");
        await until(() => bob.get(ALICE)?.state === "busy");
        alice.close();
        const news = told(bob);
        const said = bob.setStatus("still here");
        await server.stop("SIGKILL");
        await server.begin();
        await until(() => bob.state === "open" && news.some(({ userId }) => userId === ALICE));
        expect(bob.get(ALICE)?.state ?? "offline").toBe("offline");
        await said;
        await bob.setStatus("and after it");
        expect(await server.own("demo-bob")).toMatchObject({ status: "and after it", devices: [{ connected: true }] });
    });

    it("notices a network that is gone, says then what was said meanwhile, and misses nothing", async () => {
        const network = await Network.before(server);
        const bob = await join("demo-bob", { url: network.url });
        await bob.watch({ users: [ALICE] });
        network.cut();
        const said = bob.setStatus("on the train");
        await server.put("demo-alice", { state: "busy" });
        await until(() => bob.state === "connecting", "the end of patience", 30_000);
        network.mend();
        await said;
        expect((await server.own("demo-bob")).status).toBe("on the train");
        await until(() => bob.get(ALICE)?.state === "busy");
        network.close();
    });
});
