"""Damage done by hand to a table of a SQLite catalog with local files, past every engine."""

import json
import sqlite3
import uuid
from pathlib import Path
from urllib.parse import unquote, urlparse

import fastavro


def local(location: str) -> Path:
    return Path(unquote(urlparse(location).path)) if location.startswith("file:") else Path(location)


def edit_metadata(pipeline, change) -> None:
    """`change` edits the metadata, a dict; the catalog points to what it makes of it."""
    location = pipeline.table().metadata_location
    metadata = json.loads(local(location).read_text())
    change(metadata)
    edited = f"{location.rsplit('/', 1)[0]}/99999-{uuid.uuid4()}.metadata.json"
    local(edited).write_text(json.dumps(metadata))
    with sqlite3.connect(pipeline.database) as database:
        database.execute("update iceberg_tables set metadata_location = ?", (edited,))


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
