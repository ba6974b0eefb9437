import com.fasterxml.jackson.databind.ObjectMapper;
import java.net.http.HttpRequest;
import java.util.List;
import java.util.function.Consumer;

/**
 * Calls every presence operation of the four documents, and what an application signs its users in with, through the stubs that are generated from them, against a demo
 * whose address is the argument. Each succeeds, is refused as its document says, and is refused otherwise as the header
 * Prefer asks for.
 */
final class Calls {
    static final String ALICE = "@alice:example.com";
    static final String BOB = "@bob:example.com";
    static final String CAROL = "@carol:example.com";
    static final String SALES = "@sales:example.com";
    static final String NOBODY = "@nobody:example.com";

    static final String LOBBY = "!lobby:example.com";
    static final String NO_ROOM = "!nobody:example.com";

    /** As an argument: the operation has none that could be wrong, but for the token. */
    static final String STRANGER = "stranger";
    /** As an argument: the answer is a stream, which these stubs take for JSON: it is refused alone. */
    static final String STREAM = null;

    private Calls() {}

    /** How the stubs of a document, whose operations are those of {@code A}, are opened with a token and a preference. */
    interface Opening<A> {
        A open(String token, String prefer);
    }

    interface Call<A> {
        Object call(A by, String argument) throws Exception;
    }

    /** An operation with an argument that is right and one that is refused; another status is asked for. */
    record Operation<A>(String name, Call<A> call, String good, String bad, int refused, int preferred) {}

    record Refusal(int status, String body) {}

    /** What the stubs of a document throw, and whether a body is an error as the document has it. */
    interface Reading {
        /** Null if it is something else. */
        Refusal refusal(Exception thrown);

        boolean reads(String body, int status) throws Exception;
    }

    static final ObjectMapper JSON = new ObjectMapper();

    /** None of these stubs puts a token into the header by itself. */
    static Consumer<HttpRequest.Builder> headers(String token, String prefer) {
        return request -> {
            request.header("Authorization", "Bearer " + token);
            if (prefer != null) {
                request.header("Prefer", prefer);
            }
        };
    }

    static <A> void tryEach(Opening<A> opening, Reading reading, List<Operation<A>> operations) throws Exception {
        for (Operation<A> tried : operations) {
            if (tried.good != STREAM) {
                tried.call.call(opening.open("demo-alice", null), tried.good);
            }
            String token = STRANGER.equals(tried.bad) ? STRANGER : "demo-alice";
            refused(tried, opening.open(token, null), tried.bad, tried.refused, reading);
            refused(tried, opening.open("demo-alice", "code=" + tried.preferred), tried.good, tried.preferred, reading);
            System.out.printf("%s: %s%d, %d%n", tried.name, tried.good == STREAM ? "" : "succeeds, ", tried.refused, tried.preferred);
        }
    }

    private static <A> void refused(Operation<A> tried, A by, String argument, int status, Reading reading)
            throws Exception {
        try {
            tried.call.call(by, argument);
        } catch (Exception thrown) {
            Refusal refusal = reading.refusal(thrown);
            if (refusal == null) {
                throw thrown;
            }
            check(refusal.status == status, tried.name + ": " + refusal.status + " instead of " + status);
            check(reading.reads(refusal.body, status), tried.name + ": cannot be read: " + refusal.body);
            return;
        }
        throw new IllegalStateException(tried.name + " is not refused");
    }

    static void check(boolean holds, String what) {
        if (!holds) {
            throw new IllegalStateException(what);
        }
    }

    public static void main(String[] arguments) throws Exception {
        String base = arguments[0].replaceAll("/+$", "");
        PresencedCalls.prepare(base);
        MatrixCalls.tryAll(base + "/_matrix/client/v3");
        PnutCalls.tryAll(base + "/v0");
        RingCentralCalls.tryAll(base);
        PresencedCalls.tryAll(base);
    }
}
