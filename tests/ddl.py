"""What must hold of a table whose columns and partitioning others change while a pipeline writes to it.

Each commit is held against the table that it came onto, as the metadata of that moment says: every record that its
offsets move over is a row in the files it added, with all of its values in columns of these names and types, or is a
bad record whose reason is true of that very schema. Files are read by pyarrow, columns found by their ids.
"""

import json
import random
from pathlib import Path

import pyarrow.parquet as pq
from pyiceberg.exceptions import CommitFailedException
from pyiceberg.expressions import AlwaysTrue
from pyiceberg.transforms import BucketTransform
from pyiceberg.types import BooleanType, DoubleType, FloatType, IntegerType, LongType, StringType

KEPT = "_kafka_"  # columns that nobody changes
NAMES = ["a", "b", "c", "d", "s"]
TYPES = [LongType(), IntegerType(), DoubleType(), StringType(), BooleanType()]


# --- Records --------------------------------------------------------------------------------------------------------


def record(dice: random.Random, fields: list[dict]) -> dict:
    """Mostly of the types that its fields have now, or had; one in ten values is of any type."""

    def of(type):
        match type:
            case "boolean":
                return True
            case "int" | "long":
                return dice.randrange(1000)
            case "float" | "double":
                return dice.randrange(1000) + 0.5
            case {"type": "struct", "fields": inner}:
                return {field["name"]: of(field["type"]) for field in inner}
        return f"t{dice.randrange(1000)}"

    usual = {"a": 7, "b": "text", "c": 1.5, "d": True, "s": {"x": 1, "y": "in"}}
    usual |= {field["name"]: of(field["type"]) for field in fields if not field["name"].startswith((KEPT, "was"))}
    any_type = [dice.randrange(1000), f"t{dice.randrange(1000)}", 0.5, 2**40, True]
    needed = {field["name"] for field in fields if field["required"]}
    return {name: value if dice.random() < 0.95 else dice.choice(any_type) for name, value in usual.items()
            if dice.random() < (0.98 if name in needed else 0.7)}


# --- Changes --------------------------------------------------------------------------------------------------------


def change(table, dice: random.Random) -> str:
    """One change that the specification allows, or nothing where it does not go; in words."""
    fields = [field for field in table.schema().fields if not field.name.startswith(KEPT)]
    sources = {field.source_id for field in table.spec().fields}
    free = [field for field in fields if field.field_id not in sources]  # as the reference, which drops no source
    absent = [name for name in NAMES if name not in {field.name for field in fields}]
    promotions = {IntegerType(): LongType(), FloatType(): DoubleType()}
    strict = [field for field in free if field.required]
    # Every file has these. Readers fail where a file lacks a column that is required.
    oldest = {field.field_id for field in table.schemas()[0].fields}
    kinds = ["drop", "drop", "replace", "replace", "rename", "promote", "require", "relax", "add", "nest", "partition",
             "property", "branch", "tag", "forget"]
    what = "relax" if strict and dice.random() < 0.5 else dice.choice(kinds)
    if what == "drop" and free:
        name = dice.choice(free).name
        with table.update_schema() as update:
            update.delete_column(name)
    elif what == "replace" and free:
        name = dice.choice(free).name
        with table.update_schema() as update:
            update.delete_column(name)
        table.refresh()
        with table.update_schema() as update:
            update.add_column(name, dice.choice(TYPES))
    elif what == "rename" and free:
        name, to = dice.choice(free).name, f"was{dice.randrange(10**6)}"
        with table.update_schema() as update:
            update.rename_column(name, to)
    elif what == "promote" and (narrow := [field for field in free if field.field_type in promotions]):
        field = dice.choice(narrow)
        with table.update_schema() as update:
            update.update_column(field.name, field_type=promotions[field.field_type])
    elif what in ("require", "relax") and (found := [f for f in free if f.required == (what == "relax")
                                                     and (f.required or f.field_id in oldest)]):
        with table.update_schema(allow_incompatible_changes=True) as update:
            update.update_column(dice.choice(found).name, required=what == "require")
    elif what == "add" and absent:
        name = dice.choice(absent)
        with table.update_schema() as update:
            update.add_column(name, dice.choice([*TYPES, FloatType()]))
    elif what == "nest" and (structs := [field for field in free if field.field_type.is_struct]):
        field = dice.choice(structs)
        below = dice.choice(["x", "y"])
        with table.update_schema() as update:
            inner = {field.name for field in field.field_type.fields}
            if below in inner and len(inner) > 1:
                update.delete_column((field.name, below))
            elif below not in inner:
                update.add_column((field.name, below), dice.choice(TYPES))
    elif what == "partition":
        numbers = [field for field in fields if isinstance(field.field_type, (LongType, StringType))]
        with table.update_spec() as update:
            if table.spec().fields:
                update.remove_field(table.spec().fields[0].name)
            elif numbers:
                field = dice.choice(numbers)
                update.add_field(field.name, BucketTransform(3), f"part{dice.randrange(10**6)}")
    elif what == "branch" and table.current_snapshot():
        table.manage_snapshots().create_branch(table.current_snapshot().snapshot_id, f"branch{dice.randrange(10**6)}").commit()
    elif what == "tag" and table.current_snapshot():
        table.manage_snapshots().create_tag(table.current_snapshot().snapshot_id, f"tag{dice.randrange(10**6)}").commit()
    elif what == "forget" and (others := sorted(table.refs().keys() - {"main"})):
        forget(table, dice.choice(others))
    elif what == "property":
        with table.transaction() as transaction:
            transaction.set_properties({"note": str(dice.random())})
    else:
        return ""
    return what


def forget(table, ref: str) -> None:
    """Removes a branch or tag."""
    remove = table.manage_snapshots()
    remove = remove.remove_tag if table.refs()[ref].snapshot_ref_type == "tag" else remove.remove_branch
    remove(ref).commit()


def change_somehow(load, dice: random.Random) -> str:
    """On the table as it is, whoever else commits."""
    for _ in range(20):
        try:
            return change(load(), dice)
        except CommitFailedException:
            continue
    return ""


# --- The truth ------------------------------------------------------------------------------------------------------


def says_nothing(value) -> bool:
    if isinstance(value, dict):
        return all(says_nothing(item) for item in value.values())
    return value is None or value == []


def misfit(values: dict, fields: list[dict]) -> str | None:
    """The name of a field that a row of these columns cannot have (docs/json.md); None if they make one."""
    by_name = {field["name"]: field for field in fields}
    for name, value in values.items():
        if name in by_name and not says_nothing(value) and not fits(value, by_name[name]["type"]):
            return name
    for field in fields:
        if field["required"] and not field["name"].startswith(KEPT) and says_nothing(values.get(field["name"])):
            return field["name"]
    return None


def fits(value, type) -> bool:
    match type:
        case "boolean":
            return isinstance(value, bool)
        case "int" | "long":
            bits = 31 if type == "int" else 63
            return isinstance(value, int) and not isinstance(value, bool) and -(2**bits) <= value < 2**bits
        case "float" | "double":
            return isinstance(value, (int, float)) and not isinstance(value, bool)
        case "string":
            return isinstance(value, str)
        case {"type": "struct", "fields": fields}:
            return isinstance(value, dict) and misfit(value, fields) is None
    raise AssertionError(f"nobody made a column of type {type}")


def lost(values: dict, row: dict, path: str = "") -> str | None:
    """What of a record's values the row does not have."""
    for name, value in values.items():
        here = f"{path}{name}"
        if says_nothing(value):
            continue
        if name not in row or row[name] is None:
            return f"{here} is not there"
        if isinstance(value, dict):
            if (below := lost(value, row[name], f"{here}.")) is not None:
                return below
        elif row[name] != value or isinstance(row[name], bool) != isinstance(value, bool):
            return f"{here} is {row[name]!r}"
    return None


# --- What is there --------------------------------------------------------------------------------------------------


def read(location: str) -> dict:
    return json.loads(Path(location.removeprefix("file://").removeprefix("file:")).read_text())


def versions(table) -> list[dict]:
    """The table's metadata as it was after each change, oldest first."""
    log = [entry.metadata_file for entry in table.metadata.metadata_log]
    return [read(location) for location in [*log, table.metadata_location]]


def named(values: dict, arrow_fields, fields: list[dict]) -> dict:
    """Values of a file's row under the names that the columns of their ids have in a schema."""
    by_id = {int(field.metadata[b"PARQUET:field_id"]): field for field in arrow_fields}
    out = {}
    for field in fields:
        there = by_id.get(field["id"])
        value = None if there is None else values[there.name]
        if value is not None and isinstance(field["type"], dict) and field["type"]["type"] == "struct":
            value = named(value, list(there.type), field["type"]["fields"])
        out[field["name"]] = value
    return out


def rows_added(table, snapshot_id: int, fields: list[dict]) -> dict:
    """By partition and offset: the rows of the files that a snapshot added."""
    rows = {}
    for manifest in table.snapshot_by_id(snapshot_id).manifests(table.io):
        for entry in manifest.fetch_manifest_entry(table.io, discard_deleted=True):
            if entry.snapshot_id != snapshot_id or entry.status.name != "ADDED":
                continue
            file = pq.read_table(entry.data_file.file_path.removeprefix("file://").removeprefix("file:"), partitioning=None)
            for values in file.to_pylist():
                row = named(values, list(file.schema), fields)
                at = row["_kafka_partition"], row["_kafka_offset"]
                assert at not in rows, f"{at} is twice in snapshot {snapshot_id}"
                rows[at] = row
    return rows


def check(table, errors_table, topic: str, records: dict) -> str:
    """`records` by partition and offset; `errors_table` may be None. Returns a sentence of what there is."""
    errors = {}
    if errors_table is not None:
        for row in errors_table.scan(AlwaysTrue()).to_arrow().to_pylist():
            errors[row["partition"], row["offset"]] = row["reason"]
    moved, rows_found, known, refs = set(), 0, set(), {}
    for metadata in versions(table):
        before, refs = refs, {name: ref for name, ref in metadata.get("refs", {}).items() if name != "main"}
        schema = next(s for s in metadata["schemas"] if s["schema-id"] == metadata["current-schema-id"])
        fields = schema["fields"]
        for snapshot in metadata["snapshots"]:
            if snapshot["snapshot-id"] in known or "frazil.ranges" not in snapshot["summary"]:
                continue
            known.add(snapshot["snapshot-id"])
            assert refs == before, "a commit of ours changed branches or tags of others"
            rows = rows_added(table, snapshot["snapshot-id"], fields)
            rows_found += len(rows)
            offsets = moved_by(snapshot["summary"]["frazil.ranges"], topic)
            for at in offsets:
                assert at not in moved, f"{at} was moved over twice"
                moved.add(at)
                values, reason = records[at], errors.get(at)
                why = misfit(values, fields)
                said = f"{at} {json.dumps(values)} in a table of {json.dumps(fields)}"
                if why is not None:
                    assert reason is not None and at not in rows, f"{said} is no row for {why}, and became one"
                    assert why in reason or "required" in reason, f"{said}: {why} does not fit, told was: {reason}"
                else:
                    assert reason is None, f"{said} was called bad: {reason}"
                    assert at in rows, f"{said} is lost"
                    missing = lost(values, rows[at])
                    assert missing is None, f"{said}: {missing}"
            assert set(rows) <= set(offsets)
    assert moved == set(records), f"{len(set(records) - moved)} records were never moved over"
    return f"{rows_found} rows and {len(errors)} bad records in {len(known)} commits"


def moved_by(ranges: str, topic: str) -> list[tuple[int, int]]:
    padded = [entry + [0, 0, 0] for entry in json.loads(ranges).get(topic, [])]  # trailing zeros are left out
    return [(entry[0], offset) for entry in padded for offset in range(entry[1], entry[2])]
