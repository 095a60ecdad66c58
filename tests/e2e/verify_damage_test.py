"""`frazil verify` finds damage of every kind at the level that docs/verify.md says: what readers would stumble over, or
leave rows out by. Which file, column, number and byte is hit, a seed decides."""

import io
import json
import os
import random
import shutil
import struct

import fastavro
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from damage import edit_avro, edit_data_file, edit_metadata, edit_ranges, local, replace_file
from handmade import commit_deletes, deletion_vector, equality_deletes, position_deletes
from pipelines import Pipeline, values
from verify_test import commits, edit_state, kinds, verify

SEED = int(os.environ.get("FRAZIL_TEST_SEED", 1))
DEEP = "--deep"


class Victim:
    """A table of seven partitions and two commits, with what a damage picks at random."""

    def __init__(self, pipeline: Pipeline, seed: str):
        self.pipeline, self.dice = pipeline, random.Random(seed)

    @property
    def table(self):
        return self.pipeline.table()

    def file(self) -> str:
        return self.dice.choice(sorted(task.file.file_path for task in self.table.scan().plan_files()))

    def id_of(self, name: str) -> int:
        return self.table.schema().find_field(name).field_id

    def edit(self, change) -> str:
        """What the manifest says of a file, `change` edits: its path."""
        path = self.file()
        edit_data_file(self.table, path, change)
        return path

    def edit_bound(self, which: str, name: str, change) -> str:
        id = self.id_of(name)

        def edit(file):
            bound = next(each for each in file[which] if each["key"] == id)
            bound["value"] = change(bound["value"])

        return self.edit(edit)

    def edit_count(self, which: str, name: str, by: int) -> str:
        id = self.id_of(name)

        def edit(file):
            count = next(each for each in file[which] if each["key"] == id)
            count["value"] += by

        return self.edit(edit)

    def rewrite(self, change, **options) -> str:
        """A file whose rows, with field ids and footer texts, `change` makes another table of."""
        path = self.file()
        rows = change(pq.read_table(local(path)))
        out = io.BytesIO()
        pq.write_table(rows, out, compression="zstd", **options)
        replace_file(self.table, path, out.getvalue())
        return path

    def edit_bytes(self, change) -> str:
        path = self.file()
        content = bytearray(local(path).read_bytes())
        change(content)
        assert len(content) == local(path).stat().st_size
        local(path).write_bytes(content)
        return path

    def manifest_list(self) -> str:
        return self.table.current_snapshot().manifest_list

    def manifest(self) -> str:
        table = self.table
        return self.dice.choice(sorted(each.manifest_path for each in table.current_snapshot().manifests(table.io)))


def number(by: int):
    return lambda bytes: struct.pack("<q", struct.unpack("<q", bytes)[0] + by)


def change_column(name: str, change):
    """A column of the rows, every value of it."""

    def edit(rows: pa.Table) -> pa.Table:
        place = rows.schema.get_field_index(name)
        return rows.set_column(place, rows.schema.field(name), pa.array(
            [change(value) for value in rows[name].to_pylist()], rows.schema.field(name).type))

    return edit


def without_ids(rows: pa.Table) -> pa.Table:
    return rows.cast(pa.schema([field.remove_metadata() for field in rows.schema], rows.schema.metadata))


def swapped_ids(rows: pa.Table) -> pa.Table:
    one, other = rows.schema.field("id"), rows.schema.field("_kafka_offset")
    fields = {"id": one.with_metadata(other.metadata), "_kafka_offset": other.with_metadata(one.metadata)}
    return rows.cast(pa.schema([fields.get(field.name, field) for field in rows.schema], rows.schema.metadata))


def as_text(rows: pa.Table) -> pa.Table:
    place = rows.schema.get_field_index("reading")
    return rows.set_column(place, rows.schema.field("reading").with_type(pa.string()), rows["reading"].cast(pa.string()))


def break_page(victim: Victim) -> str:
    """Bytes of a packed page of values: not of its header, nor of those before the values begin."""

    def edit(content):
        chunk = pq.ParquetFile(pa.BufferReader(bytes(content))).metadata.row_group(0).column(0)
        middle = chunk.data_page_offset + chunk.total_compressed_size // 2
        for at in range(middle, min(middle + 16, len(content))):
            content[at] ^= victim.dice.randrange(1, 256)

    return victim.edit_bytes(edit)


def raise_footer_minimum(victim: Victim) -> str:
    """Readers that trust the footer leave the row group out; the manifest knows better."""

    def edit(content):
        statistics = pq.ParquetFile(pa.BufferReader(bytes(content))).metadata.row_group(0).column(0).statistics
        footer = len(content) - 8 - struct.unpack("<i", content[-8:-4])[0]
        least = struct.pack("<q", statistics.min)
        at = content.find(least, footer)
        assert at > 0
        while at > 0:
            content[at:at + 8] = struct.pack("<q", statistics.min + 1 + victim.dice.randrange(5))
            at = content.find(least, at + 8)

    return victim.edit_bytes(edit)


def break_footer(victim: Victim) -> str:
    def edit(content):
        begin = len(content) - 8 - struct.unpack("<i", content[-8:-4])[0]
        content[begin:begin + 4] = bytes([0xFF] * 4)

    return victim.edit_bytes(edit)


def shift_footer_offsets(victim: Victim) -> str:
    """What a file says of where its rows came from."""

    def edit(content):
        at = content.rfind(b'{"' + victim.pipeline.topic.encode() + b'":[[0,')
        end = content.find(b"]]}", at)
        digits = [place for place in range(at + len(victim.pipeline.topic) + 7, end) if chr(content[place]).isdigit()]
        content[digits[-1]] = ord("1") if content[digits[-1]] != ord("1") else ord("2")

    return victim.edit_bytes(edit)


def other_partition(victim: Victim) -> str:
    return victim.edit(lambda file: file["partition"].update(name="n9" if victim.dice.random() < 0.5 else None))


def narrow_list(victim: Victim) -> str:
    edit_avro(victim.manifest_list(), lambda lines: [
        line["partitions"][0].update(upper_bound=line["partitions"][0]["lower_bound"]) for line in lines])
    return ""


def deny_nulls(victim: Victim) -> str:
    path = victim.edit(lambda file: file["partition"].update(name=None))
    edit_avro(victim.manifest_list(), lambda lines: [line["partitions"][0].update(contains_null=False) for line in lines])
    return path


def edit_header(path: str, **changes) -> None:
    with open(local(path), "rb") as file:
        reader = fastavro.reader(file)
        records, schema = list(reader), reader.writer_schema
        metadata = {key: value for key, value in reader.metadata.items() if not key.startswith("avro.")}
    with open(local(path), "wb") as file:
        fastavro.writer(file, schema, records, codec="deflate", metadata=metadata | changes)


def other_spec_in_manifest(victim: Victim) -> str:
    path = victim.manifest()
    spec = json.dumps([{"source-id": victim.id_of("id"), "field-id": 1000, "name": "name", "transform": "bucket[4]"}])
    edit_header(path, **{"partition-spec": spec})
    edit_data_file(victim.table, "", lambda file: None)  # the lists tell its length
    return path


def unknown_spec(victim: Victim) -> str:
    edit_avro(victim.manifest_list(), lambda lines: [line.update(partition_spec_id=7) for line in lines])
    return ""


def cut(path: str) -> str:
    content = local(path).read_bytes()
    local(path).write_bytes(content[:len(content) // 2])
    return path


def gone(path: str) -> str:
    local(path).unlink()
    return path


def counted(victim: Victim, field: str, by: int) -> str:
    edit_avro(victim.manifest_list(), lambda lines: lines[0].update({field: lines[0][field] + by}))
    return ""


def deletes(victim: Victim, make, break_it=None) -> str:
    table = victim.table
    made = make(table)
    if break_it:
        break_it(made)
    commit_deletes(victim.pipeline.database, table, [made])
    return made["file_path"]


def some_positions(victim: Victim) -> tuple[str, list[int]]:
    path = victim.file()
    rows = pq.read_metadata(local(path)).num_rows
    return path, victim.dice.sample(range(rows), rows // 2)


def vector(victim: Victim, break_it=None) -> str:
    path, positions = some_positions(victim)
    return deletes(victim, lambda table: deletion_vector(table, path, positions), break_it)


def break_checksum(made: dict) -> None:
    content = bytearray(local(made["file_path"]).read_bytes())
    content[30] ^= 1
    local(made["file_path"]).write_bytes(content)


def positions_of(victim: Victim, break_it=None) -> str:
    path, positions = some_positions(victim)
    return deletes(victim, lambda table: position_deletes(table, [(path, each) for each in positions]), break_it)


def metadata(victim: Victim, change) -> str:
    edit_metadata(victim.pipeline, change)
    return ""


def shift_ranges(victim: Victim, by: int) -> str:
    snapshot = commits(victim.pipeline)[1]

    def shift(ranges):
        ranges[0][1] += by
        ranges[0][3] -= by

    edit_ranges(victim.pipeline, snapshot.snapshot_id, shift)
    return ""


# What is done, the kind that must be among those found, and the flags that it takes.
DAMAGES = {
    # values, counts and bounds
    "lower bound above a value": (lambda v: v.edit_bound("lower_bounds", "id", number(3)), "wrong-statistics", ()),
    "upper bound below a value": (lambda v: v.edit_bound("upper_bounds", "id", number(-3)), "wrong-statistics", ()),
    "bound of a text cut too short": (
        lambda v: v.edit_bound("upper_bounds", "name", lambda bytes: bytes[:1]), "wrong-statistics", ()),
    "bound that is no value": (
        lambda v: v.edit_bound("lower_bounds", "id", lambda bytes: bytes[:3]), "wrong-statistics", ()),
    "nulls where there are none": (lambda v: v.edit_count("null_value_counts", "id", 5), "wrong-statistics", ()),
    "values that are not there": (lambda v: v.edit_count("value_counts", "reading", 1), "wrong-statistics", ()),
    "NaNs that are not there": (lambda v: v.edit_count("nan_value_counts", "reading", 1), "wrong-statistics", DEEP),
    "bytes of a column": (lambda v: v.edit_count("column_sizes", "id", 1), "wrong-statistics", ()),
    "a split behind the first row group": (
        lambda v: v.edit(lambda file: file.update(split_offsets=[file["file_size_in_bytes"] - 1])),
        "wrong-statistics", ()),
    "other values, as many": (lambda v: v.rewrite(change_column("id", lambda id: id + 1000)), "wrong-statistics", ()),
    "offsets of other rows": (
        lambda v: v.rewrite(change_column("_kafka_offset", lambda at: at + 1_000_000)), "wrong-count", ()),
    "other values between the bounds": (
        lambda v: v.rewrite(change_column("reading", lambda reading: 0.0)), "wrong-statistics", ()),
    "footer's minimum above a value": (raise_footer_minimum, "wrong-statistics", DEEP),
    # columns
    "no field ids": (lambda v: v.rewrite(without_ids), "wrong-columns", ()),
    "ids of two columns swapped": (lambda v: v.rewrite(swapped_ids), "wrong-statistics", ()),
    "a column of another type": (lambda v: v.rewrite(as_text), "wrong-columns", ()),
    # partitions and specs
    "another partition": (other_partition, "wrong-partition", ()),
    "rows of another partition": (
        lambda v: v.rewrite(change_column("name", lambda name: "n" + name)), "wrong-partition", ()),
    "a list that leaves partitions out": (narrow_list, "manifest-disagrees", ()),
    "a list that denies a null partition": (deny_nulls, "manifest-disagrees", ()),
    "a manifest of another spec": (other_spec_in_manifest, "manifest-disagrees", ()),
    "a spec that the table does not have": (unknown_spec, "manifest-disagrees", ()),
    # files, pages, footers
    "a page that cannot be unpacked": (break_page, "unreadable-file", DEEP),
    "a broken footer": (break_footer, "unreadable-file", ()),
    "a footer with other offsets": (shift_footer_offsets, "wrong-count", ()),
    "a cut file": (lambda v: cut(v.file()), "wrong-size", ()),
    "a missing file": (lambda v: gone(v.file()), "missing-file", ()),
    "rows that the manifest does not count": (
        lambda v: v.edit(lambda file: file.update(record_count=file["record_count"] - 1)), "manifest-disagrees", ()),
    # manifests and lists
    "a cut manifest": (lambda v: cut(v.manifest()), "unreadable-file", ()),
    "a missing manifest": (lambda v: gone(v.manifest()), "missing-file", ()),
    "a missing list": (lambda v: gone(v.manifest_list()), "missing-file", ()),
    "files that the list does not count": (lambda v: counted(v, "added_files_count", 1), "manifest-disagrees", ()),
    "a length that the list does not know": (lambda v: counted(v, "manifest_length", -1), "manifest-disagrees", ()),
    "a manifest of a later snapshot": (lambda v: counted(v, "sequence_number", 50), "manifest-disagrees", ()),
    # delete files
    "positions that are deleted": (positions_of, "deleted-rows", "--exclusive"),
    "a deletion vector": (vector, "deleted-rows", "--exclusive"),
    "a vector with a wrong checksum": (lambda v: vector(v, break_checksum), "unreadable-file", ()),
    "a vector of another count": (
        lambda v: vector(v, lambda made: made.update(record_count=made["record_count"] + 1)), "manifest-disagrees", ()),
    "a delete file that is cut": (
        lambda v: cut(positions_of(v)), "wrong-size", ()),
    "a delete file of another count": (
        lambda v: positions_of(v, lambda made: made.update(record_count=1)), "manifest-disagrees", ()),
    # offsets
    "a gap": (lambda v: shift_ranges(v, 50), "gap", ()),
    "an overlap": (lambda v: shift_ranges(v, -50), "overlap", ()),
    "a state behind its commits": (
        lambda v: edit_state(v.pipeline, lambda state: state["partitions"].__setitem__(0, [0, 0, 700, 0, 700])) or "",
        "wrong-position", ()),
    "a state ahead of its commits": (
        lambda v: edit_state(v.pipeline, lambda state: state["partitions"].__setitem__(0, [0, 0, 5000, 0, 5000])) or "",
        "uncommitted-offsets", ()),
    "a state of another topic": (
        lambda v: edit_state(v.pipeline, lambda state: state.update(topic="other")) or "", "lost-offsets", ()),
    "no state": (
        lambda v: metadata(v, lambda all: all.update(properties={})), "lost-offsets", ()),
}


@pytest.fixture(scope="module")
def original(kafka, tmp_path_factory):
    lake = tmp_path_factory.mktemp("damaged") / "lake"
    lake.mkdir()
    return Pipeline(None, kafka, lake, kafka.create_topic(), partitioning="identity", partition_fields=["name"])


@pytest.fixture
def whole(frazil, kafka, original):
    """The table as it was before the test that was before."""
    original.frazil = frazil
    backup = original.directory.with_name("backup")
    if not backup.exists():
        for run in range(2):
            kafka.produce(original.topic, values(700, first=run * 700))
            original.run_once()
        assert verify(original, "--exclusive", DEEP)["findings"] == []
        shutil.copytree(original.directory, backup)
    yield original
    shutil.rmtree(original.directory)
    shutil.copytree(backup, original.directory)


def check(whole, name: str, seed: int) -> None:
    damage, kind, flags = DAMAGES[name]
    flags = [flags] if isinstance(flags, str) else list(flags)
    where = damage(Victim(whole, f"{name} {seed}"))
    if DEEP in flags and "--exclusive" not in flags:
        assert kind not in kinds(verify(whole)), "only --deep is said to find it"
    found = verify(whole, *flags)
    assert kind in kinds(found), f"seed {seed}: {found['findings']}"
    assert where in json.dumps([each for each in found["findings"]]) or kind == "deleted-rows"


@pytest.mark.parametrize("name", DAMAGES)
def test_damage_is_found_at_its_level(whole, name):
    check(whole, name, SEED)


@pytest.mark.slow
@pytest.mark.parametrize("seed", range(100, 120))
@pytest.mark.parametrize("name", DAMAGES)
def test_damage_wherever_it_hits_is_found(whole, name, seed):
    check(whole, name, seed)


# ---- Delete files that are as they should be ----


def deleted(whole, *flags) -> int:
    report = verify(whole, *flags)
    assert report["findings"] == [], report["findings"]
    return report["deleted_rows"]


def test_what_delete_files_take_out_is_counted(whole):
    """Twice deleted is deleted once; what is not there is nothing."""
    path = Victim(whole, "").file()
    both = [(path, 3), (path, 3), (path, 5), ("file:///nowhere.parquet", 1), (path, 100_000)]
    commit_deletes(whole.database, whole.table(), [position_deletes(whole.table(), both)])
    assert deleted(whole) == 2
    commit_deletes(whole.database, whole.table(), [deletion_vector(whole.table(), path, [5, 7])])
    assert deleted(whole) == 3
    report = verify(whole)
    assert report["delete_files"] == 2 and report["accounts"][0]["proof"] == "count"
    assert "3 rows that were committed are not there" in json.dumps(report["unproved"])


def test_equality_deletes_are_applied_by_deep(whole):
    commit_deletes(whole.database, whole.table(), [equality_deletes(whole.table(), "id", [1, 2, 2, 9999])])
    assert deleted(whole) == 0 and "(--deep reads them)" in json.dumps(verify(whole)["unproved"])
    # Keys concern the partition that the delete file is said to be in, of which these are not both.
    assert deleted(whole, DEEP) <= 2
