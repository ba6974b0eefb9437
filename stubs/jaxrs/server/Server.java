import com.fasterxml.jackson.annotation.JsonInclude;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.net.InetSocketAddress;
import java.util.Set;
import javax.ws.rs.ext.ContextResolver;
import org.eclipse.jetty.server.ServerConnector;
import org.eclipse.jetty.servlet.ServletContextHandler;
import org.eclipse.jetty.servlet.ServletHolder;
import org.example.presence.RestApplication;
import org.example.presence.RestResourceRoot;
import org.jboss.resteasy.plugins.server.servlet.HttpServletDispatcher;

/** Serves {@link OwnPresence} below the base path that the stubs were generated with, and below that of newer clients. */
public final class Server extends RestApplication {
    private static final String NEWER = "/_matrix/client/v3";

    private static final OwnPresence PRESENCE = new OwnPresence();

    @Override
    public Set<Object> getSingletons() {
        return Set.of(PRESENCE, new Refused.Unreadable(), new WithoutNull());
    }

    /** What is not known is left out. */
    public static final class WithoutNull implements ContextResolver<ObjectMapper> {
        private final ObjectMapper mapper =
            new ObjectMapper().setSerializationInclusion(JsonInclude.Include.NON_NULL);

        @Override
        public ObjectMapper getContext(Class<?> type) {
            return mapper;
        }
    }

    public static void main(String[] arguments) throws Exception {
        var server = new org.eclipse.jetty.server.Server(new InetSocketAddress("127.0.0.1", 0));
        var context = new ServletContextHandler();
        for (String path : Set.of(RestResourceRoot.APPLICATION_PATH, NEWER)) {
            var servlet = new ServletHolder(path, HttpServletDispatcher.class);
            servlet.setInitParameter("javax.ws.rs.Application", Server.class.getName());
            servlet.setInitParameter("resteasy.servlet.mapping.prefix", path);
            context.addServlet(servlet, path + "/*");
        }
        server.setHandler(context);
        server.start();
        System.out.println("http://127.0.0.1:" + ((ServerConnector) server.getConnectors()[0]).getLocalPort());
        server.join();
    }
}
