import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import javax.ws.rs.core.Context;
import javax.ws.rs.core.HttpHeaders;
import org.example.presence.api.PresenceApi;
import org.example.presence.model.ListedEvent;
import org.example.presence.model.PresenceListUpdate;
import org.example.presence.model.PresenceState;
import org.example.presence.model.PresenceStatus;
import org.example.presence.model.PresenceUpdate;

/** Presence of three users in memory, behind the interface that is generated from the document of Matrix. */
public final class OwnPresence implements PresenceApi {
    private static final String ALICE = "@alice:example.com";
    private static final String BOB = "@bob:example.com";
    private static final String CAROL = "@carol:example.com";

    private static final Map<String, String> USERS =
        Map.of("demo-alice", ALICE, "demo-bob", BOB, "demo-carol", CAROL);
    /** Who shares a room. */
    private static final Set<String> ROOM = Set.of(ALICE, BOB);

    private record Said(PresenceUpdate update, Instant at) {}

    private final Map<String, Said> said = new ConcurrentHashMap<>();

    @Context private HttpHeaders headers;

    @Override
    public PresenceStatus getPresence(String userId) {
        String caller = caller();
        if (!userId.startsWith("@")) {
            throw Refused.of(400, "M_INVALID_PARAM", "A user id starts with `@`");
        }
        if (!caller.equals(userId) && !(ROOM.contains(caller) && ROOM.contains(userId))) {
            throw Refused.of(403, "M_FORBIDDEN", "You are not allowed to see their presence");
        }
        Said known = said.get(userId);
        if (known == null) {
            return new PresenceStatus().presence(PresenceState.OFFLINE);
        }
        PresenceState state = known.update.getPresence();
        // To the second, which is enough here.
        long ago = Duration.between(known.at, Instant.now()).toSeconds() * 1000;
        return new PresenceStatus().presence(state).statusMsg(known.update.getStatusMsg()).lastActiveAgo(ago)
            .currentlyActive(state == PresenceState.ONLINE ? true : null);
    }

    @Override
    public Object setPresence(String userId, PresenceUpdate update) {
        if (!caller().equals(userId)) {
            throw Refused.of(403, "M_FORBIDDEN", "You can only set your own presence");
        }
        if (update == null || update.getPresence() == null) {
            throw Refused.of(400, "M_BAD_JSON", "`presence` is missing");
        }
        said.put(userId, new Said(update, Instant.now()));
        return Map.of();
    }

    @Override
    public List<ListedEvent> getPresenceList(String userId) {
        return List.of();
    }

    @Override
    public Object modifyPresenceList(String userId, PresenceListUpdate update) {
        throw Refused.of(403, "M_FORBIDDEN", "There are no presence lists here");
    }

    private String caller() {
        String header = headers.getHeaderString(HttpHeaders.AUTHORIZATION);
        String user = header == null ? null : USERS.get(header.replaceFirst("(?i)^Bearer ", ""));
        if (user == null) {
            throw Refused.unknownToken(header == null);
        }
        return user;
    }
}
