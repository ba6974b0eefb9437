// What all tabs of a browser share: one socket, the values that came over it, and what their user does.

import { Disconnected, PresenceError } from "./error.js";
import { Link, type LinkOptions } from "./link.js";
import type {
    ConnectionState,
    Identity,
    PresenceChange,
    PresenceState,
    ReadyFrame,
    SayPresence,
    TellingFrame,
    UserPresence,
    Watched,
} from "./types.js";
import { named, Wants } from "./wants.js";

/** What a tab asks of the hub. */
export type TabMessage = { tab: string } & (
    /** With `isNew` the tab has not asked this hub before. */
    | { type: "want"; turn: number; wanted: Watched; isNew: boolean }
    | { type: "say"; turn: number; frame: SayPresence }
    | { type: "active" }
    | { type: "leave" }
);

/** What the hub tells one tab, or all of them. */
export type HubMessage = { tab?: string | undefined } & (
    /** There is a hub: whoever has asked for something asks again. */
    | { type: "lead" }
    | { type: "welcome"; identity: Identity; values: UserPresence[]; chosen: PresenceState | undefined }
    | { type: "state"; state: ConnectionState; error?: Failure | undefined }
    | { type: "news"; users: PresenceChange[] }
    | { type: "chosen"; state: PresenceState | undefined }
    | { type: "done"; turn: number; of: "want" | "say"; error?: Failure | undefined }
    | { type: "error"; error: Failure }
);

/** An error, as it goes from tab to tab. */
export interface Failure {
    message: string;
    status?: number | undefined;
}

/** How often the server is told at most that the user is active, in milliseconds. */
const ACTIVE_EVERY = 20_000;
/** After how long without activity a new connection says `unavailable`. */
const IDLE_AFTER = 300_000;

interface Tab {
    wants: Wants;
    turn: number;
    told: number;
}

export interface HubOptions extends Omit<LinkOptions, "ready" | "tell" | "state" | "error"> {
    label?: string | undefined;
    /** Whether nothing is said but what one is told to say. */
    isSilent: boolean;
    /** When the user was last active in this browser, in milliseconds since the Unix epoch. */
    lastActive: () => number;
    send: (message: HubMessage) => void;
}

export class Hub {
    private readonly link: Link;
    private readonly tabs = new Map<string, Tab>();
    /** What the server was asked to tell, on the socket that is open. */
    private told = new Wants();
    /** What the server refused to tell. */
    private refused = new Map<string, PresenceError>();
    /** The resume token: all that was asked for was told up to it. */
    private token: string | undefined;
    /** That of the last frame. */
    private lastToken: string | undefined;
    /** What one socket before was asked to tell, up to the resume token. */
    private before: Wants | undefined;
    private identity: Identity | undefined;
    private isSyncing = false;
    /** Whom the frames since the beginning of a sync told of. */
    private seen: Set<string> | undefined;
    private isWhole = false;
    private said: PresenceState | undefined;
    private saidAt = 0;
    private waiting: { done: () => void; fail: (error: Error) => void }[] = [];
    private state: ConnectionState = "connecting";
    private isOver = false;

    constructor(
        private readonly options: HubOptions,
        /** What is known already. */
        private readonly values: Map<string, UserPresence>,
        /** What the user said to be, where it does not follow from activity. */
        private chosen: PresenceState | undefined,
    ) {
        this.link = new Link({
            ...options,
            ready: (frame) => this.ready(frame),
            tell: (frame) => this.tell(frame),
            state: (state, error) => this.become(state, error),
            error: (error) => this.send({ type: "error", error: failure(error) }),
        });
        this.send({ type: "lead" });
    }

    close(): void {
        this.isOver = true;
        this.link.close();
    }

    private send(message: HubMessage): void {
        if (!this.isOver) this.options.send(message);
    }

    /** Asks the server whether it is there, when a page comes back into sight. */
    check(): void {
        this.link.check(1_000);
    }

    receive(message: TabMessage): void {
        switch (message.type) {
            case "want":
                return this.want(message.tab, message.turn, message.wanted);
            case "say":
                return void this.say(message.tab, message.turn, message.frame);
            case "active":
                return this.active();
            case "leave":
                if (this.tabs.delete(message.tab)) void this.sync();
        }
    }

    private become(state: ConnectionState, error?: PresenceError): void {
        this.state = state;
        if (state === "connecting" && this.told.size) [this.before, this.told] = [this.told, new Wants()];
        if (state === "closed") {
            for (const { fail } of this.waiting.splice(0)) fail(error ?? new PresenceError("the connection is closed"));
        }
        // It is open to the tabs once they may ask.
        if (state !== "open") this.send({ type: "state", state, error: error && failure(error) });
    }

    private ready({ userId, deviceId, scopes }: ReadyFrame): void {
        this.identity = { ...(userId && { userId }), ...(deviceId && { deviceId }), scopes };
        this.said = undefined;
        this.refused.clear();
        for (const tab of this.tabs.keys()) this.welcome(tab);
        this.send({ type: "state", state: "open" });
        const isActive = Date.now() - this.options.lastActive() < IDLE_AFTER;
        if (this.chosen || !this.options.isSilent) this.sayState(this.chosen ?? (isActive ? "online" : "unavailable"));
        for (const { done } of this.waiting.splice(0)) done();
        void this.sync();
    }

    private welcome(tab: string): void {
        if (this.identity && this.state === "open") {
            const values = [...this.values.values()];
            this.send({ type: "welcome", tab, identity: this.identity, values, chosen: this.chosen });
        }
    }

    private want(id: string, turn: number, wanted: Watched): void {
        const known = this.tabs.get(id);
        this.tabs.set(id, { wants: Wants.of(wanted), turn, told: known?.told ?? -1 });
        if (!known) this.welcome(id);
        void this.sync();
    }

    // Following.

    /** Brings what the server tells in line with what the tabs want. */
    private async sync(): Promise<void> {
        if (this.isSyncing || this.state !== "open") return;
        this.isSyncing = true;
        try {
            while (await this.step());
            this.before = undefined;
            this.token = this.lastToken;
            for (const [id, tab] of this.tabs) this.answer(id, tab);
        } catch (error) {
            // With the next socket it begins anew.
            if (!(error instanceof Disconnected)) throw error;
        } finally {
            this.isSyncing = false;
            this.seen = undefined;
        }
    }

    private answer(id: string, tab: Tab): void {
        if (tab.told === tab.turn) return;
        tab.told = tab.turn;
        const entries = [...tab.wants.users, ...tab.wants.rooms, ...(tab.wants.everyone ? ["*"] : [])];
        const refused = entries.map((entry) => this.refused.get(entry)).find((error) => error);
        this.send({ type: "done", tab: id, of: "want", turn: tab.turn, error: refused && failure(refused) });
    }

    /** Whether there was something to do. */
    private async step(): Promise<boolean> {
        const wanted = Wants.union([...this.tabs.values()].map(({ wants }) => wants));
        for (const entry of this.refused.keys()) {
            wanted.users.delete(entry);
            wanted.rooms.delete(entry);
            if (entry === "*") wanted.everyone = false;
        }
        const fewer = this.told.without(wanted);
        if (fewer.size) await this.unwatch(fewer, wanted);
        const more = wanted.without(this.told);
        if (!more.size) return fewer.size > 0;
        await this.watch(more);
        return true;
    }

    private async unwatch(fewer: Wants, wanted: Wants): Promise<void> {
        // Who else is told of by a room only the server knows: it is asked for all of them again.
        if (wanted.isOpen && !wanted.everyone) fewer = this.told;
        for (const part of fewer.frames()) await this.link.ask({ type: "unwatch", ...named(part) });
        this.told = this.told.without(fewer);
        if (!wanted.isOpen) this.forget((user) => !wanted.users.has(user));
    }

    private async watch(more: Wants): Promise<void> {
        const parts = [...more.frames()];
        // What changed since can be told where it is of the same users, and of all of them at once.
        const isKnown = this.token && this.before && !this.before.without(more).size && !more.without(this.before).size;
        const since = isKnown && parts.length === 1 ? this.token! : undefined;
        const isFirst = !this.told.size;
        [this.seen, this.isWhole] = [new Set(), false];
        for (const part of parts) {
            try {
                await this.link.ask({ type: "watch", ...named(part), ...(since && { since }) });
                this.told = Wants.union([this.told, part]);
            } catch (error) {
                if (!(error instanceof PresenceError)) throw error;
                this.send({ type: "error", error: failure(error) });
                const entries = [...part.users, ...part.rooms, ...(part.everyone ? ["*"] : [])];
                for (const entry of entries) this.refused.set(entry, error);
            }
        }
        // What was told of anew takes the place of all that was known.
        const seen = this.seen;
        this.seen = undefined;
        if (isFirst && (!since || this.isWhole)) this.forget((user) => !seen.has(user));
    }

    /** Takes away what is known of users. */
    private forget(isForgotten: (user: string) => boolean): void {
        this.gone([...this.values.keys()].filter(isForgotten));
    }

    private gone(users: string[]): void {
        for (const user of users) this.values.delete(user);
        if (users.length) this.send({ type: "news", users: users.map(goneUser) });
    }

    private tell(frame: TellingFrame): void {
        if (frame.type === "gone") return this.gone(frame.users);
        this.isWhole ||= frame.type === "snapshot";
        this.lastToken = frame.token;
        if (!this.isSyncing) this.token = frame.token;
        for (const user of frame.users) {
            this.values.set(user.userId, user);
            this.seen?.add(user.userId);
        }
        if (frame.users.length) this.send({ type: "news", users: frame.users });
    }

    // Saying.

    private get maySpeak(): boolean {
        return !!this.identity?.userId && this.identity.scopes.includes("write");
    }

    private async say(tab: string, turn: number, frame: SayPresence): Promise<void> {
        let error: unknown;
        const { state } = frame;
        const before = this.chosen;
        if (state) this.choose(state === "online" ? undefined : state);
        try {
            await this.insist(frame);
            if (state) [this.said, this.saidAt] = [state, Date.now()];
        } catch (refusal) {
            error = refusal;
            if (state) this.choose(before);
        }
        this.send({ type: "done", tab, of: "say", turn, error: error ? failure(error) : undefined });
    }

    private choose(state: PresenceState | undefined): void {
        this.chosen = state;
        this.send({ type: "chosen", state });
    }

    /** Says something until the server has answered. */
    private async insist(frame: SayPresence): Promise<void> {
        const begun = Date.now();
        for (;;) {
            if (this.state === "closed") throw new PresenceError("the connection is closed");
            try {
                if (this.state === "open") return await this.link.ask(this.labelled(shortened(frame, Date.now() - begun)));
            } catch (error) {
                if (!(error instanceof Disconnected)) throw error;
            }
            await new Promise<void>((done, fail) => this.waiting.push({ done, fail }));
        }
    }

    /** A label needs a state to be kept with. */
    private labelled(frame: SayPresence): SayPresence {
        const { label } = this.options;
        return label && frame.state && frame.state !== "offline" ? { ...frame, label } : frame;
    }

    private active(): void {
        const isDue = Date.now() - this.saidAt >= ACTIVE_EVERY;
        if (this.state !== "open" || !this.maySpeak || this.chosen === "offline") return;
        if (!this.chosen && this.said !== "online") return this.sayState("online");
        if (!isDue) return;
        this.saidAt = Date.now();
        this.link.ask({ type: "activity" }).catch((error) => this.failed(error));
    }

    /** Says what the device does. */
    private sayState(state: PresenceState): void {
        if (!this.maySpeak) return;
        [this.said, this.saidAt] = [state, Date.now()];
        if (state === "offline") return;
        const frame = this.labelled({ type: "presence", state });
        this.link.ask(frame).catch((error) => {
            this.said = undefined;
            this.failed(error);
        });
    }

    private failed(error: unknown): void {
        if (!(error instanceof Disconnected)) this.send({ type: "error", error: failure(error) });
    }
}

function goneUser(userId: string): PresenceChange {
    return { userId, state: "offline", currentlyActive: false, gone: true };
}

/** What is left of a status that could not be said at once. */
function shortened(frame: SayPresence, waited: number): SayPresence {
    const { status } = frame;
    if (!status?.expiresInSeconds || waited < 1000) return frame;
    const expiresInSeconds = Math.max(1, status.expiresInSeconds - Math.round(waited / 1000));
    return { ...frame, status: { ...status, expiresInSeconds } };
}

function failure(error: unknown): Failure {
    return error instanceof PresenceError
        ? { message: error.message, status: error.status }
        : { message: error instanceof Error ? error.message : String(error) };
}
