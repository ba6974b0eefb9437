// What the board knows, and what it does.

import { computed, signal } from "@preact/signals";
import { connect, type Presence, type PresenceChange, type PresenceState, type UserPresence } from "presenced";

/** The states in the order in which people are shown. */
export const STATES: readonly PresenceState[] = ["online", "busy", "unavailable", "offline"];

export const WORDS: Record<PresenceState, string> = {
    online: "Online",
    busy: "Busy",
    unavailable: "Away",
    offline: "Offline",
};

export interface Person extends UserPresence {
    /** What people call them. */
    name: string;
    /** In small letters, to sort and to find by. */
    key: string;
}

/** Something that happened. */
export interface Happening {
    number: number;
    at: number;
    person: Person;
    what: string;
}

/** How many were in each state. */
export interface Sample {
    at: number;
    counts: number[];
}

const HOUR = 3_600_000;
/** How often how many there are is noted. */
const SAMPLE_EVERY = 10_000;
const MOST_HAPPENINGS = 60;
/** How long changes are gathered before they are shown, in milliseconds: longer, the more people there are. */
const GATHER = 120;
const GATHER_OF_MANY = 400;
const MANY = 2_000;
/** Where the token is while this tab is open. */
const TOKEN = "presenced.token";

export const problem = signal("");
export const isBusy = signal(false);
export const presence = signal<Presence | undefined>(undefined);
export const connection = signal<"connecting" | "open" | "closed">("connecting");
export const query = signal("");
export const filter = signal<PresenceState | undefined>(undefined);
/** The time, often enough for what is said in minutes. */
export const clock = signal(Date.now());
export const happenings = signal<readonly Happening[]>([]);
export const samples = signal<readonly Sample[]>([]);

/** Counts changes of what follows, which is too large to be copied for each. */
const version = signal(0);
const people = new Map<string, Person>();
const names = new Map<string, string>();
let inOrder: Person[] = [];
let isSorted = true;
let isFilling = false;
let number = 0;
let timer = 0;
/** How far the server's clock is ahead of the browser's; a demo's may be. */
let ahead = 0;

/** Who is in which state, in order. */
const byState = computed(() => {
    version.value;
    if (!isSorted) {
        inOrder = [...people.values()].sort((one, other) => (one.key < other.key ? -1 : one.key > other.key ? 1 : 0));
        isSorted = true;
    }
    const buckets: Person[][] = STATES.map(() => []);
    for (const { userId } of inOrder) {
        const person = people.get(userId);
        if (person) buckets[STATES.indexOf(person.state)]!.push(person);
    }
    return buckets;
});

export const counts = computed(() => byState.value.map((bucket) => bucket.length));

/** Who is shown. */
export const shown = computed(() => {
    const wanted = query.value.trim().toLowerCase();
    const buckets = filter.value ? [byState.value[STATES.indexOf(filter.value)]!] : byState.value;
    const all = buckets.flat();
    if (!wanted) return all;
    return all.filter(({ key, status }) => key.includes(wanted) || status?.toLowerCase().includes(wanted));
});

export const me = computed(() => {
    version.value;
    const id = presence.value?.me.userId;
    return id ? people.get(id) : undefined;
});

/** The server's time. */
export function serverNow(): number {
    return clock.value + ahead;
}

function changed(): void {
    timer ||= window.setTimeout(() => {
        timer = 0;
        version.value++;
    }, people.size > MANY ? GATHER_OF_MANY : GATHER);
}

function named(userId: string): string {
    return names.get(userId) ?? userId.slice(1, userId.indexOf(":"));
}

function put(user: UserPresence): Person {
    const name = named(user.userId);
    const person = { ...user, name, key: `${name} ${user.userId}`.toLowerCase() };
    if (!people.has(user.userId)) isSorted = false;
    people.set(user.userId, person);
    return person;
}

function take(users: readonly PresenceChange[]): void {
    const news: Happening[] = [];
    for (const { gone, ...user } of users) {
        const before = people.get(user.userId);
        ahead = Math.max(ahead, (user.lastActiveAt ?? 0) - Date.now());
        // Who is gone may be offline alone: they are shown as that.
        if (gone && !before) continue;
        const person = put(user);
        const what = isFilling ? undefined : difference(before, person);
        if (what) news.unshift({ number: number++, at: Date.now(), person, what });
    }
    if (news.length) happenings.value = [...news, ...happenings.value].slice(0, MOST_HAPPENINGS);
    changed();
}

function difference(before: Person | undefined, { state, status }: Person): string | undefined {
    const said = WORDS[state].toLowerCase();
    if (before?.state !== state) return status && status !== before?.status ? `is ${said}: ${status}` : `is ${said}`;
    if (before.status === status) return undefined;
    return status ? `says: ${status}` : "has no status any more";
}

/** Signs in, and follows whomever the token may see. */
export async function join(token: string): Promise<void> {
    problem.value = "";
    isBusy.value = true;
    try {
        const joined = await connect({ token, signal: AbortSignal.timeout(15_000) });
        sessionStorage.setItem(TOKEN, token);
        joined.on("change", take);
        joined.on("state", (state) => (connection.value = state));
        joined.on("error", (error) => {
            problem.value = error.message;
            if (joined.state === "closed" || error.status === 401) leave(error.message);
        });
        connection.value = joined.state;
        samples.value = kept();
        isFilling = true;
        presence.value = joined;
        await Promise.all([joined.watch({ everyone: true }), directory(token, joined)]);
        isFilling = false;
        window.setTimeout(sample, GATHER_OF_MANY * 2);
    } catch (error) {
        const isLate = error instanceof DOMException && error.name === "TimeoutError";
        leave(isLate ? "The server does not answer." : error instanceof Error ? sentence(error.message) : String(error));
    } finally {
        isBusy.value = false;
    }
}

export function leave(why = ""): void {
    presence.value?.close();
    presence.value = undefined;
    sessionStorage.removeItem(TOKEN);
    people.clear();
    names.clear();
    [inOrder, isSorted, isFilling, ahead] = [[], true, false, 0];
    [happenings.value, samples.value, query.value, filter.value] = [[], [], "", undefined];
    problem.value = why;
    version.value++;
}

/** A token in the address, which is taken out of it at once, or the one of before. */
export function givenToken(): string | undefined {
    const token = new URLSearchParams(location.hash.slice(1)).get("token");
    if (token) history.replaceState(null, "", location.pathname + location.search);
    return token ?? sessionStorage.getItem(TOKEN) ?? undefined;
}

/** Who there is besides those who are present: all users for an admin, and for a user the members of their rooms. */
async function directory(token: string, joined: Presence): Promise<void> {
    const get = async (path: string) => {
        const answer = await fetch(`presenced/v1/${path}`, { headers: { authorization: `Bearer ${token}` } });
        return answer.ok ? ((await answer.json()) as any) : undefined;
    };
    const missing = (userId: string) => people.has(userId) || put({ userId, state: "offline", currentlyActive: false });
    if (joined.me.userId) {
        const rooms: string[] = (await get("users/me/rooms"))?.rooms ?? [];
        for (const room of rooms.slice(0, 20)) {
            const members = await get(`rooms/${encodeURIComponent(room)}/presence?state=offline&limit=1000`);
            for (const { userId } of members?.users ?? []) missing(userId);
        }
    } else {
        let after = "";
        for (let pages = 0; pages < 20; pages++) {
            const page = await get(`users?limit=1000${after && `&after=${encodeURIComponent(after)}`}`);
            if (!page?.users.length) break;
            for (const { userId, displayName } of page.users) {
                if (displayName) names.set(userId, displayName);
                const known = people.get(userId);
                if (known) put(known);
                else missing(userId);
                after = userId;
            }
            isSorted = false;
            changed();
            if (!page.more) break;
        }
    }
    changed();
}

// The last hour.

const samplesKey = () => `presenced.samples ${presence.value?.me.userId ?? ""}`;

function kept(): Sample[] {
    try {
        const all = JSON.parse(sessionStorage.getItem(samplesKey()) ?? "[]") as Sample[];
        return all.filter(({ at }) => at > Date.now() - HOUR);
    } catch {
        return [];
    }
}

function sample(): void {
    if (!presence.value || isFilling) return;
    const at = Date.now();
    samples.value = [...samples.value.filter((one) => one.at > at - HOUR), { at, counts: counts.value }];
    sessionStorage.setItem(samplesKey(), JSON.stringify(samples.value));
}

window.setInterval(sample, SAMPLE_EVERY);
window.setInterval(() => (clock.value = Date.now()), 15_000);

export function sentence(text: string): string {
    return text.charAt(0).toUpperCase() + text.slice(1) + (/[.!?]$/.test(text) ? "" : ".");
}
