import com.fasterxml.jackson.databind.JsonMappingException;
import javax.ws.rs.WebApplicationException;
import javax.ws.rs.core.MediaType;
import javax.ws.rs.core.Response;
import javax.ws.rs.ext.ExceptionMapper;
import org.example.presence.model.MatrixError;

/** Refusals as the document has them. */
final class Refused {
    private Refused() {}

    static WebApplicationException of(int status, String code, String text) {
        return new WebApplicationException(answer(status, new MatrixError().errcode(code).error(text)));
    }

    static WebApplicationException unknownToken(boolean missing) {
        MatrixError error = missing
            ? new MatrixError().errcode("M_MISSING_TOKEN").error("Missing access token")
            : new MatrixError().errcode("M_UNKNOWN_TOKEN").error("Unrecognised access token").softLogout(false);
        return new WebApplicationException(answer(401, error));
    }

    private static Response answer(int status, MatrixError error) {
        return Response.status(status).type(MediaType.APPLICATION_JSON_TYPE).entity(error).build();
    }

    /** A body that is not what the document says. */
    public static final class Unreadable implements ExceptionMapper<JsonMappingException> {
        @Override
        public Response toResponse(JsonMappingException error) {
            return answer(400, new MatrixError().errcode("M_BAD_JSON").error("The body is not as documented"));
        }
    }
}
