"""Our SQL catalog and those that share its file: PyIceberg's SqlCatalog, the reference's JdbcCatalog, path readers."""

import json
import sqlite3
import subprocess
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path

import pyarrow as pa
import pytest
from pyiceberg.catalog import load_catalog
from pyiceberg.catalog.sql import SqlCatalog
from pyiceberg.schema import Schema
from pyiceberg.types import LongType, NestedField, StringType

from duck import connect
from our_catalog import PARTITIONED, WEATHER, OurCatalog, append_by_pyiceberg, rows_of, write_data_file

ROWS = [{"id": 1, "city": "Oslo", "at": None}, {"id": 2, "city": None, "at": None}]
MORE = [{"id": 3, "city": "Lima", "at": None}]
SIMPLE = Schema(NestedField(1, "id", LongType(), required=True), NestedField(2, "city", StringType()))


@pytest.fixture
def database(tmp_path) -> Path:
    return tmp_path / "catalog.db"


@pytest.fixture
def ours(tmp_path, database, warehouse):
    return OurCatalog(tmp_path, type="sql", uri=f"sqlite:///{database}", warehouse=f"file://{warehouse}")


def pyiceberg(database: Path, warehouse: Path, name: str = "frazil") -> SqlCatalog:
    return SqlCatalog(name, uri=f"sqlite:///{database}", warehouse=f"file://{warehouse}")


def test_pyiceberg_opens_what_we_made(ours, database, warehouse):
    ours("create-namespace", "db")
    created = ours("create-table", "db.weather", PARTITIONED)
    theirs = pyiceberg(database, warehouse)
    assert theirs.list_namespaces() == [("db",)]
    assert theirs.list_tables("db") == [("db", "weather")]
    table = theirs.load_table("db.weather")
    assert table.metadata_location == created["metadata-location"]
    assert table.location() == f"file://{warehouse}/db/weather"
    assert str(table.metadata.table_uuid) == created["metadata"]["table-uuid"]
    assert str(table.spec()) == "[\n  1000: at_day: day(3)\n  1001: city_bucket: bucket[8](2)\n]"
    assert table.properties["owner"] == "frazil"
    assert table.schema().find_field("id").doc == "a number"


def test_both_append_in_turn(ours, database, warehouse):
    ours("create-namespace", "db")
    ours("create-table", "db.weather", WEATHER)
    table = pyiceberg(database, warehouse).load_table("db.weather")
    ours.append("db.weather", write_data_file(table, "one", ROWS))
    table = table.refresh()
    assert rows_of(table) == ROWS
    assert table.current_snapshot().summary["total-records"] == "2"

    table.append(table.scan().to_arrow().slice(0, 1))
    with table.update_schema() as update:
        update.add_column("extra", LongType())
    ours.append("db.weather", write_data_file(table, "two", [row | {"extra": 7} for row in MORE]))
    table = table.refresh()
    assert [row["id"] for row in rows_of(table)] == [1, 1, 2, 3]
    assert rows_of(table)[-1]["extra"] == 7
    assert [entry.metadata_file for entry in table.metadata.metadata_log][-1].rsplit("/", 1)[1].startswith("00003-")

    ours("add-column", "db.weather", "humidity", "double")
    assert str(table.refresh().schema().find_type("humidity")) == "double"


def test_we_open_what_pyiceberg_made(ours, database, warehouse):
    theirs = pyiceberg(database, warehouse)
    theirs.create_namespace("db.inner", {"comment": "theirs"})
    table = theirs.create_table("db.inner.t", SIMPLE, properties={"write.metadata.compression-codec": "none"})
    assert ours("list-namespaces") == [["db"], ["db", "inner"]]
    assert ours("list-tables", "db.inner") == ["db.inner.t"]
    loaded = ours("load", "db.inner.t")
    assert loaded["metadata-location"] == table.metadata_location
    ours.append("db.inner.t", write_data_file(table, "one", [{"id": 1, "city": "Oslo"}]))
    assert rows_of(table.refresh()) == [{"id": 1, "city": "Oslo"}]
    assert ours.error("create-namespace", "db.inner").startswith("already exists: ")
    assert ours.error("load", "db.inner.u").startswith("not found: ")


def test_files_of_a_v1_snapshot_without_a_manifest_list(frazil, database, warehouse):
    """As the oldest writers left them: the snapshot names its manifests itself (spec, "Snapshots", `manifests`)."""
    theirs = pyiceberg(database, warehouse)
    theirs.create_namespace("db")
    table = theirs.create_table("db.old", SIMPLE, properties={"format-version": "1"})
    for number in (1, 2):
        table.append(pa.Table.from_pylist([{"id": number, "city": "Oslo"}], schema=table.schema().as_arrow()))
        with table.update_spec() as update:
            update.add_identity("city") if number == 1 else update.remove_field("city")
    manifests = [manifest.manifest_path for manifest in table.current_snapshot().manifests(table.io)]
    assert table.format_version == 1 and len(manifests) == 2
    metadata = Path(table.metadata_location.removeprefix("file://"))
    content = json.loads(metadata.read_text())
    for snapshot in content["snapshots"]:
        del snapshot["manifest-list"], snapshot["summary"]
        snapshot["manifests"] = manifests
    metadata.write_text(json.dumps(content))

    where = ("db.old", "--catalog", f"sqlite:///{database}", "--warehouse", f"file://{warehouse}", "--json")
    files = json.loads(frazil.run("table", "files", *where).stdout)
    assert [(file["spec_id"], file["partition"], file["records"]) for file in files] == [
        (1, "city=Oslo", 1), (0, None, 1)]
    snapshots = json.loads(frazil.run("table", "snapshots", *where).stdout)
    assert [row["snapshot_id"] for row in snapshots] == [row["snapshot-id"] for row in content["snapshots"]]


def test_a_file_of_schema_v0_stays_v0(ours, database, warehouse):
    with sqlite3.connect(database) as connection:
        connection.execute("CREATE TABLE iceberg_tables (catalog_name VARCHAR(255) NOT NULL, table_namespace "
                           "VARCHAR(255) NOT NULL, table_name VARCHAR(255) NOT NULL, metadata_location VARCHAR(1000), "
                           "previous_metadata_location VARCHAR(1000), PRIMARY KEY (catalog_name, table_namespace, "
                           "table_name))")
        connection.execute("CREATE TABLE iceberg_namespace_properties (catalog_name VARCHAR(255) NOT NULL, namespace "
                           "VARCHAR(255) NOT NULL, property_key VARCHAR(255), property_value VARCHAR(1000), "
                           "PRIMARY KEY (catalog_name, namespace, property_key))")
    ours("create-namespace", "db")
    ours("create-table", "db.weather", WEATHER)
    table = pyiceberg(database, warehouse).load_table("db.weather")
    ours.append("db.weather", write_data_file(table, "one", ROWS))
    assert rows_of(table.refresh()) == ROWS
    columns = [row[1] for row in sqlite3.connect(database).execute("PRAGMA table_info(iceberg_tables)")]
    assert "iceberg_type" not in columns


@contextmanager
def reference(data: Path):
    """The reference's JdbcCatalog on the SQLite file in `data`, behind its REST server."""
    script = Path(__file__).resolve().parent.parent.parent / "dev" / "rest-catalog"
    try:
        address = subprocess.check_output([script, "start", "--data", data, "--port", "free"], text=True).strip()
        yield load_catalog("theirs", type="rest", uri=address)
    finally:
        subprocess.run([script, "stop", "--data", data], check=True)


def test_the_reference_and_we_take_turns_on_a_file(tmp_path):
    """In turn, not at once: as long as the reference runs on a SQLite file it keeps a read lock."""
    data = tmp_path / "server"
    ours = OurCatalog(tmp_path, type="sql", uri=f"sqlite:///{data}/catalog.db", warehouse=f"file://{data}/warehouse",
                      name="rest_backend")
    ours("create-namespace", "db")
    created = ours("create-table", "db.weather", PARTITIONED)
    with reference(data) as theirs:
        assert theirs.list_tables("db") == [("db", "weather")]
        assert theirs.load_table("db.weather").metadata_location == created["metadata-location"]
        theirs.create_namespace("java")
        table = theirs.create_table("java.weather", SIMPLE)
        assert table.location() == f"file://{data}/warehouse/java/weather", "which is where we would have put it"
        file = write_data_file(table, "one", [{"id": 1, "city": "Oslo"}])
    ours.append("java.weather", file)
    assert ours("list-namespaces") == [["db"], ["java"]]
    with reference(data) as theirs:
        table = theirs.load_table("java.weather")
        assert rows_of(table) == [{"id": 1, "city": "Oslo"}]
        table.append(table.scan().to_arrow())
        assert ours("load", "java.weather")["metadata"]["snapshots"][-1]["summary"]["total-records"] == "2"


def test_of_rivals_each_is_in_once(ours, database, warehouse):
    """Eight of our processes and PyIceberg append at the same time."""
    ours("create-namespace", "db")
    ours("create-table", "db.weather", WEATHER)
    table = pyiceberg(database, warehouse).load_table("db.weather")
    files = [write_data_file(table, f"file-{i}", [{"id": i, "city": None, "at": None}]) for i in range(16)]
    with ThreadPoolExecutor(8) as pool:
        theirs = pool.submit(append_by_pyiceberg, lambda: pyiceberg(database, warehouse).load_table("db.weather"), 5)
        list(pool.map(lambda file: ours.append("db.weather", file), files))
        appended = theirs.result()
    ids = [row["id"] for row in rows_of(table.refresh())]
    assert ids == list(range(16)) + [100] * appended
    assert ours("commit-stale", "db.weather") == "commit conflict"


def test_a_locked_file_is_waited_for(ours, database, warehouse):
    ours("create-namespace", "db")
    ours("create-table", "db.weather", WEATHER)
    connection = sqlite3.connect(database, isolation_level=None)
    connection.execute("BEGIN IMMEDIATE")
    with ThreadPoolExecutor(1) as pool:
        setting = pool.submit(ours, "set-property", "db.weather", "a", "b")
        with pytest.raises(TimeoutError):
            setting.result(1.5)
        connection.execute("COMMIT")
        assert setting.result(20)["metadata"]["properties"]["a"] == "b"


@pytest.fixture(scope="module")
def duck():
    return connect()


@pytest.mark.parametrize("codec", ["none", "gzip"])
def test_readers_without_a_catalog_find_the_table(ours, database, warehouse, duck, codec):
    ours("create-namespace", "db")
    ours("create-table", "db.weather", WEATHER | {"properties": {"write.metadata.compression-codec": codec}})
    table = pyiceberg(database, warehouse).load_table("db.weather")
    for number, rows in enumerate((ROWS, MORE)):
        ours.append("db.weather", write_data_file(table, f"file-{number}", rows))
    found = duck.sql(f"SELECT id, city FROM iceberg_scan('{warehouse}/db/weather') ORDER BY id").fetchall()
    assert found == [(1, "Oslo"), (2, None), (3, "Lima")]


def test_what_cannot_be_had_is_said(tmp_path, database, warehouse):
    refused = OurCatalog(tmp_path, type="sql", uri=f"sqlite:///{database}", warehouse="hdfs://namenode/warehouse")
    assert refused.error("list-namespaces").startswith("unsupported: ") and "hdfs://" in refused.error("list-namespaces")
    nowhere = OurCatalog(tmp_path, type="sql", uri="sqlite:////proc/none/catalog.db", warehouse=f"file://{warehouse}")
    assert nowhere.error("list-namespaces").startswith(
        "unavailable: Failed to connect to catalog at sqlite:////proc/none/catalog.db")


def test_rows_of_version_three_have_ids(ours, database, warehouse, duck):
    """What a snapshot of version 3 says beside one of version 2; its manifests are merged by the third commit."""
    ours("create-namespace", "db")
    made = ours("create-table", "db.weather", WEATHER | {
        "format-version": 3, "properties": {"commit.manifest.min-count-to-merge": "3"}})
    assert made["metadata"]["next-row-id"] == 0
    table = pyiceberg(database, warehouse).load_table("db.weather")
    for number, rows in enumerate((ROWS, MORE, MORE)):
        ours.append("db.weather", write_data_file(table, f"file-{number}", rows))
    metadata = ours("load", "db.weather")["metadata"]
    given = [(snapshot["first-row-id"], snapshot["added-rows"]) for snapshot in metadata["snapshots"]]
    assert given[:2] == [(0, 2), (2, 1)]
    assert given[2][0] == 3 and metadata["next-row-id"] == sum(given[2])
    read = pyiceberg(database, warehouse).load_table("db.weather")
    assert read.metadata.format_version == 3 and read.metadata.next_row_id == metadata["next-row-id"]
    assert sorted(read.scan().to_arrow()["id"].to_pylist()) == [1, 2, 3, 3]
    found = duck.sql(f"SELECT id FROM iceberg_scan('{warehouse}/db/weather') ORDER BY id").fetchall()
    assert found == [(1,), (2,), (3,), (3,)]
