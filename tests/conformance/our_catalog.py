"""What the conformance tests of catalogs share: our side driven by build-test/catalog_tool."""

import io
import itertools
import json
import os
import subprocess
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
from pyiceberg.exceptions import CommitFailedException
from pyiceberg.io.pyarrow import schema_to_pyarrow
from paths import BUILD

TOOL = BUILD / "catalog_tool"


class OurCatalog:
    """catalog_tool with one catalog's settings (see the head of tests/tools/catalog_tool.cc)."""

    numbers = itertools.count()

    def __init__(self, directory: Path, environment: dict[str, str] | None = None, **settings):
        self.directory, self.environment = directory, environment or {}
        self.settings = directory / f"catalog-{next(self.numbers)}.json"
        self.settings.write_text(json.dumps(settings))

    def process(self, command: str, *arguments) -> subprocess.CompletedProcess:
        """Arguments that are no strings are handed over as JSON files."""
        words = []
        for argument in arguments:
            if not isinstance(argument, str):
                file = self.directory / f"argument-{next(self.numbers)}.json"
                file.write_text(json.dumps(argument))
                argument = str(file)
            words.append(argument)
        return subprocess.run([TOOL, self.settings, command, *words], text=True, capture_output=True, timeout=120,
                              env=os.environ | self.environment)

    def __call__(self, command: str, *arguments):
        done = self.process(command, *arguments)
        assert done.returncode == 0, f"catalog_tool {command} ended with {done.returncode}: {done.stderr}"
        return json.loads(done.stdout) if done.stdout.startswith(("{", "[")) else done.stdout.strip()

    def error(self, command: str, *arguments) -> str:
        """What it says when it must fail: "KIND: message"."""
        done = self.process(command, *arguments)
        assert done.returncode == 1, f"catalog_tool {command} ended with {done.returncode}: {done.stdout}{done.stderr}"
        return done.stderr.strip()

    def append(self, name: str, *files: dict):
        return self("append", name, list(files))


def write_data_file(table, name: str, rows: list[dict]) -> dict:
    """A Parquet file of PyIceberg's making below the table's location, as `append` takes it."""
    schema = schema_to_pyarrow(table.schema())
    buffer = io.BytesIO()
    pq.write_table(pa.Table.from_pylist(rows, schema=schema), buffer)
    location = f"{table.location()}/data/{name}.parquet"
    with table.io.new_output(location).create() as out:
        out.write(buffer.getvalue())
    return {"file_path": location, "record_count": len(rows), "file_size_in_bytes": buffer.tell()}


def append_by_pyiceberg(load, times: int, row: dict | None = None) -> int:
    """How many of so many appends of a row, by default 100, PyIceberg, which does not try again, brought in. `load` gives
    the table."""
    row = row or {"id": 100, "city": None, "at": None}
    done = 0
    for _ in range(times):
        table = load()
        rows = pa.Table.from_pylist([row], schema=schema_to_pyarrow(table.schema()))
        try:
            table.append(rows)
            done += 1
        except CommitFailedException:
            pass
    return done


def rows_of(table) -> list[dict]:
    """In the order of their first column."""
    rows = table.scan().to_arrow().to_pylist()
    return sorted(rows, key=lambda row: list(row.values())[0])


WEATHER = {
    "schema": {"type": "struct", "schema-id": 0, "fields": [
        {"id": 1, "name": "id", "type": "long", "required": True, "doc": "a number"},
        {"id": 2, "name": "city", "type": "string", "required": False},
        {"id": 3, "name": "at", "type": "timestamptz", "required": False}]},
    "spec": [],
    "properties": {"owner": "frazil"},
}
PARTITIONED = WEATHER | {"spec": [
    {"source-id": 3, "field-id": 1000, "name": "at_day", "transform": "day"},
    {"source-id": 2, "field-id": 1001, "name": "city_bucket", "transform": "bucket[8]"}],
    "sort-order": {"order-id": 1, "fields": [
        {"source-id": 3, "transform": "identity", "direction": "desc", "null-order": "nulls-last"}]}}
