"""Our REST client against Apache's server, with files locally and in MinIO, and against Nessie; read by PyIceberg."""

from datetime import datetime, timezone
from pathlib import Path

import pytest
from our_catalog import PARTITIONED, WEATHER, OurCatalog, rows_of, write_data_file
from pyiceberg.catalog import load_catalog
from pyiceberg.schema import Schema
from pyiceberg.types import LongType, NestedField, StringType
from servers import distinct_numbers

ROWS = [{"id": 1, "city": "Oslo", "at": datetime(2026, 1, 8, 14, tzinfo=timezone.utc)},
        {"id": 2, "city": None, "at": None}]
MORE = [{"id": 3, "city": "Lima", "at": None}]
NUMBERS = distinct_numbers()
SIMPLE = Schema(NestedField(1, "id", LongType(), required=True), NestedField(2, "city", StringType()))


class Both:
    """A catalog from our side and from PyIceberg's, and a namespace of this test's own."""

    def __init__(self, kind: str, address: str, minio, directory: Path):
        self.kind = kind
        # Apache's server on S3 hands its keys out: we have only the endpoint. Nessie would rather sign requests.
        own = {key: value for key, value in minio.properties().items() if kind == "nessie" or "key" not in key}
        self.ours = OurCatalog(directory, type="rest", uri=address, io={} if kind == "rest_catalog" else own)
        self.theirs = load_catalog(kind, type="rest", uri=address, **minio.properties())
        self.namespace = f"both{next(NUMBERS)}"
        self.ours("create-namespace", self.namespace)

    def name(self, table: str) -> str:
        return f"{self.namespace}.{table}"


@pytest.fixture(params=["rest_catalog", "rest_catalog_s3", "nessie"])
def both(request, minio, tmp_path) -> Both:
    return Both(request.param, request.getfixturevalue(request.param).address, minio, tmp_path)


def test_namespaces_and_tables_are_seen_by_both(both):
    assert (both.namespace,) in both.theirs.list_namespaces()
    assert [both.namespace] in both.ours("list-namespaces")
    assert both.ours.error("create-namespace", both.namespace).startswith("already exists: ")
    assert both.ours.error("load", both.name("weather")).startswith("not found: ")
    if both.kind == "nessie":  # the JdbcCatalog behind Apache's server makes namespaces on the way
        assert both.ours.error("create-table", "nowhere.weather", WEATHER).startswith("not found: ")

    created = both.ours("create-table", both.name("weather"), PARTITIONED)
    assert both.ours.error("create-table", both.name("weather"), PARTITIONED).startswith("already exists: ")
    assert both.ours("list-tables", both.namespace) == [both.name("weather")]
    table = both.theirs.load_table(both.name("weather"))
    assert str(table.metadata.table_uuid) == created["metadata"]["table-uuid"]
    assert table.metadata.format_version == 2
    assert table.properties["owner"] == "frazil"
    assert [(field.name, str(field.transform), table.schema().find_column_name(field.source_id))
            for field in table.spec().fields] == [("at_day", "day", "at"), ("city_bucket", "bucket[8]", "city")]
    assert [(str(field.transform), field.direction.value, field.null_order.value)
            for field in table.sort_order().fields] == [("identity", "desc", "nulls-last")]


def test_a_dropped_table_is_gone_for_both(both):
    both.ours("create-table", both.name("weather"), WEATHER)
    both.ours("drop-table", both.name("weather"))
    assert not both.theirs.table_exists(both.name("weather"))
    assert both.ours.error("drop-table", both.name("weather")).startswith("not found: ")


def test_namespaces_have_levels(both):
    inner = f"{both.namespace}.inner level"
    both.ours("create-namespace", inner)
    both.ours("create-table", f"{inner}.weather", WEATHER)
    assert [both.namespace, "inner level"] in both.ours("list-namespaces")
    assert both.theirs.list_tables((both.namespace, "inner level")) == [(both.namespace, "inner level", "weather")]
    assert both.ours("load", f"{inner}.weather")["metadata"]["properties"]["owner"] == "frazil"


def test_both_append_and_evolve_in_turn(both):
    both.ours("create-table", both.name("weather"), WEATHER)
    table = both.theirs.load_table(both.name("weather"))
    committed = both.ours.append(both.name("weather"), write_data_file(table, "one", ROWS))
    assert committed["metadata"]["snapshots"][-1]["summary"]["total-records"] == "2"
    table = table.refresh()
    assert rows_of(table) == ROWS
    assert table.current_snapshot().summary["frazil.test"] == "yes"

    table.append(table.scan().to_arrow().slice(0, 1))
    both.ours("add-column", both.name("weather"), "humidity", "double")
    table = table.refresh()
    assert str(table.schema().find_type("humidity")) == "double"
    both.ours.append(both.name("weather"), write_data_file(table, "two", [row | {"humidity": 0.5} for row in MORE]))
    both.ours("set-property", both.name("weather"), "frazil.offsets", '{"0": 7}')
    table = table.refresh()
    assert [row["id"] for row in rows_of(table)] == [1, 1, 2, 3]
    assert rows_of(table)[-1] == MORE[0] | {"humidity": 0.5}
    assert table.properties["frazil.offsets"] == '{"0": 7}'
    if both.kind != "nessie":  # which shows the current snapshot only: older states are commits of its own history
        assert len(both.ours("load", both.name("weather"))["metadata"]["snapshots"]) == 3


def test_we_append_to_what_pyiceberg_made(both):
    table = both.theirs.create_table(both.name("theirs"), SIMPLE)
    both.ours.append(both.name("theirs"), write_data_file(table, "one", [{"id": 1, "city": "Oslo"}]))
    assert rows_of(table.refresh()) == [{"id": 1, "city": "Oslo"}]


def test_of_two_commits_on_one_base_the_second_is_a_conflict(both):
    both.ours("create-table", both.name("weather"), WEATHER)
    if both.kind != "nessie":  # Nessie 0.99 does not check that a ref is still absent (0.101 does)
        assert both.ours("commit-stale", both.name("weather")) == "commit conflict"
    both.ours.append(both.name("weather"))
    before = both.ours.append(both.name("weather"))["metadata"]["last-sequence-number"]
    assert both.ours("commit-stale", both.name("weather")) == "commit conflict"
    assert both.theirs.load_table(both.name("weather")).metadata.last_sequence_number == before + 1


def test_the_version_hint_names_the_current_metadata(both, minio):
    if both.kind == "nessie":
        pytest.skip("Nessie keeps no metadata files: it makes the metadata it shows")
    table = both.ours("create-table", both.name("weather"), WEATHER)
    table = both.ours("set-property", both.name("weather"), "a", "b")
    directory, _, name = table["metadata-location"].rpartition("/")
    if both.kind == "rest_catalog":
        hint = Path(directory.removeprefix("file:")) / "version-hint.text"
        assert hint.read_text() + ".metadata.json" == name
    else:
        bucket, _, key = directory.removeprefix("s3://").partition("/")
        body = minio.client().get_object(Bucket=bucket, Key=key + "/version-hint.text")["Body"].read().decode()
        assert body + ".metadata.json" == name


def test_a_token_is_given_or_fetched(rest_catalog, tmp_path):
    """Apache's server gives a token for any client, and takes any."""
    for credential in ("a-token", "client:secret"):
        ours = OurCatalog(tmp_path, type="rest", uri=rest_catalog.address, credential=credential)
        assert isinstance(ours("list-namespaces"), list)


def test_a_catalog_that_is_not_there_is_named(tmp_path):
    ours = OurCatalog(tmp_path, type="rest", uri="http://127.0.0.1:9/iceberg")
    assert ours.error("list-namespaces").startswith(
        "unavailable: Failed to connect to catalog at http://127.0.0.1:9/iceberg: ")


def test_an_address_that_is_no_catalog_is_named(tmp_path, minio):
    ours = OurCatalog(tmp_path, type="rest", uri=minio.address)
    assert minio.address in ours.error("list-namespaces")
