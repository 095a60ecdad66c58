"""`frazil verify --repair`: asks about each thing that a commit can mend; another reader looks at what came of it."""

import json
import subprocess
from collections import Counter

import pytest
from choosy_catalog import TAKES
from damage import edit_metadata, local
from fallback_test import ChoosyPipeline, choosy, java_expires  # noqa: F401 (a fixture)
from pipelines import values
from verify_test import PROBLEM, SOUND, fed, feed, kinds, verify  # noqa: F401 (a fixture)


def repair(p, answers: str):
    """Its exit code and what it said."""
    process = p.frazil.start("verify", "-c", p.config_file, "--repair", stdin=subprocess.PIPE)
    said, errors = process.communicate(answers, timeout=60)
    assert process.returncode in (SOUND, PROBLEM), errors
    return process.returncode, said


def offsets_key(p) -> str:
    return f"frazil.offsets/{p.topic}/{p.topic}/main"


def goes_on(kafka, p, placed) -> None:
    """The pipeline does not mind: what comes next comes once."""
    more = kafka.produce(p.topic, values(100, first=5000))
    p.run_once()
    p.check_exactly_once([*placed, *more])
    assert verify(p)["findings"] == []


@pytest.fixture
def rows(fed):  # noqa: F811
    return list(fed.positions())


@pytest.mark.parametrize("answer", ["n\n", "", "what?\n"])
def test_nothing_is_done_unless_somebody_says_so(fed, answer):  # noqa: F811
    with fed.table().transaction() as change:
        change.remove_properties(offsets_key(fed))
    before = fed.table().metadata_location
    code, said = repair(fed, answer)
    assert code == PROBLEM and "Put that back? [y/N]" in said
    assert fed.table().metadata_location == before


def test_lost_offsets_are_put_back(kafka, fed, rows):  # noqa: F811
    with fed.table().transaction() as change:
        change.remove_properties(offsets_key(fed))
    code, said = repair(fed, "y\n")
    assert code == SOUND and "it stands at (partition: next) 0: 1800" in said
    assert said.splitlines()[-1].endswith(" is sound")
    goes_on(kafka, fed, rows)


def test_wrong_counts_are_put_right(kafka, fed, rows):  # noqa: F811
    def fewer(metadata):
        state = json.loads(metadata["properties"][offsets_key(fed)])
        state["partitions"][0] = [*state["partitions"][0][:4], 1795, 0, 0, 0, 5]
        metadata["properties"][offsets_key(fed)] = json.dumps(state)

    edit_metadata(fed, fewer)
    assert kinds(verify(fed)) == {"wrong-count"}
    assert "verify --repair" in fed.run_once(check=False).stderr
    assert repair(fed, "y\n")[0] == SOUND
    goes_on(kafka, fed, rows)


def test_a_wrong_position_is_put_right(kafka, fed, rows):  # noqa: F811
    def behind(metadata):
        state = json.loads(metadata["properties"][offsets_key(fed)])
        partition = state["partitions"][0]
        partition[2], partition[4] = 1700, 1700
        metadata["properties"][offsets_key(fed)] = json.dumps(state)

    edit_metadata(fed, behind)
    assert repair(fed, "y\n")[0] == SOUND
    goes_on(kafka, fed, rows)


def test_a_copy_can_be_fed_anew(fed):  # noqa: F811
    edit_metadata(fed, lambda metadata: metadata.update({"table-uuid": "9c12d441-03fe-4693-9a96-a0705ddf69c1"}))
    assert "it was copied" in fed.run_once(check=False).stderr
    _, said = repair(fed, "y\n")
    assert "Remove them here" in said and "done" in said
    assert offsets_key(fed) not in fed.table().properties
    assert verify(fed)["findings"] == [], "what the copy came with is nobody's offsets"
    fed.run_once()
    assert set(fed.positions().values()) == {2}, "a copy has the rows, and now they come from the topic too"


def test_a_doubled_file_stays_once(kafka, fed, rows):  # noqa: F811
    task = next(iter(fed.table().scan().plan_files()))
    fed.table().add_files([task.file.file_path], check_duplicate_files=False)
    code, said = repair(fed, "y\n")
    assert code == SOUND and task.file.file_path in said
    fed.check_exactly_once(rows)
    goes_on(kafka, fed, rows)


@pytest.mark.parametrize("choosy", [TAKES], indirect=True)
def test_what_stood_twice_outlives_expiry(frazil, kafka, tmp_path, choosy):  # noqa: F811
    """Java deletes every file that an expired snapshot says it took out."""
    p = ChoosyPipeline(frazil, kafka, tmp_path, kafka.create_topic(), choosy)
    placed = feed(kafka, p)
    task = next(iter(p.table().scan().plan_files()))
    p.table().add_files([task.file.file_path], check_duplicate_files=False)
    assert repair(p, "y\n")[0] == SOUND
    placed += kafka.produce(p.topic, values(10, first=5000))
    p.run_once()
    java_expires(p)
    assert len(p.table().snapshots()) == 1
    p.check_exactly_once(placed)


def test_a_missing_file_is_taken_out(kafka, fed, rows):  # noqa: F811
    task = next(iter(fed.table().scan().plan_files()))
    gone = Counter(rows)
    local(task.file.file_path).unlink()
    with pytest.raises(FileNotFoundError):
        fed.positions()
    code, said = repair(fed, "y\n")
    assert code == PROBLEM and "their rows are lost" in said, "older snapshots still refer to it"
    left = fed.positions()
    assert len(left) == 1200 and not left - gone, "the rest can be read again"
    kafka.produce(fed.topic, values(100, first=5000))
    fed.run_once()
    assert len(fed.positions()) == 1300


def test_what_no_commit_can_mend_is_said(fed):  # noqa: F811
    path = next(iter(fed.table().scan().plan_files())).file.file_path
    local(path).write_bytes(local(path).read_bytes()[:-100])
    code, said = repair(fed, "y\n")
    assert code == PROBLEM and "Nothing of this can be repaired by a commit" in said


def test_a_sound_table_is_left_alone(fed):  # noqa: F811
    before = fed.table().metadata_location
    assert repair(fed, "")[0] == SOUND
    assert fed.table().metadata_location == before
