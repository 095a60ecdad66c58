package org.apache.iceberg.rest;

import java.io.Reader;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.Map;
import java.util.Properties;
import org.apache.hadoop.conf.Configuration;
import org.apache.iceberg.CatalogUtil;
import org.apache.iceberg.catalog.Catalog;
import org.eclipse.jetty.server.Server;
import org.eclipse.jetty.server.handler.gzip.GzipHandler;
import org.eclipse.jetty.servlet.ServletContextHandler;
import org.eclipse.jetty.servlet.ServletHolder;

/**
 * Serves a catalog by Iceberg's REST protocol on the loopback address only. Iceberg's own RESTCatalogServer listens on
 * every address and has no setting for it; its adapter is package-private, which is why this class is in its package.
 *
 * <p>Arguments: the port, and a properties file that configures the catalog behind.
 */
public final class LoopbackRestCatalog {
  private LoopbackRestCatalog() {}

  public static void main(String[] args) throws Exception {
    int port = Integer.parseInt(args[0]);
    Map<String, String> config = new HashMap<>();
    try (Reader file = Files.newBufferedReader(Path.of(args[1]))) {
      Properties properties = new Properties();
      properties.load(file);
      properties.forEach((key, value) -> config.put(key.toString(), value.toString()));
    }
    Catalog catalog = CatalogUtil.buildIcebergCatalog("rest_backend", config, new Configuration());
    RESTCatalogAdapter adapter =
        new RESTServerCatalogAdapter(new RESTCatalogServer.CatalogContext(catalog, config));

    ServletContextHandler context = new ServletContextHandler();
    context.addServlet(new ServletHolder(new RESTCatalogServlet(adapter)), "/*");
    context.insertHandler(new GzipHandler());
    Server server = new Server(new InetSocketAddress(InetAddress.getLoopbackAddress(), port));
    server.setHandler(context);
    server.start();
    server.join();
  }
}
