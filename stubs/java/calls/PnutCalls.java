import java.util.List;
import org.example.pnut.ApiClient;
import org.example.pnut.ApiException;
import org.example.pnut.api.PresenceApi;
import org.example.pnut.model.ErrorAnswer;
import org.example.pnut.model.PresenceUpdate;

final class PnutCalls implements Calls.Reading {
    private static PresenceApi open(String url, String token, String prefer) {
        ApiClient client = new ApiClient();
        client.updateBaseUri(url);
        client.setRequestInterceptor(Calls.headers(token, prefer));
        return new PresenceApi(client);
    }

    @Override
    public Calls.Refusal refusal(Exception thrown) {
        return thrown instanceof ApiException refused ? new Calls.Refusal(refused.getCode(), refused.getResponseBody()) : null;
    }

    @Override
    public boolean reads(String body, int status) throws Exception {
        return Calls.JSON.readValue(body, ErrorAnswer.class).getMeta().getCode() == status;
    }

    static void tryAll(String url) throws Exception {
        PresenceUpdate reading = new PresenceUpdate().presence("reading");
        Calls.tryEach((token, prefer) -> open(url, token, prefer), new PnutCalls(), List.of(
            new Calls.Operation<>("setPresence",
                (by, user) -> by.setPresence(user, null, null, null, null, reading), "me", "2", 403, 413),
            new Calls.Operation<>("getPresence", (by, user) -> by.getPresence(user, null, null), "me", "999", 404, 429),
            new Calls.Operation<>("getPresenceByAlias",
                (by, user) -> by.getPresenceByAlias(user, null, null), "1", "999", 404, 503),
            new Calls.Operation<>("listPresence",
                (by, everybody) -> by.listPresence(null, null), "everybody", Calls.STRANGER, 401, 429)));
        String seen = open(url, "demo-bob", null).getPresence("1", null, null).getData().getPresence();
        Calls.check(seen.equals("reading"), seen);
    }
}
