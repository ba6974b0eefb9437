import { PresenceError } from "./error.js";
import type { ConnectionState, Identity, PresenceChange, PresenceState, UserPresence, Watched } from "./types.js";
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
/** Presence of others as it is, and one's own. `connect` makes it. */
export declare class Presence {
    private readonly setup;
    private readonly tab;
    private hub;
    private channel;
    /** Ends the wait for the hub's place, or gives it up. */
    private leave;
    private unwatchPage;
    private readonly values;
    private readonly listeners;
    /** How often each entry is watched. */
    private readonly watched;
    private wants;
    private turn;
    private isWanting;
    private readonly pending;
    private who;
    private chosen;
    private connection;
    private opening;
    /** Who is signed in. */
    get me(): Identity;
    /** What the connection does. */
    get state(): ConnectionState;
    /**
     * Watches users, members of rooms, or everybody. It completes when what there is to know of them is known, and
     * `change` has told it. Who is watched twice is watched until `unwatch` was called as often.
     */
    watch(watched: Watched): Promise<void>;
    /** Watches them no longer. */
    unwatch(watched: Watched): Promise<void>;
    /** Calls a function whenever something happens. The function that is returned ends that. */
    on<Name extends keyof PresenceEvents>(name: Name, listener: PresenceEvents[Name]): () => void;
    /** What is known of a user who is watched; nothing of somebody in a room who was offline all the time. */
    get(userId: string): UserPresence | undefined;
    /** Everybody of whom something is known. */
    all(): UserPresence[];
    /** Sets one's own status text; `null` or an empty text clears it. Completes when the server has it. */
    setStatus(text: string | null, { expiresInSeconds, expiresAt }?: StatusOptions): Promise<void>;
    /**
     * Says how present one is. `online` leaves it to what happens on the page again; any other holds for all tabs of
     * this browser, until it is said anew or the last of them is closed.
     */
    setState(state: PresenceState): Promise<void>;
    /** Says that the user is active. A page need not: pointer, keys and scrolling say it. */
    active(): void;
    /** Ends it. The device counts as connected for as long as other tabs are, and the server's grace after that. */
    close(): void;
    private join;
    private part;
    private lead;
    /** What the hub of this tab says, to whom it is for. */
    private spread;
    /** What another tab asks of the hub of this one. */
    private welcomeTab;
    private ask;
    /** Says what this tab wants of a hub that may not know it. */
    private greet;
    private receive;
    private take;
    private finish;
    private become;
    /** The server has the last word. */
    private end;
    private failAll;
    private emit;
    private count;
    /** Asks for all that is watched; what changes in one go is asked for at once. */
    private want;
    private wanting;
    private say;
    private wait;
}
/** Whether tabs can share a connection here. */
export declare function canShare(): boolean;
