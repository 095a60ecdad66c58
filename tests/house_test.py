"""The house: a room of src/ includes only rooms to its right, and keeps libraries where they belong."""

import re
from pathlib import Path

import pytest

SOURCE = Path(__file__).resolve().parent.parent / "src"

# From the door in to the foundation. Rooms that share a line know nothing of each other.
HOUSE = [
    {"app"},
    {"serve", "ops"},
    {"ingest"},
    {"decode"},
    {"source", "parquet"},
    {"table"},
    {"catalog"},
    {"iceberg"},
    {"avro", "io"},
    {"record"},
    {"common"},
]
FLOOR = {room: floor for floor, rooms in enumerate(HOUSE) for room in rooms}

INCLUDE = re.compile(r'^\s*#\s*include\s*([<"])([^>"]+)[>"]', re.MULTILINE)


def includes():
    """(file relative to src/, "<" or '"', included path) for every include of our code."""
    for file in sorted(SOURCE.rglob("*")):
        if file.suffix in {".h", ".cc"}:
            for quote, included in INCLUDE.findall(file.read_text()):
                yield file.relative_to(SOURCE), quote, included


def room_of(path) -> str:
    return Path(path).parts[0]


def may_include(room: str, other: str) -> bool:
    return room == other or FLOOR[room] < FLOOR[other]


def listed(offenders) -> str:
    return "\n".join(f"  src/{file} includes {included}" for file, included in offenders)


def test_every_room_is_known():
    rooms = {path.name for path in SOURCE.iterdir() if path.is_dir()}
    assert rooms <= FLOOR.keys(), f"rooms without a place in the house: {sorted(rooms - FLOOR.keys())}"


def test_own_headers_are_named_from_src():
    lost = [(file, included) for file, quote, included in includes()
            if quote == '"' and not (SOURCE / included).is_file()]
    assert not lost, "quotes are for our own headers, named room/file.h from src/:\n" + listed(lost)


def test_rooms_include_only_rooms_to_their_right():
    wrong = [(file, included) for file, quote, included in includes()
             if quote == '"' and room_of(included) in FLOOR and not may_include(room_of(file), room_of(included))]
    assert not wrong, "these includes walk back in the house:\n" + listed(wrong)


def is_arrow_free(file: Path) -> bool:
    return room_of(file) in {"iceberg", "catalog"} or (room_of(file) == "io" and file.suffix == ".h")


@pytest.mark.parametrize(("library", "allowed", "where"), [
    ("arrow/", lambda file: not is_arrow_free(file), "iceberg/, catalog/ and the headers of io/ are free of Arrow"),
    ("parquet/", lambda file: room_of(file) == "parquet", "only parquet/ sees the Parquet library"),
    ("librdkafka/", lambda file: file.parts[:2] == ("source", "kafka"), "only source/kafka/ sees librdkafka"),
    ("duckdb", lambda file: False, "nothing sees DuckDB"),
], ids=["arrow", "parquet", "librdkafka", "duckdb"])
def test_libraries_stay_in_their_room(library, allowed, where):
    wrong = [(file, f"<{included}>") for file, quote, included in includes()
             if quote == "<" and included.startswith(library) and not allowed(file)]
    assert not wrong, f"{where}:\n" + listed(wrong)


@pytest.mark.parametrize(("room", "other", "allowed"), [
    ("table", "iceberg", True), ("iceberg", "table", False), ("source", "parquet", False), ("avro", "io", False),
    ("record", "common", True), ("common", "record", False), ("io", "io", True),
])
def test_the_rule_itself(room, other, allowed):
    assert may_include(room, other) == allowed
