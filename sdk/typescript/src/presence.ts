import { PresenceError } from "./error.js";
import { Hub, type Failure, type HubMessage, type HubOptions, type TabMessage } from "./hub.js";
import { isPage, lastActive, randomName, watchPage } from "./page.js";
import type {
    ConnectionState,
    Identity,
    PresenceChange,
    PresenceState,
    SayPresence,
    StatusUpdate,
    UserPresence,
    Watched,
} from "./types.js";
import { Wants } from "./wants.js";

/** What there is to listen to. */
export interface PresenceEvents {
    /** Users who are watched, as they are now. */
    change: (users: PresenceChange[]) => void;
    /** What the connection does. */
    state: (state: ConnectionState) => void;
    /** What went wrong and is no answer to a call. The connection goes on unless its state is `closed`. */
    error: (error: PresenceError) => void;
}

/** When a status ends by itself. */
export interface StatusOptions {
    /** In so many seconds. */
    expiresInSeconds?: number;
    /** At this moment, in milliseconds since the Unix epoch. */
    expiresAt?: number | Date;
}

/** @internal */
export interface Setup extends Omit<HubOptions, "send" | "lastActive"> {
    /** Tabs with the same name share a connection; without one there is one of this tab alone. */
    name?: string | undefined;
}

interface Pending {
    done: () => void;
    fail: (error: PresenceError) => void;
    /** What another hub is asked again; or it wants what this tab wants. */
    message: TabMessage | "want";
}

const USER_ID = /^@[!-9;-~]+:[!-~]+$/;

/** Presence of others as it is, and one's own. `connect` makes it. */
export class Presence {
    private readonly tab = randomName();
    private hub: Hub | undefined;
    private channel: BroadcastChannel | undefined;
    /** Ends the wait for the hub's place, or gives it up. */
    private leave: (() => void) | undefined;
    private unwatchPage: (() => void) | undefined;
    private readonly values = new Map<string, UserPresence>();
    private readonly listeners = { change: new Set(), state: new Set(), error: new Set() } as {
        [Name in keyof PresenceEvents]: Set<PresenceEvents[Name]>;
    };
    /** How often each entry is watched. */
    private readonly watched = { users: new Map<string, number>(), rooms: new Map<string, number>(), everyone: 0 };
    private wants = new Wants();
    private turn = 0;
    private isWanting = false;
    private readonly pending = new Map<number, Pending>();
    private who: Identity | undefined;
    private chosen: PresenceState | undefined;
    private connection: ConnectionState = "connecting";
    private opening: Pick<Pending, "done" | "fail"> | undefined;

    /** @internal */
    readonly opened = new Promise<void>((done, fail) => (this.opening = { done, fail }));

    /** @internal */
    constructor(private readonly setup: Setup) {
        this.join();
        if (isPage) {
            this.unwatchPage = watchPage({
                active: () => setup.isSilent || this.active(),
                shown: () => this.hub?.check(),
                left: () => this.part(),
                back: () => this.join(),
            });
        }
    }

    /** Who is signed in. */
    get me(): Identity {
        return this.who ?? { scopes: [] };
    }

    /** What the connection does. */
    get state(): ConnectionState {
        return this.connection;
    }

    /**
     * Watches users, members of rooms, or everybody. It completes when what there is to know of them is known, and
     * `change` has told it. Who is watched twice is watched until `unwatch` was called as often.
     */
    async watch(watched: Watched): Promise<void> {
        const malformed = watched.users?.find((user) => !USER_ID.test(user) || user.length > 255);
        if (malformed !== undefined) throw new PresenceError(`${malformed} is no user id, as @alice:example.com is`, 400);
        this.count(watched, 1);
        await this.want();
    }

    /** Watches them no longer. */
    async unwatch(watched: Watched): Promise<void> {
        this.count(watched, -1);
        await this.want();
    }

    /** Calls a function whenever something happens. The function that is returned ends that. */
    on<Name extends keyof PresenceEvents>(name: Name, listener: PresenceEvents[Name]): () => void {
        this.listeners[name].add(listener);
        return () => void this.listeners[name].delete(listener);
    }

    /** What is known of a user who is watched; nothing of somebody in a room who was offline all the time. */
    get(userId: string): UserPresence | undefined {
        return this.wants.has(userId) ? this.values.get(userId) : undefined;
    }

    /** Everybody of whom something is known. */
    all(): UserPresence[] {
        return [...this.values.values()].filter(({ userId }) => this.wants.has(userId));
    }

    /** Sets one's own status text; `null` or an empty text clears it. Completes when the server has it. */
    setStatus(text: string | null, { expiresInSeconds, expiresAt }: StatusOptions = {}): Promise<void> {
        const status: StatusUpdate | null = text
            ? {
                  text,
                  ...(expiresInSeconds !== undefined && { expiresInSeconds }),
                  ...(expiresAt !== undefined && { expiresAt: Number(expiresAt) }),
              }
            : null;
        return this.say({ type: "presence", status });
    }

    /**
     * Says how present one is. `online` leaves it to what happens on the page again; any other holds for all tabs of
     * this browser, until it is said anew or the last of them is closed.
     */
    setState(state: PresenceState): Promise<void> {
        return this.say({ type: "presence", state });
    }

    /** Says that the user is active. A page need not: pointer, keys and scrolling say it. */
    active(): void {
        this.ask({ type: "active", tab: this.tab });
    }

    /** Ends it. The device counts as connected for as long as other tabs are, and the server's grace after that. */
    close(): void {
        this.unwatchPage?.();
        this.part();
        this.become("closed");
        this.failAll(new PresenceError("the connection was closed"));
    }

    // One hub for all tabs.

    private join(): void {
        const { name } = this.setup;
        if (this.connection === "closed" || this.leave) return;
        if (!name) {
            this.lead();
            this.leave = () => this.hub?.close();
            return;
        }
        this.channel = new BroadcastChannel(name);
        this.channel.onmessage = ({ data }) => {
            const message = data as HubMessage | TabMessage;
            if ("from" in data) this.hub && this.welcomeTab(message as TabMessage);
            else if (!this.hub) this.receive(message as HubMessage);
        };
        const leaving = new AbortController();
        const left = new Promise<void>((done) => leaving.signal.addEventListener("abort", () => done()));
        this.leave = () => leaving.abort();
        const hold = (lock: string, held: () => void) => {
            const work = () => (held(), left.then(() => this.hub?.close()));
            navigator.locks.request(lock, { signal: leaving.signal }, work).catch(() => {
                // Where locks are there and may not be used, as in some frames, this tab is on its own.
                if (!leaving.signal.aborted && !this.hub) this.lead();
            });
        };
        // Whoever waits for this lock learns when the tab is gone, however it went.
        hold(`${name} ${this.tab}`, () => {
            this.greet();
            hold(name, () => this.lead());
        });
    }

    private part(): void {
        this.leave?.();
        this.channel?.close();
        this.hub?.close();
        this.leave = this.channel = this.hub = undefined;
        this.become("connecting");
    }

    private lead(): void {
        this.hub = new Hub({ ...this.setup, lastActive, send: (message) => this.spread(message) }, this.values, this.chosen);
    }

    /** What the hub of this tab says, to whom it is for. */
    private spread(message: HubMessage): void {
        if (message.tab !== this.tab) this.channel?.postMessage(message);
        // The hub's values are this tab's too.
        if (!message.tab || message.tab === this.tab) queueMicrotask(() => this.receive(message));
    }

    /** What another tab asks of the hub of this one. */
    private welcomeTab(message: TabMessage): void {
        const { hub } = this;
        const { name } = this.setup;
        if (message.type === "want" && message.isNew) {
            const gone = () => hub?.receive({ type: "leave", tab: message.tab });
            navigator.locks.request(`${name} ${message.tab}`, gone).catch(() => {});
        }
        hub?.receive(message);
    }

    private ask(message: TabMessage): void {
        if (this.hub) this.hub.receive(message);
        else this.channel?.postMessage({ ...message, from: this.tab });
    }

    /** Says what this tab wants of a hub that may not know it. */
    private greet(): void {
        this.ask(this.wanting(true));
        for (const { message } of this.pending.values()) if (message !== "want") this.ask(message);
    }

    private receive(message: HubMessage): void {
        if (message.tab && message.tab !== this.tab) return;
        switch (message.type) {
            case "lead":
                return this.greet();
            case "welcome":
                this.who = message.identity;
                this.chosen = message.chosen;
                if (!this.hub) this.take(message.values);
                return this.become("open");
            case "state":
                if (message.state === "closed" && this.hub) return this.end(message.error);
                if (message.state !== "open") this.become("connecting");
                return;
            case "news":
                return this.take(message.users);
            case "chosen":
                this.chosen = message.state;
                return;
            case "done":
                return this.finish(message.turn, message.of, message.error && failed(message.error));
            case "error":
                return this.emit("error", failed(message.error));
        }
    }

    private take(users: PresenceChange[]): void {
        if (!this.hub) {
            for (const user of users) {
                if (user.gone) this.values.delete(user.userId);
                else this.values.set(user.userId, user);
            }
        }
        const own = users.filter(({ userId }) => this.wants.has(userId));
        if (own.length) this.emit("change", own);
    }

    private finish(turn: number, of: "want" | "say", error: PresenceError | undefined): void {
        for (const [id, { message, done, fail }] of this.pending) {
            const isMeant = of === "want" ? message === "want" && id <= turn : id === turn;
            if (!isMeant) continue;
            this.pending.delete(id);
            if (error) fail(error);
            else done();
        }
    }

    private become(state: ConnectionState): void {
        if (this.connection === state || this.connection === "closed") return;
        this.connection = state;
        if (state === "open") this.opening?.done();
        this.emit("state", state);
    }

    /** The server has the last word. */
    private end(failure: Failure | undefined): void {
        if (!failure) return;
        const error = failed(failure);
        this.opening?.fail(error);
        this.failAll(error);
        this.emit("error", error);
        this.close();
    }

    private failAll(error: PresenceError): void {
        for (const { fail } of this.pending.values()) fail(error);
        this.pending.clear();
        this.opening?.fail(error);
    }

    private emit<Name extends keyof PresenceEvents>(name: Name, ...told: Parameters<PresenceEvents[Name]>): void {
        for (const listener of this.listeners[name]) {
            try {
                (listener as (...told: unknown[]) => void)(...told);
            } catch (error) {
                // Of one listener the others know nothing.
                setTimeout(() => {
                    throw error;
                });
            }
        }
    }

    // Asking.

    private count({ users = [], rooms = [], everyone }: Watched, by: 1 | -1): void {
        const add = (counts: Map<string, number>, entry: string) => {
            const count = (counts.get(entry) ?? 0) + by;
            if (count > 0) counts.set(entry, count);
            else counts.delete(entry);
        };
        for (const user of users) add(this.watched.users, user);
        for (const room of rooms) add(this.watched.rooms, room);
        if (everyone) this.watched.everyone = Math.max(0, this.watched.everyone + by);
        this.wants = new Wants(
            new Set(this.watched.users.keys()),
            new Set(this.watched.rooms.keys()),
            this.watched.everyone > 0,
        );
    }

    /** Asks for all that is watched; what changes in one go is asked for at once. */
    private want(): Promise<void> {
        const turn = ++this.turn;
        if (!this.isWanting) {
            this.isWanting = true;
            queueMicrotask(() => {
                this.isWanting = false;
                this.ask(this.wanting(false));
            });
        }
        return this.wait(turn, "want");
    }

    private wanting(isNew: boolean): TabMessage {
        return { type: "want", tab: this.tab, turn: this.turn, wanted: this.wants.toJSON(), isNew };
    }

    private say(frame: SayPresence): Promise<void> {
        const turn = ++this.turn;
        const message: TabMessage = { type: "say", tab: this.tab, turn, frame };
        const said = this.wait(turn, message);
        if (this.connection !== "closed") this.ask(message);
        return said;
    }

    private wait(turn: number, message: TabMessage | "want"): Promise<void> {
        if (this.connection === "closed") return Promise.reject(new PresenceError("the connection is closed"));
        return new Promise((done, fail) => this.pending.set(turn, { done, fail, message }));
    }
}

/** Whether tabs can share a connection here. */
export function canShare(): boolean {
    return isPage && typeof BroadcastChannel === "function" && !!navigator.locks;
}

function failed({ message, status }: Failure): PresenceError {
    return new PresenceError(message, status);
}
