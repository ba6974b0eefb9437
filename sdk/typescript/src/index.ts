/**
 * Presence in a web app: who is online, told as it changes, and one's own.
 *
 * ```js
 * import { connect } from "https://presence.example.com/sdk/presenced.js";
 *
 * const presence = await connect({ getToken: () => fetch("/presence-token").then((answer) => answer.text()) });
 * presence.on("change", (users) => users.forEach(({ userId, state }) => paintDot(userId, state)));
 * await presence.watch({ rooms: ["!lobby:example.com"] });
 * await presence.setStatus("Lunch", { expiresInSeconds: 3600 });
 * ```
 *
 * @packageDocumentation
 */
export { connect, type ConnectOptions } from "./connect.js";
export { PresenceError } from "./error.js";
export { Presence, type PresenceEvents, type StatusOptions } from "./presence.js";
export type {
    ConnectionState,
    Credential,
    Identity,
    PresenceChange,
    PresenceState,
    Scope,
    UserPresence,
    Watched,
} from "./types.js";
/** The whole HTTP API in types, for clients such as openapi-fetch. */
export type { components, paths } from "./generated/api.js";
