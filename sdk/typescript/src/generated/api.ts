// Made by sdk/build.mjs. Do not edit.
export interface paths {
    "/presenced/v1/users": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * List the users.
         * In pages, each of which begins after the last id of the one before.
         */
        get: operations["listUsers"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/presenced/v1/users/{userId}": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * Get what is known of a user.
         * What an admin said of the user; presence is not among it.
         */
        get: operations["getUser"];
        /**
         * Add a user, or replace what is known of one.
         * The body replaces all that was known, but for a number that it leaves out. The user's tokens, rooms and presence
         *     stay.
         */
        put: operations["putUser"];
        post?: never;
        /**
         * Remove a user, with their tokens, memberships and presence.
         * Streams, sockets, requests that wait and subscriptions end at once. Whoever comes by that id later is somebody
         *     else.
         */
        delete: operations["deleteUser"];
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/presenced/v1/users/{userId}/tokens": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * List a user's tokens.
         * Not the tokens themselves, of which the server keeps a hash alone, but what they are for.
         */
        get: operations["listTokens"];
        put?: never;
        /**
         * Make a token for one of a user's devices.
         * Its text is shown this once.
         */
        post: operations["createToken"];
        /**
         * End all sessions of a user: sign out everywhere.
         * All tokens of the user are gone, JSON Web Tokens that were issued until this moment are refused from then on, and what
         *     was opened with any of them ends at once: streams, sockets, requests that wait, subscriptions. For admins, and for
         *     the user themselves with any token.
         */
        delete: operations["endSessions"];
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/presenced/v1/users/{userId}/tokens/{tokenId}": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        post?: never;
        /**
         * Revoke a token.
         * What it holds ends at once: streams, sockets, requests that wait and subscriptions.
         */
        delete: operations["revokeToken"];
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/presenced/v1/admin-token": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /**
         * Put another admin token in the place of the one there is.
         * The former one opens nothing from then on. The new one is in the file `admin-token` of the data folder, too.
         */
        post: operations["rotateAdminToken"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/presenced/v1/app-tokens": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * List the tokens of apps.
         * Not the tokens themselves, of which the server keeps a hash alone, but what they are for.
         */
        get: operations["listAppTokens"];
        put?: never;
        /**
         * Make a token for an app.
         * Such a service token belongs to an application's backend and to no user. In presenced's own API `read` reads and
         *     follows everybody as an admin does, `write` sets for anybody and keeps rooms, and `gateway` reports devices and
         *     calls. The directory and tokens stay the admin's. pnut.io takes it as the token of an app.
         */
        post: operations["createAppToken"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/presenced/v1/app-tokens/{tokenId}": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        post?: never;
        /**
         * Revoke a token of an app.
         * What it holds ends at once: streams and requests that wait.
         */
        delete: operations["revokeAppToken"];
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/presenced/v1/rooms": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * List the rooms.
         * In pages, each of which begins after the last id of the one before.
         */
        get: operations["listRooms"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/presenced/v1/rooms/{roomId}/members": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * Get the members of a room.
         * For admins, and for service tokens with the scope `read`.
         */
        get: operations["getMembers"];
        /**
         * Set the members of a room.
         * The list replaces the one before. A room comes into being with its first members and ends with an
         *     empty list. For admins, and for service tokens with the scope `write`.
         */
        put: operations["putMembers"];
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/presenced/v1/rooms/{roomId}/members/{userId}": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        /**
         * Let a user into a room.
         * A room comes into being with its first member. It is no error if the user is in it. For admins, and for service
         *     tokens with the scope `write`.
         */
        put: operations["addMember"];
        post?: never;
        /**
         * Take a user out of a room.
         * A room ends with its last member. It is no error if the user is not in it. For admins, and for service tokens with
         *     the scope `write`.
         */
        delete: operations["removeMember"];
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/presenced/v1/subscriptions": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * List the subscriptions.
         * Those on webhooks of the whole service, and those on sockets of the server that is asked.
         */
        get: operations["listSubscriptions"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/presenced/v1/subscriptions/{subscriptionId}": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        post?: never;
        /**
         * End a subscription.
         * Nothing more is sent, whoever made it.
         */
        delete: operations["endSubscription"];
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/presenced/v1/whoami": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * Tell whose token the caller has, and what it is for.
         * Any token will do, a guest's too.
         */
        get: operations["whoami"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/presenced/v1/users/{userId}/presence": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * Get one user's presence.
         * Of oneself the truth; of others what they let see: an invisible user looks offline, and of a hidden one there is
         *     nothing to see.
         */
        get: operations["getUserPresence"];
        /**
         * Say what a device does, or what the user's status is.
         * A state without a connection holds for a lease: a quarter of an hour, a busy one an hour, or what is configured or
         *     asked for. `online` turns `unavailable` after some minutes without activity, which each call with a state is, and
         *     each of the user's own. A user says this of themselves, with a token that has the scope `write`; admins and service
         *     tokens with that scope say it of anybody, and are shown invisible users as offline.
         */
        put: operations["putUserPresence"];
        post?: never;
        /**
         * End what a device says.
         * A device that is connected says nothing then until it says something again. The status stays. It is no error if
         *     the device says nothing.
         */
        delete: operations["deleteUserPresence"];
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/presenced/v1/activity": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /**
         * Say that the user is active on a device.
         * For a page to call while its user does something, every minute or so. What the device says holds anew, for as long
         *     as it did; a device that says nothing is online; one that said `busy` or `unavailable` stays so. More than
         *     `limits.put_per_second` allows are taken, and have no effect.
         */
        post: operations["postActivity"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/presenced/v1/presence/query": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /**
         * Get the presence of many users.
         * Of users, of the members of rooms that the caller is in, or of both. Whom the caller may not see is listed apart,
         *     without telling why, if they were named.
         */
        post: operations["queryPresence"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/presenced/v1/presence/update": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /**
         * Say what is to be known of many users.
         * Each update stands for itself: what is wrong with one is told in its result and keeps no other from being accepted.
         *     For admins, and for service tokens with the scope `write`.
         */
        post: operations["updatePresence"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/presenced/v1/rooms/{roomId}/presence": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * Get the presence of a room's members.
         * In pages, by the ids of the members, with how many of the whole room are in which state. For members, with a token
         *     that has the scope `read`, for admins, and for service tokens with that scope; to everybody else there is no such
         *     room.
         */
        get: operations["getRoomPresence"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/presenced/v1/users/{userId}/rooms": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * Get the rooms of a user.
         * For the user, with a token that has the scope `read`, for admins, and for service tokens with that scope.
         */
        get: operations["getUserRooms"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/presenced/v1/changes": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * Follow presence as it changes.
         * A stream of Server-Sent Events, one for each user whose presence changed, as it is now: a slow reader
         *     gets fewer events, never outdated ones. Each has the name `presence`; its data is a `UserPresence` on one line:
         *
         *     ```text
         *     event: presence
         *     data: {"userId":"@alice:example.com","state":"online","currentlyActive":true}
         *     id: 1767603600000000
         *     ```
         *
         *     With `users`, `room` or `snapshot=true` it starts with one or several events `snapshot`, whose data is a
         *     `PresenceSnapshot`: everybody who is not offline and, offline or not, everybody named in `users`. Without, it starts
         *     with an event `presence` for everybody who is not offline. Whom the caller may no longer see is told by `gone`, whose
         *     data is a `UsersGone`.
         *
         *     Where presence lists are on, a user's stream of everybody also has events with the name
         *     `presence-list`: one at the start, if there are entries that the caller has part in, and one whenever
         *     such an entry is made, accepted or ended. Their data is a `PresenceList`, whole and as it is now.
         *
         *     Events that go out together have one id, on the last of them. Who sends it as `Last-Event-ID` goes on
         *     from there, with the same `users` and `room`: nothing is missed, and only what changed is sent. So does
         *     `last_event_id` in the address, for a page that makes a new `EventSource`; the header counts more. Where the server
         *     does not remember what happened since, it starts anew: what the client knew before counts no more where a `snapshot`
         *     comes.
         *
         *     Comments show that the stream is alive. Before the token ends comes `expiring`, whose data is a `TokenExpiring`. The
         *     last event is `end`, whose data is a `StreamEnd`: the token has ended, the server is about to stop, or the client
         *     read too slowly. A page that waits for the whole answer, as Swagger UI does, shows nothing of it: try it with
         *     `curl -N`.
         */
        get: operations["streamChanges"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/presenced/v1/socket": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * Open a WebSocket.
         * Its frames are JSON objects with a `type`; the AsyncAPI document `presenced-events` has them. The client signs in by
         *     a token in the header, by a `ticket`, or by a first frame `token` within ten seconds; the server answers `ready`. Then
         *     `watch` and `unwatch` say whom to tell of, and `presence` and `activity` speak for the user's device, which counts as
         *     connected from the first of them on for as long as the socket is open. A frame with an `id` is answered by `ack` or
         *     `error`.
         *
         *     Close codes: 1001 the server is about to stop, 1003 a binary frame, 1007 no JSON, 1009 too large, 4401 the token is
         *     none or has ended, 4408 the client read too slowly, 4429 too many sockets are open or too many frames came. What only asks
         *     by HTTP, as Swagger UI does, is refused: try it with a WebSocket client.
         *
         *     Who comes back watches again with `since`, the `token` of the last frame before: all of it in one frame, or else with the
         *     same `since` in each.
         */
        get: operations["openSocket"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/presenced/v1/tickets": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /**
         * Make a ticket.
         * It stands for the token in the address of one stream or one socket, as `ticket`, within a minute. So no token has to
         *     stand there, where proxies note it. What a ticket opened ends with the token.
         */
        post: operations["createTicket"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/presenced/v1/webhooks": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * List the webhooks.
         * Those that were made with the caller's token; for an admin all of them.
         */
        get: operations["listWebhooks"];
        put?: never;
        /**
         * Make a webhook.
         * Its receiver is told of presence as it changes, by the Standard Webhooks specification: each request has the headers
         *     `webhook-id`, the same whenever the same is sent again, `webhook-timestamp` and `webhook-signature`. The AsyncAPI
         *     document `presenced-events` has the bodies. What is not answered by 200 to 299 is sent again after growing pauses;
         *     410 disables the webhook. A webhook ends when the service token that made it is revoked.
         */
        post: operations["createWebhook"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/presenced/v1/webhooks/{webhookId}": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * Get a webhook.
         * With its state, and what was sent to it last.
         */
        get: operations["getWebhook"];
        /**
         * Change a webhook.
         * The whole of it is replaced, but for a secret that is left out. One that was disabled is enabled again.
         */
        put: operations["putWebhook"];
        post?: never;
        /**
         * End a webhook.
         * What is under way may still arrive.
         */
        delete: operations["deleteWebhook"];
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/presenced/v1/webhooks/{webhookId}/test": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /**
         * Try a webhook.
         * Sends a message of the type `test` at once, and answers with what came of it.
         */
        post: operations["testWebhook"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/presenced/v1/heartbeats": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /**
         * Report the devices of many users.
         * Each report stands for itself: what is wrong with one is told in its result and keeps no other from
         *     being accepted. This is for gateways, with a token that has the scope `gateway`.
         */
        post: operations["postHeartbeats"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/presenced/v1/users/{userId}/calls/{callId}": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        /**
         * Report one leg of a user's call.
         * The report replaces the one before of the same id, and holds for an hour or what is configured: a gateway
         *     repeats it while the call lasts. Dialects with telephony show it. This needs the scope `gateway`.
         */
        put: operations["putCall"];
        post?: never;
        /**
         * Report that one leg of a user's call is over.
         * Those who watch are told of its end, and it is shown as ended for ten seconds or what is configured. It is no
         *     error if there is no such leg: its lease may have run out. This needs the scope `gateway`.
         */
        delete: operations["deleteCall"];
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/presenced/v1/users/{userId}/settings": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * Get what a user set by hand.
         * For the user, with a token that has the scope `read`, for admins, and for service tokens with that scope.
         */
        get: operations["getSettings"];
        /**
         * Set what counts for all of a user's devices.
         * The body replaces what was set; what it leaves out goes back to `none` and `false`.
         */
        put: operations["putSettings"];
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/presenced/v1/export": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * Export everything.
         * Users, rooms, presence lists, token hashes and records, as they are at one moment, while the server
         *     runs: JSON Lines, as `presenced import` takes them. The first line names the format; the last one has
         *     the kind `end` and says how many lines came before it. Without that line a part is missing.
         */
        get: operations["exportData"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/healthz": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * Tell whether the process runs.
         * It says nothing of the store and asks for no token.
         */
        get: operations["getHealth"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/readyz": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * Tell whether the server takes requests of all kinds.
         * Not while it starts, while its store refuses writes, or while it ends; the answer says why.
         */
        get: operations["getReadiness"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/presenced/v1/users/{userId}/presence-list": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * Get what presence lists say of a user.
         * Those whom the user invited, and those by whom the user was invited. A stream of changes tells of it as
         *     it changes.
         */
        get: operations["getPresenceList"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/presenced/v1/users/{userId}/observers/{observerId}": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        /**
         * Let an observer see one.
         * Needs an invitation of the observer's. From then on they see the user's presence, whether they share a
         *     room or not, until one of the two ends it. Doing it again changes nothing.
         */
        put: operations["acceptObserver"];
        post?: never;
        /**
         * Turn an observer down, before or after having accepted.
         * Ends their invitation. If it was accepted, they see nothing more of the user from then on, unless they
         *     share a room. They may invite the user again.
         */
        delete: operations["denyObserver"];
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/presenced/v1/demo/advance": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /**
         * Move the demo's clock forward.
         * What time brings happens in its order, and whoever watches is told of it, as if the time had passed: leases and
         *     statuses end, users become idle, tokens expire. The clock never goes back.
         */
        post: operations["advanceDemo"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/presenced/v1/demo/reset": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /**
         * Bring the demo's fixtures back.
         * Its users, their tokens and the room are as they are at the start, and nobody is present; whatever else there is
         *     goes away, and so do streams and subscriptions. The clock stays where it is.
         */
        post: operations["resetDemo"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
}
export type webhooks = Record<string, never>;
export interface components {
    schemas: {
        /**
         * On which device a user is active.
         * @example {
         *       "deviceId": "DEMO"
         *     }
         */
        Activity: {
            /**
             * The device; left out: that of the token.
             * @example DEMO
             */
            deviceId?: string;
        };
        /** The admin token. */
        AdminToken: {
            /**
             * The text to send as `Authorization: Bearer`.
             * @example pd_5e1f
             */
            token: string;
        };
        /**
         * How far to move the demo's clock.
         * @example {
         *       "seconds": 900
         *     }
         */
        Advance: {
            /**
             * In seconds.
             * @example 900
             */
            seconds: number;
        };
        /** What may be shown of an app's token. */
        AppToken: {
            /**
             * The token's name in listings. It opens nothing.
             * @example 0f1e2d3c4b5a6978
             */
            tokenId: string;
            /**
             * What the app is called.
             * @example wallboard
             */
            name: string;
            /**
             * What the token may be used for.
             * @example [
             *       "read",
             *       "write"
             *     ]
             */
            scopes: components["schemas"]["Scope"][];
            /**
             * When the token stops working, in milliseconds since the Unix epoch; absent: never.
             * @example 1767603600000
             */
            expiresAt?: number;
        };
        /** The tokens of all apps. */
        AppTokenList: {
            tokens: components["schemas"]["AppToken"][];
        };
        /**
         * A token of an app to be made.
         * @example {
         *       "name": "wallboard",
         *       "scopes": [
         *         "read",
         *         "write"
         *       ]
         *     }
         */
        AppTokenRequest: {
            /**
             * What the app is called.
             * @example wallboard
             */
            name: string;
            /**
             * What the token may be used for; reading if left out.
             * @example [
             *       "read",
             *       "write"
             *     ]
             */
            scopes?: components["schemas"]["Scope"][];
            /**
             * When the token stops working, in seconds from now; never if left out.
             * @example 86400
             */
            expiresInSeconds?: number;
        };
        /** What a telephone shows of a call. */
        CallDisplay: {
            primary?: components["schemas"]["CallDisplayLine"];
            additional?: components["schemas"]["CallDisplayLine"];
        };
        /** One line of what a telephone shows of a call. */
        CallDisplayLine: {
            /** What the line is about. */
            type: components["schemas"]["CallLabelType"];
            /**
             * The text of the line.
             * @example +16505550100
             */
            value?: string;
        };
        /**
         * What a leg belongs to.
         * @example Telephone
         * @enum {string}
         */
        CallKind: "Telephone" | "Meeting" | "ContactCenter";
        /**
         * What a line is about.
         * @example PhoneNumber
         * @enum {string}
         */
        CallLabelType: "PhoneNumberLabel" | "PhoneNumber" | "QueueExtension" | "QueueName" | "CallerIdName" | "CallerIdNumber" | "None";
        /**
         * One leg of a call.
         * @example {
         *       "direction": "Outbound",
         *       "telephonyStatus": "CallConnected",
         *       "from": "101",
         *       "to": "102",
         *       "sessionId": "501"
         *     }
         */
        CallReport: {
            /** What the leg belongs to; the telephone if left out. */
            kind?: components["schemas"]["CallKind"];
            /** From where the call came. */
            direction: components["schemas"]["Direction"];
            /** How far the call is; `NoCall` for one that has ended and is shown a while longer. */
            telephonyStatus: components["schemas"]["TelephonyStatus"];
            /**
             * When the call began, in milliseconds since the Unix epoch; left out: when it was first reported.
             * @example 1767603600000
             */
            startedAt?: number;
            /**
             * The caller's number.
             * @example 101
             */
            from?: string;
            /**
             * The caller's name.
             * @example Alice
             */
            fromName?: string;
            /**
             * The called number.
             * @example 102
             */
            to?: string;
            /**
             * The name of whoever is called.
             * @example Bob
             */
            toName?: string;
            /**
             * The session that all legs of the call share.
             * @example 501
             */
            sessionId?: string;
            /**
             * The same in telephony APIs.
             * @example s-501
             */
            telephonySessionId?: string;
            /**
             * The user's party in that session.
             * @example p-501-1
             */
            partyId?: string;
            /**
             * The number of the user that the call is made for.
             * @example 2
             */
            onBehalfOf?: number;
            /**
             * Whether the call came through a queue.
             * @example false
             */
            queueCall?: boolean;
            /** How the call ended; for one that has. */
            terminationType?: components["schemas"]["Termination"];
            sipData?: components["schemas"]["SipDialog"];
            callInfo?: components["schemas"]["CallDisplay"];
            appearanceInfo?: components["schemas"]["LineAppearance"];
        };
        /** What one device says. */
        DevicePresence: {
            /** @example DEMO */
            deviceId: string;
            /**
             * What it is called.
             * @example web
             */
            label?: string;
            /** What it comes to now: `online` without activity is `unavailable` after a while. */
            state: components["schemas"]["PresenceState"];
            /**
             * When it was last active, in milliseconds since the Unix epoch.
             * @example 1767603600000
             */
            lastActiveAt?: number;
            /**
             * Whether it has a connection.
             * @example false
             */
            connected: boolean;
            /**
             * Until when it holds, in milliseconds since the Unix epoch; absent: while it is connected.
             * @example 1767604500000
             */
            until?: number;
        };
        /**
         * From where a call came.
         * @example Inbound
         * @enum {string}
         */
        Direction: "Inbound" | "Outbound";
        /**
         * Why nothing more is told.
         * @example expired
         * @enum {string}
         */
        EndReason: "expired" | "revoked" | "stopping" | "slow";
        /**
         * Whether an extension is in use.
         * @example Enabled
         * @enum {string}
         */
        ExtensionStatus: "Enabled" | "Disabled" | "Frozen" | "NotActivated" | "Unassigned";
        /**
         * What an extension is for.
         * @example User
         * @enum {string}
         */
        ExtensionType: "User" | "Department" | "Announcement" | "Voicemail" | "DigitalUser" | "VirtualUser" | "FaxUser" | "PagingOnly" | "SharedLinesGroup" | "DelegatedLinesGroup" | "GroupCallPickup" | "IvrMenu" | "ApplicationExtension" | "ProxyAdmin" | "RoomConnector" | "ParkLocation" | "Limited" | "Bot" | "Site" | "Room" | "FlexibleUser" | "TieLine" | "Unknown";
        /** The server's word that it is well. */
        Health: {
            /**
             * Always `ok`.
             * @example ok
             */
            status: string;
        };
        /** What one device says. */
        Heartbeat: {
            /** @example \@alice:example.com */
            userId: string;
            /** @example DESK */
            deviceId: string;
            /** `offline` ends what the device said before; anything else holds for a lease. */
            state: components["schemas"]["PresenceState"];
        };
        /**
         * Whether a report was accepted: `invalid` ones will never be, `unavailable` ones may be later.
         * @example accepted
         * @enum {string}
         */
        HeartbeatOutcome: "accepted" | "unknown-user" | "invalid" | "unavailable";
        /** What became of one report. */
        HeartbeatResult: {
            /**
             * The user as reported.
             * @example \@alice:example.com
             */
            userId: string;
            /**
             * The device as reported.
             * @example DESK
             */
            deviceId: string;
            outcome: components["schemas"]["HeartbeatOutcome"];
            /**
             * Why the report was not accepted, for people; absent if it was.
             * @example there is no such user
             */
            detail?: string;
        };
        /**
         * What became of each report.
         * @example {
         *       "results": [
         *         {
         *           "userId": "@alice:example.com",
         *           "deviceId": "DESK",
         *           "outcome": "accepted"
         *         },
         *         {
         *           "userId": "@nobody:example.com",
         *           "deviceId": "DESK",
         *           "outcome": "unknown-user",
         *           "detail": "there is no such user"
         *         }
         *       ]
         *     }
         */
        HeartbeatResults: {
            /** In the order of the reports. */
            results: components["schemas"]["HeartbeatResult"][];
        };
        /**
         * What is reported in one call.
         * @example {
         *       "heartbeats": [
         *         {
         *           "userId": "@alice:example.com",
         *           "deviceId": "DESK",
         *           "state": "online"
         *         },
         *         {
         *           "userId": "@nobody:example.com",
         *           "deviceId": "DESK",
         *           "state": "busy"
         *         }
         *       ]
         *     }
         */
        Heartbeats: {
            /** At most 1,000. Of several for one device the last one counts. */
            heartbeats: components["schemas"]["Heartbeat"][];
        };
        /** A new token of an app with its text, which is shown this once. */
        IssuedAppToken: {
            /**
             * The text to send as `Authorization: Bearer`. The server keeps its hash alone.
             * @example pd_5e1f
             */
            token: string;
            /** What a listing shows of it. */
            info: components["schemas"]["AppToken"];
        };
        /** A new token with its text, which is shown this once. */
        IssuedToken: {
            /**
             * The text to send as `Authorization: Bearer`. The server keeps its hash alone.
             * @example pd_5e1f
             */
            token: string;
            /** What a listing shows of it. */
            info: components["schemas"]["Token"];
        };
        /** On which key of a shared line a call is. */
        LineAppearance: {
            /**
             * The number of the shared line.
             * @example +16505550100
             */
            phoneNumber?: string;
            /**
             * The key.
             * @example 1
             */
            appearanceNumber: number;
        };
        /** The other user of an entry, and how far it has come. */
        ListEntry: {
            /** @example \@carol:example.com */
            userId: string;
            standing: components["schemas"]["Standing"];
        };
        /**
         * The members of a room.
         * @example {
         *       "members": [
         *         "@alice:example.com",
         *         "@bob:example.com"
         *       ]
         *     }
         */
        Members: {
            /**
             * User ids, each once; at most as many as `limits.room_members` of the configuration says.
             * @example [
             *       "@alice:example.com",
             *       "@bob:example.com"
             *     ]
             */
            members: string[];
        };
        /**
         * What the user set by hand for all devices.
         * @example busy
         * @enum {string}
         */
        OverrideName: "none" | "busy" | "invisible";
        /** What presence lists say of a user. */
        PresenceList: {
            /** Whom the user invited to be seen by them, in the order of their ids. */
            observed: components["schemas"]["ListEntry"][];
            /** Who invited the user, in the order of their ids. Who is accepted sees the user. */
            observers: components["schemas"]["ListEntry"][];
        };
        /**
         * Whose presence to tell: users, members of rooms, or both. At least one of the lists has to be there.
         * @example {
         *       "users": [
         *         "@alice:example.com",
         *         "@bob:example.com"
         *       ]
         *     }
         */
        PresenceQuery: {
            /**
             * User ids, at most 1,000.
             * @example [
             *       "@alice:example.com",
             *       "@bob:example.com"
             *     ]
             */
            users?: string[];
            /**
             * Ids of rooms, whose members are told of behind the users. Users and members may be 1,000 together.
             * @example [
             *       "!lobby:example.com"
             *     ]
             */
            rooms?: string[];
        };
        /**
         * The presence of those that the caller may see.
         * @example {
         *       "presence": [
         *         {
         *           "userId": "@alice:example.com",
         *           "state": "online",
         *           "currentlyActive": true,
         *           "lastActiveAt": 1767603600000,
         *           "status": "Back at noon"
         *         }
         *       ],
         *       "unavailable": [
         *         "@dave:example.com"
         *       ]
         *     }
         */
        PresenceQueryResult: {
            /** In the order asked for; then members of rooms that were not named, in the order of their ids. */
            presence: components["schemas"]["UserPresence"][];
            /**
             * What was named and cannot be told of: ids that are none, users that are unknown, hidden, or not for the caller
             *     to see, and rooms that the caller is not in.
             * @example [
             *       "@dave:example.com"
             *     ]
             */
            unavailable: string[];
        };
        /**
         * Users as they are: those who are not offline and, offline or not, those who were asked for by name.
         * @example {
         *       "users": [
         *         {
         *           "userId": "@alice:example.com",
         *           "state": "online",
         *           "currentlyActive": true
         *         }
         *       ],
         *       "more": false
         *     }
         */
        PresenceSnapshot: {
            users: components["schemas"]["UserPresence"][];
            /**
             * Whether it goes on with another one.
             * @example false
             */
            more: boolean;
        };
        /**
         * How present somebody is.
         * @example online
         * @enum {string}
         */
        PresenceState: "offline" | "unavailable" | "online" | "busy";
        /**
         * What is said of a user at once: of a device, of the user's status, or of both. At least one of `state` and
         *     `status` has to be there; what is left out stays as it is.
         * @example {
         *       "state": "online",
         *       "status": {
         *         "text": "Back at noon",
         *         "expiresInSeconds": 3600
         *       },
         *       "label": "web"
         *     }
         */
        PresenceUpdate: {
            /** What the device says; `offline` ends what it said before. */
            state?: components["schemas"]["PresenceState"];
            status?: components["schemas"]["StatusUpdate"] | null;
            /**
             * The device that speaks; left out: that of the token, and `api` for a token of no user.
             * @example DEMO
             */
            deviceId?: string;
            /**
             * What the device is called, in up to 32 characters; none of them: it is called nothing. It is kept with what
             *     the device says, so a device that says nothing has none.
             * @example web
             */
            label?: string;
            /**
             * How long `state` holds without a connection; left out: for as long as the server says.
             * @example 900
             */
            leaseSeconds?: number;
        };
        /** What became of one update. */
        PresenceUpdateResult: {
            /**
             * The user as named.
             * @example \@alice:example.com
             */
            userId: string;
            outcome: components["schemas"]["HeartbeatOutcome"];
            /**
             * Why the update was not accepted, for people; absent if it was.
             * @example there is no such user
             */
            detail?: string;
        };
        /**
         * What became of each update.
         * @example {
         *       "results": [
         *         {
         *           "userId": "@alice:example.com",
         *           "outcome": "accepted"
         *         },
         *         {
         *           "userId": "@nobody:example.com",
         *           "outcome": "unknown-user",
         *           "detail": "there is no such user"
         *         }
         *       ]
         *     }
         */
        PresenceUpdateResults: {
            /** In the order of the updates. */
            results: components["schemas"]["PresenceUpdateResult"][];
        };
        /**
         * What is said of many users.
         * @example {
         *       "updates": [
         *         {
         *           "userId": "@alice:example.com",
         *           "state": "busy",
         *           "leaseSeconds": 600
         *         },
         *         {
         *           "userId": "@nobody:example.com",
         *           "status": {
         *             "text": "Back at noon"
         *           }
         *         }
         *       ]
         *     }
         */
        PresenceUpdates: {
            /** At most 1,000. Several of one user are taken in their order. */
            updates: components["schemas"]["UserPresenceUpdate"][];
        };
        /** What went wrong, as problem details (RFC 9457). */
        Problem: {
            /**
             * The kind of problem; programs decide by it.
             * @example urn:presenced:problem:not-found
             */
            type: string;
            /**
             * The HTTP status as text.
             * @example Not Found
             */
            title: string;
            /**
             * The HTTP status.
             * @example 404
             */
            status: number;
            /**
             * What went wrong this time, for people.
             * @example there is no user @dave:example.com
             */
            detail: string;
        };
        /** A page of rooms, in the order of their ids. */
        RoomPage: {
            rooms: components["schemas"]["RoomSummary"][];
            /**
             * Whether there are rooms after these.
             * @example false
             */
            more: boolean;
        };
        /**
         * A page of a room's members, in the order of their ids.
         * @example {
         *       "users": [
         *         {
         *           "userId": "@alice:example.com",
         *           "state": "online",
         *           "currentlyActive": true,
         *           "lastActiveAt": 1767603600000
         *         }
         *       ],
         *       "counts": {
         *         "online": 1,
         *         "busy": 0,
         *         "unavailable": 0,
         *         "offline": 1
         *       },
         *       "more": false
         *     }
         */
        RoomPresence: {
            /** The members that the caller may see. */
            users: components["schemas"]["UserPresence"][];
            /** Of the whole room, as others see it: hidden members are not counted, and it is the same for every caller. */
            counts: components["schemas"]["StateCounts"];
            /**
             * Whether there are members after these.
             * @example false
             */
            more: boolean;
        };
        /** A room in a listing. */
        RoomSummary: {
            /** @example !lobby:example.com */
            roomId: string;
            /**
             * How many members the room has.
             * @example 2
             */
            memberCount: number;
        };
        /**
         * What a token may be used for: a user's token for that user, a service token for everybody.
         * @example read
         * @enum {string}
         */
        Scope: "read" | "write" | "gateway";
        /** The SIP dialog of a leg. */
        SipDialog: {
            /**
             * The `Call-ID` header.
             * @example 4a6c
             */
            callId?: string;
            /**
             * The tag of the called side.
             * @example 17d4
             */
            toTag?: string;
            /**
             * The tag of the calling side.
             * @example 8b21
             */
            fromTag?: string;
            /**
             * The other side's address.
             * @example sip:102@example.com
             */
            remoteUri?: string;
            /**
             * The user's address.
             * @example sip:101@example.com
             */
            localUri?: string;
            /**
             * The session in the telephone system's own terms.
             * @example 501
             */
            rcSessionId?: string;
        };
        /**
         * How far an entry of a presence list has come: `pending` until the invited user accepts.
         * @example pending
         * @enum {string}
         */
        Standing: "pending" | "accepted";
        /** How many members of a room are in which state. */
        StateCounts: {
            /**
             * @example 1
             */
            online: number;
            /**
             * @example 0
             */
            busy: number;
            /**
             * @example 0
             */
            unavailable: number;
            /**
             * @example 1
             */
            offline: number;
        };
        /**
         * A status text, and when it expires, which is never if neither is there.
         * @example {
         *       "text": "Back at noon",
         *       "expiresInSeconds": 3600
         *     }
         */
        StatusUpdate: {
            /**
             * The text; empty: there is none.
             * @example Back at noon
             */
            text: string;
            /**
             * When it expires, in milliseconds since the Unix epoch: a moment to come, within ten years.
             * @example 1767607200000
             */
            expiresAt?: number;
            /**
             * After how many seconds it expires, instead of `expiresAt`.
             * @example 3600
             */
            expiresInSeconds?: number;
        };
        /** The last event of a stream. */
        StreamEnd: {
            reason: components["schemas"]["EndReason"];
        };
        /** A subscription: a wish to be told of changes. */
        Subscription: {
            /** @example 0b9e5a52-63f5-4c6e-8d0c-3a7f3b0f2a77 */
            subscriptionId: string;
            /**
             * The API that it was made in.
             * @example ringcentral
             */
            dialect: string;
            /**
             * Who is told; empty: an application's backend, or an admin, by a webhook of presenced's own API.
             * @example \@alice:example.com
             */
            userId: string;
            /**
             * The device of the token that it was made with; for a login through an application that is its client id, and for
             *     a token of no user the name of that.
             * @example wallboard
             */
            deviceId: string;
            transport: components["schemas"]["SubscriptionTransport"];
            /**
             * Where its webhook goes: scheme, host and port. The rest of the address is between its owner and the receiver.
             * @example https://example.com
             */
            receiver?: string;
            state: components["schemas"]["SubscriptionState"];
            /**
             * Why nothing is sent any more, if it is suspended.
             * @example the receiver answered 500
             */
            reason?: string;
            /**
             * When it was made, in milliseconds since the Unix epoch.
             * @example 1767603600000
             */
            createdAt: number;
            /**
             * When it ends unless it is renewed, in milliseconds since the Unix epoch; the end of the year 9999 where it does not
             *     end by itself.
             * @example 1768208400000
             */
            expiresAt: number;
        };
        /** A page of subscriptions, in the order of their ids. */
        SubscriptionPage: {
            subscriptions: components["schemas"]["Subscription"][];
            /**
             * Whether there are subscriptions after these.
             * @example false
             */
            more: boolean;
        };
        /**
         * Whether messages are sent.
         * @example active
         * @enum {string}
         */
        SubscriptionState: "active" | "suspended";
        /**
         * The way on which messages go.
         * @example webhook
         * @enum {string}
         */
        SubscriptionTransport: "webhook" | "socket";
        /**
         * How far a call is. The order is the order of the merge: the highest of a user's legs counts.
         * @example CallConnected
         * @enum {string}
         */
        TelephonyStatus: "NoCall" | "ParkedCall" | "Ringing" | "OnHold" | "CallConnected";
        /**
         * How a call ended.
         * @example final
         * @enum {string}
         */
        Termination: "final" | "intermediate";
        /** A secret that stands for a token once. */
        Ticket: {
            /**
             * For the parameter `ticket` of a stream or a socket.
             * @example pd_5e1f
             */
            ticket: string;
            /**
             * Until when it is of use, in milliseconds since the Unix epoch.
             * @example 1767603660000
             */
            expiresAt: number;
        };
        /** What may be shown of a token. */
        Token: {
            /**
             * The token's name in listings. It opens nothing.
             * @example 0f1e2d3c4b5a6978
             */
            tokenId: string;
            /**
             * The device that speaks with the token.
             * @example PHONE
             */
            deviceId: string;
            /**
             * What the token may be used for.
             * @example [
             *       "read",
             *       "write"
             *     ]
             */
            scopes: components["schemas"]["Scope"][];
            /**
             * Whether the holder is a guest.
             * @example false
             */
            guest: boolean;
            /**
             * The token opens nothing but gets its app new tokens, after a login.
             * @example true
             */
            refresh?: boolean;
            /**
             * When the token stops working, in milliseconds since the Unix epoch; absent: never.
             * @example 1767603600000
             */
            expiresAt?: number;
        };
        /** The token is about to end, and what was opened with it then. */
        TokenExpiring: {
            /**
             * When, in milliseconds since the Unix epoch.
             * @example 1767607200000
             */
            expiresAt: number;
        };
        /** A user's tokens. */
        TokenList: {
            tokens: components["schemas"]["Token"][];
        };
        /**
         * A token to be made.
         * @example {
         *       "deviceId": "PHONE",
         *       "scopes": [
         *         "read",
         *         "write"
         *       ]
         *     }
         */
        TokenRequest: {
            /**
             * The device that speaks with the token; tokens of one device share its claim.
             * @example PHONE
             */
            deviceId: string;
            /**
             * What the token may be used for; reading and writing if left out.
             * @example [
             *       "read",
             *       "write"
             *     ]
             */
            scopes?: components["schemas"]["Scope"][];
            /**
             * Whether the holder is a guest: guests are known but may not use presence.
             * @example false
             */
            guest?: boolean;
            /**
             * When the token stops working, in seconds from now; never if left out.
             * @example 86400
             */
            expiresInSeconds?: number;
        };
        /** A user of the directory. */
        User: {
            /**
             * The user's canonical id.
             * @example \@alice:example.com
             */
            userId: string;
            /**
             * The number that dialects with numeric ids use.
             * @example 1
             */
            number: number;
            /**
             * The name that people are shown.
             * @example Alice
             */
            displayName?: string;
            /**
             * Where the user's picture is.
             * @example https://example.com/alice.png
             */
            avatarUrl?: string;
            /**
             * The user's mail address.
             * @example alice@example.com
             */
            email?: string;
            /**
             * The telephone account.
             * @example 1
             */
            account?: number;
            /**
             * The short number in the telephone account.
             * @example 101
             */
            extensionNumber?: string;
            /** What the extension is for. */
            extensionType?: components["schemas"]["ExtensionType"];
            /** Whether the extension is in use. */
            extensionStatus?: components["schemas"]["ExtensionStatus"];
            /**
             * Whether the extension takes calls of a department.
             * @example false
             */
            inDepartment?: boolean;
            /**
             * Whether the extension may turn calls away.
             * @example true
             */
            hasDnd?: boolean;
            /**
             * Whether the user may act for others of the telephone account; absent if not.
             * @example true
             */
            accountAdmin?: boolean;
            /**
             * The numbers of the departments whose calls the user takes; absent if there are none.
             * @example [
             *       4
             *     ]
             */
            departments?: number[];
        };
        /** A page of users, in the order of their ids. */
        UserPage: {
            users: components["schemas"]["User"][];
            /**
             * Whether there are users after these.
             * @example false
             */
            more: boolean;
        };
        /** One user's presence. */
        UserPresence: {
            /**
             * The user's canonical id.
             * @example \@alice:example.com
             */
            userId: string;
            /** How present the user is. */
            state: components["schemas"]["PresenceState"];
            /**
             * Whether the user was active within the last minute or what is configured.
             * @example true
             */
            currentlyActive: boolean;
            /**
             * When the user was last active, in milliseconds since the Unix epoch; absent: never.
             * @example 1767603600000
             */
            lastActiveAt?: number;
            /**
             * The user's status text, if there is one.
             * @example Back at noon
             */
            status?: string;
            /**
             * When the status expires, in milliseconds since the Unix epoch; absent: when somebody changes it. In events it
             *     is there only where it was set with the text, since what expires with a lease is put off by each renewal.
             * @example 1767607200000
             */
            statusExpiresAt?: number;
            /**
             * What each of the user's devices says; for the user, and for admins and service tokens unless the user is
             *     invisible. Events have none.
             */
            devices?: components["schemas"]["DevicePresence"][];
        };
        /**
         * What is said of one user of many: as a `PresenceUpdate`.
         * @example {
         *       "userId": "@alice:example.com",
         *       "state": "busy",
         *       "leaseSeconds": 600
         *     }
         */
        UserPresenceUpdate: {
            /** @example \@alice:example.com */
            userId: string;
            /** What the device says; `offline` ends what it said before. */
            state?: components["schemas"]["PresenceState"];
            status?: components["schemas"]["StatusUpdate"] | null;
            /**
             * The device that speaks; left out: `api`.
             * @example api
             */
            deviceId?: string;
            /**
             * What the device is called.
             * @example web
             */
            label?: string;
            /**
             * How long `state` holds without a connection.
             * @example 900
             */
            leaseSeconds?: number;
        };
        /**
         * What an admin says of a user.
         * @example {
         *       "number": 1,
         *       "displayName": "Alice",
         *       "account": 1,
         *       "extensionNumber": "101"
         *     }
         */
        UserProfile: {
            /**
             * The number that dialects with numeric ids use. Left out: the next free one, or the one the user
             *     has.
             * @example 1
             */
            number?: number;
            /**
             * The name that people are shown.
             * @example Alice
             */
            displayName?: string;
            /**
             * Where the user's picture is.
             * @example https://example.com/alice.png
             */
            avatarUrl?: string;
            /**
             * The user's mail address.
             * @example alice@example.com
             */
            email?: string;
            /**
             * The telephone account. Needs `extensionNumber`.
             * @example 1
             */
            account?: number;
            /**
             * The short number in the telephone account. Needs `account`.
             * @example 101
             */
            extensionNumber?: string;
            /** What the extension is for; `User` if left out. Needs `account`, as do those below. */
            extensionType?: components["schemas"]["ExtensionType"];
            /** Whether the extension is in use; `Enabled` if left out. */
            extensionStatus?: components["schemas"]["ExtensionStatus"];
            /**
             * Whether the extension takes calls of a department; no if left out.
             * @example true
             */
            inDepartment?: boolean;
            /**
             * Whether the extension may turn calls away; yes if left out.
             * @example true
             */
            hasDnd?: boolean;
            /**
             * Whether the user may act for others of the telephone account; no if left out.
             * @example false
             */
            accountAdmin?: boolean;
            /**
             * The numbers of the departments (extensions of the type `Department`) whose calls the user takes.
             * @example [
             *       4
             *     ]
             */
            departments?: number[];
        };
        /** The rooms of a user. */
        UserRooms: {
            /**
             * Room ids, in their order.
             * @example [
             *       "!lobby:example.com"
             *     ]
             */
            rooms: string[];
        };
        /**
         * What a user set for themselves besides state and status.
         * @example {
         *       "override": "busy",
         *       "hidden": false
         *     }
         */
        UserSettings: {
            /**
             * `busy` counts whatever the devices say; `invisible` looks offline to others; `none` leaves it to
             *     the devices.
             * @default none
             */
            override: components["schemas"]["OverrideName"];
            /**
             * Whether others are told that there is no presence to see at all.
             * @default false
             * @example false
             */
            hidden: boolean;
        };
        /** Users who may no longer be seen: they left the room, are hidden, or were removed. */
        UsersGone: {
            /**
             * Their ids.
             * @example [
             *       "@bob:example.com"
             *     ]
             */
            users: string[];
        };
        /** A webhook. */
        Webhook: {
            /** @example 0b9e5a52-63f5-4c6e-8d0c-3a7f3b0f2a77 */
            webhookId: string;
            /** @example https://example.com/presence */
            url: string;
            /**
             * The users it is about; absent with the rooms: everybody.
             * @example [
             *       "@alice:example.com"
             *     ]
             */
            users?: string[];
            /**
             * The rooms whose members it is about.
             * @example [
             *       "!lobby:example.com"
             *     ]
             */
            rooms?: string[];
            state: components["schemas"]["WebhookState"];
            /** What was sent last, the oldest first: ten at most, of the server that is asked since it was started. */
            attempts: components["schemas"]["WebhookAttempt"][];
            /**
             * When it was made, in milliseconds since the Unix epoch.
             * @example 1767603600000
             */
            createdAt: number;
            /**
             * The secret, of a webhook that was just made.
             * @example whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw
             */
            secret?: string;
        };
        /** That something was sent. */
        WebhookAttempt: {
            /**
             * When, in milliseconds since the Unix epoch.
             * @example 1767603600000
             */
            at: number;
            /**
             * The header `webhook-id`, the same whenever the same is sent again.
             * @example 7d4c6a3e-6a43-4d2e-9b93-2b6d6b0d9c11
             */
            deliveryId: string;
            /**
             * What the receiver answered.
             * @example 200
             */
            status?: number;
            /**
             * Why it did not answer, for people.
             * @example there was no answer within 3000 ms
             */
            error?: string;
        };
        /** The webhooks of whoever asks; for an admin all of them. */
        WebhookList: {
            webhooks: components["schemas"]["Webhook"][];
        };
        /**
         * Where to tell of whom.
         * @example {
         *       "url": "https://example.com/presence",
         *       "rooms": [
         *         "!lobby:example.com"
         *       ]
         *     }
         */
        WebhookRequest: {
            /**
             * Where it goes: https, or http within the networks that `webhooks.allow_networks` names.
             * @example https://example.com/presence
             */
            url: string;
            /**
             * User ids; without users and rooms it is everybody. An empty list names nobody.
             * @example [
             *       "@alice:example.com"
             *     ]
             */
            users?: string[];
            /**
             * Rooms whose members to tell of, whoever joins later among them.
             * @example [
             *       "!lobby:example.com"
             *     ]
             */
            rooms?: string[];
            /**
             * The secret by which it is signed: `whsec_` and 24 to 64 bytes in base64. Left out: one is made, and a webhook that
             *     there is keeps its own. After another one the one before counts for a day.
             * @example whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw
             */
            secret?: string;
        };
        /**
         * Whether a webhook is told.
         * @example active
         * @enum {string}
         */
        WebhookState: "active" | "failing" | "disabled";
        /** Whose token somebody has, and what it is for. */
        Whoami: {
            /**
             * The user; absent of the admin's token and of service tokens.
             * @example \@alice:example.com
             */
            userId?: string;
            /**
             * The user's device that the token speaks with.
             * @example DEMO
             */
            deviceId?: string;
            /**
             * What a service token is called.
             * @example wallboard
             */
            name?: string;
            /**
             * What the token may be used for.
             * @example [
             *       "read",
             *       "write"
             *     ]
             */
            scopes: components["schemas"]["Scope"][];
            /**
             * Whether it is the admin's.
             * @example false
             */
            admin: boolean;
            /**
             * Whether the user is a guest.
             * @example false
             */
            guest: boolean;
            /**
             * When the token stops working, in milliseconds since the Unix epoch; absent: never.
             * @example 1767603600000
             */
            expiresAt?: number;
        };
    };
    responses: never;
    parameters: never;
    requestBodies: never;
    headers: never;
    pathItems: never;
}
export type $defs = Record<string, never>;
export interface operations {
    listUsers: {
        parameters: {
            query?: {
                /**
                 * The last id of the page before.
                 * @example \@a
                 */
                after?: string;
                /**
                 * How many to list, 1 to 1000; 100 if left out.
                 * @example 100
                 */
                limit?: number;
            };
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** The users after `after`, in the order of their ids. */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["UserPage"];
                };
            };
            /** A parameter is not valid. */
            400: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** There is no token, or it is not valid. */
            401: {
                headers: {
                    /** That a bearer token is needed, and whether one was sent that is not valid. */
                    "WWW-Authenticate": string;
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** The caller is not an admin. */
            403: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** The request body is too large. */
            413: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** The server starts, or its store cannot be used at present. Nothing was changed. */
            503: {
                headers: {
                    /** How many seconds to wait. */
                    "Retry-After": number;
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    getUser: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                /**
                 * The user's id.
                 * @example \@alice:example.com
                 */
                userId: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** The user. */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["User"];
                };
            };
            /** The id is not valid. */
            400: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** There is no token, or it is not valid. */
            401: {
                headers: {
                    /** That a bearer token is needed, and whether one was sent that is not valid. */
                    "WWW-Authenticate": string;
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** The caller is not an admin. */
            403: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** There is no such user. */
            404: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** The request body is too large. */
            413: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** The server starts, or its store cannot be used at present. Nothing was changed. */
            503: {
                headers: {
                    /** How many seconds to wait. */
                    "Retry-After": number;
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    putUser: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                /**
                 * The user's id.
                 * @example \@dave:example.com
                 */
                userId: string;
            };
            cookie?: never;
        };
        /** What is known of the user; it replaces what was. */
        requestBody: {
            content: {
                "application/json": components["schemas"]["UserProfile"];
            };
        };
        responses: {
            /** The known user was changed. */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["User"];
                };
            };
            /** The user was added. */
            201: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["User"];
                };
            };
            /** The id or the body is not valid. Nothing was changed. */
            400: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** There is no token, or it is not valid. */
            401: {
                headers: {
                    /** That a bearer token is needed, and whether one was sent that is not valid. */
                    "WWW-Authenticate": string;
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** The caller is not an admin. */
            403: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** The number, or the extension number, belongs to another user. Nothing was changed. */
            409: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** The request body is too large. */
            413: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** The server starts, or its store cannot be used at present. Nothing was changed. */
            503: {
                headers: {
                    /** How many seconds to wait. */
                    "Retry-After": number;
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    deleteUser: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                /**
                 * The user's id.
                 * @example \@dave:example.com
                 */
                userId: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** The user is gone. */
            204: {
                headers: {
                    [name: string]: unknown;
                };
                content?: never;
            };
            /** The id is not valid. */
            400: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** There is no token, or it is not valid. */
            401: {
                headers: {
                    /** That a bearer token is needed, and whether one was sent that is not valid. */
                    "WWW-Authenticate": string;
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** The caller is not an admin. */
            403: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** There is no such user. */
            404: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** The request body is too large. */
            413: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** The server starts, or its store cannot be used at present. Nothing was changed. */
            503: {
                headers: {
                    /** How many seconds to wait. */
                    "Retry-After": number;
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    listTokens: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                /**
                 * The user's id.
                 * @example \@alice:example.com
                 */
                userId: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** The tokens, without their texts. */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["TokenList"];
                };
            };
            /** The id is not valid. */
            400: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** There is no token, or it is not valid. */
            401: {
                headers: {
                    /** That a bearer token is needed, and whether one was sent that is not valid. */
                    "WWW-Authenticate": string;
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** The caller is not an admin. */
            403: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** There is no such user. */
            404: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** The request body is too large. */
            413: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** The server starts, or its store cannot be used at present. Nothing was changed. */
            503: {
                headers: {
                    /** How many seconds to wait. */
                    "Retry-After": number;
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    createToken: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                /**
                 * The user's id.
                 * @example \@alice:example.com
                 */
                userId: string;
            };
            cookie?: never;
        };
        /** The device, and what the token may be used for. */
        requestBody: {
            content: {
                "application/json": components["schemas"]["TokenRequest"];
            };
        };
        responses: {
            /** The token, with its text. */
            201: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["IssuedToken"];
                };
            };
            /** The id or the body is not valid. Nothing was changed. */
            400: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** There is no token, or it is not valid. */
            401: {
                headers: {
                    /** That a bearer token is needed, and whether one was sent that is not valid. */
                    "WWW-Authenticate": string;
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** The caller is not an admin. */
            403: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** There is no such user. */
            404: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** The user has as many tokens as are allowed. */
            409: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** The request body is too large. */
            413: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** The server starts, or its store cannot be used at present. Nothing was changed. */
            503: {
                headers: {
                    /** How many seconds to wait. */
                    "Retry-After": number;
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    endSessions: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                /**
                 * The user's id, or `me` for the caller's own.
                 * @example \@carol:example.com
                 */
                userId: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** The user is signed out everywhere. */
            204: {
                headers: {
                    [name: string]: unknown;
                };
                content?: never;
            };
            /** The id is not valid, or there is a parameter. */
            400: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** There is no token, or it is not valid. */
            401: {
                headers: {
                    /** That a bearer token is needed, and whether one was sent that is not valid. */
                    "WWW-Authenticate": string;
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** The caller is neither an admin nor the user. */
            403: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** There is no such user. */
            404: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** The request body is too large. */
            413: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** The server starts, or its store cannot be used at present. Nothing was changed. */
            503: {
                headers: {
                    /** How many seconds to wait. */
                    "Retry-After": number;
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    revokeToken: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                /**
                 * The user's id.
                 * @example \@alice:example.com
                 */
                userId: string;
                /**
                 * The token's name in listings.
                 * @example 0f1e2d3c4b5a6978
                 */
                tokenId: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** The token opens nothing any more. */
            204: {
                headers: {
                    [name: string]: unknown;
                };
                content?: never;
            };
            /** An id is not valid. */
            400: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** There is no token, or it is not valid. */
            401: {
                headers: {
                    /** That a bearer token is needed, and whether one was sent that is not valid. */
                    "WWW-Authenticate": string;
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** The caller is not an admin. */
            403: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** The user has no such token. */
            404: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** The request body is too large. */
            413: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** The server starts, or its store cannot be used at present. Nothing was changed. */
            503: {
                headers: {
                    /** How many seconds to wait. */
                    "Retry-After": number;
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    rotateAdminToken: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** The new token. */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["AdminToken"];
                };
            };
            /** There is a parameter. Nothing was changed. */
            400: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** There is no token, or it is not valid. */
            401: {
                headers: {
                    /** That a bearer token is needed, and whether one was sent that is not valid. */
                    "WWW-Authenticate": string;
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** The caller is not an admin. */
            403: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** The token is not the server's to make: it is the demo's, or stands in a file of the operator's. */
            409: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** The request body is too large. */
            413: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** The file cannot be written, or the server starts. */
            503: {
                headers: {
                    /** How many seconds to wait. */
                    "Retry-After": number;
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    listAppTokens: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** The tokens, without their texts. */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["AppTokenList"];
                };
            };
            /** There is no token, or it is not valid. */
            401: {
                headers: {
                    /** That a bearer token is needed, and whether one was sent that is not valid. */
                    "WWW-Authenticate": string;
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** The caller is not an admin. */
            403: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** The request body is too large. */
            413: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** The server starts, or its store cannot be used at present. Nothing was changed. */
            503: {
                headers: {
                    /** How many seconds to wait. */
                    "Retry-After": number;
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    createAppToken: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** The app. */
        requestBody: {
            content: {
                "application/json": components["schemas"]["AppTokenRequest"];
            };
        };
        responses: {
            /** The token, with its text. */
            201: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["IssuedAppToken"];
                };
            };
            /** The body is not valid. Nothing was changed. */
            400: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** There is no token, or it is not valid. */
            401: {
                headers: {
                    /** That a bearer token is needed, and whether one was sent that is not valid. */
                    "WWW-Authenticate": string;
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** The caller is not an admin. */
            403: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** Apps have as many tokens as are allowed. */
            409: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** The request body is too large. */
            413: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** The server starts, or its store cannot be used at present. Nothing was changed. */
            503: {
                headers: {
                    /** How many seconds to wait. */
                    "Retry-After": number;
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    revokeAppToken: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                /**
                 * The token's name in listings.
                 * @example 0f1e2d3c4b5a6978
                 */
                tokenId: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** The token opens nothing any more. */
            204: {
                headers: {
                    [name: string]: unknown;
                };
                content?: never;
            };
            /** The id is not valid. */
            400: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** There is no token, or it is not valid. */
            401: {
                headers: {
                    /** That a bearer token is needed, and whether one was sent that is not valid. */
                    "WWW-Authenticate": string;
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** The caller is not an admin. */
            403: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** There is no such token. */
            404: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** The request body is too large. */
            413: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** The server starts, or its store cannot be used at present. Nothing was changed. */
            503: {
                headers: {
                    /** How many seconds to wait. */
                    "Retry-After": number;
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    listRooms: {
        parameters: {
            query?: {
                /**
                 * The last id of the page before.
                 * @example !a
                 */
                after?: string;
                /**
                 * How many to list, 1 to 1000; 100 if left out.
                 * @example 100
                 */
                limit?: number;
            };
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** The rooms after `after`, in the order of their ids. */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["RoomPage"];
                };
            };
            /** A parameter is not valid. */
            400: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** There is no token, or it is not valid. */
            401: {
                headers: {
                    /** That a bearer token is needed, and whether one was sent that is not valid. */
                    "WWW-Authenticate": string;
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** The caller is not an admin. */
            403: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** The request body is too large. */
            413: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** The server starts, or its store cannot be used at present. Nothing was changed. */
            503: {
                headers: {
                    /** How many seconds to wait. */
                    "Retry-After": number;
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    getMembers: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                /**
                 * The room's id.
                 * @example !lobby:example.com
                 */
                roomId: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** The members, in the order of their ids. */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Members"];
                };
            };
            /** The id is not valid. */
            400: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** There is no token, or it is not valid. */
            401: {
                headers: {
                    /** That a bearer token is needed, and whether one was sent that is not valid. */
                    "WWW-Authenticate": string;
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** The caller is neither an admin nor a service token with the scope `read`. */
            403: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** There is no such room: nobody is a member. */
            404: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** The request body is too large. */
            413: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** The server starts, or its store cannot be used at present. Nothing was changed. */
            503: {
                headers: {
                    /** How many seconds to wait. */
                    "Retry-After": number;
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    putMembers: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                /**
                 * The room's id.
                 * @example !lobby:example.com
                 */
                roomId: string;
            };
            cookie?: never;
        };
        /** The members; they replace those before. */
        requestBody: {
            content: {
                "application/json": components["schemas"]["Members"];
            };
        };
        responses: {
            /** The members, in the order of their ids. */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Members"];
                };
            };
            /** The id or the body is not valid, or a member is unknown. Nothing was changed. */
            400: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** There is no token, or it is not valid. */
            401: {
                headers: {
                    /** That a bearer token is needed, and whether one was sent that is not valid. */
                    "WWW-Authenticate": string;
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** The caller is neither an admin nor a service token with the scope `write`. */
            403: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** The request body is too large. */
            413: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** The server starts, or its store cannot be used at present. Nothing was changed. */
            503: {
                headers: {
                    /** How many seconds to wait. */
                    "Retry-After": number;
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    addMember: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                /**
                 * The room's id.
                 * @example !lobby:example.com
                 */
                roomId: string;
                /**
                 * The user's id.
                 * @example \@alice:example.com
                 */
                userId: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** The user is in the room. */
            204: {
                headers: {
                    [name: string]: unknown;
                };
                content?: never;
            };
            /** An id is not valid. */
            400: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** There is no token, or it is not valid. */
            401: {
                headers: {
                    /** That a bearer token is needed, and whether one was sent that is not valid. */
                    "WWW-Authenticate": string;
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** The caller is neither an admin nor a service token with the scope `write`. */
            403: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** There is no such user. */
            404: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** The room has as many members as `limits.room_members` allows. */
            409: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** The request body is too large. */
            413: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** The server starts, or its store cannot be used at present. Nothing was changed. */
            503: {
                headers: {
                    /** How many seconds to wait. */
                    "Retry-After": number;
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    removeMember: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                /**
                 * The room's id.
                 * @example !lobby:example.com
                 */
                roomId: string;
                /**
                 * The user's id.
                 * @example \@alice:example.com
                 */
                userId: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** The user is not in the room. */
            204: {
                headers: {
                    [name: string]: unknown;
                };
                content?: never;
            };
            /** An id is not valid. */
            400: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** There is no token, or it is not valid. */
            401: {
                headers: {
                    /** That a bearer token is needed, and whether one was sent that is not valid. */
                    "WWW-Authenticate": string;
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** The caller is neither an admin nor a service token with the scope `write`. */
            403: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** There is no such user. */
            404: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** The request body is too large. */
            413: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** The server starts, or its store cannot be used at present. Nothing was changed. */
            503: {
                headers: {
                    /** How many seconds to wait. */
                    "Retry-After": number;
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    listSubscriptions: {
        parameters: {
            query?: {
                /**
                 * The last id of the page before.
                 * @example 0b9e5a52-63f5-4c6e-8d0c-3a7f3b0f2a77
                 */
                after?: string;
                /**
                 * How many to list, 1 to 1000; 100 if left out.
                 * @example 100
                 */
                limit?: number;
            };
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** The subscriptions after `after`, in the order of their ids. */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["SubscriptionPage"];
                };
            };
            /** A parameter is not valid. */
            400: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** There is no token, or it is not valid. */
            401: {
                headers: {
                    /** That a bearer token is needed, and whether one was sent that is not valid. */
                    "WWW-Authenticate": string;
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** The caller is not an admin. */
            403: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** The request body is too large. */
            413: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** The server starts, or its store cannot be used at present. Nothing was changed. */
            503: {
                headers: {
                    /** How many seconds to wait. */
                    "Retry-After": number;
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    endSubscription: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                /**
                 * The subscription's id.
                 * @example 0b9e5a52-63f5-4c6e-8d0c-3a7f3b0f2a77
                 */
                subscriptionId: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** The subscription has ended. */
            204: {
                headers: {
                    [name: string]: unknown;
                };
                content?: never;
            };
            /** The id is not valid. */
            400: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** There is no token, or it is not valid. */
            401: {
                headers: {
                    /** That a bearer token is needed, and whether one was sent that is not valid. */
                    "WWW-Authenticate": string;
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** The caller is not an admin. */
            403: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** There is no such subscription. */
            404: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** The request body is too large. */
            413: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** The server starts, or its store cannot be used at present. Nothing was changed. */
            503: {
                headers: {
                    /** How many seconds to wait. */
                    "Retry-After": number;
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    whoami: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** The token's owner. */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Whoami"];
                };
            };
            /** There is a parameter. */
            400: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** There is no token, or it is not valid. */
            401: {
                headers: {
                    /** That a bearer token is needed, and whether one was sent that is not valid. */
                    "WWW-Authenticate": string;
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** The request body is too large. */
            413: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** The server starts, or its store cannot be used at present. Nothing was changed. */
            503: {
                headers: {
                    /** How many seconds to wait. */
                    "Retry-After": number;
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    getUserPresence: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                /**
                 * The user's id, or `me` for the caller's own.
                 * @example \@alice:example.com
                 */
                userId: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** The user's presence. */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["UserPresence"];
                };
            };
            /** The id is not valid. */
            400: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** There is no token, or it is not valid. */
            401: {
                headers: {
                    /** That a bearer token is needed, and whether one was sent that is not valid. */
                    "WWW-Authenticate": string;
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** The caller may not do this, or the token lacks the scope. */
            403: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** There is no such user, or the caller may not see them. */
            404: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** The request body is too large. */
            413: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** The server starts, or its store cannot be used at present. Nothing was changed. */
            503: {
                headers: {
                    /** How many seconds to wait. */
                    "Retry-After": number;
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    putUserPresence: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                /**
                 * The user's id, or `me` for the caller's own.
                 * @example \@alice:example.com
                 */
                userId: string;
            };
            cookie?: never;
        };
        /** What is said. What is left out stays as it is. */
        requestBody: {
            content: {
                "application/json": components["schemas"]["PresenceUpdate"];
            };
        };
        responses: {
            /** The user's presence now, as the user sees it. */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["UserPresence"];
                };
            };
            /** The id or the body is not valid, or a device that says nothing is given a label. Nothing was changed. */
            400: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** There is no token, or it is not valid. */
            401: {
                headers: {
                    /** That a bearer token is needed, and whether one was sent that is not valid. */
                    "WWW-Authenticate": string;
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** The caller may not do this, or the token lacks the scope. */
            403: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** There is no such user. */
            404: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** The body or the status is too large. Nothing was changed. */
            413: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** The user sets more than `limits.put_per_second` allows. */
            429: {
                headers: {
                    /** How many seconds to wait. */
                    "Retry-After": number;
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** The server starts, or its store cannot be used at present. Nothing was changed. */
            503: {
                headers: {
                    /** How many seconds to wait. */
                    "Retry-After": number;
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    deleteUserPresence: {
        parameters: {
            query?: {
                /**
                 * The device; left out: that of the token, and `api` for a token of no user.
                 * @example DEMO
                 */
                deviceId?: string;
            };
            header?: never;
            path: {
                /**
                 * The user's id, or `me` for the caller's own.
                 * @example \@alice:example.com
                 */
                userId: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** The device says nothing. */
            204: {
                headers: {
                    [name: string]: unknown;
                };
                content?: never;
            };
            /** An id or a parameter is not valid. */
            400: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** There is no token, or it is not valid. */
            401: {
                headers: {
                    /** That a bearer token is needed, and whether one was sent that is not valid. */
                    "WWW-Authenticate": string;
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** The caller may not do this, or the token lacks the scope. */
            403: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** There is no such user. */
            404: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** The request body is too large. */
            413: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** The user sets more than `limits.put_per_second` allows. */
            429: {
                headers: {
                    /** How many seconds to wait. */
                    "Retry-After": number;
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** The server starts, or its store cannot be used at present. Nothing was changed. */
            503: {
                headers: {
                    /** How many seconds to wait. */
                    "Retry-After": number;
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    postActivity: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** On which device; it may be left out. */
        requestBody?: {
            content: {
                "application/json": components["schemas"]["Activity"];
            };
        };
        responses: {
            /** It is noted, or there were too many. */
            204: {
                headers: {
                    [name: string]: unknown;
                };
                content?: never;
            };
            /** The body is not valid. */
            400: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** There is no token, or it is not valid. */
            401: {
                headers: {
                    /** That a bearer token is needed, and whether one was sent that is not valid. */
                    "WWW-Authenticate": string;
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** The token is none of a user, or lacks the scope `write`. */
            403: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** The request body is too large. */
            413: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** The server starts, or its store cannot be used at present. Nothing was changed. */
            503: {
                headers: {
                    /** How many seconds to wait. */
                    "Retry-After": number;
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    queryPresence: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** Whose presence to tell. */
        requestBody: {
            content: {
                "application/json": components["schemas"]["PresenceQuery"];
            };
        };
        responses: {
            /** The presence of those that the caller may see. */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["PresenceQueryResult"];
                };
            };
            /** The body is not valid, or names too many users or rooms. */
            400: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** There is no token, or it is not valid. */
            401: {
                headers: {
                    /** That a bearer token is needed, and whether one was sent that is not valid. */
                    "WWW-Authenticate": string;
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** The caller may not do this, or the token lacks the scope. */
            403: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /**
             * The body is too large, or the users and the members of the rooms are more than may be asked for in one
             *     call.
             */
            413: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** The server starts, or its store cannot be used at present. Nothing was changed. */
            503: {
                headers: {
                    /** How many seconds to wait. */
                    "Retry-After": number;
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    updatePresence: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** What is said of whom. */
        requestBody: {
            content: {
                "application/json": components["schemas"]["PresenceUpdates"];
            };
        };
        responses: {
            /** What became of each update. */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["PresenceUpdateResults"];
                };
            };
            /** The body is not valid, or has too many updates. Nothing was changed. */
            400: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** There is no token, or it is not valid. */
            401: {
                headers: {
                    /** That a bearer token is needed, and whether one was sent that is not valid. */
                    "WWW-Authenticate": string;
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** The caller is neither an admin nor a service token with the scope `write`. */
            403: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** The request body is too large. */
            413: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** The server starts. */
            503: {
                headers: {
                    /** How many seconds to wait. */
                    "Retry-After": number;
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    getRoomPresence: {
        parameters: {
            query?: {
                /**
                 * Members in one of these states alone; it may be repeated. All of them if left out.
                 * @example [
                 *       "online",
                 *       "busy"
                 *     ]
                 */
                state?: components["schemas"]["PresenceState"][];
                /**
                 * The last id of the page before.
                 * @example \@a
                 */
                after?: string;
                /**
                 * How many to list, 1 to 1000; 100 if left out.
                 * @example 100
                 */
                limit?: number;
            };
            header?: never;
            path: {
                /**
                 * The room's id.
                 * @example !lobby:example.com
                 */
                roomId: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** The members after `after`, and the counts. */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["RoomPresence"];
                };
            };
            /** The id or a parameter is not valid. */
            400: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** There is no token, or it is not valid. */
            401: {
                headers: {
                    /** That a bearer token is needed, and whether one was sent that is not valid. */
                    "WWW-Authenticate": string;
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** The caller may not do this, or the token lacks the scope. */
            403: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** There is no such room, or the caller is not in it. */
            404: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** The request body is too large. */
            413: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** The server starts, or its store cannot be used at present. Nothing was changed. */
            503: {
                headers: {
                    /** How many seconds to wait. */
                    "Retry-After": number;
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    getUserRooms: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                /**
                 * The user's id, or `me` for the caller's own.
                 * @example \@alice:example.com
                 */
                userId: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** The rooms, in the order of their ids. */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["UserRooms"];
                };
            };
            /** The id is not valid. */
            400: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** There is no token, or it is not valid. */
            401: {
                headers: {
                    /** That a bearer token is needed, and whether one was sent that is not valid. */
                    "WWW-Authenticate": string;
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** The caller may not do this, or the token lacks the scope. */
            403: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** There is no such user. */
            404: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** The request body is too large. */
            413: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** The server starts, or its store cannot be used at present. Nothing was changed. */
            503: {
                headers: {
                    /** How many seconds to wait. */
                    "Retry-After": number;
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    streamChanges: {
        parameters: {
            query?: {
                /**
                 * Whom to tell of, with commas between or repeated; without users and rooms it is everybody whom the caller may see. Users whom the caller may not see are passed over until that changes.
                 * @example [
                 *       "@alice:example.com",
                 *       "@bob:example.com"
                 *     ]
                 */
                users?: string[];
                /**
                 * Rooms whose members to tell of, repeated, whoever joins later among them. Rooms that the caller is not in are passed over until that changes.
                 * @example [
                 *       "!lobby:example.com"
                 *     ]
                 */
                room?: string[];
                /**
                 * Whether to start with snapshots, where neither users nor rooms are named. With them it does.
                 * @example true
                 */
                snapshot?: boolean;
                /**
                 * What the stream says of the caller's device while it lasts; nothing if left out. It needs the scope `write`.
                 * @example online
                 */
                state?: "unavailable" | "online";
                /**
                 * What that device is called.
                 * @example web
                 */
                label?: string;
                /**
                 * The last id that the client has seen, for clients that cannot send the header.
                 * @example 1767603600000000
                 */
                last_event_id?: string;
            };
            header?: {
                /**
                 * The last id that the client has seen.
                 * @example 1767603600000000
                 */
                "Last-Event-ID"?: string;
            };
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** The changes, for as long as the client takes them. */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "text/event-stream": string;
                };
            };
            /** A parameter is not valid. */
            400: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** There is no token, or it is not valid. */
            401: {
                headers: {
                    /** That a bearer token is needed, and whether one was sent that is not valid. */
                    "WWW-Authenticate": string;
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** The caller may not do this, or the token lacks the scope. */
            403: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** The request body is too large. */
            413: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** The user has as many streams open as one may. */
            429: {
                headers: {
                    /** How many seconds to wait. */
                    "Retry-After": number;
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** The server starts, or its store cannot be used at present, or the server takes no more streams. */
            503: {
                headers: {
                    /** How many seconds to wait. */
                    "Retry-After": number;
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    openSocket: {
        parameters: {
            query?: {
                /**
                 * The device that speaks; left out: that of the token. Browsers that share a token are a device each by it.
                 * @example web-1
                 */
                deviceId?: string;
            };
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** The connection is a WebSocket from now on. Whether the token is good is told on it. */
            101: {
                headers: {
                    [name: string]: unknown;
                };
                content?: never;
            };
            /** There is a parameter that this does not take. */
            400: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** The request body is too large. */
            413: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** The request is not one for a WebSocket. */
            426: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** The server starts, or it opens no more sockets in this second. */
            503: {
                headers: {
                    /** How many seconds to wait. */
                    "Retry-After": number;
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    createTicket: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** The ticket. */
            201: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Ticket"];
                };
            };
            /** There is a parameter, which this takes none of. */
            400: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** There is no token, or it is not valid. */
            401: {
                headers: {
                    /** That a bearer token is needed, and whether one was sent that is not valid. */
                    "WWW-Authenticate": string;
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** The request body is too large. */
            413: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** The server starts, or its store cannot be used at present. Nothing was changed. */
            503: {
                headers: {
                    /** How many seconds to wait. */
                    "Retry-After": number;
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    listWebhooks: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** The webhooks, without their secrets. */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["WebhookList"];
                };
            };
            /** There is a parameter, which this takes none of. */
            400: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** There is no token, or it is not valid. */
            401: {
                headers: {
                    /** That a bearer token is needed, and whether one was sent that is not valid. */
                    "WWW-Authenticate": string;
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** The caller is neither an admin nor a service token with the scope `read`. */
            403: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** The request body is too large. */
            413: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** The server starts, or its store cannot be used at present. Nothing was changed. */
            503: {
                headers: {
                    /** How many seconds to wait. */
                    "Retry-After": number;
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    createWebhook: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** Where to tell of whom. */
        requestBody: {
            content: {
                "application/json": components["schemas"]["WebhookRequest"];
            };
        };
        responses: {
            /** The webhook, with its secret, which is shown this once. */
            201: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Webhook"];
                };
            };
            /** The body is not valid, or leads where webhooks are not sent to. */
            400: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** There is no token, or it is not valid. */
            401: {
                headers: {
                    /** That a bearer token is needed, and whether one was sent that is not valid. */
                    "WWW-Authenticate": string;
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** The caller is neither an admin nor a service token with the scope `read`. */
            403: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** There are as many as there may be. */
            409: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** The request body is too large. */
            413: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** The server starts, or its store cannot be used at present. Nothing was changed. */
            503: {
                headers: {
                    /** How many seconds to wait. */
                    "Retry-After": number;
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    getWebhook: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                /**
                 * The webhook's id.
                 * @example 0b9e5a52-63f5-4c6e-8d0c-3a7f3b0f2a77
                 */
                webhookId: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** The webhook, without its secret. */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Webhook"];
                };
            };
            /** The id is not valid, or there is a parameter, which this takes none of. */
            400: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** There is no token, or it is not valid. */
            401: {
                headers: {
                    /** That a bearer token is needed, and whether one was sent that is not valid. */
                    "WWW-Authenticate": string;
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** The caller is neither an admin nor a service token with the scope `read`. */
            403: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** There is no such webhook, or another token made it. */
            404: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** The request body is too large. */
            413: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** The server starts, or its store cannot be used at present. Nothing was changed. */
            503: {
                headers: {
                    /** How many seconds to wait. */
                    "Retry-After": number;
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    putWebhook: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                /**
                 * The webhook's id.
                 * @example 0b9e5a52-63f5-4c6e-8d0c-3a7f3b0f2a77
                 */
                webhookId: string;
            };
            cookie?: never;
        };
        /** Where to tell of whom. */
        requestBody: {
            content: {
                "application/json": components["schemas"]["WebhookRequest"];
            };
        };
        responses: {
            /** The webhook afterwards, without its secret. */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Webhook"];
                };
            };
            /** The id or the body is not valid, it leads where webhooks are not sent to, or there is a parameter. */
            400: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** There is no token, or it is not valid. */
            401: {
                headers: {
                    /** That a bearer token is needed, and whether one was sent that is not valid. */
                    "WWW-Authenticate": string;
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** The caller is neither an admin nor a service token with the scope `read`. */
            403: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** There is no such webhook, or another token made it. */
            404: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** The request body is too large. */
            413: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** The server starts, or its store cannot be used at present. Nothing was changed. */
            503: {
                headers: {
                    /** How many seconds to wait. */
                    "Retry-After": number;
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    deleteWebhook: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                /**
                 * The webhook's id.
                 * @example 0b9e5a52-63f5-4c6e-8d0c-3a7f3b0f2a77
                 */
                webhookId: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** Nothing more is sent. */
            204: {
                headers: {
                    [name: string]: unknown;
                };
                content?: never;
            };
            /** The id is not valid, or there is a parameter, which this takes none of. */
            400: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** There is no token, or it is not valid. */
            401: {
                headers: {
                    /** That a bearer token is needed, and whether one was sent that is not valid. */
                    "WWW-Authenticate": string;
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** The caller is neither an admin nor a service token with the scope `read`. */
            403: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** There is no such webhook, or another token made it. */
            404: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** The request body is too large. */
            413: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** The server starts, or its store cannot be used at present. Nothing was changed. */
            503: {
                headers: {
                    /** How many seconds to wait. */
                    "Retry-After": number;
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    testWebhook: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                /**
                 * The webhook's id.
                 * @example 0b9e5a52-63f5-4c6e-8d0c-3a7f3b0f2a77
                 */
                webhookId: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** What came of it. */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["WebhookAttempt"];
                };
            };
            /** The id is not valid, or there is a parameter, which this takes none of. */
            400: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** There is no token, or it is not valid. */
            401: {
                headers: {
                    /** That a bearer token is needed, and whether one was sent that is not valid. */
                    "WWW-Authenticate": string;
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** The caller is neither an admin nor a service token with the scope `read`. */
            403: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** There is no such webhook, or another token made it. */
            404: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** The request body is too large. */
            413: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** The server starts, or its store cannot be used at present. Nothing was changed. */
            503: {
                headers: {
                    /** How many seconds to wait. */
                    "Retry-After": number;
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    postHeartbeats: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** What the devices say. */
        requestBody: {
            content: {
                "application/json": components["schemas"]["Heartbeats"];
            };
        };
        responses: {
            /** What became of each report. */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["HeartbeatResults"];
                };
            };
            /** The body is not valid, or reports too much. Nothing was changed. */
            400: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** There is no token, or it is not valid. */
            401: {
                headers: {
                    /** That a bearer token is needed, and whether one was sent that is not valid. */
                    "WWW-Authenticate": string;
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** The caller may not do this, or the token lacks the scope. */
            403: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** The request body is too large. */
            413: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** The server starts. */
            503: {
                headers: {
                    /** How many seconds to wait. */
                    "Retry-After": number;
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    putCall: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                /**
                 * The user's id, or `me` for the caller's own.
                 * @example \@alice:example.com
                 */
                userId: string;
                /**
                 * The gateway's name for the leg, at most 255 bytes.
                 * @example c1
                 */
                callId: string;
            };
            cookie?: never;
        };
        /** What is known of the leg. */
        requestBody: {
            content: {
                "application/json": components["schemas"]["CallReport"];
            };
        };
        responses: {
            /** The leg is known. */
            204: {
                headers: {
                    [name: string]: unknown;
                };
                content?: never;
            };
            /** An id or the body is not valid. Nothing was changed. */
            400: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** There is no token, or it is not valid. */
            401: {
                headers: {
                    /** That a bearer token is needed, and whether one was sent that is not valid. */
                    "WWW-Authenticate": string;
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** The caller may not do this, or the token lacks the scope. */
            403: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** There is no such user. */
            404: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** The request body is too large. */
            413: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** The server starts, or its store cannot be used at present. Nothing was changed. */
            503: {
                headers: {
                    /** How many seconds to wait. */
                    "Retry-After": number;
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    deleteCall: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                /**
                 * The user's id, or `me` for the caller's own.
                 * @example \@alice:example.com
                 */
                userId: string;
                /**
                 * The gateway's name for the leg.
                 * @example c1
                 */
                callId: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** The leg has ended, if there was one. */
            204: {
                headers: {
                    [name: string]: unknown;
                };
                content?: never;
            };
            /** An id is not valid. */
            400: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** There is no token, or it is not valid. */
            401: {
                headers: {
                    /** That a bearer token is needed, and whether one was sent that is not valid. */
                    "WWW-Authenticate": string;
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** The caller may not do this, or the token lacks the scope. */
            403: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** There is no such user. */
            404: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** The request body is too large. */
            413: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** The server starts, or its store cannot be used at present. Nothing was changed. */
            503: {
                headers: {
                    /** How many seconds to wait. */
                    "Retry-After": number;
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    getSettings: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                /**
                 * The user's id, or `me` for the caller's own.
                 * @example \@alice:example.com
                 */
                userId: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** The settings. */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["UserSettings"];
                };
            };
            /** The id is not valid. */
            400: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** There is no token, or it is not valid. */
            401: {
                headers: {
                    /** That a bearer token is needed, and whether one was sent that is not valid. */
                    "WWW-Authenticate": string;
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** The caller may not do this, or the token lacks the scope. */
            403: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** There is no such user. */
            404: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** The request body is too large. */
            413: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** The server starts, or its store cannot be used at present. Nothing was changed. */
            503: {
                headers: {
                    /** How many seconds to wait. */
                    "Retry-After": number;
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    putSettings: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                /**
                 * The user's id, or `me` for the caller's own.
                 * @example \@alice:example.com
                 */
                userId: string;
            };
            cookie?: never;
        };
        /** The settings; they replace those before. */
        requestBody: {
            content: {
                "application/json": components["schemas"]["UserSettings"];
            };
        };
        responses: {
            /** The settings now. */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["UserSettings"];
                };
            };
            /** The id or the body is not valid. Nothing was changed. */
            400: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** There is no token, or it is not valid. */
            401: {
                headers: {
                    /** That a bearer token is needed, and whether one was sent that is not valid. */
                    "WWW-Authenticate": string;
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** The caller may not do this, or the token lacks the scope. */
            403: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** There is no such user. */
            404: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** The request body is too large. */
            413: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** The user sets more than `limits.put_per_second` allows. */
            429: {
                headers: {
                    /** How many seconds to wait. */
                    "Retry-After": number;
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** The server starts, or its store cannot be used at present. Nothing was changed. */
            503: {
                headers: {
                    /** How many seconds to wait. */
                    "Retry-After": number;
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    exportData: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** The lines. */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    /**
                     * @example {"kind":"presenced","format":2}
                     *     {"kind":"end","lines":1}
                     */
                    "application/x-ndjson": string;
                };
            };
            /** There is no token, or it is not valid. */
            401: {
                headers: {
                    /** That a bearer token is needed, and whether one was sent that is not valid. */
                    "WWW-Authenticate": string;
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** The caller is not an admin. */
            403: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** The server keeps its data in memory alone. */
            409: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** The request body is too large. */
            413: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** The server starts, or its data cannot be read. */
            503: {
                headers: {
                    /** How many seconds to wait. */
                    "Retry-After": number;
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    getHealth: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** The process runs. */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Health"];
                };
            };
            /** The request declares a body that is too large. */
            413: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    getReadiness: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** Reads and writes are served. */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Health"];
                };
            };
            /** The request declares a body that is too large. */
            413: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** Route elsewhere; `detail` says why. */
            503: {
                headers: {
                    /** How many seconds to wait. */
                    "Retry-After": number;
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    getPresenceList: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                /**
                 * The user's id, or `me` for the caller's own.
                 * @example \@alice:example.com
                 */
                userId: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** The entries that the user has part in. */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["PresenceList"];
                };
            };
            /** The id is not valid. */
            400: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** There is no token, or it is not valid. */
            401: {
                headers: {
                    /** That a bearer token is needed, and whether one was sent that is not valid. */
                    "WWW-Authenticate": string;
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** The caller may not do this, or the token lacks the scope. */
            403: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** There is no such user, or presence lists are off. */
            404: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** The request body is too large. */
            413: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** The server starts, or its store cannot be used at present. Nothing was changed. */
            503: {
                headers: {
                    /** How many seconds to wait. */
                    "Retry-After": number;
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    acceptObserver: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                /**
                 * The invited user's id, or `me` for the caller's own.
                 * @example \@alice:example.com
                 */
                userId: string;
                /**
                 * Whose invitation to accept.
                 * @example \@carol:example.com
                 */
                observerId: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** The observer sees the user. */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["ListEntry"];
                };
            };
            /** An id is not valid. */
            400: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** There is no token, or it is not valid. */
            401: {
                headers: {
                    /** That a bearer token is needed, and whether one was sent that is not valid. */
                    "WWW-Authenticate": string;
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** The caller may not do this, or the token lacks the scope. */
            403: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** There is no such invitation, or presence lists are off. */
            404: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** The request body is too large. */
            413: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** The user sets more than `limits.put_per_second` allows. */
            429: {
                headers: {
                    /** How many seconds to wait. */
                    "Retry-After": number;
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** The server starts, or its store cannot be used at present. Nothing was changed. */
            503: {
                headers: {
                    /** How many seconds to wait. */
                    "Retry-After": number;
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    denyObserver: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                /**
                 * The invited user's id, or `me` for the caller's own.
                 * @example \@alice:example.com
                 */
                userId: string;
                /**
                 * Whose invitation to end.
                 * @example \@carol:example.com
                 */
                observerId: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** The invitation has ended. */
            204: {
                headers: {
                    [name: string]: unknown;
                };
                content?: never;
            };
            /** An id is not valid. */
            400: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** There is no token, or it is not valid. */
            401: {
                headers: {
                    /** That a bearer token is needed, and whether one was sent that is not valid. */
                    "WWW-Authenticate": string;
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** The caller may not do this, or the token lacks the scope. */
            403: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** There is no such invitation, or presence lists are off. */
            404: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** The request body is too large. */
            413: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** The user sets more than `limits.put_per_second` allows. */
            429: {
                headers: {
                    /** How many seconds to wait. */
                    "Retry-After": number;
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** The server starts, or its store cannot be used at present. Nothing was changed. */
            503: {
                headers: {
                    /** How many seconds to wait. */
                    "Retry-After": number;
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    advanceDemo: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** How far. */
        requestBody: {
            content: {
                "application/json": components["schemas"]["Advance"];
            };
        };
        responses: {
            /** The time has passed. */
            204: {
                headers: {
                    [name: string]: unknown;
                };
                content?: never;
            };
            /** The body is not valid. */
            400: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** There is no token, or it is not valid. */
            401: {
                headers: {
                    /** That a bearer token is needed, and whether one was sent that is not valid. */
                    "WWW-Authenticate": string;
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** This server is no demo. */
            404: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** The request body is too large. */
            413: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** The server starts, or its store cannot be used at present. Nothing was changed. */
            503: {
                headers: {
                    /** How many seconds to wait. */
                    "Retry-After": number;
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    resetDemo: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** The fixtures are there, and nothing else. */
            204: {
                headers: {
                    [name: string]: unknown;
                };
                content?: never;
            };
            /** There is no token, or it is not valid. */
            401: {
                headers: {
                    /** That a bearer token is needed, and whether one was sent that is not valid. */
                    "WWW-Authenticate": string;
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** This server is no demo. */
            404: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** The request body is too large. */
            413: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** The server starts, or its store cannot be used at present. Nothing was changed. */
            503: {
                headers: {
                    /** How many seconds to wait. */
                    "Retry-After": number;
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
}
