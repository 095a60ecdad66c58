"""Every type and every transform that Frazil writes, to other engines."""

import datetime as dt
import uuid
from decimal import Decimal

import pytest
from pyiceberg.partitioning import PartitionField, PartitionSpec
from pyiceberg.schema import Schema
from pyiceberg.transforms import parse_transform
from pyiceberg.types import BinaryType, DecimalType, IntegerType, LongType, NestedField, StringType
from readers import PyIceberg, check_same, plain
from values import UTC, check_partition_values, schema, to_json

SCALARS = {
    "b": "boolean", "i": "int", "l": "long", "f": "float", "d": "double", "d9": "decimal(9, 2)", "d18": "decimal(18, 4)",
    "d38": "decimal(38, 10)", "day": "date", "ts": "timestamp", "tz": "timestamptz", "s": "string", "u": "uuid",
    "fx": "fixed[4]", "bin": "binary",
}
NESTED = {
    "place": "struct<city: string, at: struct<lat: double, since: date>>", "tags": "list<string>",
    "grid": "list<list<int>>", "counts": "map<string, long>", "visits": "list<struct<who: uuid, paid: decimal(9, 2)>>",
    "levels": "map<string, struct<low: float, high: float>>",
}
MIDDLE = {
    "b": True, "i": 7, "l": 7_000_000_000, "f": 1.5, "d": -2.25, "d9": Decimal("12.30"), "d18": Decimal("-99.0001"),
    "d38": Decimal("123456789012345678.0123456789"), "day": dt.date(2026, 1, 8),
    "ts": dt.datetime(2026, 1, 8, 14, 3, 22, 123456), "tz": dt.datetime(2026, 1, 8, 23, 3, 22, 5, UTC), "s": "Zürich ❄",
    "u": uuid.UUID("f79c3e09-677c-4bbd-a479-3f349cb785e7"), "fx": b"\0\x01\xfe\xff", "bin": b"\0snow\xff",
    "place": {"city": "Oslo", "at": {"lat": 59.9, "since": dt.date(1969, 12, 31)}}, "tags": ["a", "", None, "ß"],
    "grid": [[1, 2], [3]], "counts": [("x", 1), ("y", None), ("zz", -3)],
    "visits": [{"who": uuid.UUID(int=1), "paid": Decimal("0.05")}, {"who": None, "paid": Decimal("-7.00")}],
    "levels": [("one", {"low": 0.5, "high": None})],
}
LEAST = {
    "b": False, "i": -2**31, "l": -2**63, "f": -(2.0 - 2**-23) * 2**127, "d": -1.7976931348623157e308,
    "d9": Decimal("-9999999.99"), "d18": Decimal("-99999999999999.9999"),
    "d38": Decimal("-9999999999999999999999999999.9999999999"), "day": dt.date(1969, 12, 31),
    "ts": dt.datetime(1969, 12, 31, 23, 59, 59, 999999), "tz": dt.datetime(1900, 1, 1, tzinfo=UTC), "s": "",
    "u": uuid.UUID(int=0), "fx": b"\0\0\0\0", "bin": b"",
    "place": {"city": None, "at": {"lat": -0.5, "since": None}}, "tags": [""], "grid": [[-2**31]], "counts": [("", -2**63)],
    "visits": [{"who": uuid.UUID(int=0), "paid": None}], "levels": [("", {"low": None, "high": -1.0})],
}
MOST = {
    "b": True, "i": 2**31 - 1, "l": 2**63 - 1, "f": (2.0 - 2**-23) * 2**127, "d": 1.7976931348623157e308,
    "d9": Decimal("9999999.99"), "d18": Decimal("99999999999999.9999"),
    "d38": Decimal("9999999999999999999999999999.9999999999"), "day": dt.date(9999, 12, 31),
    "ts": dt.datetime(9999, 12, 31, 23, 59, 59, 999999), "tz": dt.datetime(2100, 12, 31, 23, 59, 59, 999999, UTC),
    "s": "\U0010ffff" * 20, "u": uuid.UUID(int=2**128 - 1), "fx": b"\xff\xff\xff\xff", "bin": b"\xff" * 20,
    "place": {"city": "x", "at": {"lat": 90.0, "since": dt.date(9999, 12, 31)}}, "tags": ["x"] * 100, "grid": [[2**31 - 1]],
    "counts": [("x" * 40, 2**63 - 1)], "visits": [{"who": uuid.UUID(int=2**128 - 1), "paid": Decimal("9999999.99")}],
    "levels": [("x", {"low": 1.0, "high": 2.0})],
}


def rows_of(*values: dict) -> list[dict]:
    return [{"id": id, **row} for id, row in enumerate(values)]


def check_rows(lake, readers, table: str, expected: list[dict]) -> None:
    assert check_same(readers, lambda reader: reader.rows(lake.name(table))) == plain(expected)


def test_every_type(lake, readers):
    columns = {"id": "long", **SCALARS, **NESTED}
    rows = rows_of(MIDDLE, dict.fromkeys(MIDDLE), LEAST, MOST)
    rows[1] |= {name: MIDDLE[name] for name in ("visits", "levels")}  # their nulls: test_nothing_in_nested_columns
    lake.append("every", [to_json(row) for row in rows], schema=schema(columns))
    check_rows(lake, readers, "every", rows)
    assert {field.name: str(field.field_type) for field in lake.load("every").schema().fields[:16]} == {
        name: type for name, type in columns.items() if name == "id" or name in SCALARS}


def test_time_of_day(lake, readers):
    """Apart, because Spark has no such type."""
    readers = [reader for reader in readers if reader.name != "Spark"]
    rows = rows_of({"t": dt.time(0)}, {"t": None}, {"t": dt.time(23, 59, 59, 999999)}, {"t": dt.time(14, 5)})
    lake.append("times", [to_json(row) for row in rows], schema=schema({"id": "long", "t": "time"}))
    check_rows(lake, readers, "times", rows)


def test_nothing_in_nested_columns(lake, readers):
    """Empty maps stay; empty lists and structs are nulls, as docs/json.md has it.

    Without PyIceberg, which makes empty ones of lists and maps of structs that are null.
    """
    readers = [reader for reader in readers if reader.name != "PyIceberg"]
    columns = {"m": "map<string, long>", "l": "list<long>", "s": "struct<a: long>", "ms": "map<string, struct<a: long>>",
               "ls": "list<struct<a: long>>"}
    records = [{"id": 0, "m": {}, "l": [], "s": {}, "ms": {}, "ls": []}, {"id": 1},
               {"id": 2, "m": {"a": 1}, "l": [1], "s": {"a": 1}, "ms": {"b": {"a": 1}}, "ls": [{"a": 1}]}]
    lake.append("nothing", records, schema=schema({"id": "long", **columns}))
    check_rows(lake, readers, "nothing", [
        {"id": 0, "m": [], "l": None, "s": None, "ms": [], "ls": None}, {"id": 1, **dict.fromkeys(columns)},
        {"id": 2, "m": [("a", 1)], "l": [1], "s": {"a": 1}, "ms": [("b", {"a": 1})], "ls": [{"a": 1}]}])


FIRST_TIME = dt.datetime(1969, 12, 30, 22, 30)


def value(column: str, number: int):
    """Values that grow with the number, some before 1970."""
    moment = FIRST_TIME + number * dt.timedelta(hours=7, microseconds=1)
    return {
        "b": number >= 8, "i": number - 5, "l": (number - 5) * 1_500_000_000, "f": number / 2, "d": number / 4,
        "d9": Decimal(number - 5) / 4 + Decimal("0.00"), "d18": Decimal(number - 5) / 8 + Decimal("0.0000"),
        "d38": Decimal(f"{number - 5}{'0' * 20}.0000000000"), "day": dt.date(1969, 11, 20) + dt.timedelta(13 * number),
        "ts": moment, "tz": moment.replace(tzinfo=UTC), "s": f"näme {number // 10}{number % 10}",
        "u": uuid.UUID(int=number << 120 | number), "fx": bytes([number, 1, 2, 255]), "bin": bytes([0, number]),
        "t": dt.time(number, 3, 4, number),
    }[column]


def rows_with_nulls(columns, count: int = 16) -> list[dict]:
    return [{"id": number, **{name: None if number % 8 == 7 else value(name, number) for name in columns}}
            for number in range(count)]


def check_filters(lake, readers, table: str, rows: list[dict], columns) -> None:
    """Rows of each filter are those of a full scan, and files are left out by it."""
    pyiceberg = next(reader for reader in readers if isinstance(reader, PyIceberg))
    files = len(list(pyiceberg.scan(lake.name(table)).plan_files()))
    for column in columns:
        middle = sorted(row[column] for row in rows if row[column] is not None)[len(rows) // 3]
        for where in [(column, "=", middle), (column, ">=", middle), (column, "is", None)]:
            expected = [row for row in rows if matches(row[column], where)]
            found = check_same(readers, lambda reader: reader.rows(lake.name(table), where), where)
            assert found == plain(expected), where
            planned = len(list(pyiceberg.scan(lake.name(table), where).plan_files()))
            assert planned < files, f"{where} plans {planned} of {files} files"


def matches(value, where) -> bool:
    _, comparison, bound = where
    if value is None or bound is None:
        return value is bound
    return value == bound if comparison == "=" else value >= bound


def check_partitions(lake, readers, table: str, rows: list[dict], filtered, cannot_show: str = "") -> None:
    """`cannot_show`: the engine whose table of partitions fails on a type of this table."""
    check_rows(lake, readers, table, rows)
    check_partition_values(lake.load(table))
    showing = [reader for reader in readers if reader.name not in ("DuckDB", cannot_show)]
    partitions = check_same(showing, lambda reader: reader.partitions(lake.name(table)))
    assert sum(records for _, records, _ in partitions) == len(rows)
    check_filters(lake, readers, table, rows, filtered)


def test_identity(lake, readers):
    columns = ["b", "i", "l", "d9", "d18", "d38", "day", "ts", "tz", "s", "u", "bin"]
    if len(readers) == 2:
        columns.append("fx")  # Iceberg's Java library, at 1.10.1, reads such a value of a manifest as bytes and fails
    rows = rows_with_nulls(columns)
    lake.append("part", [to_json(row) for row in rows], schema=schema({"id": "long", **{c: SCALARS[c] for c in columns}}),
                partitioning="identity", partition_fields=columns)
    check_partitions(lake, readers, "part", rows, [name for name in columns if name != "u"],
                     cannot_show="Spark")  # uuid
    others = [reader for reader in readers if reader.name != "PyIceberg"]  # it takes no uuid for equal to a partition's
    assert check_same(others, lambda reader: reader.rows(lake.name("part"), ("u", "=", rows[5]["u"]))) == plain([rows[5]])


def test_buckets(lake, readers):
    columns = ["i", "l", "d9", "d18", "d38", "day", "ts", "tz", "s", "u", "fx", "bin"]
    rows = rows_with_nulls(columns)
    lake.append("part", [to_json(row) for row in rows], schema=schema({"id": "long", **{c: SCALARS[c] for c in columns}}),
                partitioning="bucket", num_buckets=4, partition_fields=columns)
    check_partitions(lake, readers, "part", rows, columns, cannot_show="Trino")  # fixed


@pytest.mark.parametrize("granularity", ["year", "month", "day", "hour"])
def test_times(lake, readers, granularity):
    columns = ["day", "ts", "tz"] if granularity != "hour" else ["ts", "tz"]
    rows = rows_with_nulls(columns)
    lake.append("part", [to_json(row) for row in rows], schema=schema({"id": "long", **{c: SCALARS[c] for c in columns}}),
                partitioning="time", time_granularity=granularity, partition_fields=columns)
    check_partitions(lake, readers, "part", rows, columns)


def test_truncate_of_a_table_made_elsewhere(lake, readers):
    types = {"id": LongType(), "i": IntegerType(), "l": LongType(), "d9": DecimalType(9, 2), "d38": DecimalType(38, 10),
             "s": StringType(), "bin": BinaryType()}
    widths = {"i": 4, "l": 2_000_000_000, "d9": 150, "d38": 1_000_000, "s": 6, "bin": 1}
    fields = [NestedField(id, name, type, required=False) for id, (name, type) in enumerate(types.items(), 1)]
    spec = PartitionSpec(*[PartitionField(field.field_id, 999 + field.field_id, parse_transform(
        f"truncate[{widths[field.name]}]"), f"{field.name}_trunc") for field in fields if field.name in widths])
    lake.catalog.create_table(lake.name("part"), Schema(*fields), partition_spec=spec)
    rows = rows_with_nulls(widths)
    lake.append("part", [to_json(row) for row in rows])
    check_partitions(lake, readers, "part", rows, widths)


def test_bounds_leave_out_files_of_a_table_without_partitions(lake, readers):
    columns = ["b", "i", "l", "f", "d", "d9", "d18", "d38", "day", "ts", "tz", "s", "u", "fx", "bin"]
    rows = [{"id": number, **{name: value(name, number) for name in columns}} for number in range(15)]
    rows += [{"id": 15, **dict.fromkeys(columns)}]
    for part in (rows[:5], rows[5:10], rows[10:15], rows[15:]):
        lake.append("plain", [to_json(row) for row in part],
                    schema=schema({"id": "long", **{name: SCALARS[name] for name in columns}}))
    check_rows(lake, readers, "plain", rows)
    check_filters(lake, readers, "plain", rows, columns)
