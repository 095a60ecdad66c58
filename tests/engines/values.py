"""Rows of Python values, as JSON records and as what a reader should find (readers.plain)."""

import base64
import datetime as dt
import decimal
import uuid

import pyarrow.parquet as pq
from pyiceberg.utils.datetime import date_to_days, datetime_to_micros, time_to_micros

UTC = dt.timezone.utc


def to_json(value):
    """By docs/json.md. A list of tuples is a map."""
    if isinstance(value, dict):
        return {name: to_json(item) for name, item in value.items() if item is not None}
    if isinstance(value, list):
        if value and isinstance(value[0], tuple):
            return {key: to_json(item) for key, item in value}
        return [to_json(item) for item in value]
    if isinstance(value, bytes):
        return base64.b64encode(value).decode()
    if isinstance(value, (dt.datetime, dt.date, dt.time)):
        return value.isoformat()
    if isinstance(value, (decimal.Decimal, uuid.UUID)):
        return str(value)
    return value


def schema(columns: dict[str, str]) -> list[dict]:
    """For `schema:` of a sink."""
    return [{"name": name, "type": type} for name, type in columns.items()]


def internal(value):
    """What PyIceberg's transforms take."""
    if isinstance(value, dt.datetime):
        return datetime_to_micros(value)
    if isinstance(value, dt.date):
        return date_to_days(value)
    return time_to_micros(value) if isinstance(value, dt.time) else value


def check_partition_values(table) -> None:
    """Of each file, in the manifest: what PyIceberg's transform makes of the file's rows."""
    tasks = list(table.scan().plan_files())
    assert len(tasks) > 1
    for task in tasks:
        if task.file.spec_id != table.spec().spec_id:
            continue
        rows = pq.read_table(task.file.file_path.removeprefix("file:")).to_pylist()
        for place, field in enumerate(table.spec().fields):
            source = table.schema().find_field(field.source_id)
            transform = field.transform.transform(source.field_type)
            assert {transform(internal(row[source.name])) for row in rows} == {
                internal(task.file.partition[place])}, f"{field} of {task.file.file_path}"
