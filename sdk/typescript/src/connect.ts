import { PresenceError } from "./error.js";
import { browserDevice, isPage } from "./page.js";
import { canShare, Presence } from "./presence.js";
import type { Credential, Whoami } from "./types.js";

/** How to connect. One of `token` and `getToken` has to be there. */
export interface ConnectOptions {
    /**
     * The address of the server, as `https://presence.example.com/`, below a path too; relative ones are taken as links
     * of the page are. Left out: where this module came from.
     */
    url?: string | URL;
    /** A token. When it ends, so does the connection. */
    token?: string;
    /**
     * Gets a token, or a ticket that one's own backend got, as `{ ticket }`: at first, before a token ends, and whenever
     * one was refused. With tickets each tab has a connection of its own, since nobody knows whose they are.
     */
    getToken?: () => Credential | Promise<Credential>;
    /** The device that speaks; left out: one for all tabs of the browser, and outside of a browser that of the token. */
    device?: string;
    /** What the device is called, up to 32 characters; left out: `web` in a browser. */
    label?: string;
    /** Only follow: nothing is said of the user but what `setState` and `setStatus` are told. */
    silent?: boolean;
    /** Gives up connecting, as `AbortSignal.timeout(10_000)` does. */
    signal?: AbortSignal;
    /** Another implementation of WebSockets, where there is none. */
    WebSocket?: typeof WebSocket;
}

/**
 * Connects to a presenced server, and from then on keeps the connection. It completes when the server has let one in, and
 * waits for a server that cannot be reached; it rejects where the token is no good.
 *
 * On a page the user is online while they are active, on any tab, and unavailable after a while without.
 */
export async function connect(options: ConnectOptions): Promise<Presence> {
    const { token, getToken, signal } = options;
    if (!token === !getToken) throw new PresenceError("one of token and getToken has to be there");
    const WebSocket = options.WebSocket ?? globalThis.WebSocket;
    if (!WebSocket) throw new PresenceError("there are no WebSockets here; give the option WebSocket");
    const base = address(options.url);
    const get = async (): Promise<Credential> => (getToken ? await getToken() : token!);
    let first: Credential | undefined = await get();
    let whoami: Whoami | null | undefined;
    for (let attempt = 0; typeof first === "string" && !whoami; attempt++) {
        whoami = await identify(base, first, signal);
        // What was kept may have ended; another one is new.
        if (!whoami && (!getToken || attempt)) throw new PresenceError("the token is unknown or has ended", 401);
        if (!whoami) first = await get();
    }
    const url = new URL("presenced/v1/socket", base);
    url.protocol = url.protocol.replace("http", "ws");
    // Tokens of no user speak for no device.
    const mine = whoami && !whoami.userId ? undefined : (options.device ?? (isPage ? browserDevice() : undefined));
    const isSilent = !!options.silent;
    const name = whoami?.userId && canShare() ? shared(base, whoami, mine, isSilent) : undefined;
    const presence = new Presence({
        url,
        deviceId: mine,
        label: options.label ?? (isPage ? "web" : undefined),
        name,
        isSilent,
        isRenewable: !!getToken,
        WebSocket,
        credential: async () => {
            const credential = first ?? (await get());
            first = undefined;
            return credential;
        },
    });
    const give = () => presence.close();
    signal?.addEventListener("abort", give);
    try {
        signal?.throwIfAborted();
        await presence.opened;
    } catch (error) {
        signal?.throwIfAborted();
        throw error;
    } finally {
        signal?.removeEventListener("abort", give);
    }
    return presence;
}

/** The name by which tabs find each other: those of one user, with the same rights and wishes, at one server. */
function shared(base: URL, { userId, scopes }: Whoami, device: string | undefined, isSilent: boolean): string {
    return ["presenced 1", base.href, userId, device, [...scopes].sort().join(","), isSilent].join(" ");
}

function address(url: string | URL | undefined): URL {
    const from = isPage ? document.baseURI : undefined;
    const base = url === undefined ? new URL("../", import.meta.url) : new URL(url, from);
    if (!/^https?:$/.test(base.protocol)) throw new PresenceError(`${base.href} is no address of a server`);
    if (!base.pathname.endsWith("/")) base.pathname += "/";
    return base;
}

/** Whose a token is; null: it is no good. */
async function identify(base: URL, token: string, signal: AbortSignal | undefined): Promise<Whoami | null> {
    const request = { headers: { authorization: `Bearer ${token}` }, ...(signal && { signal }) };
    for (let pause = 500; ; pause = Math.min(pause * 2, 15_000)) {
        try {
            const answer = await fetch(new URL("presenced/v1/whoami", base), request);
            if (answer.ok) return (await answer.json()) as Whoami;
            if (answer.status === 401) return null;
            if (answer.status < 500 && answer.status !== 429) {
                throw new PresenceError(`${base.href} is no presenced server`, answer.status);
            }
        } catch (error) {
            signal?.throwIfAborted();
            if (error instanceof PresenceError) throw error;
        }
        await new Promise((done) => setTimeout(done, pause * (0.5 + Math.random() / 2)));
    }
}
