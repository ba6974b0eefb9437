export declare const isPage: boolean;
/** A name that nobody else has. */
export declare function randomName(): string;
/** The device that this browser is, the same in all of its tabs. */
export declare function browserDevice(): string;
/** When the user was last active in any tab. */
export declare function lastActive(): number;
export interface PageEvents {
    /** The user did something. */
    active: () => unknown;
    /** The page can be seen again. */
    shown: () => void;
    /** The page goes away, for now at least. */
    left: () => void;
    /** And is back, as it was. */
    back: () => void;
}
/** Watches a page until the function that is returned is called. */
export declare function watchPage({ active, shown, left, back }: PageEvents): () => void;
