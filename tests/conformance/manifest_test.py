"""Manifests and manifest lists: ours as PyIceberg and fastavro read them, theirs as we do."""

import datetime as dt
import decimal
import importlib
import json
import math
import struct
import subprocess
import uuid
from pathlib import Path

import fastavro
import pytest
from pyiceberg.conversions import to_bytes
from pyiceberg.io.pyarrow import PyArrowFileIO
from pyiceberg.manifest import (DataFile, DataFileContent, FileFormat, ManifestContent, ManifestEntry,
                                ManifestEntryStatus, ManifestFile, PartitionFieldSummary, read_manifest_list,
                                write_manifest, write_manifest_list)
from pyiceberg.partitioning import PartitionField, PartitionSpec
from pyiceberg.schema import Schema
from pyiceberg.transforms import (BucketTransform, DayTransform, HourTransform, IdentityTransform, MonthTransform,
                                  TruncateTransform, VoidTransform, YearTransform)
from pyiceberg.typedef import Record
from pyiceberg.types import (BinaryType, BooleanType, DateType, DecimalType, DoubleType, FixedType, FloatType,
                             IntegerType, LongType, NestedField, StringType, TimestampType, TimestamptzType, TimeType,
                             UUIDType)
from paths import BUILD

TOOL = BUILD / "manifest_tool"
CODECS = {"gzip": "deflate", "zstd": "zstandard", "snappy": "snappy", "uncompressed": "null"}


def installed(module: str | None) -> bool:
    try:
        return module is None or importlib.import_module(module) is not None
    except ImportError:
        return False


def codecs(names, **modules):
    """The codecs as parameters. One that lacks the Python module it needs is skipped, naming it."""
    params = []
    for name in names:
        module = modules.get(CODECS.get(name, name))
        params.append(pytest.param(name, marks=pytest.mark.skipif(not installed(module), reason=f"{module} is missing")))
    return pytest.mark.parametrize("codec", params)


FASTAVRO = {"snappy": "cramjam", "zstandard": "backports.zstd"}
PYICEBERG = {"snappy": "snappy"}
SNAPSHOT = 8744736658442914487
NAN = float("nan")

# name, type, transform, two partition values as PyIceberg has them, the same as manifest_tool has them
COLUMNS = [
    ("bool", BooleanType(), IdentityTransform(), (False, True), ("boolean", False, True)),
    ("int", IntegerType(), IdentityTransform(), (-5, 2**31 - 1), ("int", -5, 2**31 - 1)),
    ("long", LongType(), IdentityTransform(), (-2**63, 2**63 - 1), ("long", -2**63, 2**63 - 1)),
    ("float", FloatType(), IdentityTransform(), (-1.5, 2.25), ("float", "-1.5", "2.25")),
    # PyIceberg 0.12 reads doubles through a C float: values that survive it; fastavro checks others below.
    ("double", DoubleType(), IdentityTransform(), (-1000.5, 0.125), ("double", "-1000.5", "0.125")),
    ("dec9", DecimalType(9, 2), IdentityTransform(), (decimal.Decimal("-1.28"), decimal.Decimal("9999999.99")),
     ("decimal", "-128", "999999999")),
    ("dec9 again", DecimalType(9, 2), IdentityTransform(), (decimal.Decimal("0.00"), decimal.Decimal("0.01")),
     ("decimal", "0", "1")),
    ("dec38", DecimalType(38, 10),
     IdentityTransform(), (decimal.Decimal("-1234567890123456789012345678.0123456789"), decimal.Decimal("0E-10")),
     ("decimal", "-12345678901234567890123456780123456789", "0")),
    ("date", DateType(), IdentityTransform(), (-1, 20000), ("int", -1, 20000)),
    ("time", TimeType(), IdentityTransform(), (0, 86399999999), ("long", 0, 86399999999)),
    ("ts", TimestampType(), IdentityTransform(), (-1, 1767830400000000), ("long", -1, 1767830400000000)),
    ("tstz", TimestamptzType(), IdentityTransform(), (-1, 1767830400000001), ("long", -1, 1767830400000001)),
    ("größe.2", StringType(), IdentityTransform(), ("", "東京"), ("bytes", "", "東京".encode().hex())),
    ("uuid", UUIDType(), IdentityTransform(), (uuid.UUID(int=1), uuid.UUID(int=2**127 + 5)),
     ("bytes", uuid.UUID(int=1).hex, uuid.UUID(int=2**127 + 5).hex)),
    ("7fixed", FixedType(3), IdentityTransform(), (b"\0\1\2", b"\xff\xfe\xfd"), ("bytes", "000102", "fffefd")),
    ("fixed", FixedType(3), IdentityTransform(), (b"\0\0\0", b"\0\0\1"), ("bytes", "000000", "000001")),
    ("bin", BinaryType(), IdentityTransform(), (b"\0", b"\xff" * 40), ("bytes", "00", "ff" * 40)),
    ("b_ts", TimestampType(), BucketTransform(16), (0, 15), ("int", 0, 15)),
    ("y_ts", TimestampType(), YearTransform(), (-1, 56), ("int", -1, 56)),
    ("m_ts", TimestampType(), MonthTransform(), (-12, 671), ("int", -12, 671)),
    ("d_ts", TimestampType(), DayTransform(), (-1, 20460), ("int", -1, 20460)),
    ("h_ts", TimestampType(), HourTransform(), (-1, 491040), ("int", -1, 491040)),
    ("t_string", StringType(), TruncateTransform(3), ("ab", "abc"), ("bytes", "6162", "616263")),
    ("t_dec", DecimalType(18, 4), TruncateTransform(100), (decimal.Decimal("-0.0100"), decimal.Decimal("1.2300")),
     ("decimal", "-100", "12300")),
    ("void", LongType(), VoidTransform(), (None, None), None),
]
SCHEMA = Schema(*(NestedField(i + 1, name, type, required=False) for i, (name, type, *_) in enumerate(COLUMNS)),
                schema_id=4)
SPEC = PartitionSpec(*(PartitionField(i + 1, 1000 + i, transform, "p " + name)
                       for i, (name, _, transform, *_) in enumerate(COLUMNS)), spec_id=3)
RESULT_TYPES = [field.field_type for field in SPEC.partition_type(SCHEMA).fields]

UNPARTITIONED_SCHEMA = Schema(NestedField(1, "a", IntegerType(), required=True), NestedField(2, "b", DoubleType()))
UNPARTITIONED = PartitionSpec(spec_id=0)


def ours(which: int | None) -> list:
    """The partition tuple of the low (0) or high (1) values, or of nulls."""
    return [None if which is None or value is None else {value[0]: value[1 + which]} for *_, value in COLUMNS]


def theirs(which: int | None) -> list:
    return [None if which is None else values[which] for *_, values, _ in COLUMNS]


def tool(*arguments, request=None):
    done = subprocess.run([TOOL, *map(str, arguments)], input=json.dumps(request) if request else None, text=True,
                          capture_output=True)
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout) if done.stdout else None


def refused(*arguments, request=None) -> str:
    done = subprocess.run([TOOL, *map(str, arguments)], input=json.dumps(request) if request else None, text=True,
                          capture_output=True)
    assert done.returncode == 1, (done.returncode, done.stdout)
    return done.stderr


def write(path: Path, entries: list, schema=SCHEMA, spec=SPEC, **context):
    return tool("write", path, request={
        "schema": json.loads(schema.model_dump_json()), "spec": json.loads(spec.model_dump_json()),
        "snapshot_id": SNAPSHOT, "entries": entries, **context})


def read(path: Path, line: dict, directory: Path) -> list:
    (directory / "line.json").write_text(json.dumps(line))
    return tool("read", path, directory / "line.json")


def entry(path: str, partition: list, status: int = 1, **file) -> dict:
    numbers = {} if status == 1 else {"snapshot_id": 77, "sequence_number": 5, "file_sequence_number": 6}
    return {"status": status, **numbers, "data_file": {
        "file_path": path, "spec_id": 3, "partition": partition, "record_count": 10, "file_size_in_bytes": 1000, **file}}


FULL = {
    "file_format": "ORC", "column_sizes": {"1": 100, "2": 2**40}, "value_counts": {"1": 10, "2": 10},
    "null_value_counts": {"1": 0, "2": 3}, "nan_value_counts": {"4": 1},
    "lower_bounds": {"1": "00", "3": "0000000000000080"}, "upper_bounds": {"1": "01", "3": "ffffffffffffff7f"},
    "key_metadata": "006b6579", "split_offsets": [4, 134217732], "sort_order_id": 0,
}


OLDER = {
    "manifest_path": "s3://b/0.avro", "manifest_length": 2**33, "partition_spec_id": 3, "content": 1,
    "sequence_number": 7, "min_sequence_number": 2, "added_snapshot_id": 5, "added_files_count": 1,
    "existing_files_count": 2, "deleted_files_count": 3, "added_rows_count": 2**40, "existing_rows_count": 5,
    "deleted_rows_count": 6, "key_metadata": "00ff", "partitions": [
        {"contains_null": True},
        {"contains_null": False, "contains_nan": True, "lower_bound": "00", "upper_bound": "ff00"}],
}


def write_list(path: Path, codec: str, version: int) -> None:
    """A list of a manifest of an older snapshot and one of the commit's own."""
    mine = {"manifest_path": "s3://b/1.avro", "manifest_length": 10, "sequence_number": -1, "min_sequence_number": -1,
            "added_snapshot_id": SNAPSHOT, "added_files_count": 1, "added_rows_count": 10, "first_row_id": 1000}
    tool("write-list", path, request={"format_version": version, "snapshot_id": SNAPSHOT, "sequence_number": 9,
                                      "codec": codec, "manifests": [OLDER, mine]})


def pyiceberg_manifest(line: dict) -> ManifestFile:
    """`line` with its sequence number assigned, as PyIceberg would have read it from the list."""
    return ManifestFile.from_args(
        manifest_path=line["manifest_path"], manifest_length=line["manifest_length"],
        partition_spec_id=line["partition_spec_id"], content=ManifestContent(line["content"]), sequence_number=9,
        min_sequence_number=9, added_snapshot_id=line["added_snapshot_id"])


def as_tool(record: ManifestEntry, partition: list) -> dict:
    """PyIceberg's entry in manifest_tool's words; partition values are compared apart."""
    file = record.data_file

    def hexed(values):
        return {str(id): value.hex() for id, value in (values or {}).items()}

    def plain(values):
        return {str(id): value for id, value in (values or {}).items()}

    return {
        "status": record.status.value, "snapshot_id": record.snapshot_id, "sequence_number": record.sequence_number,
        "file_sequence_number": record.file_sequence_number, "data_file": {
            "content": int(file.content), "file_path": file.file_path, "file_format": file.file_format.value,
            "spec_id": file.spec_id, "partition": partition, "record_count": file.record_count,
            "file_size_in_bytes": file.file_size_in_bytes, "column_sizes": plain(file.column_sizes),
            "value_counts": plain(file.value_counts), "null_value_counts": plain(file.null_value_counts),
            "nan_value_counts": plain(file.nan_value_counts), "lower_bounds": hexed(file.lower_bounds),
            "upper_bounds": hexed(file.upper_bounds),
            "key_metadata": file.key_metadata.hex() if file.key_metadata is not None else None,
            "split_offsets": list(file.split_offsets or []), "equality_ids": list(file.equality_ids or []),
            "sort_order_id": file.sort_order_id, "first_row_id": None, "referenced_data_file": None,
            "content_offset": None, "content_size_in_bytes": None}}


@codecs(CODECS, **PYICEBERG)
def test_pyiceberg_reads_our_manifests(tmp_path, codec):
    path = tmp_path / "m.avro"
    line = write(path, [entry("low", ours(0), **FULL), entry("null", ours(None)), entry("high", ours(1), status=0),
                        entry("gone", ours(1), status=2)], codec=codec)
    records = pyiceberg_manifest(line).fetch_manifest_entry(PyArrowFileIO(), discard_deleted=False)
    assert [list(record.data_file.partition._data) for record in records] == [
        theirs(0), theirs(None), theirs(1), theirs(1)]

    mine = read(path, line | {"sequence_number": 9}, tmp_path)
    assert [as_tool(record, own["data_file"]["partition"]) for record, own in zip(records, mine)] == mine
    assert [record.sequence_number for record in records] == [9, 9, 5, 5]
    assert records[0].data_file.lower_bounds[3] == struct.pack("<q", -2**63)
    assert [own["data_file"]["partition"] for own in mine] == [ours(0), ours(None), ours(1), ours(1)]

    assert line["manifest_length"] == path.stat().st_size
    assert (line["sequence_number"], line["min_sequence_number"]) == (-1, 5)
    assert [line[f"{kind}_files_count"] for kind in ("added", "existing", "deleted")] == [2, 1, 1]
    assert [line[f"{kind}_rows_count"] for kind in ("added", "existing", "deleted")] == [20, 10, 10]
    for summary, type, low, high in zip(line["partitions"], RESULT_TYPES, theirs(0), theirs(1)):
        assert summary["contains_null"]
        assert summary["contains_nan"] == (False if isinstance(type, (FloatType, DoubleType)) else None)
        assert summary["lower_bound"] == (None if low is None else to_bytes(type, low).hex())
        assert summary["upper_bound"] == (None if high is None else to_bytes(type, high).hex())


@codecs(CODECS, **FASTAVRO)
def test_fastavro_reads_our_manifests(tmp_path, codec):
    path = tmp_path / "m.avro"
    write(path, [entry("low", ours(0), **FULL), entry("high", ours(1))], codec=codec)
    with open(path, "rb") as file:
        reader = fastavro.reader(file)
        records = list(reader)
    metadata = reader.metadata
    assert metadata["avro.codec"] == CODECS[codec]
    assert {key: metadata[key] for key in ("format-version", "content", "schema-id", "partition-spec-id")} == {
        "format-version": "2", "content": "data", "schema-id": "4", "partition-spec-id": "3"}
    assert Schema.model_validate_json(metadata["schema"]) == SCHEMA
    assert json.loads(metadata["partition-spec"]) == json.loads(SPEC.model_dump_json())["fields"]

    fields = reader.writer_schema["fields"][4]["type"]["fields"][3]["type"]["fields"]
    assert [(field["field-id"], field.get("iceberg-field-name", field["name"])) for field in fields] == [
        (field.field_id, field.name) for field in SPEC.fields]
    assert fields[12]["name"] == "p_x20gr_xF6_xDFe_x2E2"
    assert reader.writer_schema["name"] == "manifest_entry"

    first = records[0]
    assert (first["status"], first["snapshot_id"], first["sequence_number"]) == (1, SNAPSHOT, None)
    file = first["data_file"]
    assert file["column_sizes"] == [{"key": 1, "value": 100}, {"key": 2, "value": 2**40}]
    assert file["split_offsets"] == [4, 134217732]
    assert file["key_metadata"] == b"\0key"
    partition = file["partition"]
    assert partition["p_x20dec38"] == COLUMNS[7][3][0]
    assert partition["p_x20uuid"] == uuid.UUID(int=1).bytes
    assert partition["p_x20date"] == partition["p_x20d_ts"] == dt.date(1969, 12, 31)
    assert partition["p_x20void"] is None
    assert records[1]["data_file"]["partition"]["p_x20tstz"] == dt.datetime(2026, 1, 8, 0, 0, 0, 1, dt.UTC)
    assert records[1]["data_file"]["column_sizes"] is None


def test_pyiceberg_reads_our_unpartitioned_delete_manifest(tmp_path):
    path = tmp_path / "d.avro"
    file = {"spec_id": 0, "content": 2, "equality_ids": [1, 2]}
    line = write(path, [entry("eq", [], **file), entry("pos", [], **{**file, "content": 1, "equality_ids": [],
                                                                      "referenced_data_file": "data.parquet"})],
                 schema=UNPARTITIONED_SCHEMA, spec=UNPARTITIONED, content=1)
    records = pyiceberg_manifest(line).fetch_manifest_entry(PyArrowFileIO())
    assert [record.data_file.content for record in records] == [DataFileContent.EQUALITY_DELETES,
                                                                DataFileContent.POSITION_DELETES]
    assert records[0].data_file.equality_ids == [1, 2]
    with open(path, "rb") as avro:
        reader = fastavro.reader(avro)
        assert [record["data_file"]["referenced_data_file"] for record in reader] == [None, "data.parquet"]
        assert reader.metadata["content"] == "deletes"
        assert reader.metadata["partition-spec"] == "[]"


def test_version_3_adds_its_fields(tmp_path):
    path = tmp_path / "v3.avro"
    vector = {"spec_id": 0, "content": 1, "file_format": "PUFFIN", "referenced_data_file": "data.parquet",
              "content_offset": 4, "content_size_in_bytes": 40}
    line = write(path, [entry("dv", [], **vector)], schema=UNPARTITIONED_SCHEMA, spec=UNPARTITIONED, content=1,
                 format_version=3)
    with open(path, "rb") as avro:
        reader = fastavro.reader(avro)
        file = next(reader)["data_file"]
    assert (file["referenced_data_file"], file["content_offset"], file["content_size_in_bytes"]) == (
        "data.parquet", 4, 40)
    ids = [field["field-id"] for field in reader.writer_schema["fields"][4]["type"]["fields"]]
    assert ids[-5:] == [140, 142, 143, 144, 145]
    assert read(path, line, tmp_path)[0]["data_file"]["content_offset"] == 4


def pyiceberg_file(path: str, partition: list, spec_id: int, **more) -> DataFile:
    file = DataFile.from_args(
        content=DataFileContent.DATA, file_path=path, file_format=FileFormat.PARQUET, partition=Record(*partition),
        record_count=10, file_size_in_bytes=1000, **more)
    file.spec_id = spec_id
    return file


@pytest.mark.parametrize("version", [1, 2])
@codecs(CODECS.values(), **PYICEBERG)
def test_we_read_pyicebergs_manifests(tmp_path, version, codec):
    io = PyArrowFileIO()
    path = tmp_path / "p.avro"
    full = {"column_sizes": {1: 100}, "value_counts": {1: 10}, "null_value_counts": {1: 0}, "nan_value_counts": {4: 1},
            "lower_bounds": {3: struct.pack("<q", -7)}, "upper_bounds": {3: struct.pack("<q", 7)},
            "key_metadata": b"\0key", "split_offsets": [4, 99], "equality_ids": None, "sort_order_id": 1}
    with write_manifest(version, SPEC, SCHEMA, io.new_output(str(path)), SNAPSHOT, codec) as writer:
        for status, name, which in (("add", "low", 0), ("existing", "high", 1), ("delete", "null", None)):
            getattr(writer, status)(ManifestEntry.from_args(
                status=ManifestEntryStatus.ADDED, snapshot_id=SNAPSHOT,
                sequence_number=None if status == "add" else 4,
                file_sequence_number=None if status == "add" else 4,
                data_file=pyiceberg_file(name, theirs(which), 3, **full)))
    manifest = writer.to_manifest_file()
    listed = tmp_path / "list.avro"
    with write_manifest_list(version, io.new_output(str(listed)), SNAPSHOT, 11, 9, codec) as list_writer:
        list_writer.add_manifests([manifest])

    [line] = tool("read-list", listed)
    [again] = read_manifest_list(io.new_input(str(listed)))
    assert line["manifest_path"] == str(path)
    for name in ("manifest_length", "partition_spec_id", "content", "sequence_number", "min_sequence_number",
                 "added_snapshot_id", "added_files_count", "existing_files_count", "deleted_files_count",
                 "added_rows_count", "existing_rows_count", "deleted_rows_count"):
        assert line[name] == getattr(again, name), name
    assert len(line["partitions"]) == len(COLUMNS)
    for summary, expected in zip(line["partitions"], again.partitions):
        assert summary["contains_null"] == expected.contains_null
        assert summary["contains_nan"] == expected.contains_nan
        assert summary["lower_bound"] == (None if expected.lower_bound is None else expected.lower_bound.hex())
        assert summary["upper_bound"] == (None if expected.upper_bound is None else expected.upper_bound.hex())

    mine = read(path, line, tmp_path)
    assert [own["data_file"]["partition"] for own in mine] == [ours(0), ours(1), ours(None)]
    records = again.fetch_manifest_entry(io, discard_deleted=False)
    assert mine == [as_tool(record, own["data_file"]["partition"]) for record, own in zip(records, mine)]
    assert [own["status"] for own in mine] == [1, 0, 2]
    assert mine[0]["sequence_number"] == (9 if version == 2 else 0)


@codecs(CODECS, **PYICEBERG)
@pytest.mark.parametrize("version", [2, 3])
def test_pyiceberg_reads_our_lists(tmp_path, codec, version):
    path = tmp_path / "list.avro"
    write_list(path, codec, version)
    first, second = read_manifest_list(PyArrowFileIO().new_input(str(path)))
    for name, value in OLDER.items():
        if name not in ("partitions", "key_metadata"):
            assert getattr(first, name) == value, name
    assert first.key_metadata == b"\0\xff"
    assert first.partitions == [PartitionFieldSummary(True, None, None, None),
                                PartitionFieldSummary(False, True, b"\0", b"\xff\0")]
    assert (second.sequence_number, second.min_sequence_number, second.partitions) == (9, 9, None)


@codecs(CODECS, **FASTAVRO)
@pytest.mark.parametrize("version", [2, 3])
def test_fastavro_reads_our_lists(tmp_path, codec, version):
    path = tmp_path / "list.avro"
    write_list(path, codec, version)
    with open(path, "rb") as avro:
        reader = fastavro.reader(avro)
        records = list(reader)
    assert {key: value for key, value in reader.metadata.items() if key != "avro.schema"} == {
        "avro.codec": CODECS[codec], "format-version": str(version), "snapshot-id": str(SNAPSHOT),
        "parent-snapshot-id": "null", "sequence-number": "9"}
    assert [record.get("first_row_id") for record in records] == [None, 1000 if version == 3 else None]
    assert tool("read-list", path)[0] | {"first_row_id": None} == OLDER | {
        "partitions": [{"contains_nan": None, "lower_bound": None, "upper_bound": None} | summary
                       for summary in OLDER["partitions"]], "first_row_id": None}


@codecs(CODECS.values(), **FASTAVRO)
def test_we_read_what_fastavro_rewrites(tmp_path, codec):
    """Other writers order fields otherwise, add their own, cut other blocks, and leave metadata out."""
    path, foreign = tmp_path / "m.avro", tmp_path / "f.avro"
    line = write(path, [entry(f"file-{i}", ours(i % 2), **FULL) for i in range(500)])
    expected = read(path, line, tmp_path)
    with open(path, "rb") as avro:
        reader = fastavro.reader(avro)
        records = list(reader)
    schema = json.loads(reader.metadata["avro.schema"])
    file = schema["fields"][4]["type"]
    file["fields"].append({"name": "new_thing", "type": ["null", {"type": "map", "values": {
        "type": "array", "items": {"type": "enum", "name": "e", "symbols": ["A", "B"]}}}], "field-id": 9999})
    file["fields"].append({"name": "without_id", "type": ["string", "null", "double"]})
    schema["fields"].reverse()
    file["fields"].reverse()
    for i, record in enumerate(records):
        record["data_file"]["new_thing"] = {"k": ["A", "B"], "l": []} if i % 3 else None
        record["data_file"]["without_id"] = [None, "text", 1.5][i % 3]
    metadata = {"partition-spec": reader.metadata["partition-spec"]}
    with open(foreign, "wb") as avro:
        fastavro.writer(avro, schema, records, codec=codec, sync_interval=2000, metadata=metadata)
    assert read(foreign, line, tmp_path) == expected
    assert foreign.read_bytes().count(foreign.read_bytes()[-16:]) > 50, "too few blocks"


def test_nan_is_no_bound_and_doubles_are_exact(tmp_path):
    schema = Schema(NestedField(1, "d", DoubleType()), NestedField(2, "f", FloatType()))
    spec = PartitionSpec(PartitionField(1, 1000, IdentityTransform(), "d"),
                         PartitionField(2, 1001, IdentityTransform(), "f"), spec_id=3)
    path = tmp_path / "m.avro"
    line = write(path, [entry("a", [{"double": "nan"}, {"float": "nan"}]), entry("b", [{"double": "-0.1"}, None])],
                 schema=schema, spec=spec)
    bound = struct.pack("<d", -0.1).hex()
    assert line["partitions"] == [
        {"contains_null": False, "contains_nan": True, "lower_bound": bound, "upper_bound": bound},
        {"contains_null": True, "contains_nan": True, "lower_bound": None, "upper_bound": None}]
    first, _ = pyiceberg_manifest(line).fetch_manifest_entry(PyArrowFileIO())
    assert all(math.isnan(value) for value in first.data_file.partition._data)
    with open(path, "rb") as avro:
        assert [record["data_file"]["partition"]["d"] for record in fastavro.reader(avro)][1] == -0.1


def test_damaged_files_are_refused(tmp_path):
    path = tmp_path / "m.avro"
    line = write(path, [entry("low", ours(0))])
    (tmp_path / "line.json").write_text(json.dumps(line))
    path.write_bytes(path.read_bytes()[:-20])
    error = refused("read", path, tmp_path / "line.json")
    assert error.startswith(f"corrupt: manifest {path}: ") and "at byte" in error
    assert "not an Avro file" in refused("read-list", tmp_path / "line.json")
