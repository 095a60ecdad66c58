"""`frazil verify` says nothing of sound tables, however odd: values at the edges of their types, every transform, specs
and schemas that were changed over time, files of other writers. What is in each, a seed decides."""

import datetime as dt
import decimal
import json
import math
import os
import random
import uuid

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from damage import local
from handmade import Lake, append, internal_partition, write_file
from pipelines import Pipeline
from pyiceberg.io.pyarrow import schema_to_pyarrow
from pyiceberg.schema import Schema
from pyiceberg.transforms import (BucketTransform, DayTransform, HourTransform, IdentityTransform, MonthTransform,
                                  TruncateTransform, VoidTransform, YearTransform)
from pyiceberg.types import (BinaryType, BooleanType, DateType, DecimalType, DoubleType, FixedType, FloatType,
                             IntegerType, ListType, LongType, MapType, NestedField, StringType, StructType,
                             TimestampType, TimestamptzType, TimeType)
from pyiceberg.utils.datetime import date_to_days, datetime_to_micros, time_to_micros
from verify_test import verify

SEED = int(os.environ.get("FRAZIL_TEST_SEED", 1))
UTC = dt.timezone.utc


def texts(dice: random.Random) -> str:
    return dice.choice([
        "", "a", "z" * 200, "é" * 40, "\U0010FFFF" * 20, "\uD7FE" * 17, "a\0b", " ", "日本語" * 9,
        "".join(chr(dice.randrange(32, 0xD7FE)) for _ in range(dice.randrange(40)))])


def binaries(dice: random.Random) -> bytes:
    return dice.choice([b"", b"\xff" * 40, b"\0" * 20, b"\xff" * 16 + b"\0", dice.randbytes(dice.randrange(40))])


def doubles(dice: random.Random) -> float:
    return dice.choice([0.0, -0.0, math.nan, math.inf, -math.inf, 5e-324, 1.7e308, dice.gauss(0, 1e6)])


def floats(dice: random.Random) -> float:
    return dice.choice([0.0, -0.0, math.nan, math.inf, -math.inf, 1.5, -2.25, 16777216.0])


def micros(dice: random.Random) -> dt.datetime:
    return dt.datetime(1970, 1, 1) + dt.timedelta(microseconds=dice.randrange(-2**52, 2**53))


KINDS = {
    "boolean": (BooleanType(), lambda dice: dice.random() < 0.5),
    "int": (IntegerType(), lambda dice: dice.choice([0, -1, 2**31 - 1, -2**31 + 8, dice.randrange(-100, 100)])),
    "long": (LongType(), lambda dice: dice.choice([0, 2**63 - 1, -2**63, dice.randrange(-1000, 1000)])),
    "float": (FloatType(), floats),
    "double": (DoubleType(), doubles),
    "decimal": (DecimalType(9, 2), lambda dice: decimal.Decimal(dice.randrange(-10**9 + 1, 10**9)).scaleb(-2)),
    "wide": (DecimalType(38, 5), lambda dice: decimal.Context(38).create_decimal(
        decimal.Decimal(dice.choice([0, -1, 10**38 - 1, -10**38 + 1, dice.randrange(10**20)]))).scaleb(-5, decimal.Context(38))),
    "date": (DateType(), lambda dice: dt.date(1970, 1, 1) + dt.timedelta(days=dice.randrange(-40000, 40000))),
    "time": (TimeType(), lambda dice: (dt.datetime.min + dt.timedelta(microseconds=dice.randrange(86_400_000_000))).time()),
    "timestamp": (TimestampType(), micros),
    "timestamptz": (TimestamptzType(), lambda dice: micros(dice).replace(tzinfo=UTC)),
    "string": (StringType(), texts),
    "binary": (BinaryType(), binaries),
    "fixed": (FixedType(5), lambda dice: dice.choice([b"\xff" * 5, b"\0" * 5, dice.randbytes(5)])),
}
TRANSFORMS = {
    IdentityTransform: KINDS.keys(),
    BucketTransform: ["int", "long", "decimal", "date", "timestamp", "timestamptz", "string", "binary", "fixed"],
    TruncateTransform: ["int", "string", "binary", "decimal"],
    YearTransform: ["date", "timestamp", "timestamptz"],
    MonthTransform: ["date", "timestamp", "timestamptz"],
    DayTransform: ["date", "timestamp", "timestamptz"],
    HourTransform: ["timestamp", "timestamptz"],
    VoidTransform: ["string", "long"],
}


def internal(value):
    """What PyIceberg's transforms take."""
    if isinstance(value, dt.datetime):
        return datetime_to_micros(value)
    if isinstance(value, dt.date):
        return date_to_days(value)
    return time_to_micros(value) if isinstance(value, dt.time) else value


def value_of(dice: random.Random, type, make, none: float):
    return None if dice.random() < none else make(dice)


def nested(dice: random.Random) -> dict:
    """Structs in structs, lists and maps, each of which may be null at any height."""
    def maybe(make):
        return None if dice.random() < 0.2 else make()

    return {"place": maybe(lambda: {"city": maybe(lambda: texts(dice)), "at": maybe(
                lambda: {"lat": maybe(lambda: doubles(dice))})}),
            "tags": maybe(lambda: [maybe(lambda: texts(dice)) for _ in range(dice.randrange(4))]),
            "counts": maybe(lambda: [(f"k{i}", maybe(lambda: i)) for i in range(dice.randrange(3))])}


NESTED = [
    NestedField(900, "place", StructType(
        NestedField(901, "city", StringType()), NestedField(902, "at", StructType(NestedField(903, "lat", DoubleType()))))),
    NestedField(904, "tags", ListType(905, StringType(), element_required=False)),
    NestedField(906, "counts", MapType(907, StringType(), 908, LongType(), value_required=False))]


class Maker:
    """One table, made at random."""

    def __init__(self, lake: Lake, seed: int):
        self.dice, self.name = random.Random(seed), f"t{seed}"
        self.none = self.dice.choice([0, 0.2, 0.9, 1])
        self.columns = {kind: kind for kind in self.dice.sample(sorted(KINDS), self.dice.randrange(1, 8))}  # name → kind
        self.nested = self.dice.random() < 0.4
        fields = [NestedField(i, name, KINDS[kind][0]) for i, (name, kind) in enumerate(self.columns.items(), 1)]
        self.table = lake.catalog.create_table(f"db.{self.name}", Schema(*fields, *(NESTED if self.nested else [])))

    def make(self) -> None:
        for _ in range(self.dice.randrange(1, 4)):
            self.dice.choice([self.change_spec, self.change_schema, lambda: None])()
            self.write()

    def change_spec(self) -> None:
        transform = self.dice.choice(list(TRANSFORMS))
        taken = {field.source_id for field in self.table.spec().fields}
        fitting = [name for name, kind in self.columns.items()
                   if kind in TRANSFORMS[transform] and self.table.schema().find_field(name).field_id not in taken]
        if not fitting:
            return
        made = transform(self.dice.choice([2, 5])) if transform in (BucketTransform, TruncateTransform) else transform()
        with self.table.update_spec() as update:
            update.add_field(self.dice.choice(fitting), made, f"p{self.dice.randrange(10**9)}")

    def change_schema(self) -> None:
        """A column renamed, one added; one promoted, as long as nothing is partitioned by it."""
        sources = {field.source_id for spec in self.table.specs().values() for field in spec.fields}
        with self.table.update_schema() as update:
            kind = self.dice.choice(sorted(KINDS))
            update.add_column(f"new{len(self.columns)}", KINDS[kind][0])
            name = self.dice.choice(list(self.columns))
            promoted = {"int": "long", "float": "double"}.get(self.columns[name])
            if promoted and self.table.schema().find_field(name).field_id not in sources:
                update.update_column(name, KINDS[promoted][0])
                self.columns[name] = promoted
            else:
                update.rename_column(name, f"{name}_was")
                self.columns = {f"{name}_was" if each == name else each: was for each, was in self.columns.items()}
        self.columns[f"new{len(self.columns)}"] = kind

    def rows(self) -> list[dict]:
        count = self.dice.choice([1, 3, 50])
        rows = [{name: value_of(self.dice, *KINDS[kind], self.none) for name, kind in self.columns.items()}
                for _ in range(count)]
        return [row | nested(self.dice) for row in rows] if self.nested else rows

    def write(self) -> None:
        """As its own reference would: one file for each partition."""
        by_partition: dict = {}
        for row in self.rows():
            tuple_ = internal_partition(self.table, row, internal)
            by_partition.setdefault(repr(tuple_), (tuple_, []))[1].append(row)
        schema = schema_to_pyarrow(self.table.schema())
        append(self.table, [
            write_file(self.table, pa.Table.from_pylist(rows, schema=schema), tuple_, **self.options())
            for tuple_, rows in by_partition.values()])

    def options(self) -> dict:
        return {"compression": self.dice.choice(["zstd", "snappy", "gzip", "none"]),
                "row_group_size": self.dice.choice([7, 1000]), "use_dictionary": self.dice.random() < 0.5,
                "data_page_version": self.dice.choice(["1.0", "2.0"]),
                "write_statistics": self.dice.random() < 0.9, "store_schema": self.dice.random() < 0.5}


@pytest.fixture(scope="module")
def lake(tmp_path_factory):
    return Lake(tmp_path_factory.mktemp("sound"))


def check_quiet(frazil, lake: Lake, seed: int) -> None:
    maker = Maker(lake, seed)
    maker.make()
    for flags in [], ["--deep"]:
        report = lake.verify(frazil, maker.name, *flags)
        assert report["findings"] == [], f"seed {seed} {flags}: {report['findings']}"


@pytest.mark.parametrize("seed", range(SEED, SEED + 20))
def test_an_odd_table_is_sound(frazil, lake, seed):
    check_quiet(frazil, lake, seed)


@pytest.mark.slow
@pytest.mark.parametrize("hundred", range(10))
def test_a_thousand_odd_tables_are_sound(frazil, lake, hundred):
    for seed in range(10_000 + hundred * 100, 10_000 + hundred * 100 + 100):
        check_quiet(frazil, lake, seed)


def test_files_without_ids_that_a_name_mapping_knows(frazil, lake):
    """As PyIceberg takes over files that others wrote: by a name mapping that it makes then."""
    rows = pa.table({"id": pa.array([1, None, 3], pa.int64()), "name": ["a", "b", None],
                     "tags": pa.array([["x"], None, []], pa.list_(pa.string()))})
    table = lake.catalog.create_table("db.mapped", rows.schema)
    path = f"{table.location()}/theirs-{uuid.uuid4()}.parquet"
    local(path).parent.mkdir(parents=True, exist_ok=True)
    pq.write_table(rows, local(path))
    table.add_files([path])
    for flags in [], ["--deep"]:
        assert lake.verify(frazil, "mapped", *flags)["findings"] == []
    with table.transaction() as change:
        change.remove_properties("schema.name-mapping.default")
    found = lake.verify(frazil, "mapped")["findings"]
    assert [each["kind"] for each in found] == ["wrong-columns"] and "no name mapping" in found[0]["what"]


def test_footers_that_cut_their_bounds(frazil, lake):
    """Some writers put a text below the least into the footer, and the least itself into the manifest."""
    table = lake.catalog.create_table("db.cut", pa.schema([("name", pa.string())]))
    file = write_file(table, pa.table({"name": ["b" * 100, "c" * 100]}))
    content = local(file.file_path).read_bytes()
    footer = len(content) - 8 - int.from_bytes(content[-8:-4], "little")
    assert content[footer:].count(b"b" * 100) > 0
    local(file.file_path).write_bytes(content[:footer] + content[footer:].replace(b"b" * 100, b"a" * 100))
    append(table, [file])
    for flags in [], ["--deep"]:
        assert lake.verify(frazil, "cut", *flags)["findings"] == []


@pytest.mark.parametrize("transform", ["identity", "bucket", "time"])
def test_what_frazil_writes_of_odd_values(kafka, frazil, tmp_path, transform):
    column = {"identity": "reading", "bucket": "name", "time": "at"}[transform]
    p = Pipeline(frazil, kafka, tmp_path, kafka.create_topic(), partitioning=transform, partition_fields=[column],
                 schema=[{"name": "reading", "type": "double"}, {"name": "name", "type": "string"},
                         {"name": "at", "type": "timestamp"}])
    dice = random.Random(SEED)
    kafka.produce(p.topic, [json.dumps(record) for record in [
        {"reading": 0.0, "name": ""}, {"reading": -0.0, "name": "z" * 300}, {"name": "\U0010FFFF" * 30},
        {"reading": 5e-324, "at": "1969-12-31T23:59:59.999999"}, {"reading": -1e308, "at": "0001-01-01T00:00:00"},
        *({"reading": dice.choice([0.0, -0.0, 1.5]), "name": texts(dice)} for _ in range(50))]])
    p.run_once()
    for flags in ["--exclusive"], ["--exclusive", "--deep"]:
        report = verify(p, *flags)
        assert report["findings"] == [] and report["accounts"][0]["proof"] == "offset"
    if transform == "identity":
        partitions = [task.file.partition[0] for task in p.table().scan().plan_files()]
        assert {math.copysign(1, each) for each in partitions if each == 0} == {-1, 1}, "both zeros have a partition"
