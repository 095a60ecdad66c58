"""Our Hive catalog and PyIceberg's on one metastore: Hive 4 on Postgres, and Hive 3, which compares nothing."""

from concurrent.futures import ThreadPoolExecutor

import pytest
from our_catalog import WEATHER, OurCatalog, append_by_pyiceberg, rows_of, write_data_file
from pyiceberg.exceptions import NoSuchTableError
from pyiceberg.schema import Schema
from pyiceberg.types import LongType, NestedField, StringType
from servers import distinct_numbers

ROWS = [{"id": 1, "city": "Oslo", "at": None}, {"id": 2, "city": None, "at": None}]
SIMPLE = Schema(NestedField(1, "id", LongType(), required=True), NestedField(2, "city", StringType()))
NUMBERS = distinct_numbers()


@pytest.fixture(params=["4.0.1", pytest.param("3.1.3", marks=pytest.mark.slow)])
def server(request):
    return request.getfixturevalue("hive" if request.param == "4.0.1" else "old_hive")


@pytest.fixture
def ours(tmp_path, server):
    return OurCatalog(tmp_path, type="hive", uri=server.address, warehouse=f"file://{server.warehouse}")


@pytest.fixture
def database(ours) -> str:
    """A new one of ours."""
    name = f"db{next(NUMBERS)}"
    ours("create-namespace", name)
    return name


def test_pyiceberg_and_hive_find_what_we_made(ours, server, database):
    created = ours("create-table", f"{database}.weather", WEATHER)
    theirs = server.catalog()
    assert (database,) in theirs.list_namespaces()
    table = theirs.load_table(f"{database}.weather")
    assert table.metadata_location == created["metadata-location"]
    assert table.location() == f"file://{server.warehouse}/{database}.db/weather"
    ours.append(f"{database}.weather", write_data_file(table, "one", ROWS))
    assert rows_of(table.refresh()) == ROWS

    shown = server.table(database, "weather")
    assert (shown.tableType, shown.parameters["EXTERNAL"]) == ("EXTERNAL_TABLE", "TRUE")
    assert [(column.name, column.type) for column in shown.sd.cols] == [
        ("id", "bigint"), ("city", "string"), ("at", "timestamp with local time zone")]
    assert shown.sd.cols[0].comment == "a number"
    assert shown.sd.location.replace("file:/", "file:///", 1) == table.location()  # as Hadoop writes it
    assert shown.parameters["table_type"] == "ICEBERG" and shown.parameters["owner"] == "frazil"
    assert shown.parameters["metadata_location"] == table.metadata_location
    assert shown.parameters["previous_metadata_location"] == created["metadata-location"]
    assert shown.parameters["numRows"] == "2"


def test_both_write_in_turn(ours, server, database):
    ours("create-table", f"{database}.weather", WEATHER)
    table = server.catalog().load_table(f"{database}.weather")
    ours.append(f"{database}.weather", write_data_file(table, "one", ROWS))
    table = table.refresh()
    table.append(table.scan().to_arrow().slice(0, 1))
    with table.update_schema() as update:
        update.add_column("extra", LongType())
    ours.append(f"{database}.weather", write_data_file(table, "two", [{"id": 3, "city": None, "at": None, "extra": 7}]))
    ours("add-column", f"{database}.weather", "humidity", "double")
    assert [row["id"] for row in rows_of(table.refresh())] == [1, 1, 2, 3]
    assert str(table.schema().find_type("humidity")) == "double"
    assert [(column.name, column.type) for column in server.table(database, "weather").sd.cols][3:] == [
        ("extra", "bigint"), ("humidity", "double")]


def test_we_open_what_pyiceberg_made(ours, server, database):
    table = server.catalog().create_table(f"{database}.t", SIMPLE)
    assert ours("list-tables", database) == [f"{database}.t"]
    assert ours("load", f"{database}.t")["metadata-location"] == table.metadata_location
    ours.append(f"{database}.t", write_data_file(table, "one", [{"id": 1, "city": "Oslo"}]))
    assert rows_of(table.refresh()) == [{"id": 1, "city": "Oslo"}]
    assert ours.error("create-namespace", database).startswith("already exists: ")
    assert ours.error("create-table", f"{database}.t", WEATHER).startswith("already exists: ")
    assert ours.error("load", f"{database}.u").startswith("not found: ")
    assert ours.error("create-table", "nowhere.t", WEATHER).startswith("not found: ")
    ours("drop-table", f"{database}.t")
    with pytest.raises(NoSuchTableError):
        server.catalog().load_table(f"{database}.t")


def test_a_table_gets_another_name(ours, server, database):
    other = f"db{next(NUMBERS)}"
    ours("create-namespace", other)
    ours("create-table", f"{database}.weather", WEATHER)
    table = server.catalog().load_table(f"{database}.weather")
    ours.append(f"{database}.weather", write_data_file(table, "one", ROWS))
    ours("create-table", f"{database}.taken", WEATHER)
    assert ours.error("rename-table", f"{database}.weather", f"{database}.taken").startswith("already exists: ")
    ours("rename-table", f"{database}.weather", f"{other}.moved")
    assert ours("list-tables", database) == [f"{database}.taken"]
    moved = server.catalog().load_table(f"{other}.moved")
    assert moved.location() == table.location() and rows_of(moved) == ROWS
    ours.append(f"{other}.moved", write_data_file(moved, "two", [{"id": 3, "city": None, "at": None}]))
    assert [row["id"] for row in rows_of(moved.refresh())] == [1, 2, 3]


def test_names_that_hive_does_not_have(ours):
    assert "small letters, digits and underscores" in ours.error("load", "Db.t")
    assert "small letters, digits and underscores" in ours.error("create-namespace", "my-db")
    assert "one level" in ours.error("create-namespace", "a.b")


def test_a_table_of_hive_s_own_is_not_touched(ours, server, database):
    catalog = server.catalog()
    catalog.create_table(f"{database}.plain", SIMPLE)
    with catalog._client as client:
        plain = catalog._get_hive_table(client, database, "plain")
        del plain.parameters["table_type"]
        client.alter_table_with_environment_context(database, "plain", plain, None)
    for command in ("load", "drop-table"):
        assert f"{database}.plain is a table of Hive and no Iceberg table" in ours.error(command, f"{database}.plain")


@pytest.mark.slow
def test_of_rivals_each_is_in_once(ours, server, database):
    """Four of our processes and PyIceberg append at the same time."""
    ours("create-table", f"{database}.weather", WEATHER)
    table = server.catalog().load_table(f"{database}.weather")
    files = [write_data_file(table, f"file-{i}", [{"id": i, "city": None, "at": None}]) for i in range(8)]
    with ThreadPoolExecutor(5) as pool:
        theirs = pool.submit(append_by_pyiceberg, lambda: server.catalog().load_table(f"{database}.weather"), 3)
        done = list(pool.map(lambda file: ours.process("append", f"{database}.weather", [file]), files))
        appended = theirs.result()
    assert [each.returncode for each in done] == [0] * 8, [each.stderr for each in done]
    assert [row["id"] for row in rows_of(table.refresh())] == list(range(8)) + [100] * appended
    assert ours("commit-stale", f"{database}.weather") == "commit conflict"


def test_what_cannot_be_had_is_said(tmp_path, server):
    refused = OurCatalog(tmp_path, type="hive", uri=server.address, warehouse="hdfs://namenode/warehouse")
    assert refused.error("list-namespaces").startswith("unsupported: ") and "hdfs://" in refused.error("list-namespaces")
    nowhere = OurCatalog(tmp_path, type="hive", uri="thrift://127.0.0.1:1", warehouse=f"file://{tmp_path}")
    assert nowhere.error("list-namespaces").startswith(
        "unavailable: Failed to connect to catalog at thrift://127.0.0.1:1: Connection refused")
    second = OurCatalog(tmp_path, type="hive", uri=f"thrift://127.0.0.1:1,{server.address.removeprefix('thrift://')}",
                        warehouse=f"file://{tmp_path}")
    assert ["default"] in second("list-namespaces")
