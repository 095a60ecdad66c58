import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import org.apache.iceberg.MetadataUpdateParser;
import org.apache.iceberg.TableMetadata;
import org.apache.iceberg.TableMetadataParser;
import org.apache.iceberg.UpdateRequirementParser;

/**
 * What the reference makes of metadata, updates and requirements that Frazil wrote. Run by metadata_test.py with a
 * list of directories. In each, base.json gets the updates (one a line) applied after the requirements were checked,
 * and becomes result.json.
 */
public class MetadataCheck {
  public static void main(String[] directories) throws IOException {
    for (String name : directories) {
      Path directory = Path.of(name);
      Path base = directory.resolve("base.json");
      TableMetadata metadata = TableMetadataParser.fromJson(base.toString(), Files.readString(base));
      for (String line : Files.readAllLines(directory.resolve("requirements"))) {
        UpdateRequirementParser.fromJson(line).validate(metadata);
      }
      TableMetadata.Builder builder = TableMetadata.buildFrom(metadata);
      for (String line : Files.readAllLines(directory.resolve("updates"))) {
        MetadataUpdateParser.fromJson(line).applyTo(builder);
      }
      Files.writeString(directory.resolve("result.json"), TableMetadataParser.toJson(builder.build()));
    }
  }
}
