"""DuckDB as a reader of Iceberg tables without a catalog."""

from pathlib import Path

import duckdb
import duckdb_extension_avro
import duckdb_extension_iceberg


def connect():
    connection = duckdb.connect(config={"autoinstall_known_extensions": "false"})
    for module, name in ((duckdb_extension_avro, "avro"), (duckdb_extension_iceberg, "iceberg")):
        (extension,) = Path(module.__file__).parent.glob(f"extensions/*/{name}.duckdb_extension")
        connection.execute(f"LOAD '{extension}'")
    return connection


def lake(p, table: str = "db.events"):
    """A connection in which the pipeline's table is the view `here`."""
    connection = connect()
    metadata = p.catalog().load_table(table).metadata_location
    connection.execute(f"CREATE VIEW here AS SELECT * FROM iceberg_scan('{metadata.removeprefix('file://')}')")
    return connection
