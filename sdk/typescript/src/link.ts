// One socket to the server, which is opened again whenever it is lost.

import { Disconnected, PresenceError } from "./error.js";
import type { ClientFrame, ConnectionState, Credential, ReadyFrame, ServerFrame, TellingFrame } from "./types.js";

/** How long a sign-in may take, in milliseconds. */
const SIGN_IN = 15_000;
/** How long the server may take to answer. */
const ANSWER = 10_000;
/** After how much silence it is asked whether it is still there. */
const SILENCE = 30_000;
/** The pause before the second attempt; it doubles with each. */
const FIRST_PAUSE = 500;
const LONGEST_PAUSE = 30_000;
/** A connection that held for as long begins with the first pause again. */
const STEADY = 10_000;

/** Close codes of the server. */
const AWAY = 1001;
const TOKEN = 4401;
const TOO_MANY = 4429;

export interface LinkOptions {
    /** The address of the socket. */
    url: URL;
    deviceId?: string | undefined;
    credential: () => Promise<Credential>;
    /** Whether another credential may come where one was refused. */
    isRenewable: boolean;
    WebSocket: typeof WebSocket;
    /** Called after each sign-in. */
    ready: (frame: ReadyFrame) => void;
    tell: (frame: TellingFrame) => void;
    /** With an error where it is closed for good. */
    state: (state: ConnectionState, error?: PresenceError) => void;
    error: (error: PresenceError) => void;
}

/** How a socket ended. */
interface End {
    code: number;
    /** How long it was signed in, in milliseconds. */
    held: number;
    /** Why the server refused, if it said so. */
    refusal?: PresenceError | undefined;
}

interface Asked {
    done: () => void;
    fail: (error: Error) => void;
    timer: ReturnType<typeof setTimeout>;
}

export class Link {
    private socket: WebSocket | undefined;
    private isReady = false;
    private isClosed = false;
    private lastId = 0;
    private heard = 0;
    private readonly asked = new Map<string, Asked>();
    private drop: ((code: number) => void) | undefined;
    private wake: (() => void) | undefined;
    private readonly watch: ReturnType<typeof setInterval>;

    constructor(private readonly options: LinkOptions) {
        this.watch = setInterval(() => this.check(SILENCE), SILENCE / 2);
        if (typeof addEventListener === "function") {
            addEventListener("online", this.online);
            addEventListener("offline", this.offline);
        }
        void this.run();
    }

    /** Sends a frame, and waits for what comes of it. Rejects with `Disconnected` where that is not known. */
    ask(frame: ClientFrame): Promise<void> {
        if (!this.isReady) return Promise.reject(new Disconnected());
        const id = `${++this.lastId}`;
        return new Promise((done, fail) => {
            // Nothing is heard of a network that is gone.
            const timer = setTimeout(() => this.drop?.(0), ANSWER);
            this.asked.set(id, { done, fail, timer });
            this.socket!.send(JSON.stringify({ ...frame, id }));
        });
    }

    /** Asks the server whether it is there, if it was silent for so long. */
    check(silence: number): void {
        if (this.isReady && Date.now() - this.heard >= silence) {
            this.ask({ type: "unwatch", users: ["@_:_"] }).catch(() => {});
        }
    }

    close(): void {
        this.isClosed = true;
        clearInterval(this.watch);
        if (typeof removeEventListener === "function") {
            removeEventListener("online", this.online);
            removeEventListener("offline", this.offline);
        }
        this.drop?.(1000);
        this.wake?.();
    }

    private readonly online = () => {
        this.check(0);
        this.wake?.();
    };

    private readonly offline = () => this.drop?.(0);

    private async run(): Promise<void> {
        let [attempt, refusals] = [0, 0];
        while (!this.isClosed) {
            this.options.state("connecting");
            const { code, held, refusal } = await this.session();
            if (this.isClosed) break;
            if (held) refusals = 0;
            if (held > STEADY) attempt = 0;
            const isRefused = code === TOKEN;
            // Another token may be better, once.
            if (isRefused && (!this.options.isRenewable || refusals++ > 0)) {
                this.close();
                this.options.state("closed", refusal ?? new PresenceError("the token has ended", 401));
                return;
            }
            if (refusal) this.options.error(refusal);
            if (isRefused && !held) continue;
            if (code === TOO_MANY) attempt = Math.max(attempt, 5);
            const longest = Math.min(FIRST_PAUSE * 2 ** attempt++, LONGEST_PAUSE);
            // All who lost a server come back spread over a while.
            await this.pause(longest * (0.5 + Math.random() / 2) + (code === AWAY ? Math.random() * 1000 : 0));
        }
        this.options.state("closed");
    }

    private pause(milliseconds: number): Promise<void> {
        return new Promise((done) => {
            const timer = setTimeout(done, milliseconds);
            this.wake = () => (clearTimeout(timer), done());
        });
    }

    /** Opens a socket, and completes when it has ended. */
    private async session(): Promise<End> {
        let credential: Credential;
        try {
            credential = await this.options.credential();
        } catch (error) {
            return { code: 0, held: 0, refusal: new PresenceError(`there is no token: ${reason(error)}`) };
        }
        if (this.isClosed) return { code: 0, held: 0 };
        const url = new URL(this.options.url);
        const ticket = typeof credential === "string" ? undefined : credential.ticket;
        if (ticket) url.searchParams.set("ticket", ticket);
        if (this.options.deviceId) url.searchParams.set("deviceId", this.options.deviceId);
        return new Promise((ended) => {
            const socket = (this.socket = new this.options.WebSocket(url, "presenced.v1"));
            let [since, refusal]: [number, PresenceError | undefined] = [0, undefined];
            const end = (code: number) => {
                clearTimeout(timer);
                this.isReady = false;
                socket.onopen = socket.onmessage = socket.onclose = socket.onerror = null;
                // A network that is gone never lets it close: nobody waits for that.
                socket.close();
                this.drop = undefined;
                for (const id of this.asked.keys()) this.answered(id)?.fail(new Disconnected());
                ended({ code, held: since && Date.now() - since + 1, refusal });
            };
            const timer = setTimeout(() => since || end(0), SIGN_IN);
            this.drop = end;
            socket.onerror = () => {};
            socket.onclose = ({ code }) => end(code);
            socket.onopen = () => {
                if (typeof credential === "string") socket.send(JSON.stringify({ type: "token", token: credential }));
            };
            socket.onmessage = ({ data }) => {
                this.heard = Date.now();
                const frame = JSON.parse(data as string) as ServerFrame;
                if (frame.type === "error" && !frame.id) refusal = new PresenceError(frame.detail, frame.status);
                if (frame.type === "ready") {
                    since = this.heard;
                    this.isReady = true;
                    this.options.state("open");
                }
                this.receive(frame);
            };
        });
    }

    private receive(frame: ServerFrame): void {
        switch (frame.type) {
            case "ready":
                return this.options.ready(frame);
            case "ack":
                return this.answered(frame.id)?.done();
            case "error":
                return this.answered(frame.id)?.fail(new PresenceError(frame.detail, frame.status));
            case "expiring":
                return void this.renew();
            case "snapshot":
            case "presence":
            case "gone":
                return this.options.tell(frame);
            // Another type is of a later version.
        }
    }

    private answered(id: string | undefined): Asked | undefined {
        const asked = id === undefined ? undefined : this.asked.get(id);
        if (asked) {
            this.asked.delete(id!);
            clearTimeout(asked.timer);
        }
        return asked;
    }

    /** Goes on with another token before this one ends. A ticket opens another socket instead. */
    private async renew(): Promise<void> {
        if (!this.options.isRenewable) return;
        const socket = this.socket;
        try {
            const credential = await this.options.credential();
            if (socket !== this.socket) return;
            if (typeof credential === "string") await this.ask({ type: "token", token: credential });
            else this.drop?.(1000);
        } catch (error) {
            if (error instanceof Disconnected) return;
            this.options.error(new PresenceError(`the token was not renewed: ${reason(error)}`));
        }
    }
}

function reason(error: unknown): string {
    return error instanceof Error ? error.message : String(error);
}
