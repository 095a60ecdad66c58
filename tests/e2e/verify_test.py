"""`frazil verify`: quiet on sound tables, whatever others did beside; and finds each kind of damage."""

import json
import random
import shutil
import time

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from confluent_kafka import TopicPartition
from damage import edit_avro, edit_metadata, edit_ranges, local
from exactly_once_test import produce_transactions
from fallback_test import choosy, pyiceberg_expires  # noqa: F401 (a fixture)
from fallback_test import ChoosyPipeline
from pipelines import Pipeline, values

SOUND, PROBLEM = 0, 3


def verify(p, *flags) -> dict:
    """What it says as JSON; its exit code and its text say the same."""
    done = p.frazil.run("verify", "-c", p.config_file, "--json", *flags, check=False)
    assert done.returncode in (SOUND, PROBLEM), done.stderr
    report = json.loads(done.stdout)
    assert report["sound"] == (done.returncode == SOUND) == (not report["findings"])
    text = p.frazil.run("verify", "-c", p.config_file, *flags, check=False).stdout
    assert text.splitlines()[-1].endswith(" is sound" if report["sound"] else " found"), text
    assert all(finding["what"] in text and finding["advice"] in text for finding in report["findings"])
    return report


def check_sound(p, proof: str = "offset", flags=(), **expected) -> dict:
    report = verify(p, *flags)
    assert report["findings"] == []
    assert [account["proof"] for account in report["accounts"]] == [proof], report["unproved"]
    counts = report["accounts"][0]["counts"]
    assert {name: counts[name] for name in expected} == expected
    return report


def kinds(report: dict) -> set[str]:
    return {finding["kind"] for finding in report["findings"]}


def feed(kafka, p, runs: int = 3, records: int = 600) -> list:
    """A table of so many commits of rows; where each record lies."""
    placed = []
    for run in range(runs):
        placed += kafka.produce(p.topic, values(records, first=run * records))
        p.run_once()
    return placed


@pytest.fixture
def fed(kafka, pipeline):
    """A sound table of one partition, in three commits, and the topic it came from."""
    p = pipeline(kafka.create_topic())
    feed(kafka, p)
    return p


@pytest.fixture(scope="module")
def original(kafka, tmp_path_factory):
    lake = tmp_path_factory.mktemp("victim") / "lake"
    lake.mkdir()
    return Pipeline(None, kafka, lake, kafka.create_topic())


@pytest.fixture
def victim(frazil, kafka, original):
    """The same to be damaged, made once: each test finds it whole. Its topic is to be left alone."""
    original.frazil = frazil
    backup = original.directory.with_name("backup")
    if not backup.exists():
        feed(kafka, original)
        shutil.copytree(original.directory, backup)
    yield original
    shutil.rmtree(original.directory)
    shutil.copytree(backup, original.directory)


def commits(p) -> list:
    """The snapshots with rows, oldest first."""
    return [s for s in sorted(p.table().snapshots(), key=lambda s: s.sequence_number)
            if int(s.summary.get("added-records") or 0) > 0]


def row(**more) -> pa.Table:
    columns = {"id": pa.array([-1], pa.int64()), "name": pa.array(["x"]), "reading": pa.array([0.5])}
    return pa.table(columns | more)


# ---- Sound tables ----


def test_a_table_that_was_only_written_by_frazil(kafka, pipeline):
    p = pipeline(kafka.create_topic(partitions=3))
    feed(kafka, p)
    report = check_sound(p, rows=1800, gaps=0)
    assert report["rows"] == 1800 and report["unproved"] == [] and report["others"] == []
    assert [partition["first"] for partition in report["accounts"][0]["partitions"]] == [0, 0, 0]
    check_sound(p, flags=["--exclusive"])


def test_without_columns_it_is_proved_by_count(kafka, pipeline):
    p = pipeline(kafka.create_topic(partitions=2), metadata=[])
    feed(kafka, p)
    report = check_sound(p, "count", rows=1800)
    assert "proved by count" in report["unproved"][0]


def test_without_offsets_its_files_are_proved(kafka, pipeline):
    p = pipeline(kafka.create_topic(), delivery="at_least_once")
    feed(kafka, p, runs=1)
    report = verify(p)
    assert report["sound"] and report["accounts"] == []
    assert f"1 files are of pipeline '{p.topic}'" in report["unproved"][0]


def test_aborted_transactions_and_skipped_records_are_accounted_for(kafka, pipeline):
    topic = kafka.create_topic(partitions=3)
    committed = produce_transactions(kafka, topic, 20, 0.3, random.Random(11))
    kafka.produce(topic, ["no JSON", *values(10), None])
    p = pipeline(topic, on_bad_record="skip", partitioning="identity", partition_fields=["name"])
    p.run_once()
    report = check_sound(p, rows=len(committed) + 10, skipped=2)
    assert report["accounts"][0]["counts"]["gaps"] > 20


def test_many_commits_whose_manifests_were_merged(kafka, pipeline):
    p = pipeline(kafka.create_topic())
    feed(kafka, p, runs=1, records=100)
    with p.table().transaction() as change:
        change.set_properties({"commit.manifest.min-count-to-merge": "3"})
    feed(kafka, p, runs=8, records=100)
    assert len(p.table().current_snapshot().manifests(p.table().io)) < 8
    check_sound(p, rows=900)


def test_appends_and_deletes_by_others_are_told_and_left_out(kafka, fed):
    fed.table().append(row())
    kafka.produce(fed.topic, values(100))
    fed.run_once()
    fed.table().append(row())
    report = check_sound(fed, rows=1900)
    assert report["rows"] == 1902
    assert [(each["commits"], each["added_rows"]) for each in report["others"]] == [(2, 2)]
    assert kinds(verify(fed, "--exclusive")) == {"foreign-commit"}
    fed.table().delete("id == 17")  # ours, twice
    report = check_sound(fed, "count", rows=1900)
    assert "2 rows that were committed are not there" in report["unproved"][0]
    assert kinds(verify(fed, "--exclusive")) == {"foreign-commit", "missing-offset"}


def test_a_rewrite_by_others_keeps_the_proof(kafka, fed):
    """The footers are gone with the files; the columns are not."""
    rows = fed.rows()
    fed.table().overwrite(rows)
    kafka.produce(fed.topic, values(100))
    fed.run_once()
    check_sound(fed, rows=1900)


@pytest.mark.parametrize("columns, proof", [(["partition", "offset"], "offset"), ([], "count")])
def test_after_expiry_the_totals_stand(kafka, pipeline, columns, proof):
    p = pipeline(kafka.create_topic(partitions=2), metadata=columns)
    feed(kafka, p)
    pyiceberg_expires(p)
    report = check_sound(p, proof, rows=1800)
    assert report["snapshots"] == 1 and report["history_from_ms"]
    assert report["accounts"][0]["offsets_before_history"] >= 1200
    kafka.produce(p.topic, values(100))
    p.run_once()
    p.table().append(row())
    pyiceberg_expires(p)
    report = check_sound(p, proof, rows=1900)
    assert report["rows"] == 1901


def test_offsets_that_a_tag_keeps(frazil, kafka, tmp_path, choosy):  # noqa: F811
    topic = kafka.create_topic(partitions=2)
    p = ChoosyPipeline(frazil, kafka, tmp_path, topic, choosy)
    feed(kafka, p)
    check_sound(p, rows=1800)
    pyiceberg_expires(p)
    check_sound(p, rows=1800)


def test_a_rollback_that_was_made_good_by_reading_again(kafka, fed):
    before = commits(fed)[1]
    fed.table().manage_snapshots().set_current_snapshot(before.snapshot_id).commit()
    fed.sink["on_rollback"] = "reingest"
    fed.write_config()
    fed.run_once()
    assert fed.rows().num_rows == 1800
    check_sound(fed, rows=1800)


def test_a_pipeline_that_was_taken_over(kafka, fed):
    fed.config["pipelines"] = {"successor": {"source": "in", "sink": "out", "take_over": fed.topic}}
    fed.write_config()
    kafka.produce(fed.topic, values(100))
    fed.run_once()
    report = check_sound(fed, rows=1900)
    assert report["accounts"][0]["pipeline"] == "successor"


def test_each_file_says_where_its_rows_came_from(kafka, pipeline):
    p = pipeline(kafka.create_topic(partitions=2), partitioning="identity", partition_fields=["name"])
    placed = feed(kafka, p, runs=2)
    rows = {partition: 0 for partition, _ in placed}
    for task in p.table().scan().plan_files():
        footer = pq.read_metadata(local(task.file.file_path)).metadata
        assert footer[b"frazil.pipeline"].decode() == p.topic
        for partition, first, next_, count in json.loads(footer[b"frazil.offsets"])[p.topic]:
            assert 0 < count <= next_ - first
            rows[partition] += count
    assert rows == {partition: sum(1 for place in placed if place[0] == partition) for partition in rows}


# ---- Damage ----


def test_a_doubled_file(victim):
    task = next(iter(victim.table().scan().plan_files()))
    victim.table().add_files([task.file.file_path], check_duplicate_files=False)
    found = verify(victim)
    assert kinds(found) == {"doubled-file"}
    assert found["findings"][0]["where"] == task.file.file_path


def test_a_doubled_file_under_another_name(victim):
    path = next(iter(victim.table().scan().plan_files())).file.file_path
    copy = path.replace(".parquet", "-copy.parquet")
    shutil.copy(local(path), local(copy))
    victim.table().add_files([copy])
    found = verify(victim)
    assert kinds(found) == {"doubled-offset", "overlap", "wrong-count"}
    assert copy in json.dumps(found)


def test_a_missing_file(victim):
    path = next(iter(victim.table().scan().plan_files())).file.file_path
    local(path).unlink()
    found = verify(victim)
    assert [(each["kind"], each["where"]) for each in found["findings"]] == [("missing-file", path)]


def test_a_truncated_file(victim):
    path = next(iter(victim.table().scan().plan_files())).file.file_path
    local(path).write_bytes(local(path).read_bytes()[:-100])
    found = verify(victim)
    assert [(each["kind"], each["where"]) for each in found["findings"]] == [("wrong-size", path)]


def test_a_file_of_other_bytes(victim):
    path = next(iter(victim.table().scan().plan_files())).file.file_path
    local(path).write_bytes(b"x" * local(path).stat().st_size)
    found = verify(victim)
    assert [(each["kind"], each["where"]) for each in found["findings"]] == [("unreadable-file", path)]


def test_a_missing_manifest(victim):
    table = victim.table()
    path = table.current_snapshot().manifests(table.io)[-1].manifest_path
    local(path).unlink()
    found = verify(victim)
    assert "missing-file" in kinds(found) and path in json.dumps(found)


def test_a_gap(victim):
    second = commits(victim)[1]

    def later(ranges):
        ranges[0][1] += 50
        ranges[0][3] -= 50

    edit_ranges(victim, second.snapshot_id, later)
    found = verify(victim)
    gap = next(each for each in found["findings"] if each["kind"] == "gap")
    assert "offsets 600 to 649 are in no commit" in gap["what"]
    assert gap["where"] == f"topic {victim.topic}, partition 0"


def test_an_overlap(victim):
    second = commits(victim)[1]

    def earlier(ranges):
        ranges[0][1] -= 50
        ranges[0][3] += 50

    edit_ranges(victim, second.snapshot_id, earlier)
    found = verify(victim)
    overlap = next(each for each in found["findings"] if each["kind"] == "overlap")
    assert "offsets 550 to 599 were committed twice" in overlap["what"]


@pytest.mark.parametrize("columns", [["partition", "offset"], []])
def test_a_wrong_count(kafka, pipeline, columns):
    p = pipeline(kafka.create_topic(), metadata=columns)
    feed(kafka, p)

    def fewer(ranges):
        ranges[0] = [*ranges[0][:3], ranges[0][3] - 5, 0, 0, 0, 5]  # 5 rows are said to be gaps

    edit_ranges(p, commits(p)[1].snapshot_id, fewer)
    assert "wrong-count" in kinds(verify(p))


def test_wrong_counts_in_the_property(victim):
    key = f"frazil.offsets/{victim.topic}/{victim.topic}/main"

    def fewer(metadata):
        state = json.loads(metadata["properties"][key])
        state["partitions"][0] = [*state["partitions"][0][:4], 1795, 0, 0, 0, 5]
        metadata["properties"][key] = json.dumps(state)

    edit_metadata(victim, fewer)
    assert "wrong-count" in kinds(verify(victim))
    pyiceberg_expires(victim)
    assert kinds(verify(victim)), "the history no longer tells, but the rows do"


def test_a_lost_property(kafka, fed):
    key = f"frazil.offsets/{fed.topic}/{fed.topic}/main"
    with fed.table().transaction() as change:
        change.remove_properties(key)
    found = verify(fed)
    assert kinds(found) == {"lost-offsets"}
    assert "next) 0: 1800" in found["findings"][0]["what"]
    # To begin anew would write everything twice: it does not, and says what to do.
    done = fed.run_once(check=False)
    assert done.returncode != 0 and "lost-offsets" in done.stderr and "verify --repair" in done.stderr
    assert fed.rows().num_rows == 1800


def edit_state(p, change) -> None:
    """`change` edits the state in the property, a dict; the key stays."""
    key = f"frazil.offsets/{p.topic}/{p.topic}/main"

    def edit(metadata):
        state = json.loads(metadata["properties"][key])
        change(state)
        metadata["properties"][key] = json.dumps(state)

    edit_metadata(p, edit)


@pytest.mark.parametrize("change, kind, words", [
    (lambda state: state.update(topic="other"), "lost-offsets", "the offsets of another name"),
    (lambda state: state.update(ref="audit"), "lost-offsets", "the offsets of another name"),
    (lambda state: state.update(pipeline="other"), "lost-offsets", "the offsets of another name"),
    (lambda state: state["partitions"].append([0, 0, 0]), "lost-offsets", "partition 0 stands there twice"),
    (lambda state: state["partitions"].clear(), "lost-offsets", "does not know it"),
    (lambda state: state["partitions"].__setitem__(0, [0, 0, 1200, 0, 1200]), "wrong-position", "its commits end at 1800"),
    (lambda state: state["partitions"].__setitem__(0, [0, 0, 2000, 0, 2000]), "uncommitted-offsets", "1800 to 1999"),
    (lambda state: state["partitions"].__setitem__(0, [0, 0, 1800, 0, 1700, 0, 100]), "wrong-count", "1700 rows"),
])
def test_what_verify_calls_wrong_run_does_not_build_upon(victim, change, kind, words):
    edit_state(victim, change)
    assert kind in kinds(verify(victim))
    before = victim.table().metadata_location
    done = victim.run_once(check=False)
    assert done.returncode != 0 and words in done.stderr, done.stderr
    assert victim.table().metadata_location == before, "nothing was committed"


def test_a_copied_table(victim):
    edit_metadata(victim, lambda metadata: metadata.update({"table-uuid": "9c12d441-03fe-4693-9a96-a0705ddf69c1"}))
    assert kinds(verify(victim)) == {"copied-table"}


def test_a_history_that_leads_round_in_circles(kafka, fed):
    """The first commit names the last as its parent: nothing that walks the history may walk for ever."""

    def turn(metadata):
        metadata["snapshots"][0]["parent-snapshot-id"] = metadata["current-snapshot-id"]

    edit_metadata(fed, turn)
    assert kinds(verify(fed)) == {"manifest-disagrees"}
    kafka.produce(fed.topic, values(100))
    fed.run_once()
    assert fed.rows().num_rows == 1900


def test_an_unnoticed_rollback(kafka, fed):
    before = commits(fed)[1]
    fed.table().manage_snapshots().set_current_snapshot(before.snapshot_id).commit()
    found = verify(fed)
    assert kinds(found) == {"rolled-back"}
    assert "600 offsets" in found["findings"][0]["what"]
    # Somebody writes on, so that the head is newer than what the pipeline remembers.
    fed.table().append(row())
    assert kinds(verify(fed)) == {"rolled-back"}
    # To go on without them leaves a hole, and it is told what was there.
    fed.sink["on_rollback"] = "continue"
    fed.write_config()
    kafka.produce(fed.topic, values(10))
    fed.run_once()
    gap = next(each for each in verify(fed)["findings"] if each["kind"] == "gap")
    assert "offsets 1200 to 1799 are in no commit" in gap["what"] and "was rolled back" in gap["what"]


@pytest.mark.parametrize("field, by", [("added_rows_count", 1), ("existing_files_count", 1), ("manifest_length", -1)])
def test_a_manifest_list_that_disagrees(victim, field, by):
    snapshot = victim.table().current_snapshot()
    edit_avro(snapshot.manifest_list, lambda records: records[0].update({field: records[0][field] + by}))
    assert kinds(verify(victim)) == {"manifest-disagrees"}


def test_a_manifest_that_disagrees(victim):
    table = victim.table()
    manifest = table.current_snapshot().manifests(table.io)[0]

    def change(entries):
        entries[0]["data_file"]["record_count"] += 1

    edit_avro(manifest.manifest_path, change)
    assert "manifest-disagrees" in kinds(verify(victim))


def test_a_manifest_that_was_left_out(victim):
    """Every file that is left is as it should be; what is gone shows in the commits and counts."""
    table = victim.table()
    snapshot = table.current_snapshot()
    edit_avro(snapshot.manifest_list, lambda records: records.pop())
    assert {"manifest-disagrees", "missing-offset"} <= kinds(verify(victim))


# ---- Against the topic ----


def delete_records(kafka, topic: str, before: int) -> None:
    admin = kafka.admin()  # its futures fail once it is gone
    for future in admin.delete_records([TopicPartition(topic, 0, before)]).values():
        future.result(30)


@pytest.mark.parametrize("columns, proof", [(["partition", "offset"], "offset"), ([], "count")])
def test_the_topic_holds_what_the_table_accounts_for(kafka, pipeline, columns, proof):
    topic = kafka.create_topic(partitions=2)
    committed = produce_transactions(kafka, topic, 20, 0.3, random.Random(12))
    p = pipeline(topic, metadata=columns, batch_size=300)
    p.run_once()
    kafka.produce(topic, values(50))  # not in the table yet
    report = check_sound(p, proof, ["--against-topic"], rows=len(committed))
    assert report["accounts"][0]["compared_with_topic"]["records"] == len(committed)


def test_as_far_as_the_topic_reaches_back(kafka, fed):
    delete_records(kafka, fed.topic, 700)
    report = check_sound(fed, "offset", ["--against-topic"])
    compared = report["accounts"][0]["compared_with_topic"]
    assert (compared["offsets"], compared["records"], compared["unreached"]) == (1100, 1100, 700)
    assert "700 offsets were accounted for that it does not reach back to" in report["unproved"][0]


def test_rows_that_the_topic_has_and_the_counts_hide(kafka, pipeline):
    """Somebody made five rows gaps everywhere in the table: it agrees with itself, and not with the topic."""
    p = pipeline(kafka.create_topic(), metadata=[])
    feed(kafka, p, runs=1)
    key = f"frazil.offsets/{p.topic}/{p.topic}/main"

    def hide(metadata):
        snapshot = metadata["snapshots"][-1]
        ranges = json.loads(snapshot["summary"]["frazil.ranges"])
        ranges[p.topic][0][1:] = [0, 605, 600, 0, 0, 0, 5]
        snapshot["summary"]["frazil.ranges"] = json.dumps(ranges)
        state = json.loads(metadata["properties"][key])
        state["partitions"][0] = [0, 0, 605, 0, 600, 0, 0, 0, 5]
        metadata["properties"][key] = json.dumps(state)

    kafka.produce(p.topic, values(5))
    edit_metadata(p, hide)
    check_sound(p, "count")
    found = verify(p, "--against-topic")
    assert kinds(found) == {"topic-differs"}
    assert "the topic has 605 records, 600 were accounted for" in found["findings"][0]["what"]


def test_a_topic_that_was_made_anew(kafka, fed):
    kafka.delete_topic(fed.topic)
    kafka.create_topic(fed.topic)
    found = verify(fed, "--against-topic")
    assert kinds(found) == {"topic-differs"} and "was made anew" in found["findings"][0]["what"]


def test_brokers_that_do_not_answer(fed):
    fed.source["brokers"] = "127.0.0.1:1"
    fed.write_config()
    done = fed.frazil.run("verify", "-c", fed.config_file, "--against-topic", check=False)
    assert done.returncode == 1 and "127.0.0.1:1" in done.stderr


# ---- What cannot be done ----


def test_a_table_that_is_not_there(fed):
    done = fed.frazil.run("verify", "db.nothing", "-c", fed.config_file, check=False)
    assert done.returncode == 1 and "db.nothing" in done.stderr and done.stdout == ""


def test_a_table_that_no_pipeline_feeds(fed):
    catalog = fed.catalog()
    catalog.create_table("db.other", row().schema).append(row())
    done = fed.frazil.run("verify", "db.other", "-c", fed.config_file)
    assert "no pipeline keeps offsets in it" in done.stdout
    assert done.stdout.endswith("db.other is sound\n")
