"""Data files as PyIceberg, PyArrow and DuckDB see them: schema, rows, and the metrics manifests carry."""

import datetime as dt
import decimal
import json
import math
import struct
import subprocess
import uuid

import duckdb
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from pyiceberg.io.pyarrow import (compute_statistics_plan, data_file_statistics_from_parquet_metadata,
                                  parquet_path_to_id_mapping, pyarrow_to_schema)
from pyiceberg.schema import Schema
from pyiceberg.types import (BinaryType, BooleanType, DateType, DecimalType, DoubleType, FixedType, FloatType,
                             IntegerType, ListType, LongType, MapType, NestedField, StringType, StructType,
                             TimestampType, TimestamptzType, TimeType, UUIDType)
from paths import BUILD

TOOL = BUILD / "parquet_tool"
EPOCH = dt.datetime(1970, 1, 1)
D = decimal.Decimal
NAN = float("nan")


def field(id, name, type, required=False):
    return NestedField(id, name, type, required=required)


EVERY_TYPE = Schema(
    field(1, "id", LongType(), required=True), field(2, "b", BooleanType()), field(3, "i", IntegerType()),
    field(4, "f", FloatType()), field(5, "d", DoubleType()), field(6, "dec9", DecimalType(9, 2)),
    field(7, "dec18", DecimalType(18, 4)), field(8, "dec38", DecimalType(38, 10)), field(9, "date", DateType()),
    field(10, "time", TimeType()), field(11, "ts", TimestampType()), field(12, "tstz", TimestamptzType()),
    field(13, "s", StringType()), field(14, "u", UUIDType()), field(15, "fix", FixedType(5)),
    field(16, "bin", BinaryType()), field(17, "spaced name. with dots", StringType()),
    field(18, "place", StructType(
        field(19, "city", StringType()), field(20, "zip", IntegerType(), required=True),
        field(21, "at", StructType(field(22, "lat", DoubleType()), field(23, "lon", DoubleType()))))),
    field(24, "tags", ListType(25, StringType(), element_required=False)),
    field(26, "counts", MapType(27, StringType(), 28, LongType(), value_required=False)),
    field(29, "deep", ListType(30, StructType(
        field(31, "x", DoubleType()),
        field(32, "m", MapType(33, IntegerType(), 34, ListType(35, IntegerType(), element_required=True),
                               value_required=True))), element_required=False)))

ROWS = [
    {"id": 1, "b": True, "i": -5, "f": 1.5, "d": -0.25, "dec9": D("-1234567.89"), "dec18": D("12345678901234.5678"),
     "dec38": D("-1234567890123456789012345678.0123456789"), "date": dt.date(1969, 12, 31),
     "time": dt.time(23, 59, 59, 999999), "ts": EPOCH - dt.timedelta(microseconds=1),
     "tstz": dt.datetime(2026, 11, 22, 3, 4, 5, 678901, dt.UTC), "s": "héllo, wörld, this is longer than sixteen",
     "u": uuid.UUID("00000000-0000-4000-8000-000000000001"), "fix": b"\x00\x01\x02\x03\x04",
     "bin": b"\xff" * 20, "spaced name. with dots": "x",
     "place": {"city": "Oslo", "zip": 150, "at": {"lat": 59.9, "lon": 10.7}},
     "tags": ["a", None, "b"], "counts": [("k", 1), ("l", None)],
     "deep": [{"x": 1.0, "m": [(1, [1, 2]), (2, [])]}, None, {"x": None, "m": None}]},
    {"id": 2, "b": False, "i": 2**31 - 1, "f": NAN, "d": NAN, "dec9": D("0.01"), "dec18": D("-0.0001"),
     "dec38": D("0.0000000001"), "date": dt.date(2400, 2, 29), "time": dt.time(0), "ts": dt.datetime(1, 1, 1),
     "tstz": dt.datetime(1969, 12, 31, 23, 59, 59, 999999, dt.UTC), "s": "",
     "u": uuid.UUID("ffffffff-ffff-4fff-bfff-ffffffffffff"), "fix": b"\xff\xff\xff\xff\xff", "bin": b"",
     "spaced name. with dots": "水水水水水水水水水水水水水水水水水水",
     "place": {"city": None, "zip": -1, "at": None}, "tags": [], "counts": [], "deep": []},
    {"id": 3} | {name: None for name in
                 ["b", "i", "f", "d", "dec9", "dec18", "dec38", "date", "time", "ts", "tstz", "s", "u", "fix", "bin",
                  "spaced name. with dots", "place", "tags", "counts", "deep"]},
]


@pytest.fixture
def write(tmp_path):
    """write(schema, rows, **options): the Parquet file that Frazil writes and its data file, bounds as bytes."""

    def run(*arguments) -> str:
        done = subprocess.run([TOOL, *map(str, arguments)], text=True, capture_output=True, timeout=60)
        assert done.returncode == 0, done.stderr
        return done.stdout

    def write(schema, rows, batch_rows=10_000, **options):
        (tmp_path / "schema.json").write_text(schema.model_dump_json())
        (tmp_path / "options.json").write_text(json.dumps(options))
        run("schema", tmp_path / "schema.json", tmp_path / "schema.arrow")
        with pa.ipc.open_file(tmp_path / "schema.arrow") as source:
            form = source.schema
        rows = [{name: plain(value) for name, value in row.items()} for row in rows]
        with pa.ipc.new_file(tmp_path / "rows.arrow", form) as sink:
            sink.write_table(pa.Table.from_pylist(rows, schema=form), max_chunksize=batch_rows)
        path = tmp_path / f"{uuid.uuid4()}.parquet"
        described = json.loads(run("write", tmp_path / "schema.json", tmp_path / "rows.arrow", path,
                                   tmp_path / "options.json"))
        for key, value in described.items():
            if isinstance(value, dict):
                described[key] = {int(id): bytes.fromhex(one) if isinstance(one, str) else one
                                  for id, one in value.items()}
        return path, described

    return write


def plain(value):
    return value.bytes if isinstance(value, uuid.UUID) else value


def same(a, b) -> bool:
    if isinstance(a, float) and isinstance(b, float) and math.isnan(a) and math.isnan(b):
        return True
    if isinstance(a, dict) and isinstance(b, dict):
        return a.keys() == b.keys() and all(same(a[key], b[key]) for key in a)
    if isinstance(a, list) and isinstance(b, list):
        return len(a) == len(b) and all(map(same, a, b))
    return plain(a) == plain(b)


def pyiceberg_statistics(path, schema, properties=None) -> dict:
    """What PyIceberg would put into the manifest for this file."""
    statistics = data_file_statistics_from_parquet_metadata(
        pq.read_metadata(path), compute_statistics_plan(schema, properties or {}),
        parquet_path_to_id_mapping(schema)).to_serialized_dict()
    return {key: dict(value) if isinstance(value, dict) else value for key, value in statistics.items()}


def without(metrics: dict, ids: set[int]) -> dict:
    return {id: value for id, value in metrics.items() if id not in ids}


def bounds_pyiceberg_lacks(schema) -> set[int]:
    """It keeps no bounds of fields in structs, nor of names with a dot, which it takes for such; the reference does."""
    return {id for id in schema.field_ids if "." in schema.find_column_name(id)}


def test_every_type_is_read_back(write):
    path, described = write(EVERY_TYPE, ROWS)
    assert described["record_count"] == 3
    assert described["file_size_in_bytes"] == path.stat().st_size
    for read, row in zip(pq.read_table(path).to_pylist(), ROWS, strict=True):
        for name, value in row.items():
            assert same(read[name], value), name
    # PyIceberg finds its own schema again: ids, types, uuid, requiredness, nested names.
    assert pyarrow_to_schema(pq.read_schema(path)).as_struct() == EVERY_TYPE.as_struct()
    footer = pq.read_metadata(path)
    assert footer.metadata[b"frazil.test"] == b"footer entry"
    assert Schema.model_validate_json(footer.metadata[b"iceberg.schema"]).as_struct() == EVERY_TYPE.as_struct()
    assert footer.created_by.startswith("frazil version ")


def test_duckdb_reads_every_type(write):
    path, _ = write(EVERY_TYPE, ROWS)
    with duckdb.connect() as db:
        types = dict(row[:2] for row in db.execute(f"DESCRIBE SELECT * FROM '{path}'").fetchall())
        result = db.execute(f"SELECT * REPLACE (epoch_us(tstz) AS tstz) FROM '{path}' ORDER BY id")
        names = [column[0] for column in result.description]
        rows = [dict(zip(names, row)) for row in result.fetchall()]
        assert (types["u"], types["time"], types["tstz"]) == ("UUID", "TIME", "TIMESTAMP WITH TIME ZONE")
        for read, row in zip(rows, ROWS, strict=True):
            for name in set(names) - {"counts", "deep", "tstz"}:  # maps are dicts here
                assert same(read[name], row[name]), name
        assert rows[0]["counts"] == {"k": 1, "l": None} and rows[1]["counts"] == {} and rows[2]["counts"] is None
        assert rows[0]["deep"] == [{"x": 1.0, "m": {1: [1, 2], 2: []}}, None, {"x": None, "m": None}]
        assert rows[1]["tstz"] == -1
        ids = dict(db.execute(f"SELECT name, field_id FROM parquet_schema('{path}') WHERE field_id IS NOT NULL")
                   .fetchall())
        assert ids["spaced name. with dots"] == 17 and ids["lat"] == 22 and ids["zip"] == 20


def test_metrics_agree_with_pyiceberg(write):
    path, ours = write(EVERY_TYPE, ROWS)
    theirs = pyiceberg_statistics(path, EVERY_TYPE)
    repeated = {25, 27, 28, 31, 33, 35}
    assert ours["column_sizes"] == theirs["column_sizes"]
    assert ours["split_offsets"] == theirs["split_offsets"]

    for name in ("value_counts", "null_value_counts"):
        # The reference keeps only sizes of columns inside lists and maps; PyIceberg also counts them.
        assert ours[name] == without(theirs[name], repeated), name
    lacking = bounds_pyiceberg_lacks(EVERY_TYPE)
    for name in ("lower_bounds", "upper_bounds"):
        assert without(ours[name], lacking) == theirs[name], name
        assert set(ours[name]).isdisjoint(repeated)
    assert {id: value for id, value in ours["lower_bounds"].items() if id in lacking} == {
        17: b"x", 19: b"Oslo", 20: struct.pack("<i", -1), 22: struct.pack("<d", 59.9), 23: struct.pack("<d", 10.7)}
    assert ours["upper_bounds"][17] == ("水" * 15 + chr(ord("水") + 1)).encode()
    assert ours["value_counts"][22] == 3 and ours["null_value_counts"][22] == 2
    # PyIceberg does not count NaNs; the reference does.
    assert ours["nan_value_counts"] == {4: 1, 5: 1, 22: 0, 23: 0}
    assert ours["lower_bounds"][13] == b"" and ours["upper_bounds"][13] == "héllo, wörld, ti".encode()
    assert 16 not in ours["upper_bounds"]  # all 0xff cannot grow
    assert ours["lower_bounds"][6] == (-123456789).to_bytes(4, "big", signed=True)
    assert ours["upper_bounds"][6] == b"\x01"


@pytest.mark.parametrize("codec", ["none", "snappy", "gzip", "lz4", "zstd", "brotli"])
def test_codecs_are_read_by_others(write, codec):
    schema = Schema(field(1, "n", LongType()), field(2, "s", StringType()))
    path, _ = write(schema, [{"n": i, "s": f"value {i % 50}"} for i in range(5000)], compression=codec)
    assert pq.read_table(path)["n"].to_pylist() == list(range(5000))
    with duckdb.connect() as db:
        assert db.execute(f"SELECT sum(n), count(DISTINCT s) FROM '{path}'").fetchone() == (12497500, 50)
    name = {"none": "UNCOMPRESSED"}.get(codec, codec.upper())
    assert pq.read_metadata(path).row_group(0).column(0).compression == name
    if codec == "lz4":  # the deprecated framing is another codec
        with duckdb.connect() as db:
            assert db.execute(f"SELECT DISTINCT compression FROM parquet_metadata('{path}')").fetchall() == [("LZ4_RAW",)]


def test_bounds_over_row_groups(write):
    """A row group of NaNs or nulls says nothing; one whose minimum was too long to keep makes the bound unknown."""
    schema = Schema(field(1, "d", DoubleType()), field(2, "s", StringType()), field(3, "zero", DoubleType()),
                    field(4, "none", FloatType()))
    rows = [{"d": NAN, "s": "m", "zero": 0.0, "none": NAN}, {"d": None, "s": "n", "zero": 0.0, "none": None},
            {"d": 4.0, "s": "z" * 5000, "zero": 0.0, "none": NAN}, {"d": -3.0, "s": "b", "zero": 0.0, "none": NAN}]
    path, described = write(schema, rows, batch_rows=1, row_group_bytes=1)
    assert pq.read_metadata(path).num_row_groups == 4
    assert described["nan_value_counts"] == {1: 1, 3: 0, 4: 3}
    assert described["null_value_counts"] == {1: 1, 2: 0, 3: 0, 4: 1}
    assert described["lower_bounds"] == {1: struct.pack("<d", -3), 3: struct.pack("<d", -0.0)}
    assert described["upper_bounds"] == {1: struct.pack("<d", 4), 3: struct.pack("<d", 0.0)}
    assert described["split_offsets"] == sorted(described["split_offsets"]) and len(described["split_offsets"]) == 4


@pytest.mark.parametrize("properties", [
    {"write.metadata.metrics.default": "counts"},
    {"write.metadata.metrics.default": "full"},
    {"write.metadata.metrics.default": "truncate(3)", "write.metadata.metrics.column.s": "none"},
    {"write.metadata.metrics.default": "none", "write.metadata.metrics.column.place.city": "truncate(2)"},
], ids=lambda properties: " ".join(properties.values()))
def test_metrics_modes_agree_with_pyiceberg(write, properties):
    schema = Schema(field(1, "s", StringType()), field(2, "bin", BinaryType()), field(3, "n", LongType()),
                    field(4, "place", StructType(field(5, "city", StringType()))))
    rows = [{"s": "abcdefghijklmnopqrstu", "bin": b"\x01\xff\xff\xff", "n": 7, "place": {"city": "Oslo"}},
            {"s": "zz😀😀\U0010ffff\U0010ffff", "bin": b"\x02\x03\x04\xff", "n": 9, "place": {"city": "Oz\ud7ffx"}}]
    path, ours = write(schema, rows, properties=properties)
    theirs = pyiceberg_statistics(path, schema, properties)
    for name in ("value_counts", "null_value_counts", "lower_bounds", "upper_bounds"):
        lacking = bounds_pyiceberg_lacks(schema) if "bounds" in name else set()
        assert without(ours[name], lacking) == theirs[name], name
    if properties["write.metadata.metrics.default"] != "counts":
        city = {"full": b"Oslo", "truncate(3)": b"Osl", "none": b"Os"}
        assert ours["lower_bounds"][5] == city[properties["write.metadata.metrics.default"]]
    kept = {id for id in theirs["column_sizes"] if id in theirs["value_counts"]}
    assert set(ours["column_sizes"]) == kept  # mode none: the reference keeps not even the size


def test_wide_tables_keep_metrics_of_the_first_columns(write):
    schema = Schema(*(field(i, f"c{i}", LongType()) for i in range(1, 121)))
    _, described = write(schema, [{f"c{i}": i for i in range(1, 121)}])
    assert set(described["lower_bounds"]) == set(range(1, 101))
    _, described = write(schema, [{f"c{i}": i for i in range(1, 121)}],
                         properties={"write.metadata.metrics.max-inferred-column-defaults": "3",
                                     "write.metadata.metrics.column.c50": "counts"})
    assert set(described["lower_bounds"]) == {1, 2, 3} and set(described["value_counts"]) == {1, 2, 3, 50}
