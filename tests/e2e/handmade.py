"""Tables made by hand, without an engine in between: files by pyarrow, their statistics and partitions as told, delete
files of each kind, entries and lists by fastavro. PyIceberg's catalog holds them."""

import io
import json
import struct
import uuid
import zlib
from pathlib import Path

import fastavro
import pyarrow as pa
import pyarrow.parquet as pq
from damage import edit_avro, edit_metadata_of, local
from pyiceberg.catalog.sql import SqlCatalog
from pyiceberg.io.pyarrow import (compute_statistics_plan, data_file_statistics_from_parquet_metadata,
                                  parquet_path_to_id_mapping, schema_to_pyarrow)
from pyiceberg.manifest import DataFile, DataFileContent, FileFormat
from pyiceberg.typedef import Record

FILE_PATH, POSITION = 2147483546, 2147483545  # field ids of position-delete files


class Lake:
    """A SQLite catalog with local files."""

    def __init__(self, directory: Path):
        self.directory, self.database = directory, directory / "catalog.db"
        (directory / "warehouse").mkdir(parents=True, exist_ok=True)
        self.catalog = SqlCatalog("frazil", uri=f"sqlite:///{self.database}", warehouse=f"file://{directory}/warehouse")
        self.catalog.create_namespace_if_not_exists("db")
        self.flags = ["--catalog", f"sqlite:///{self.database}"]

    def load(self, name: str):
        return self.catalog.load_table(f"db.{name}")

    def verify(self, frazil, name: str, *flags) -> dict:
        done = frazil.run("verify", f"db.{name}", *self.flags, "--json", *flags, check=False)
        assert done.returncode in (0, 3), done.stderr
        return json.loads(done.stdout)


def internal_partition(table, row: dict, internal) -> tuple:
    """What the default spec makes of a row."""
    schema = table.schema()
    return tuple(field.transform.transform(schema.find_field(field.source_id).field_type)(
        internal(row[schema.find_column_name(field.source_id)])) for field in table.spec().fields)


def write_file(table, rows: pa.Table, partition: tuple = (), **options) -> DataFile:
    """A data file of `rows`, which have the table's columns, described as PyIceberg describes its own."""
    path = f"{table.location()}/data/{uuid.uuid4()}.parquet"
    local(path).parent.mkdir(parents=True, exist_ok=True)
    schema = table.schema()
    pq.write_table(rows.cast(schema_to_pyarrow(schema)), local(path), **options)
    metadata = pq.read_metadata(local(path))
    statistics = data_file_statistics_from_parquet_metadata(
        parquet_metadata=metadata, stats_columns=compute_statistics_plan(schema, table.properties),
        parquet_column_mapping=parquet_path_to_id_mapping(schema))
    return DataFile.from_args(
        content=DataFileContent.DATA, file_path=path, file_format=FileFormat.PARQUET, partition=Record(*partition),
        file_size_in_bytes=local(path).stat().st_size, sort_order_id=None, spec_id=table.spec().spec_id,
        equality_ids=None, key_metadata=None, **statistics.to_serialized_dict())


def append(table, files: list[DataFile]) -> None:
    with table.transaction() as change:
        with change.update_snapshot().fast_append() as snapshot:
            for file in files:
                snapshot.append_data_file(file)


# ---- Delete files ----


def ids(columns: dict[str, tuple[pa.DataType, int]]) -> pa.Schema:
    return pa.schema([pa.field(name, type, nullable=False, metadata={"PARQUET:field_id": str(id)})
                      for name, (type, id) in columns.items()])


def position_deletes(table, positions: list[tuple[str, int]]) -> dict:
    """The file, and its entry's `data_file` as far as it is not that of every file."""
    path = f"{table.location()}/data/{uuid.uuid4()}-deletes.parquet"
    rows = pa.table([[path for path, _ in positions], [position for _, position in positions]],
                    schema=ids({"file_path": (pa.string(), FILE_PATH), "pos": (pa.int64(), POSITION)}))
    pq.write_table(rows, local(path))
    return {"content": 1, "file_path": path, "file_format": "PARQUET", "record_count": len(positions)}


def equality_deletes(table, column: str, values: list) -> dict:
    field = table.schema().find_field(column)
    path = f"{table.location()}/data/{uuid.uuid4()}-equality.parquet"
    type = schema_to_pyarrow(table.schema()).field(column).type
    pq.write_table(pa.table([pa.array(values, type)], schema=pa.schema(
        [pa.field(column, type, metadata={"PARQUET:field_id": str(field.field_id)})])), local(path))
    return {"content": 2, "file_path": path, "file_format": "PARQUET", "record_count": len(values),
            "equality_ids": [field.field_id]}


def roaring(positions: list[int]) -> bytes:
    """The portable form of a 32-bit bitmap, arrays alone."""
    containers: dict[int, list[int]] = {}
    for position in sorted(positions):
        containers.setdefault(position >> 16, []).append(position & 0xFFFF)
    out = struct.pack("<II", 12346, len(containers))
    out += b"".join(struct.pack("<HH", key, len(values) - 1) for key, values in containers.items())
    at = len(out) + 4 * len(containers)
    for values in containers.values():
        out += struct.pack("<I", at)
        at += 2 * len(values)
    return out + b"".join(struct.pack(f"<{len(values)}H", *values) for values in containers.values())


def deletion_vector(table, of: str, positions: list[int]) -> dict:
    """A Puffin file with one blob."""
    body = b"\xD1\xD3\x39\x64" + struct.pack("<Q", 1) + struct.pack("<I", 0) + roaring(positions)
    blob = struct.pack(">I", len(body)) + body + struct.pack(">I", zlib.crc32(body))
    footer = json.dumps({"blobs": [{
        "type": "deletion-vector-v1", "fields": [], "snapshot-id": -1, "sequence-number": -1, "offset": 4,
        "length": len(blob), "properties": {"referenced-data-file": of, "cardinality": str(len(positions))}}]}).encode()
    path = f"{table.location()}/data/{uuid.uuid4()}.puffin"
    local(path).write_bytes(b"PFA1" + blob + b"PFA1" + footer + struct.pack("<ii", len(footer), 0) + b"PFA1")
    return {"content": 1, "file_path": path, "file_format": "PUFFIN", "record_count": len(positions),
            "referenced_data_file": of, "content_offset": 4, "content_size_in_bytes": len(blob)}


def with_optional(schema: dict, names: dict[str, tuple[str, int]]) -> dict:
    """A manifest's Avro schema with these fields of data files, which may be missing."""
    fields = next(field for field in schema["fields"] if field["name"] == "data_file")["type"]["fields"]
    there = {field["name"] for field in fields}
    fields += [{"name": name, "type": ["null", type], "default": None, "field-id": id}
               for name, (type, id) in names.items() if name not in there]
    return schema


def commit_deletes(database: Path, table, deletes: list[dict], *, tell: bool = True) -> None:
    """A snapshot on top of the current one that adds the delete files, in a manifest of their own."""
    head = table.current_snapshot()
    number = table.metadata.last_sequence_number + 1
    snapshot_id = uuid.uuid4().int >> 66
    first = head.manifests(table.io)[0]
    with open(local(first.manifest_path), "rb") as file:
        reader = fastavro.reader(file)
        like, schema = next(iter(reader)), json.loads(json.dumps(reader.writer_schema))
        header = {key: value for key, value in reader.metadata.items() if not key.startswith("avro.")}
    schema = with_optional(schema, {"referenced_data_file": ("string", 143), "content_offset": ("long", 144),
                                    "content_size_in_bytes": ("long", 145)})
    entries = []
    for delete in deletes:
        data_file = {name: None for name in like["data_file"]}
        data_file |= {"partition": like["data_file"]["partition"],
                      "file_size_in_bytes": local(delete["file_path"]).stat().st_size, **delete}
        entries.append({**like, "status": 1, "snapshot_id": snapshot_id, "sequence_number": None,
                        "file_sequence_number": None, "data_file": data_file})
    out = io.BytesIO()
    fastavro.writer(out, schema, entries, codec="deflate", metadata=header | {"content": "deletes"})
    manifest = f"{table.location()}/metadata/{uuid.uuid4()}-m0.avro"
    local(manifest).write_bytes(out.getvalue())

    manifest_list = f"{table.location()}/metadata/snap-{snapshot_id}.avro"
    local(manifest_list).write_bytes(local(head.manifest_list).read_bytes())

    def add(lines):
        lines.append({**lines[0], "manifest_path": manifest, "manifest_length": len(out.getvalue()), "content": 1,
                      "sequence_number": number, "min_sequence_number": number, "added_snapshot_id": snapshot_id,
                      "added_files_count": len(deletes), "existing_files_count": 0, "deleted_files_count": 0,
                      "added_rows_count": sum(delete["record_count"] for delete in deletes), "existing_rows_count": 0,
                      "deleted_rows_count": 0})

    edit_avro(manifest_list, add)

    def commit(metadata):
        summary = {"operation": "delete"}
        if tell:
            before = next(s for s in metadata["snapshots"] if s["snapshot-id"] == head.snapshot_id)["summary"]
            summary |= {key: value for key, value in before.items() if key.startswith("total-")}
            summary["total-delete-files"] = str(int(summary.get("total-delete-files", 0)) + len(deletes))
        metadata["snapshots"].append({
            "snapshot-id": snapshot_id, "parent-snapshot-id": head.snapshot_id, "sequence-number": number,
            "timestamp-ms": metadata["last-updated-ms"] + 1, "manifest-list": manifest_list, "summary": summary,
            "schema-id": metadata["current-schema-id"]})
        metadata["current-snapshot-id"] = snapshot_id
        metadata["refs"]["main"]["snapshot-id"] = snapshot_id
        metadata["last-sequence-number"] = number
        metadata["last-updated-ms"] += 1

    edit_metadata_of(database, table, commit)
