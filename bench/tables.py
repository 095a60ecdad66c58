"""The tables that contestants write into: made for them, watched while they write, and read by DuckDB afterwards."""

import http.client
import json
import os
import shutil
from dataclasses import dataclass
from pathlib import Path

import duckdb
import duckdb_extension_avro
import duckdb_extension_iceberg
from pyiceberg.catalog import load_catalog

from bench.loads import Load
from bench.servers import RestCatalog

NAMESPACE = "bench"
PROPERTIES = {"format-version": "2", "write.parquet.compression-codec": "zstd"}


@dataclass(frozen=True)
class Written:
    rows: int
    distinct: int  # values of the load's key column
    files: int
    bytes: int
    commits: int


class Table:
    """A table of one run, dropped with its files at the end of it."""

    def __init__(self, server: RestCatalog, name: str, load: Load):
        self.load, self.name = load, name
        self.path = f"/v1/namespaces/{NAMESPACE}/tables/{name}"
        self.catalog = load_catalog("bench", type="rest", uri=server.address)
        self.catalog.create_namespace_if_not_exists(NAMESPACE)
        made = self.catalog.create_table(f"{NAMESPACE}.{name}", load.schema, partition_spec=load.spec,
                                         properties=PROPERTIES)
        self.directory = Path(made.location().removeprefix("file://"))
        self.connection = server.connect()

    def visible_rows(self) -> int:
        """What the table holds now, as a query that starts now would see it. A cheap question: it is asked often."""
        try:
            self.connection.request("GET", f"{self.path}?snapshots=refs")
            metadata = json.load(self.connection.getresponse())["metadata"]
        except (http.client.HTTPException, OSError):
            self.connection.close()  # the next request opens it again
            return 0
        current = [s for s in metadata.get("snapshots", []) if s["snapshot-id"] == metadata["current-snapshot-id"]]
        return int(current[0]["summary"]["total-records"]) if current else 0

    def read(self) -> Written:
        table = self.catalog.load_table(f"{NAMESPACE}.{self.name}")
        rows, distinct = duck_db().sql(
            f"SELECT count(*), count(DISTINCT \"{self.load.key}\") FROM "
            f"iceberg_scan('{table.metadata_location.removeprefix('file://')}')").fetchone()
        files = [Path(folder, name) for folder, _, names in os.walk(self.directory / "data") for name in names
                 if name.endswith(".parquet")]
        return Written(rows=rows, distinct=distinct, files=len(files), bytes=sum(f.stat().st_size for f in files),
                       commits=len(table.metadata.snapshots))

    def drop(self) -> None:
        self.connection.close()
        self.catalog.drop_table(f"{NAMESPACE}.{self.name}")
        shutil.rmtree(self.directory, ignore_errors=True)


def duck_db() -> duckdb.DuckDBPyConnection:
    """With its extensions from their Python packages, so that nothing is downloaded."""
    connection = duckdb.connect(config={"autoinstall_known_extensions": "false"})
    for module, name in ((duckdb_extension_avro, "avro"), (duckdb_extension_iceberg, "iceberg")):
        (extension,) = Path(module.__file__).parent.glob(f"extensions/*/{name}.duckdb_extension")
        connection.execute(f"LOAD '{extension}'")
    return connection
