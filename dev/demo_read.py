"""Reads the demo's table with PyIceberg and DuckDB: dev/demo_read.py DEMO_DIR NAMESPACE.TABLE

Fails when the two do not see the same rows.
"""

import sys
from pathlib import Path
from urllib.parse import unquote, urlparse

import duckdb
import duckdb_extension_avro
import duckdb_extension_iceberg
from pyiceberg.catalog import load_catalog


def duckdb_with_iceberg() -> duckdb.DuckDBPyConnection:
    """DuckDB with the extensions from their Python packages, so that nothing is downloaded while it runs."""
    connection = duckdb.connect(config={"autoinstall_known_extensions": "false"})
    for module, name in ((duckdb_extension_avro, "avro"), (duckdb_extension_iceberg, "iceberg")):
        (extension,) = Path(module.__file__).parent.glob(f"extensions/*/{name}.duckdb_extension")
        connection.execute(f"LOAD '{extension}'")
    return connection


def local_path(uri: str) -> str:
    return unquote(urlparse(uri).path)


def main(demo_dir: str, name: str) -> None:
    catalog = load_catalog("frazil", type="sql", uri=f"sqlite:///{demo_dir}/catalog.db",
                           warehouse=f"file://{demo_dir}/warehouse")
    table = catalog.load_table(name)
    rows = table.scan().to_arrow()
    print(f"PyIceberg: {rows.num_rows} rows; the first three:")
    for row in rows.slice(0, 3).to_pylist():
        print(f"  {row}")

    metadata = local_path(table.metadata_location)
    connection = duckdb_with_iceberg()
    (count,) = connection.sql(f"SELECT count(*) FROM iceberg_scan('{metadata}')").fetchone()
    print(f"DuckDB: {count} rows; by city:")
    print(connection.sql(f"""
        SELECT city, count(*) AS records, round(avg(CAST(temperature AS DOUBLE)), 1) AS mean_temperature
        FROM iceberg_scan('{metadata}') GROUP BY city ORDER BY city LIMIT 8"""))
    if count != rows.num_rows:
        sys.exit(f"PyIceberg sees {rows.num_rows} rows and DuckDB {count}")


if __name__ == "__main__":
    main(*sys.argv[1:])
