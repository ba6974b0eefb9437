import java.util.List;
import org.example.ringcentral.ApiClient;
import org.example.ringcentral.ApiException;
import org.example.ringcentral.api.PresenceApi;
import org.example.ringcentral.model.CallQueueId;
import org.example.ringcentral.model.CallQueueMemberUpdate;
import org.example.ringcentral.model.CallQueueUpdatePresence;
import org.example.ringcentral.model.ErrorResponse;
import org.example.ringcentral.model.ExtensionCallQueueUpdate;
import org.example.ringcentral.model.ExtensionCallQueueUpdatePresenceList;
import org.example.ringcentral.model.MonitoredExtensionId;
import org.example.ringcentral.model.MonitoredExtensionUpdate;
import org.example.ringcentral.model.MonitoredExtensionsUpdate;
import org.example.ringcentral.model.PresenceInfoResource;

final class RingCentralCalls implements Calls.Reading {
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
        return Calls.JSON.readValue(body, ErrorResponse.class).getErrorCode() != null;
    }

    static void tryAll(String url) throws Exception {
        PresenceInfoResource lunch = new PresenceInfoResource().message("lunch");
        MonitoredExtensionsUpdate monitored = new MonitoredExtensionsUpdate()
            .addRecordsItem(new MonitoredExtensionUpdate().extension(new MonitoredExtensionId().id("2")));
        CallQueueUpdatePresence members = new CallQueueUpdatePresence()
            .addRecordsItem(new CallQueueMemberUpdate().member(new CallQueueId().id("1")).acceptCurrentQueueCalls(false));
        ExtensionCallQueueUpdatePresenceList queues = new ExtensionCallQueueUpdatePresenceList()
            .addRecordsItem(new ExtensionCallQueueUpdate().callQueue(new CallQueueId().id("4")).acceptCalls(true));
        Calls.tryEach((token, prefer) -> open(url, token, prefer), new RingCentralCalls(), List.of(
            new Calls.Operation<>("UpdateUserPresenceStatus",
                (by, extension) -> by.updateUserPresenceStatus("~", extension, lunch), "~", "9999", 404, 415),
            new Calls.Operation<>("ReadUserPresenceStatus",
                (by, extension) -> by.readUserPresenceStatus("~", extension, null, null, null), "~", "9999", 404, 429),
            new Calls.Operation<>("ReadAccountPresence",
                (by, account) -> by.readAccountPresence(account, null, null, null, null, null), "~", "999", 404, 503),
            new Calls.Operation<>("updateMonitoredExtensions",
                (by, extension) -> by.updateMonitoredExtensions("~", extension, monitored), "~", "9999", 404, 413),
            new Calls.Operation<>("readMonitoredExtensions",
                (by, extension) -> by.readMonitoredExtensions("~", extension), "~", "9999", 404, 429),
            new Calls.Operation<>("updateCallQueuePresence",
                (by, group) -> by.updateCallQueuePresence("~", group, members), "4", "9999", 404, 403),
            new Calls.Operation<>("readCallQueuePresence",
                (by, group) -> by.readCallQueuePresence("~", group), "4", "9999", 404, 429),
            new Calls.Operation<>("updateExtensionCallQueuePresence",
                (by, extension) -> by.updateExtensionCallQueuePresence("~", extension, queues), "~", "9999", 404, 400),
            new Calls.Operation<>("readExtensionCallQueuePresence",
                (by, extension) -> by.readExtensionCallQueuePresence("~", extension), "~", "9999", 404, 503)));
        String seen = open(url, "demo-bob", null).readUserPresenceStatus("~", "1", null, null, null).getMessage();
        Calls.check(seen.equals("lunch"), seen);
    }
}
