/** What went wrong. */
export declare class PresenceError extends Error {
    readonly status?: number | undefined;
    readonly name = "PresenceError";
    /**
     * @param message What is wrong, for people.
     * @param status The status that the same has in the HTTP API: 401 a token that is no good, 403 one that may not do
     *   this, 400, 413, 429 …; absent where the server did not answer.
     */
    constructor(message: string, status?: number | undefined);
}
/** The socket closed before the answer came. */
export declare class Disconnected extends Error {
}
