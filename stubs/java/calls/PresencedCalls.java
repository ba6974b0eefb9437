import java.util.List;
import org.example.presenced.ApiClient;
import org.example.presenced.ApiException;
import org.example.presenced.api.DemoApi;
import org.example.presenced.api.DirectoryApi;
import org.example.presenced.api.FollowingApi;
import org.example.presenced.api.PresenceApi;
import org.example.presenced.api.PresenceListsApi;
import org.example.presenced.model.Scope;
import org.example.presenced.model.AppTokenRequest;
import org.example.presenced.model.CallReport;
import org.example.presenced.model.Direction;
import org.example.presenced.model.ExtensionType;
import org.example.presenced.model.Heartbeat;
import org.example.presenced.model.Heartbeats;
import org.example.presenced.model.OverrideName;
import org.example.presenced.model.PresenceQuery;
import org.example.presenced.model.PresenceState;
import org.example.presenced.model.PresenceUpdate;
import org.example.presenced.model.PresenceUpdates;
import org.example.presenced.model.Problem;
import org.example.presenced.model.TelephonyStatus;
import org.example.presenced.model.UserPresenceUpdate;
import org.example.presenced.model.UserProfile;
import org.example.presenced.model.UserSettings;

final class PresencedCalls implements Calls.Reading {
    private record Api(
        PresenceApi presence, PresenceListsApi lists, DirectoryApi directory, FollowingApi following) {}

    private static ApiClient client(String url, String token, String prefer) {
        ApiClient client = new ApiClient();
        client.updateBaseUri(url);
        client.setRequestInterceptor(Calls.headers(token, prefer));
        return client;
    }

    private static Api open(String url, String token, String prefer) {
        ApiClient client = client(url, token, prefer);
        return new Api(
            new PresenceApi(client), new PresenceListsApi(client), new DirectoryApi(client), new FollowingApi(client));
    }

    /**
     * Brings the demo to where every operation has something to work on: there is a call queue, and alice is an admin of
     * the account and takes its calls.
     */
    static void prepare(String url) throws ApiException {
        new DemoApi(client(url, "demo-alice", null)).resetDemo();
        DirectoryApi directory = new DirectoryApi(client(url, "demo-admin", null));
        directory.putUser(Calls.SALES, new UserProfile().number(4L).account(1L).extensionNumber("900")
            .extensionType(ExtensionType.DEPARTMENT).displayName("Sales"));
        directory.putUser(Calls.ALICE, new UserProfile().account(1L).extensionNumber("101").accountAdmin(true)
            .addDepartmentsItem(4L));
    }

    @Override
    public Calls.Refusal refusal(Exception thrown) {
        return thrown instanceof ApiException refused ? new Calls.Refusal(refused.getCode(), refused.getResponseBody()) : null;
    }

    @Override
    public boolean reads(String body, int status) throws Exception {
        return Calls.JSON.readValue(body, Problem.class).getStatus() == status;
    }

    private static Heartbeats online(String user) {
        return new Heartbeats().addHeartbeatsItem(
            new Heartbeat().userId(user).deviceId("DESK").state(PresenceState.ONLINE));
    }

    private static PresenceUpdates updates(String user) {
        return new PresenceUpdates().addUpdatesItem(
            new UserPresenceUpdate().userId(user).state(PresenceState.ONLINE));
    }

    /** What is said of many users, and who is in a room, is said by an admin. */
    private static Api asAdmin(String url, String token, String prefer) {
        return open(url, Calls.STRANGER.equals(token) ? token : "demo-admin", prefer);
    }

    /** What answers without a body, as a call. */
    private interface Action<A> {
        void act(A by, String argument) throws Exception;
    }

    private static Calls.Call<Api> without(Action<Api> action) {
        return (by, argument) -> {
            action.act(by, argument);
            return null;
        };
    }

    static void tryAll(String url) throws Exception {
        UserSettings busy = new UserSettings().override(OverrideName.BUSY);
        CallReport report =
            new CallReport().direction(Direction.INBOUND).telephonyStatus(TelephonyStatus.CALL_CONNECTED);
        PresenceUpdate said = new PresenceUpdate().state(PresenceState.ONLINE);
        AppTokenRequest backend =
            new AppTokenRequest().name("backend").addScopesItem(Scope.READ).addScopesItem(Scope.WRITE);
        Calls.tryEach((token, prefer) -> asAdmin(url, token, prefer), new PresencedCalls(), List.of(
            new Calls.Operation<>("updatePresence", (by, user) -> by.presence.updatePresence(updates(user)),
                Calls.ALICE, Calls.STRANGER, 401, 413),
            new Calls.Operation<>("addMember", without((by, user) -> by.directory.addMember(Calls.LOBBY, user)),
                Calls.CAROL, Calls.NOBODY, 404, 409),
            new Calls.Operation<>("removeMember", without((by, user) -> by.directory.removeMember(Calls.LOBBY, user)),
                Calls.CAROL, Calls.STRANGER, 401, 413),
            new Calls.Operation<>("createAppToken", (by, name) -> by.directory.createAppToken(backend),
                "backend", Calls.STRANGER, 401, 409),
            new Calls.Operation<>("endSessions", without((by, user) -> by.directory.endSessions(user)),
                Calls.CAROL, Calls.NOBODY, 404, 503)));
        Calls.tryEach((token, prefer) -> open(url, token, prefer), new PresencedCalls(), List.of(
            new Calls.Operation<>("putUserPresence", (by, user) -> by.presence.putUserPresence(user, said),
                Calls.ALICE, Calls.BOB, 403, 429),
            new Calls.Operation<>("whoami", (by, own) -> by.directory.whoami(), "own", Calls.STRANGER, 401, 503),
            new Calls.Operation<>("createTicket", (by, own) -> by.following.createTicket(),
                "own", Calls.STRANGER, 401, 413),
            new Calls.Operation<>("postActivity", without((by, own) -> by.presence.postActivity(null)),
                "own", Calls.STRANGER, 401, 413),
            new Calls.Operation<>("getRoomPresence",
                (by, room) -> by.presence.getRoomPresence(room, null, null, null),
                Calls.LOBBY, Calls.NO_ROOM, 404, 503),
            new Calls.Operation<>("getUserRooms", (by, user) -> by.presence.getUserRooms(user),
                Calls.ALICE, Calls.BOB, 403, 404),
            new Calls.Operation<>("deleteUserPresence",
                without((by, user) -> by.presence.deleteUserPresence(user, null)),
                Calls.ALICE, Calls.BOB, 403, 429),
            new Calls.Operation<>("putSettings", (by, user) -> by.presence.putSettings(user, busy),
                Calls.ALICE, Calls.BOB, 403, 429),
            new Calls.Operation<>("getSettings", (by, user) -> by.presence.getSettings(user),
                Calls.ALICE, Calls.BOB, 403, 404),
            new Calls.Operation<>("postHeartbeats", (by, user) -> by.presence.postHeartbeats(online(user)),
                Calls.ALICE, Calls.STRANGER, 401, 413),
            new Calls.Operation<>("getUserPresence", (by, user) -> by.presence.getUserPresence(user),
                Calls.ALICE, Calls.NOBODY, 404, 503),
            new Calls.Operation<>("queryPresence",
                (by, user) -> by.presence.queryPresence(new PresenceQuery().addUsersItem(user)),
                Calls.ALICE, Calls.STRANGER, 401, 403),
            new Calls.Operation<>("streamChanges",
                (by, user) -> by.presence.streamChanges(
                        user == null ? null : List.of(user), null, null, null, null, null, null),
                Calls.STREAM, "nobody", 400, 429),
            new Calls.Operation<>("putCall", without((by, user) -> by.presence.putCall(user, "c1", report)),
                Calls.ALICE, Calls.NOBODY, 404, 413),
            new Calls.Operation<>("deleteCall", without((by, user) -> by.presence.deleteCall(user, "c1")),
                Calls.ALICE, Calls.NOBODY, 404, 503),
            new Calls.Operation<>("getPresenceList", (by, user) -> by.lists.getPresenceList(user),
                Calls.ALICE, Calls.BOB, 403, 503),
            new Calls.Operation<>("acceptObserver", (by, observer) -> by.lists.acceptObserver(Calls.ALICE, observer),
                Calls.CAROL, Calls.BOB, 404, 429),
            new Calls.Operation<>("denyObserver",
                without((by, observer) -> by.lists.denyObserver(Calls.ALICE, observer)),
                Calls.CAROL, Calls.BOB, 404, 503)));
        PresenceState seen = open(url, "demo-bob", null).presence.getUserPresence(Calls.ALICE).getState();
        Calls.check(seen == PresenceState.BUSY, String.valueOf(seen));
    }
}
