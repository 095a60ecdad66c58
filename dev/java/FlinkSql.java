import java.nio.file.Files;
import java.nio.file.Path;
import org.apache.flink.configuration.Configuration;
import org.apache.flink.table.api.EnvironmentSettings;
import org.apache.flink.table.api.TableEnvironment;

/**
 * Runs a file of SQL statements on a Flink inside this process, each to its end. (Flink's own SQL client needs the SQL
 * gateway, whose jar is in no registry.)
 *
 * <p>Arguments: the file, then settings of Flink as KEY=VALUE.
 */
public final class FlinkSql {
  private FlinkSql() {}

  public static void main(String[] args) throws Exception {
    Configuration configuration = new Configuration();
    for (int i = 1; i < args.length; i++) {
      String[] setting = args[i].split("=", 2);
      configuration.setString(setting[0], setting[1]);
    }
    TableEnvironment flink =
        TableEnvironment.create(
            EnvironmentSettings.newInstance().inStreamingMode().withConfiguration(configuration).build());
    for (String statement : Files.readString(Path.of(args[0])).split(";\\s*(\\n|$)")) {
      if (!statement.isBlank()) {
        flink.executeSql(statement).await();
      }
    }
    System.exit(0); // threads of the cluster would keep the process
  }
}
