"""Table metadata, updates, single values and transforms, against PyIceberg's."""

import datetime as dt
import decimal
import json
import random
import struct
import subprocess
import uuid
from pathlib import Path

import pytest
from pyiceberg.conversions import from_bytes, to_bytes
from pyiceberg.partitioning import PartitionField, PartitionSpec
from pyiceberg.schema import Schema
from pyiceberg.table import CommitTableRequest, TableIdentifier
from pyiceberg.table.metadata import TableMetadataUtil, new_table_metadata
from pyiceberg.table.sorting import NullOrder, SortDirection, SortField, SortOrder
from pyiceberg.table.update import update_table_metadata
from pyiceberg.transforms import IdentityTransform, parse_transform
from pyiceberg.types import (BinaryType, BooleanType, DateType, DecimalType, DoubleType, FixedType, FloatType,
                             IntegerType, ListType, LongType, MapType, NestedField, PrimitiveType, StringType,
                             StructType, TimestampType, TimestamptzType, TimeType, UUIDType)
from paths import BUILD, ROOT

TOOL = BUILD / "metadata_tool"
NOW = 1_767_225_600_000
FIRST, SECOND = 9051729175895721601, 9055729175895721600  # beyond 2**53
OLDER = "s3://bucket/db/t/metadata/00000-a.metadata.json"


@pytest.fixture
def tool(tmp_path):
    def run(command: str, value):
        source, target = tmp_path / "in.json", tmp_path / "out.json"
        source.write_text(value if isinstance(value, str) else json.dumps(value))
        done = subprocess.run([TOOL, command, source, target], text=True, capture_output=True)
        assert done.returncode == 0, done.stderr
        return json.loads(target.read_text())

    return run


def field(id, name, type, required=False, doc=None):
    return NestedField(id, name, type, required=required, doc=doc)


EVERY_TYPE = Schema(
    field(1, "id", LongType(), required=True, doc="the key"), field(2, "b", BooleanType()),
    field(3, "i", IntegerType()), field(4, "f", FloatType()), field(5, "d", DoubleType()),
    field(6, "dec", DecimalType(38, 10)), field(7, "date", DateType()), field(8, "time", TimeType()),
    field(9, "ts", TimestampType()), field(10, "tstz", TimestamptzType()), field(11, "s", StringType()),
    field(12, "u", UUIDType()), field(13, "fix", FixedType(5)), field(14, "bin", BinaryType()),
    field(15, "dotted.name", StringType()),
    field(16, "place", StructType(field(19, "city", StringType()),
                                  field(20, "at", StructType(field(21, "lat", DoubleType(), required=True))))),
    field(17, "tags", ListType(22, StringType(), element_required=False)),
    field(18, "counts", MapType(23, StringType(), 24, ListType(25, LongType(), element_required=True),
                                value_required=True)),
    identifier_field_ids=[1])

EVERY_TRANSFORM = PartitionSpec(*[
    PartitionField(source, 1000 + place, parse_transform(transform), f"p{place}")
    for place, (source, transform) in enumerate([
        (11, "identity"), (1, "bucket[16]"), (6, "truncate[50]"), (7, "year"), (9, "month"), (10, "day"), (9, "hour"),
        (3, "void"), (21, "identity"), (12, "bucket[3]")])])

SORTED = SortOrder(
    SortField(1, IdentityTransform(), SortDirection.DESC, NullOrder.NULLS_LAST),
    SortField(11, parse_transform("truncate[4]"), SortDirection.ASC, NullOrder.NULLS_FIRST), order_id=1)


def snapshot(id, number, parent=None, **more):
    out = {"snapshot-id": id, "sequence-number": number, "timestamp-ms": NOW + number, "schema-id": 0,
           "manifest-list": f"s3://bucket/db/t/metadata/snap-{id}.avro",
           "summary": {"operation": "append", "added-records": "3"}, **more}
    return out | ({"parent-snapshot-id": parent} if parent else {})


def pyiceberg_table() -> dict:
    """As PyIceberg writes it: two snapshots, a branch, a tag, logs, statistics."""
    made = new_table_metadata(EVERY_TYPE, EVERY_TRANSFORM, SORTED, "s3://bucket/db/t", {"owner": "me"})
    table = json.loads(made.model_dump_json()) | {
        "last-sequence-number": 2, "current-snapshot-id": SECOND, "last-updated-ms": NOW + 2,
        "snapshots": [snapshot(FIRST, 1), snapshot(SECOND, 2, FIRST)],
        "snapshot-log": [{"snapshot-id": FIRST, "timestamp-ms": NOW + 1},
                         {"snapshot-id": SECOND, "timestamp-ms": NOW + 2}],
        "metadata-log": [{"metadata-file": OLDER, "timestamp-ms": NOW}],
        "refs": {"main": {"snapshot-id": SECOND, "type": "branch"},
                 "audit": {"snapshot-id": FIRST, "type": "branch", "min-snapshots-to-keep": 2,
                           "max-snapshot-age-ms": 100000},
                 "eom": {"snapshot-id": FIRST, "type": "tag", "max-ref-age-ms": 5000000000}},
        "statistics": [{"snapshot-id": FIRST, "statistics-path": "s3://bucket/s.puffin", "file-size-in-bytes": 413,
                        "file-footer-size-in-bytes": 42, "blob-metadata": [
                            {"type": "apache-datasketches-theta-v1", "snapshot-id": FIRST, "sequence-number": 1,
                             "fields": [1]}]}],
        "partition-statistics": [{"snapshot-id": FIRST, "statistics-path": "s3://bucket/p.parquet",
                                  "file-size-in-bytes": 7}]}
    return json.loads(TableMetadataUtil.parse_obj(table).model_dump_json())


def without_nulls(value):
    """Writers differ in whether they leave out what is not set; readers must not care."""
    if isinstance(value, dict):
        return {key: without_nulls(member) for key, member in value.items() if member is not None}
    return [without_nulls(item) for item in value] if isinstance(value, list) else value


def test_what_pyiceberg_writes_is_written_the_same(tool):
    table = pyiceberg_table()
    ours = tool("rewrite", table)
    assert ours["snapshots"] == table["snapshots"]  # as they stand, nulls and all
    assert without_nulls(ours) == without_nulls(table)


def test_v1(tool):
    made = new_table_metadata(EVERY_TYPE, EVERY_TRANSFORM, SORTED, "s3://bucket/db/t", {"format-version": "1"})
    table = json.loads(made.model_dump_json())
    # Java's way to say that there is no snapshot; we leave the member out.
    ours = tool("rewrite", table | {"current-snapshot-id": -1})
    assert ours == without_nulls(table)
    assert TableMetadataUtil.parse_obj(ours) == TableMetadataUtil.parse_obj(table)


def test_v3(tool):
    table = pyiceberg_table() | {"format-version": 3, "next-row-id": 6}
    for place, each in enumerate(table["snapshots"]):
        each |= {"first-row-id": 3 * place, "added-rows": 3, "key-id": "k"}
    ours = tool("rewrite", table)
    assert ours == without_nulls(table)
    assert TableMetadataUtil.parse_obj(ours) == TableMetadataUtil.parse_obj(table)


def shifted(value):
    """The ids of a user, who does not know that catalogs assign their own."""
    if isinstance(value, dict):
        return {key: member + 100 if key in ("id", "source-id", "element-id", "key-id", "value-id") else shifted(member)
                for key, member in value.items()}
    return [shifted(item) for item in value] if isinstance(value, list) else value


@pytest.mark.parametrize("version", [2, 3])
def test_a_new_table_is_what_pyiceberg_would_make(tool, version):
    schema, spec, order = [json.loads(one.model_dump_json()) for one in (EVERY_TYPE, EVERY_TRANSFORM, SORTED)]
    schema.pop("identifier-field-ids")
    ours = tool("create", {
        "location": "s3://bucket/db/t/", "schema": shifted(schema), "spec": shifted(spec)["fields"],
        "order": shifted(order), "properties": {"owner": "me"}, "format-version": version, "now-ms": NOW})
    read = TableMetadataUtil.parse_obj(ours)
    assert read.properties.pop("write.parquet.compression-codec") == "zstd"
    theirs = new_table_metadata(Schema.model_validate(schema), EVERY_TRANSFORM, SORTED, "s3://bucket/db/t",
                                {"owner": "me", "format-version": str(version)}, read.table_uuid)
    # PyIceberg does not set the first row id yet, which v3 requires.
    assert read == theirs.model_copy(update={"last_updated_ms": NOW} | ({"next_row_id": 0} if version == 3 else {}))


GROWN = Schema(*EVERY_TYPE.fields, field(26, "more", DoubleType()), schema_id=1, identifier_field_ids=[1])
BY_SOURCE = PartitionSpec(PartitionField(11, 1010, parse_transform("bucket[7]"), "s_bucket"), spec_id=1)

CHANGES = {
    "append": [{"action": "add-snapshot", "snapshot": snapshot(77, 3, SECOND)},
               {"action": "set-snapshot-ref", "ref-name": "main", "type": "branch", "snapshot-id": 77},
               {"action": "set-properties", "updates": {"frazil.offsets": "{}", "owner": "you"}}],
    "append to a branch": [
        {"action": "add-snapshot", "snapshot": snapshot(77, 3, FIRST)},
        {"action": "set-snapshot-ref", "ref-name": "audit", "type": "branch", "snapshot-id": 77,
         "min-snapshots-to-keep": 2, "max-snapshot-age-ms": 100000}],
    "tag": [{"action": "set-snapshot-ref", "ref-name": "t", "type": "tag", "snapshot-id": FIRST, "max-ref-age-ms": 5}],
    "roll back": [{"action": "set-snapshot-ref", "ref-name": "main", "type": "branch", "snapshot-id": FIRST}],
    "grow": [{"action": "add-schema", "schema": json.loads(GROWN.model_dump_json()), "last-column-id": 26},
             {"action": "set-current-schema", "schema-id": -1}],
    "partition anew": [{"action": "add-spec", "spec": json.loads(BY_SOURCE.model_dump_json())},
                       {"action": "set-default-spec", "spec-id": -1}],
    "sort anew": [{"action": "add-sort-order", "sort-order": {"order-id": 2, "fields": [
        {"source-id": 9, "transform": "day", "direction": "asc", "null-order": "nulls-last"}]}},
        {"action": "set-default-sort-order", "sort-order-id": -1}],
    "properties": [{"action": "set-properties", "updates": {"a": "1"}},
                   {"action": "remove-properties", "removals": ["owner"]}],
    "remove a ref": [{"action": "remove-snapshot-ref", "ref-name": "eom"}],
}


@pytest.mark.parametrize("name", CHANGES)
def test_updates_apply_as_pyiceberg_applies_them(tool, name):
    base = pyiceberg_table()
    ours = tool("apply", {"metadata": base, "updates": CHANGES[name], "location": OLDER, "now-ms": NOW + 50})
    # PyIceberg understands what we would send, requirements too.
    request = CommitTableRequest.model_validate({
        "identifier": TableIdentifier(namespace=["db"], name="t").model_dump(), "updates": ours["updates"],
        "requirements": ours["requirements"]})
    before = TableMetadataUtil.parse_obj(base)
    for requirement in request.requirements:
        requirement.validate(before)
    theirs = update_table_metadata(before, request.updates, metadata_location=OLDER)

    expected, found = [without_nulls(json.loads(one.model_dump_json()))
                       for one in (theirs, TableMetadataUtil.parse_obj(ours["metadata"]))]
    # The clock is ours; PyIceberg's log of files does not hold the base's time but the new one's.
    for one in (expected, found):
        one.pop("last-updated-ms"), one.pop("metadata-log")
    if name == "roll back":
        assert found["snapshot-log"][-1].pop("timestamp-ms") == NOW + 50
        expected["snapshot-log"][-1].pop("timestamp-ms")
    assert found == expected
    assert ours["metadata"]["metadata-log"][-1] == {"metadata-file": OLDER, "timestamp-ms": NOW + 2}


def test_the_reference_reads_it_and_applies_our_updates(tool, tmp_path):
    v3 = pyiceberg_table() | {"format-version": 3, "next-row-id": 6}
    for place, each in enumerate(v3["snapshots"]):
        each |= {"first-row-id": 3 * place, "added-rows": 3}
    cases = {name: (pyiceberg_table(), updates) for name, updates in CHANGES.items()} | {"v3": (v3, [])}
    ours = {}
    for name, (base, updates) in cases.items():
        directory = tmp_path / name.replace(" ", "-")
        directory.mkdir()
        base_file = directory / "base.json"
        ours[directory] = tool("apply", {"metadata": base, "updates": updates, "location": str(base_file),
                                         "now-ms": NOW + 50})
        base_file.write_text(json.dumps(tool("rewrite", base)))
        for part in ("updates", "requirements"):
            (directory / part).write_text("\n".join(map(json.dumps, ours[directory].get(part) or [])))
    subprocess.run([ROOT / "dev" / "rest-catalog", "java", Path(__file__).with_name("MetadataCheck.java"), *ours],
                   check=True, capture_output=True, text=True)

    for directory, applied in ours.items():
        found, expected = applied["metadata"], json.loads((directory / "result.json").read_text())
        for one in (found, expected):
            assert one.pop("last-updated-ms") >= NOW  # its clock is not ours
        if directory.name == "roll-back":
            assert found["snapshot-log"][-1].pop("timestamp-ms") == NOW + 50
            expected["snapshot-log"][-1].pop("timestamp-ms")
        if directory.name == "v3":
            found.pop("metadata-log"), expected.pop("metadata-log")  # without a change it logs nothing
        assert found == without_nulls(expected), directory.name


TYPES = {
    "boolean": (BooleanType(), lambda r: r.random() < 0.5),
    "int": (IntegerType(), lambda r: r.randint(-2**31, 2**31 - 1) >> r.randint(0, 31)),
    "long": (LongType(), lambda r: r.randint(-2**63, 2**63 - 1) >> r.randint(0, 63)),
    "float": (FloatType(), lambda r: struct.unpack("<f", struct.pack("<f", r.uniform(-1e6, 1e6)))[0]),
    "double": (DoubleType(), lambda r: r.uniform(-1e9, 1e9)),
    "date": (DateType(), lambda r: r.randint(-719162, 2932896)),
    "time": (TimeType(), lambda r: r.randint(0, 86_399_999_999)),
    "timestamp": (TimestampType(), lambda r: r.randint(-62135596800_000_000, 253402300799_999_999)),
    "timestamptz": (TimestamptzType(), lambda r: r.randint(-62135596800_000_000, 253402300799_999_999)),
    "string": (StringType(), lambda r: "".join(r.choice("aZ9 /=%ü水😀\u0301") for _ in range(r.randint(0, 12)))),
    "uuid": (UUIDType(), lambda r: uuid.UUID(int=r.getrandbits(128))),
    "fixed[7]": (FixedType(7), lambda r: r.randbytes(7)),
    "binary": (BinaryType(), lambda r: r.randbytes(r.randint(0, 40))),
    "decimal(9, 2)": (DecimalType(9, 2), lambda r: decimal.Decimal(r.randint(-10**9 + 1, 10**9 - 1)).scaleb(-2)),
    "decimal(38, 10)": (DecimalType(38, 10), lambda r: wide_decimal(r)),
}
TRANSFORMS = ["identity", "void", "bucket[1]", "bucket[16]", "bucket[1000003]", "truncate[1]", "truncate[3]",
              "truncate[10]", "truncate[999983]", "year", "month", "day", "hour"]


def wide_decimal(r):
    with decimal.localcontext(prec=60):
        return decimal.Decimal(r.randint(-10**38 + 1, 10**38 - 1) // 10**r.randint(0, 37)).scaleb(-10)


def binary(type: PrimitiveType, value) -> str | None:
    return None if value is None else to_bytes(type, value).hex()


@pytest.mark.parametrize("name", TYPES)
def test_values_and_transforms(tool, name):
    type, draw = TYPES[name]
    generator = random.Random(name)
    cases = []
    for text in TRANSFORMS:
        transform = parse_transform(text)
        if transform.can_transform(type):
            cases += [(transform, value) for value in [None] + [draw(generator) for _ in range(200)]]
    found = tool("values", [[name, str(transform), binary(type, value)] for transform, value in cases])
    with decimal.localcontext(prec=60):
        for (transform, value), ours in zip(cases, found, strict=True):
            case = f"{transform} of {value!r}"
            assert ours["bytes"] == binary(type, value), case
            result = transform.transform(type)(value) if str(transform) != "void" else None
            result_type = transform.result_type(type)
            assert ours["result"] == binary(result_type, result), case
            if isinstance(result, decimal.Decimal):
                assert decimal.Decimal(ours["human"]) == result, case  # PyIceberg prints exponents
            elif name not in ("float", "double") and not (name.startswith("time") and str(transform) == "identity"):
                assert ours["human"] == transform.to_human_string(type, result), case


def test_times_as_text(tool):
    """PyIceberg prints six digits of a fraction or none, we as many as needed: both read as the same time."""
    generator = random.Random(7)
    for name, parse in [("timestamp", dt.datetime.fromisoformat), ("timestamptz", dt.datetime.fromisoformat),
                        ("time", dt.time.fromisoformat), ("date", dt.date.fromisoformat)]:
        type, draw = TYPES[name]
        values = [draw(generator) for _ in range(300)]
        found = tool("values", [[name, "identity", binary(type, value)] for value in values])
        for value, ours in zip(values, found, strict=True):
            assert parse(ours["text"]) == parse(IdentityTransform().to_human_string(type, value))


def test_bounds_of_promoted_columns(tool):
    """What an int, a float or a narrower decimal left behind."""
    found = tool("values", [["long", "identity", "feffffff"], ["double", "identity", "000090c0"],
                            ["decimal(38, 2)", "identity", "058c"]])
    assert [one["text"] for one in found] == ["-2", "-4.5", "14.20"]
    assert found[0]["bytes"] == "feffffffffffffff"
    assert from_bytes(DoubleType(), bytes.fromhex(found[1]["bytes"])) == -4.5
