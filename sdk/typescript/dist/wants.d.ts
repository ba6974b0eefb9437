import type { Watched } from "./types.js";
/** Whom somebody watches. */
export declare class Wants {
    readonly users: Set<string>;
    readonly rooms: Set<string>;
    everyone: boolean;
    constructor(users?: Set<string>, rooms?: Set<string>, everyone?: boolean);
    static of({ users, rooms, everyone }: Watched): Wants;
    /** The entries of all of them. */
    static union(all: Iterable<Wants>): Wants;
    /** Those of the entries that the others lack. */
    without(other: Wants): Wants;
    get size(): number;
    /** Whether members of rooms, or everybody, are among them: who that is only the server knows. */
    get isOpen(): boolean;
    /** Whether somebody is, or may be, among them. */
    has(user: string): boolean;
    /** As they are written. */
    toJSON(): Watched;
    /** Parts that each fit into a frame. */
    frames(): Generator<Wants & {
        users: Set<string>;
    }>;
}
/** The members of a frame that name them. */
export declare function named(wants: Wants): {
    users?: string[];
    rooms?: string[];
    everyone?: true;
};
