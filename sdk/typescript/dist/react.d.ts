import type { Presence } from "./presence.js";
import type { UserPresence } from "./types.js";
/** Gives the components below it a connection; without a `value`, nothing is known yet. */
export declare const PresenceProvider: import("react").Provider<Presence | undefined>;
/** What is known of users, by their ids. */
export type KnownPresence = ReadonlyMap<string, UserPresence>;
/**
 * What is known of users, by their ids. They are watched for as long as the component is there, and it renders anew when
 * one of them changes.
 */
export declare function usePresence(userIds: readonly string[]): KnownPresence;
