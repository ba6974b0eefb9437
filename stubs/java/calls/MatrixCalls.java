import java.util.List;
import org.example.matrix.ApiClient;
import org.example.matrix.ApiException;
import org.example.matrix.api.PresenceApi;
import org.example.matrix.api.PresenceListsApi;
import org.example.matrix.model.LimitExceeded;
import org.example.matrix.model.MatrixError;
import org.example.matrix.model.PresenceListUpdate;
import org.example.matrix.model.PresenceState;
import org.example.matrix.model.PresenceStatus;
import org.example.matrix.model.PresenceUpdate;

final class MatrixCalls implements Calls.Reading {
    private record Api(PresenceApi presence, PresenceListsApi lists) {}

    private static Api open(String url, String token, String prefer) {
        ApiClient client = new ApiClient();
        client.updateBaseUri(url);
        client.setRequestInterceptor(Calls.headers(token, prefer));
        return new Api(new PresenceApi(client), new PresenceListsApi(client));
    }

    @Override
    public Calls.Refusal refusal(Exception thrown) {
        return thrown instanceof ApiException refused ? new Calls.Refusal(refused.getCode(), refused.getResponseBody()) : null;
    }

    @Override
    public boolean reads(String body, int status) throws Exception {
        if (status != 429) {
            return Calls.JSON.readValue(body, MatrixError.class).getErrcode() != null;
        }
        LimitExceeded limited = Calls.JSON.readValue(body, LimitExceeded.class);
        return limited.getErrcode().equals("M_LIMIT_EXCEEDED") && limited.getRetryAfterMs() > 0;
    }

    static void tryAll(String url) throws Exception {
        PresenceUpdate online = new PresenceUpdate().presence(PresenceState.ONLINE).statusMsg("on call");
        PresenceListUpdate invite = new PresenceListUpdate().addInviteItem(Calls.CAROL);
        Calls.tryEach((token, prefer) -> open(url, token, prefer), new MatrixCalls(), List.of(
            new Calls.Operation<>("setPresence", (by, user) -> by.presence.setPresence(user, online),
                Calls.ALICE, Calls.BOB, 403, 429),
            new Calls.Operation<>("getPresence", (by, user) -> by.presence.getPresence(user),
                Calls.ALICE, Calls.CAROL, 403, 404),
            new Calls.Operation<>("modifyPresenceList", (by, user) -> by.lists.modifyPresenceList(user, invite),
                Calls.ALICE, Calls.BOB, 400, 429),
            new Calls.Operation<>("getPresenceList", (by, user) -> by.lists.getPresenceList(user),
                Calls.ALICE, "nobody", 400, 503)));
        PresenceStatus seen = open(url, "demo-alice", null).presence.getPresence(Calls.ALICE);
        Calls.check(seen.getPresence() == PresenceState.ONLINE && seen.getStatusMsg().equals("on call"), seen.toString());
        // Carol asks to see alice, who answers through presenced's own document.
        PresenceListUpdate asking = new PresenceListUpdate().addInviteItem(Calls.ALICE);
        open(url, "demo-carol", null).lists.modifyPresenceList(Calls.CAROL, asking);
    }
}
