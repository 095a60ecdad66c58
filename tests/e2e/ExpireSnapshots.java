import java.util.Map;
import org.apache.iceberg.CatalogUtil;
import org.apache.iceberg.Table;
import org.apache.iceberg.catalog.Catalog;
import org.apache.iceberg.catalog.TableIdentifier;

/**
 * What Spark's expire_snapshots does, with nothing spared that may go: every snapshot but the last and those that a
 * reference keeps; references that have outlived history.expire.max-ref-age-ms, too. Arguments: a REST catalog and a
 * table.
 */
public class ExpireSnapshots {
  public static void main(String[] arguments) throws Exception {
    Catalog catalog =
        CatalogUtil.buildIcebergCatalog("rest", Map.of("type", "rest", "uri", arguments[0]), null);
    Table table = catalog.loadTable(TableIdentifier.parse(arguments[1]));
    table.expireSnapshots().expireOlderThan(System.currentTimeMillis()).retainLast(1).commit();
  }
}
