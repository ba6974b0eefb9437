export type paths = Record<string, never>;
export type webhooks = Record<string, never>;
export interface components {
    schemas: {
        /** Users as they are: those who are not offline and, offline or not, those who were asked for by name. */
        PresenceSnapshot: {
            users: components["schemas"]["UserPresence"][];
            /** Whether it goes on with another one. */
            more: boolean;
        };
        /** One user's presence. */
        UserPresence: {
            /** The user's canonical id. */
            userId: string;
            /** How present the user is. */
            state: components["schemas"]["PresenceState"];
            /** Whether the user was active within the last minute or what is configured. */
            currentlyActive: boolean;
            /**
             * When the user was last active, in milliseconds since the Unix epoch; absent: never.
             */
            lastActiveAt?: number;
            /** The user's status text, if there is one. */
            status?: string;
            /**
             * When the status expires, in milliseconds since the Unix epoch; absent: when somebody changes it. In events it
             *     is there only where it was set with the text, since what expires with a lease is put off by each renewal.
             */
            statusExpiresAt?: number;
            /**
             * What each of the user's devices says; for the user, and for admins and service tokens unless the user is
             *     invisible. Events have none.
             */
            devices?: components["schemas"]["DevicePresence"][];
        };
        /**
         * How present somebody is.
         * @enum {string}
         */
        PresenceState: "offline" | "unavailable" | "online" | "busy";
        /** What one device says. */
        DevicePresence: {
            deviceId: string;
            /** What it is called. */
            label?: string;
            /** What it comes to now: `online` without activity is `unavailable` after a while. */
            state: components["schemas"]["PresenceState"];
            /**
             * When it was last active, in milliseconds since the Unix epoch.
             */
            lastActiveAt?: number;
            /** Whether it has a connection. */
            connected: boolean;
            /**
             * Until when it holds, in milliseconds since the Unix epoch; absent: while it is connected.
             */
            until?: number;
        };
        /** Users who may no longer be seen: they left the room, are hidden, or were removed. */
        UsersGone: {
            /** Their ids. */
            users: string[];
        };
        /** What presence lists say of a user. */
        PresenceList: {
            /** Whom the user invited to be seen by them, in the order of their ids. */
            observed: components["schemas"]["ListEntry"][];
            /** Who invited the user, in the order of their ids. Who is accepted sees the user. */
            observers: components["schemas"]["ListEntry"][];
        };
        /** The other user of an entry, and how far it has come. */
        ListEntry: {
            userId: string;
            standing: components["schemas"]["Standing"];
        };
        /**
         * How far an entry of a presence list has come: `pending` until the invited user accepts.
         * @enum {string}
         */
        Standing: "pending" | "accepted";
        /** The token is about to end, and what was opened with it then. */
        TokenExpiring: {
            /**
             * When, in milliseconds since the Unix epoch.
             */
            expiresAt: number;
        };
        /** The last event of a stream. */
        StreamEnd: {
            reason: components["schemas"]["EndReason"];
        };
        /** Why nothing more is told. */
        EndReason: "expired" | "revoked" | "stopping" | "slow";
        /** What a token may be used for: a user's token for that user, a service token for everybody. */
        Scope: "read" | "write" | "gateway";
        /** What a webhook is told of presence. */
        WebhookEvent: {
            type: "presence";
            /** When it was the case, as RFC 3339 has it. */
            timestamp: string;
            data: components["schemas"]["WebhookUsers"];
        };
        /** Users whose presence changed. */
        WebhookUsers: {
            /** At most 100. */
            users: components["schemas"]["WebhookUser"][];
        };
        /** A user as they are, and what state they were told to be in before. */
        WebhookUser: {
            /** The user's canonical id. */
            userId: string;
            /** How present the user is. */
            state: components["schemas"]["PresenceState"];
            /** Whether the user was active within the last minute or what is configured. */
            currentlyActive: boolean;
            /**
             * When the user was last active, in milliseconds since the Unix epoch; absent: never.
             */
            lastActiveAt?: number;
            /** The user's status text, if there is one. */
            status?: string;
            /**
             * When the status expires, in milliseconds since the Unix epoch; absent: when somebody changes it. In events it
             *     is there only where it was set with the text, since what expires with a lease is put off by each renewal.
             */
            statusExpiresAt?: number;
            /**
             * What each of the user's devices says; for the user, and for admins and service tokens unless the user is
             *     invisible. Events have none.
             */
            devices?: components["schemas"]["DevicePresence"][];
            /**
             * The state that was told of them before, or that they were in when the webhook was made; absent where the server
             *     does not know it.
             */
            from?: components["schemas"]["PresenceState"];
        };
        /** What a webhook is told so that its receiver can be tried. */
        WebhookTest: {
            type: "test";
            /** When it was sent, as RFC 3339 has it. */
            timestamp: string;
            data: components["schemas"]["NoData"];
        };
        /** Nothing. */
        NoData: Record<string, never>;
        /** The client is signed in. */
        ReadyFrame: {
            type: "ready";
            /** The token's user; absent of a token of no user, which follows and says nothing. */
            userId?: string;
            /** The device that speaks, for as long as the socket is open. */
            deviceId?: string;
            scopes: components["schemas"]["Scope"][];
            /** The resume token. */
            token: string;
        };
        /** Users who are watched now, as they are: those who are not offline and, offline or not, those who were named. */
        SnapshotFrame: {
            type: "snapshot";
            users: components["schemas"]["UserPresence"][];
            /** Whether it goes on with another one. */
            more: boolean;
            /** The resume token. */
            token: string;
        };
        /** Users whose presence changed, as it is now. */
        PresenceFrame: {
            type: "presence";
            users: components["schemas"]["UserPresence"][];
            /** The resume token. */
            token: string;
        };
        /** Users who may no longer be seen: they left the room, are hidden, or were removed. */
        GoneFrame: {
            type: "gone";
            /** Their ids. */
            users: string[];
        };
        /** The token is about to end, and the socket then, unless another one continues it. */
        ExpiringFrame: {
            type: "expiring";
            /**
             * When, in milliseconds since the Unix epoch.
             */
            expiresAt: number;
        };
        /** What a frame asked for is done. */
        AckFrame: {
            type: "ack";
            /** The frame's. */
            id: string;
        };
        /** It is not, and nothing was changed. */
        ErrorFrame: {
            type: "error";
            /** The frame's, if it had one. */
            id?: string;
            /**
             * The status that the same has in the API.
             */
            status: number;
            /** The status in words. */
            title: string;
            /** What is wrong, for people. */
            detail: string;
        };
        /** Signs in, or continues with another token of the same user. */
        UseToken: {
            token: string;
            type: "token";
            /** Comes back with the answer, if it is there. */
            id?: string;
        };
        /** Watches more users: those named, members of the rooms named, or everyone. At least one of them. */
        Watch: {
            /** User ids. */
            users?: string[];
            /** Room ids. */
            rooms?: string[];
            /** Whether to watch everybody whom the token may see. */
            everyone?: boolean;
            /** The resume token of a connection that watched them before: only what changed since is told. */
            since?: string;
            type: "watch";
            /** Comes back with the answer, if it is there. */
            id?: string;
        };
        /** Watches users no longer. */
        Unwatch: {
            /** User ids. */
            users?: string[];
            /** Room ids. */
            rooms?: string[];
            /** Whether to end watching everybody; users and rooms that were named are watched on. */
            everyone?: boolean;
            type: "unwatch";
            /** Comes back with the answer, if it is there. */
            id?: string;
        };
        /**
         * Says what the device does, or what the user's status is, as `putUserPresence` does. What the device says holds for as
         *     long as the socket is open, and the lease after it.
         */
        SayPresence: {
            /** What the device says; `offline` ends what it said before. */
            state?: components["schemas"]["PresenceState"];
            /** The user's status; `null`, or an empty text, clears it. */
            status?: components["schemas"]["StatusUpdate"] | null;
            /** What the device is called. */
            label?: string;
            /**
             * How long `state` holds without a connection.
             */
            leaseSeconds?: number;
            type: "presence";
            /** Comes back with the answer, if it is there. */
            id?: string;
        };
        /** A status text, and when it expires, which is never if neither is there. */
        StatusUpdate: {
            /** The text; empty: there is none. */
            text: string;
            /**
             * When it expires, in milliseconds since the Unix epoch: a moment to come, within ten years.
             */
            expiresAt?: number;
            /**
             * After how many seconds it expires, instead of `expiresAt`.
             */
            expiresInSeconds?: number;
        };
        /** Says that the user is active, as `postActivity` does. */
        SayActivity: {
            type: "activity";
            /** Comes back with the answer, if it is there. */
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
