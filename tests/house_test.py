"""The house, whose one written order is CMakeLists.txt: a room of src/ includes only rooms that it is linked with there,
which stand above it, and keeps libraries where they belong."""

import re
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent
SOURCE = ROOT / "src"

ROOM = re.compile(r"^frazil_room\((\w+)\s+(?:ROOMS ([\w ]+?)\s*)?(?:LIBS ([^)]*))?\)", re.MULTILINE)


def house(cmake: str) -> tuple[dict[str, set[str]], dict[str, set[str]]]:
    """By room, in the order of CMakeLists.txt: the rooms it may include, which are those it is linked with; and the
    libraries that come with it and them."""
    below: dict[str, set[str]] = {}
    libraries: dict[str, set[str]] = {}
    for room, linked, own in ROOM.findall(cmake):
        below[room] = set(linked.split()).union(*(below[other] for other in linked.split()))
        libraries[room] = set(own.split()).union(*(libraries[other] for other in linked.split()))
    return below, libraries


BELOW, LIBRARIES = house((ROOT / "CMakeLists.txt").read_text())
DRAWN = re.compile(r"^  (\w+)/ ", re.MULTILINE)  # in the tree of docs/architecture.md

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
    return room == other or other in BELOW[room]


def listed(offenders) -> str:
    return "\n".join(f"  src/{file} includes {included}" for file, included in offenders)


def test_every_room_is_known():
    rooms = {path.name for path in SOURCE.iterdir() if path.is_dir()}
    assert rooms == BELOW.keys(), f"in src/ or in CMakeLists.txt alone: {sorted(rooms ^ BELOW.keys())}"


def test_the_docs_draw_the_house_as_it_is():
    tree = (ROOT / "docs/architecture.md").read_text().split("```")[1]
    drawn = DRAWN.findall(tree)
    assert drawn == list(reversed(BELOW)), "docs/architecture.md draws the rooms of CMakeLists.txt, the last one first"


@pytest.mark.parametrize(("room", "library"), [
    ("iceberg", "CURL"), ("iceberg", "arrow"), ("iceberg", "SQLite"), ("avro", "CURL"), ("io", "CURL"), ("io", "arrow"),
    ("http", "arrow"), ("storage", "CURL"), ("source", "arrow"), ("table", "rdkafka"),
])
def test_what_a_room_is_not_linked_with(room, library):
    """The table format knows no network, and files of this machine need none."""
    linked = [each for each in LIBRARIES[room] if library in each]
    assert not linked, f"{room}/ is linked with {linked}, by itself or by a room that it includes"


def test_libraries_are_found_with_the_rooms_that_bring_them():
    assert "CURL::libcurl" in LIBRARIES["catalog"] and "frazil::arrow_s3" in LIBRARIES["catalog"]
    assert "nlohmann_json::nlohmann_json" in LIBRARIES["iceberg"]


def test_own_headers_are_named_from_src():
    lost = [(file, included) for file, quote, included in includes()
            if quote == '"' and not (SOURCE / included).is_file()]
    assert not lost, "quotes are for our own headers, named room/file.h from src/:\n" + listed(lost)


def test_rooms_include_only_rooms_below_them():
    wrong = [(file, included) for file, quote, included in includes()
             if quote == '"' and room_of(included) in BELOW and not may_include(room_of(file), room_of(included))]
    assert not wrong, "these includes walk back in the house:\n" + listed(wrong)


def is_arrow_free(file: Path) -> bool:
    return room_of(file) in {"io", "http", "iceberg", "catalog"} or file in {
        Path("storage", name) for name in ("storage.h", "s3.h", "gcs.h", "azure.h", "routed_file_io.h")}


@pytest.mark.parametrize(("library", "allowed", "where"), [
    ("arrow/", lambda file: not is_arrow_free(file), "io/, http/, iceberg/, catalog/ and what storage/ shows them are free of Arrow"),
    ("parquet/", lambda file: room_of(file) == "parquet", "only parquet/ sees the Parquet library"),
    ("librdkafka/", lambda file: file.parts[:2] == ("source", "kafka"), "only source/kafka/ sees librdkafka"),
    ("libpq-fe.h", lambda file: file.name.startswith("postgres"), "only catalog/postgres* sees libpq"),
    ("curl/", lambda file: room_of(file) == "http", "only http/ sees libcurl"),
    ("thrift/", lambda file: file.parts[:2] == ("catalog", "hive"), "only catalog/hive/ sees Thrift"),
    ("duckdb", lambda file: False, "nothing sees DuckDB"),
], ids=["arrow", "parquet", "librdkafka", "libpq", "curl", "thrift", "duckdb"])
def test_libraries_stay_in_their_room(library, allowed, where):
    wrong = [(file, f"<{included}>") for file, quote, included in includes()
             if quote == "<" and included.startswith(library) and not allowed(file)]
    assert not wrong, f"{where}:\n" + listed(wrong)


@pytest.mark.parametrize(("room", "other", "allowed"), [
    ("table", "iceberg", True), ("iceberg", "table", False), ("source", "parquet", False), ("avro", "io", False),
    ("iceberg", "http", False), ("iceberg", "storage", False), ("catalog", "http", True),
    ("record", "common", True), ("common", "record", False), ("io", "io", True), ("decode", "source", False),
])
def test_the_rule_itself(room, other, allowed):
    assert may_include(room, other) == allowed
