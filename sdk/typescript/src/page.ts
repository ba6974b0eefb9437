// What a page tells of its user and its browser. Outside of a page there is nothing of it.

/** How often activity is passed on at most, in milliseconds. */
const EVERY = 5_000;

/** Under which names a browser keeps what its tabs share. */
const ACTIVE = "presenced.active";
const DEVICE = "presenced.device";

export const isPage = typeof document !== "undefined";

/** What storage has, where the page may use it. */
function kept(name: string): string | null {
    try {
        return localStorage.getItem(name);
    } catch {
        return null;
    }
}

function keep(name: string, value: string): void {
    try {
        localStorage.setItem(name, value);
    } catch {
        // Then each tab is on its own.
    }
}

/** A name that nobody else has. */
export function randomName(): string {
    const bytes = crypto.getRandomValues(new Uint8Array(9));
    return btoa(String.fromCharCode(...bytes)).replace(/\+/g, "-").replace(/\//g, "_");
}

/** The device that this browser is, the same in all of its tabs. */
export function browserDevice(): string {
    const known = kept(DEVICE);
    if (known) return known;
    const device = `web-${randomName()}`;
    keep(DEVICE, device);
    return kept(DEVICE) ?? device;
}

/** When the user was last active in any tab. */
export function lastActive(): number {
    return Number(kept(ACTIVE)) || 0;
}

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
export function watchPage({ active, shown, left, back }: PageEvents): () => void {
    let last = 0;
    const act = () => {
        const now = Date.now();
        if (document.visibilityState !== "visible" || now - last < EVERY) return;
        last = now;
        keep(ACTIVE, `${now}`);
        active();
    };
    const see = () => {
        if (document.visibilityState !== "visible") return;
        shown();
        act();
    };
    const listening = new AbortController();
    const options = { capture: true, passive: true, signal: listening.signal };
    for (const name of ["pointerdown", "pointermove", "keydown", "wheel", "touchstart"]) {
        addEventListener(name, act, options);
    }
    addEventListener("focus", see, options);
    document.addEventListener("visibilitychange", see, options);
    addEventListener("pagehide", left, options);
    addEventListener("pageshow", (event) => event.persisted && back(), options);
    act();
    return () => listening.abort();
}
