import { PresenceError } from "./error.js";
import type { ClientFrame, ConnectionState, Credential, ReadyFrame, TellingFrame } from "./types.js";
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
export declare class Link {
    private readonly options;
    private socket;
    private isReady;
    private isClosed;
    private lastId;
    private heard;
    private readonly asked;
    private drop;
    private wake;
    private readonly watch;
    constructor(options: LinkOptions);
    /** Sends a frame, and waits for what comes of it. Rejects with `Disconnected` where that is not known. */
    ask(frame: ClientFrame): Promise<void>;
    /** Asks the server whether it is there, if it was silent for so long. */
    check(silence: number): void;
    close(): void;
    private readonly online;
    private readonly offline;
    private run;
    private pause;
    /** Opens a socket, and completes when it has ended. */
    private session;
    private receive;
    private answered;
    /** Goes on with another token before this one ends. A ticket opens another socket instead. */
    private renew;
}
