import { type LinkOptions } from "./link.js";
import type { ConnectionState, Identity, PresenceChange, PresenceState, SayPresence, UserPresence, Watched } from "./types.js";
/** What a tab asks of the hub. */
export type TabMessage = {
    tab: string;
} & (
/** With `isNew` the tab has not asked this hub before. */
{
    type: "want";
    turn: number;
    wanted: Watched;
    isNew: boolean;
} | {
    type: "say";
    turn: number;
    frame: SayPresence;
} | {
    type: "active";
} | {
    type: "leave";
});
/** What the hub tells one tab, or all of them. */
export type HubMessage = {
    tab?: string | undefined;
} & (
/** There is a hub: whoever has asked for something asks again. */
{
    type: "lead";
} | {
    type: "welcome";
    identity: Identity;
    values: UserPresence[];
    chosen: PresenceState | undefined;
} | {
    type: "state";
    state: ConnectionState;
    error?: Failure | undefined;
} | {
    type: "news";
    users: PresenceChange[];
} | {
    type: "chosen";
    state: PresenceState | undefined;
} | {
    type: "done";
    turn: number;
    of: "want" | "say";
    error?: Failure | undefined;
} | {
    type: "error";
    error: Failure;
});
/** An error, as it goes from tab to tab. */
export interface Failure {
    message: string;
    status?: number | undefined;
}
export interface HubOptions extends Omit<LinkOptions, "ready" | "tell" | "state" | "error"> {
    label?: string | undefined;
    /** Whether nothing is said but what one is told to say. */
    isSilent: boolean;
    /** When the user was last active in this browser, in milliseconds since the Unix epoch. */
    lastActive: () => number;
    send: (message: HubMessage) => void;
}
export declare class Hub {
    private readonly options;
    /** What is known already. */
    private readonly values;
    /** What the user said to be, where it does not follow from activity. */
    private chosen;
    private readonly link;
    private readonly tabs;
    /** What the server was asked to tell, on the socket that is open. */
    private told;
    /** What the server refused to tell. */
    private refused;
    /** The resume token: all that was asked for was told up to it. */
    private token;
    /** That of the last frame. */
    private lastToken;
    /** What one socket before was asked to tell, up to the resume token. */
    private before;
    private identity;
    private isSyncing;
    /** Whom the frames since the beginning of a sync told of. */
    private seen;
    private isWhole;
    private said;
    private saidAt;
    private waiting;
    private state;
    private isOver;
    constructor(options: HubOptions, 
    /** What is known already. */
    values: Map<string, UserPresence>, 
    /** What the user said to be, where it does not follow from activity. */
    chosen: PresenceState | undefined);
    close(): void;
    private send;
    /** Asks the server whether it is there, when a page comes back into sight. */
    check(): void;
    receive(message: TabMessage): void;
    private become;
    private ready;
    private welcome;
    private want;
    /** Brings what the server tells in line with what the tabs want. */
    private sync;
    private answer;
    /** Whether there was something to do. */
    private step;
    private unwatch;
    private watch;
    /** Takes away what is known of users. */
    private forget;
    private gone;
    private tell;
    private get maySpeak();
    private say;
    private choose;
    /** Says something until the server has answered. */
    private insist;
    /** A label needs a state to be kept with. */
    private labelled;
    private active;
    /** Says what the device does. */
    private sayState;
    private failed;
}
