import { Presence } from "./presence.js";
import type { Credential } from "./types.js";
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
export declare function connect(options: ConnectOptions): Promise<Presence>;
