/**
 * Presence in React: a connection for a tree of components, and a hook.
 *
 * ```jsx
 * <PresenceProvider value={presence}><Team /></PresenceProvider>
 *
 * const known = usePresence(["@alice:example.com"]);
 * const state = known.get("@alice:example.com")?.state ?? "offline";
 * ```
 *
 * @packageDocumentation
 */
import { createContext, useContext, useMemo, useSyncExternalStore } from "react";
import type { Presence } from "./presence.js";
import type { UserPresence } from "./types.js";

const PresenceContext = createContext<Presence | undefined>(undefined);

/** Gives the components below it a connection; without a `value`, nothing is known yet. */
export const PresenceProvider = PresenceContext.Provider;

/** What is known of users, by their ids. */
export type KnownPresence = ReadonlyMap<string, UserPresence>;

const NOTHING: KnownPresence = new Map();

/**
 * What is known of users, by their ids. They are watched for as long as the component is there, and it renders anew when
 * one of them changes.
 */
export function usePresence(userIds: readonly string[]): KnownPresence {
    const presence = useContext(PresenceContext);
    // Another array with the same ids is nothing new.
    const ids = JSON.stringify([...new Set(userIds)].sort());
    const store = useMemo(() => makeStore(presence, JSON.parse(ids) as string[]), [presence, ids]);
    return useSyncExternalStore(store.subscribe, store.get, () => NOTHING);
}

function makeStore(presence: Presence | undefined, users: string[]) {
    const wanted = new Set(users);
    const read = (): KnownPresence => {
        const values = users.map((user) => presence?.get(user));
        return new Map(values.flatMap((value) => (value ? [[value.userId, value] as const] : [])));
    };
    let known = read();
    const subscribe = (changed: () => void): (() => void) => {
        if (!presence || !users.length) return () => {};
        const renew = () => {
            known = read();
            changed();
        };
        const ends = presence.on("change", (news) => news.some(({ userId }) => wanted.has(userId)) && renew());
        // Whoever is known already is known at once; of the others `change` tells. What fails is an `error` too.
        presence.watch({ users }).then(renew, () => {});
        return () => {
            ends();
            presence.unwatch({ users }).catch(() => {});
        };
    };
    return { subscribe, get: () => known };
}
