// @vitest-environment happy-dom
import { act, useState } from "react";
import { createRoot } from "react-dom/client";
import { afterEach, expect, it } from "vitest";
import type { Presence, PresenceChange, UserPresence, Watched } from "../src/index.js";
import { PresenceProvider, usePresence } from "../src/react.js";
import { ALICE, BOB } from "./server.js";

(globalThis as { IS_REACT_ACT_ENVIRONMENT?: boolean }).IS_REACT_ACT_ENVIRONMENT = true;

/** A connection that a test drives. */
class Played {
    readonly watched: string[] = [];
    private readonly values = new Map<string, UserPresence>();
    private readonly listeners = new Set<(users: PresenceChange[]) => void>();

    on(_: "change", listener: (users: PresenceChange[]) => void): () => void {
        this.listeners.add(listener);
        return () => this.listeners.delete(listener);
    }
    async watch({ users }: Watched): Promise<void> {
        this.watched.push(`+${users}`);
    }
    async unwatch({ users }: Watched): Promise<void> {
        this.watched.push(`-${users}`);
    }
    get(user: string): UserPresence | undefined {
        return this.values.get(user);
    }
    become(userId: string, state: UserPresence["state"]): void {
        const user = { userId, state, currentlyActive: true };
        this.values.set(userId, user);
        for (const listener of this.listeners) listener([user]);
    }
}

const ends: (() => void)[] = [];
afterEach(() => ends.splice(0).forEach((end) => end()));

it("shows users while they are named, and watches nobody else", async () => {
    const played = new Played();
    let renders = 0;
    let name = (_: string[]) => {};
    const Dots = () => {
        const [users, setUsers] = useState([ALICE]);
        name = setUsers;
        renders++;
        const known = usePresence(users);
        return users.map((user) => `${user} ${known.get(user)?.state ?? "offline"}`).join(", ");
    };
    const box = document.body.appendChild(document.createElement("div"));
    const shown = createRoot(box);
    ends.push(() => act(() => shown.unmount()));
    await act(async () => shown.render(<PresenceProvider value={played as unknown as Presence}><Dots /></PresenceProvider>));
    expect(box.textContent).toBe(`${ALICE} offline`);
    await act(async () => played.become(ALICE, "busy"));
    expect(box.textContent).toBe(`${ALICE} busy`);
    const before = renders;
    await act(async () => played.become(BOB, "online"));
    expect(renders, "others are no news").toBe(before);
    await act(async () => name([BOB, ALICE]));
    expect(box.textContent).toBe(`${BOB} online, ${ALICE} busy`);
    await act(async () => name([ALICE, BOB, BOB]));
    expect(played.watched, "another order is nothing new").toEqual([`+${ALICE}`, `-${ALICE}`, `+${ALICE},${BOB}`]);
    await act(async () => shown.render(null));
    expect(played.watched.at(-1)).toBe(`-${ALICE},${BOB}`);
});

it("knows nothing without a connection", async () => {
    const Dot = () => `${usePresence([ALICE]).size}`;
    const box = document.createElement("div");
    const root = createRoot(box);
    await act(async () => root.render(<PresenceProvider value={undefined}><Dot /></PresenceProvider>));
    expect(box.textContent).toBe("0");
    await act(async () => root.unmount());
});
