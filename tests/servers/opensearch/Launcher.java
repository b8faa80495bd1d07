import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Collection;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import org.opensearch.analysis.common.CommonAnalysisPlugin;
import org.opensearch.common.settings.Settings;
import org.opensearch.env.Environment;
import org.opensearch.geo.GeoModulePlugin;
import org.opensearch.index.mapper.MapperExtrasPlugin;
import org.opensearch.index.reindex.ReindexPlugin;
import org.opensearch.node.InternalSettingsPreparer;
import org.opensearch.node.Node;
import org.opensearch.painless.PainlessPlugin;
import org.opensearch.transport.Netty4Plugin;

/**
 * Runs one OpenSearch 2.19 node on loopback, without a distribution: arguments are its empty home folder and then
 * settings as key=value. Its HTTP address stands in HOME/logs/http.ports. It ends when standard input does, so that
 * it never outlives the tests that started it.
 */
public final class Launcher {
    private static final List<Class<?>> PLUGINS = List.of(
        Netty4Plugin.class, PainlessPlugin.class, CommonAnalysisPlugin.class, MapperExtrasPlugin.class,
        ReindexPlugin.class, GeoModulePlugin.class);

    public static void main(String[] arguments) throws Exception {
        Thread.setDefaultUncaughtExceptionHandler(Launcher::endOnError);
        Path home = Path.of(arguments[0]);
        Path config = Files.createDirectories(home.resolve("config"));
        Files.createDirectories(home.resolve("logs"));
        Environment environment = InternalSettingsPreparer.prepareEnvironment(
            settings(home, arguments), Map.of(), config, () -> "node-1");
        // The constructor that takes plugins which are on the class path is protected.
        var constructor = Node.class.getDeclaredConstructor(Environment.class, Collection.class, boolean.class);
        constructor.setAccessible(true);
        Node node = constructor.newInstance(environment, PLUGINS, false).start();
        while (System.in.read() >= 0) { }
        node.close();
        node.awaitClose(20, TimeUnit.SECONDS);
        System.exit(0);
    }

    private static Settings settings(Path home, String[] arguments) {
        Settings.Builder settings = Settings.builder()
            .put("path.home", home)
            .put("cluster.name", "tocsin-tests")
            .put("node.name", "node-1")
            .put("node.portsfile", true)
            .put("discovery.type", "single-node")
            .put("network.host", "127.0.0.1")
            .put("http.port", "0")
            .put("transport.port", "0")
            .put("cluster.routing.allocation.disk.threshold_enabled", false);
        for (int at = 1; at < arguments.length; at++) {
            String[] pair = arguments[at].split("=", 2);
            settings.put(pair[0], pair[1]);
        }
        return settings.build();
    }

    /** An Error in one of the server's threads would otherwise show as a request that is never answered. */
    private static void endOnError(Thread thread, Throwable failure) {
        failure.printStackTrace();
        if (failure instanceof Error) {
            Runtime.getRuntime().halt(3);
        }
    }
}
