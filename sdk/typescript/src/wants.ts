import type { Watched } from "./types.js";

/** How many users and rooms one frame names at most. */
const MOST = 1000;

/** Whom somebody watches. */
export class Wants {
    constructor(
        readonly users = new Set<string>(),
        readonly rooms = new Set<string>(),
        public everyone = false,
    ) {}

    static of({ users = [], rooms = [], everyone = false }: Watched): Wants {
        return new Wants(new Set(users), new Set(rooms), everyone);
    }

    /** The entries of all of them. */
    static union(all: Iterable<Wants>): Wants {
        const union = new Wants();
        for (const wants of all) {
            wants.users.forEach((user) => union.users.add(user));
            wants.rooms.forEach((room) => union.rooms.add(room));
            union.everyone ||= wants.everyone;
        }
        return union;
    }

    /** Those of the entries that the others lack. */
    without(other: Wants): Wants {
        const lacks = (set: Set<string>, others: Set<string>) => new Set([...set].filter((one) => !others.has(one)));
        return new Wants(
            lacks(this.users, other.users),
            lacks(this.rooms, other.rooms),
            this.everyone && !other.everyone,
        );
    }

    get size(): number {
        return this.users.size + this.rooms.size + (this.everyone ? 1 : 0);
    }

    /** Whether members of rooms, or everybody, are among them: who that is only the server knows. */
    get isOpen(): boolean {
        return this.everyone || this.rooms.size > 0;
    }

    /** Whether somebody is, or may be, among them. */
    has(user: string): boolean {
        return this.isOpen || this.users.has(user);
    }

    /** As they are written. */
    toJSON(): Watched {
        return { users: [...this.users], rooms: [...this.rooms], everyone: this.everyone };
    }

    /** Parts that each fit into a frame. */
    *frames(): Generator<Wants & { users: Set<string> }> {
        const entries = [...[...this.users].map((id) => ["users", id]), ...[...this.rooms].map((id) => ["rooms", id])];
        for (let from = 0; from < entries.length || (from === 0 && this.everyone); from += MOST) {
            const part = new Wants();
            part.everyone = from === 0 && this.everyone;
            for (const [kind, id] of entries.slice(from, from + MOST)) part[kind as "users" | "rooms"].add(id!);
            yield part;
        }
    }
}

/** The members of a frame that name them. */
export function named(wants: Wants): { users?: string[]; rooms?: string[]; everyone?: true } {
    return {
        ...(wants.users.size && { users: [...wants.users] }),
        ...(wants.rooms.size && { rooms: [...wants.rooms] }),
        ...(wants.everyone && { everyone: true as const }),
    };
}
