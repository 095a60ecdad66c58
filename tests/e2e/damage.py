"""Damage done by hand to a table of a SQLite catalog with local files, past every engine."""

import json
import sqlite3
import uuid
from pathlib import Path
from urllib.parse import unquote, urlparse

import fastavro


def local(location: str) -> Path:
    return Path(unquote(urlparse(location).path)) if location.startswith("file:") else Path(location)


def edit_metadata_of(database: Path, table, change) -> None:
    """`change` edits the metadata, a dict; the catalog points to what it makes of it."""
    location = table.metadata_location
    metadata = json.loads(local(location).read_text())
    change(metadata)
    edited = f"{location.rsplit('/', 1)[0]}/99999-{uuid.uuid4()}.metadata.json"
    local(edited).write_text(json.dumps(metadata))
    with sqlite3.connect(database) as catalog:
        catalog.execute("update iceberg_tables set metadata_location = ? where metadata_location = ?",
                        (edited, location))


def edit_metadata(pipeline, change) -> None:
    """The same of a pipeline's table."""
    edit_metadata_of(pipeline.database, pipeline.table(), change)


def edit_ranges(pipeline, snapshot_id: int, change) -> None:
    """`change` edits what the snapshot says that it moved: a list of [partition, first, next, rows, …] of the topic."""

    def edit(metadata):
        summary = next(s for s in metadata["snapshots"] if s["snapshot-id"] == snapshot_id)["summary"]
        ranges = json.loads(summary["frazil.ranges"])
        change(ranges[pipeline.topic])
        summary["frazil.ranges"] = json.dumps(ranges)

    edit_metadata(pipeline, edit)


def edit_avro(location: str, change) -> None:
    """`change` edits the records of a manifest or a manifest list, a list; the file keeps its name."""
    with open(local(location), "rb") as file:
        reader = fastavro.reader(file)
        records, schema = list(reader), reader.writer_schema
        metadata = {key: value for key, value in reader.metadata.items() if not key.startswith("avro.")}
    change(records)
    with open(local(location), "wb") as file:
        fastavro.writer(file, schema, records, codec="deflate", metadata=metadata)


def edit_manifests(table, change) -> None:
    """`change` edits each entry of the current snapshot's manifests, a dict; the lists
    tell the lengths that the manifests have then."""
    snapshot = table.current_snapshot()
    paths = {manifest.manifest_path for manifest in snapshot.manifests(table.io)}
    for path in paths:
        edit_avro(path, lambda entries: [change(entry) for entry in entries])
    for each in table.snapshots():
        edit_avro(each.manifest_list, lambda lines: [
            line.update(manifest_length=local(line["manifest_path"]).stat().st_size) for line in lines
            if line["manifest_path"] in paths])


def edit_data_file(table, path: str, change) -> None:
    """`change` edits what the manifests say of a file, a dict."""

    def edit(entry) -> None:
        if entry["data_file"]["file_path"] == path:
            change(entry["data_file"])

    edit_manifests(table, edit)


def replace_file(table, path: str, content: bytes) -> None:
    """Other bytes under the same name, whose size the manifests know."""
    local(path).write_bytes(content)
    edit_data_file(table, path, lambda file: file.update(file_size_in_bytes=len(content)))
