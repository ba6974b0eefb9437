import type { components as Api } from "./generated/api.js";
import type { components as Events } from "./generated/events.js";

type Schemas = Events["schemas"];

type ServerPresence = Schemas["UserPresence"];

/** One user's presence, as the server tells it. Moments are in milliseconds since the Unix epoch. */
export interface UserPresence extends ServerPresence {}

/**
 * How present somebody is; `unavailable` is there, but not active.
 *
 * @useDeclaredType
 */
export type PresenceState = Schemas["PresenceState"];

/**
 * One user of a `change`. With `gone` the user is watched no longer by the server's account: they may not be seen any
 * more, or went offline while there was no connection; then `get` has nothing of them.
 */
export type PresenceChange = UserPresence & { gone?: true };

/**
 * What the connection does: `connecting`, at first and whenever it was lost, `open`, or `closed` for good, by `close()`
 * or because the server refuses the token.
 */
export type ConnectionState = "connecting" | "open" | "closed";

/** Whom to watch. What is left out stays as it is. */
export interface Watched {
    /** Users by their ids, whether they are there or not. */
    users?: readonly string[];
    /** Members of these rooms, also those who join later. */
    rooms?: readonly string[];
    /** Everybody whom the token may see. */
    everyone?: boolean;
}

/** Who is signed in. */
export interface Identity {
    /** The token's user; absent of a token of no user, which follows and says nothing. */
    userId?: string;
    /** The device that speaks. */
    deviceId?: string;
    /** What the token may be used for. */
    scopes: readonly Scope[];
}

/**
 * What a token may be used for.
 *
 * @useDeclaredType
 */
export type Scope = Schemas["Scope"];

/** What signs a page in: a token, or a ticket that the page's own backend got for it. */
export type Credential = string | { ticket: string };

export type Whoami = Api["schemas"]["Whoami"];
export type ReadyFrame = Schemas["ReadyFrame"];
export type ServerFrame =
    | ReadyFrame
    | Schemas["SnapshotFrame"]
    | Schemas["PresenceFrame"]
    | Schemas["GoneFrame"]
    | Schemas["ExpiringFrame"]
    | Schemas["AckFrame"]
    | Schemas["ErrorFrame"];
export type TellingFrame = Schemas["SnapshotFrame"] | Schemas["PresenceFrame"] | Schemas["GoneFrame"];
export type SayPresence = Schemas["SayPresence"];
export type StatusUpdate = Schemas["StatusUpdate"];
export type ClientFrame =
    | SayPresence
    | Schemas["SayActivity"]
    | Schemas["Watch"]
    | Schemas["Unwatch"]
    | Schemas["UseToken"];
