// Made by sdk/build.mjs. Do not edit.
export type paths = Record<string, never>;
export type webhooks = Record<string, never>;
export interface components {
    schemas: {
        /** @description Users as they are: those who are not offline and, offline or not, those who were asked for by name. */
        PresenceSnapshot: {
            users: components["schemas"]["UserPresence"][];
            /** @description Whether it goes on with another one. */
            more: boolean;
        };
        /** @description One user's presence. */
        UserPresence: {
            /** @description The user's canonical id. */
            userId: string;
            /** @description How present the user is. */
            state: components["schemas"]["PresenceState"];
            /** @description Whether the user was active within the last minute or what is configured. */
            currentlyActive: boolean;
            /**
             * Format: int64
             * @description When the user was last active, in milliseconds since the Unix epoch; absent: never.
             */
            lastActiveAt?: number;
            /** @description The user's status text, if there is one. */
            status?: string;
            /**
             * Format: int64
             * @description When the status expires, in milliseconds since the Unix epoch; absent: when somebody changes it. In events it
             *     is there only where it was set with the text, since what expires with a lease is put off by each renewal.
             */
            statusExpiresAt?: number;
            /**
             * @description What each of the user's devices says; for the user, and for admins and service tokens unless the user is
             *     invisible. Events have none.
             */
            devices?: components["schemas"]["DevicePresence"][];
        };
        /**
         * @description How present somebody is.
         * @enum {string}
         */
        PresenceState: "offline" | "unavailable" | "online" | "busy";
        /** @description What one device says. */
        DevicePresence: {
            deviceId: string;
            /** @description What it is called. */
            label?: string;
            /** @description What it comes to now: `online` without activity is `unavailable` after a while. */
            state: components["schemas"]["PresenceState"];
            /**
             * Format: int64
             * @description When it was last active, in milliseconds since the Unix epoch.
             */
            lastActiveAt?: number;
            /** @description Whether it has a connection. */
            connected: boolean;
            /**
             * Format: int64
             * @description Until when it holds, in milliseconds since the Unix epoch; absent: while it is connected.
             */
            until?: number;
        };
        /** @description Users who may no longer be seen: they left the room, are hidden, or were removed. */
        UsersGone: {
            /** @description Their ids. */
            users: string[];
        };
        /** @description What presence lists say of a user. */
        PresenceList: {
            /** @description Whom the user invited to be seen by them, in the order of their ids. */
            observed: components["schemas"]["ListEntry"][];
            /** @description Who invited the user, in the order of their ids. Who is accepted sees the user. */
            observers: components["schemas"]["ListEntry"][];
        };
        /** @description The other user of an entry, and how far it has come. */
        ListEntry: {
            userId: string;
            standing: components["schemas"]["Standing"];
        };
        /**
         * @description How far an entry of a presence list has come: `pending` until the invited user accepts.
         * @enum {string}
         */
        Standing: "pending" | "accepted";
        /** @description The token is about to end, and what was opened with it then. */
        TokenExpiring: {
            /**
             * Format: int64
             * @description When, in milliseconds since the Unix epoch.
             */
            expiresAt: number;
        };
        /** @description The last event of a stream. */
        StreamEnd: {
            reason: components["schemas"]["EndReason"];
        };
        /** @description Why nothing more is told. */
        EndReason: "expired" | "revoked" | "stopping" | "slow";
        /** @description What a token may be used for: a user's token for that user, a service token for everybody. */
        Scope: "read" | "write" | "gateway";
        /** @description The client is signed in. */
        ReadyFrame: {
            /** @constant */
            type: "ready";
            /** @description The token's user; absent of a token of no user, which follows and says nothing. */
            userId?: string;
            /** @description The device that speaks, for as long as the socket is open. */
            deviceId?: string;
            scopes: components["schemas"]["Scope"][];
            /** @description The resume token. */
            token: string;
        };
        /** @description Users who are watched now, as they are: those who are not offline and, offline or not, those who were named. */
        SnapshotFrame: {
            /** @constant */
            type: "snapshot";
            users: components["schemas"]["UserPresence"][];
            /** @description Whether it goes on with another one. */
            more: boolean;
            /** @description The resume token. */
            token: string;
        };
        /** @description Users whose presence changed, as it is now. */
        PresenceFrame: {
            /** @constant */
            type: "presence";
            users: components["schemas"]["UserPresence"][];
            /** @description The resume token. */
            token: string;
        };
        /** @description Users who may no longer be seen: they left the room, are hidden, or were removed. */
        GoneFrame: {
            /** @constant */
            type: "gone";
            /** @description Their ids. */
            users: string[];
        };
        /** @description The token is about to end, and the socket then, unless another one continues it. */
        ExpiringFrame: {
            /** @constant */
            type: "expiring";
            /**
             * Format: int64
             * @description When, in milliseconds since the Unix epoch.
             */
            expiresAt: number;
        };
        /** @description What a frame asked for is done. */
        AckFrame: {
            /** @constant */
            type: "ack";
            /** @description The frame's. */
            id: string;
        };
        /** @description It is not, and nothing was changed. */
        ErrorFrame: {
            /** @constant */
            type: "error";
            /** @description The frame's, if it had one. */
            id?: string;
            /**
             * Format: int32
             * @description The status that the same has in the API.
             */
            status: number;
            /** @description The status in words. */
            title: string;
            /** @description What is wrong, for people. */
            detail: string;
        };
        /** @description Signs in, or continues with another token of the same user. */
        UseToken: {
            token: string;
            /** @constant */
            type: "token";
            /** @description Comes back with the answer, if it is there. */
            id?: string;
        };
        /** @description Watches more users: those named, members of the rooms named, or everyone. At least one of them. */
        Watch: {
            /** @description User ids. */
            users?: string[];
            /** @description Room ids. */
            rooms?: string[];
            /** @description Whether to watch everybody whom the token may see. */
            everyone?: boolean;
            /** @description The resume token of a connection that watched them before: only what changed since is told. */
            since?: string;
            /** @constant */
            type: "watch";
            /** @description Comes back with the answer, if it is there. */
            id?: string;
        };
        /** @description Watches users no longer. */
        Unwatch: {
            /** @description User ids. */
            users?: string[];
            /** @description Room ids. */
            rooms?: string[];
            /** @description Whether to end watching everybody; users and rooms that were named are watched on. */
            everyone?: boolean;
            /** @constant */
            type: "unwatch";
            /** @description Comes back with the answer, if it is there. */
            id?: string;
        };
        /**
         * @description Says what the device does, or what the user's status is, as `putUserPresence` does. What the device says holds for as
         *     long as the socket is open, and the lease after it.
         */
        SayPresence: {
            /** @description What the device says; `offline` ends what it said before. */
            state?: components["schemas"]["PresenceState"];
            /** @description The user's status; `null`, or an empty text, clears it. */
            status?: components["schemas"]["StatusUpdate"] | null;
            /** @description What the device is called. */
            label?: string;
            /**
             * Format: int64
             * @description How long `state` holds without a connection.
             */
            leaseSeconds?: number;
            /** @constant */
            type: "presence";
            /** @description Comes back with the answer, if it is there. */
            id?: string;
        };
        /** @description A status text, and when it expires, which is never if neither is there. */
        StatusUpdate: {
            /** @description The text; empty: there is none. */
            text: string;
            /**
             * Format: int64
             * @description When it expires, in milliseconds since the Unix epoch: a moment to come, within ten years.
             */
            expiresAt?: number;
            /**
             * Format: int64
             * @description After how many seconds it expires, instead of `expiresAt`.
             */
            expiresInSeconds?: number;
        };
        /** @description Says that the user is active, as `postActivity` does. */
        SayActivity: {
            /** @constant */
            type: "activity";
            /** @description Comes back with the answer, if it is there. */
            id?: string;
        };
    };
    responses: never;
    parameters: never;
    requestBodies: never;
    headers: never;
    pathItems: never;
}
export type $defs = Record<string, never>;
export type operations = Record<string, never>;
