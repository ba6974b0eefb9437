/** What went wrong. */
export class PresenceError extends Error {
    override readonly name = "PresenceError";

    /**
     * @param message What is wrong, for people.
     * @param status The status that the same has in the HTTP API: 401 a token that is no good, 403 one that may not do
     *   this, 400, 413, 429 …; absent where the server did not answer.
     */
    constructor(
        message: string,
        readonly status?: number,
    ) {
        super(message);
    }
}

/** The socket closed before the answer came. */
export class Disconnected extends Error {}
