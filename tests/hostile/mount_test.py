"""A warehouse's file system goes away under a running pipeline and comes back.

The program runs in a mount namespace of its own. There another folder is mounted over the warehouse, which is what a
lazy umount, autofs or NFS leave: the path leads to a folder without the files. Outside, readers see the true one.
"""

import dataclasses
import os
import shutil
import subprocess

import pytest
from fault import oracle
from pipelines import Pipeline, environment, stop, values, wait_for_log



@pytest.fixture(autouse=True)
def may_mount():
    if shutil.which("unshare") is None or subprocess.run(["unshare", "-m", "true"], capture_output=True).returncode != 0:
        pytest.skip("mount namespaces: needs root")


class Mounted(Pipeline):
    """A local pipeline in a mount namespace of its own."""

    def start(self, *arguments, failpoints: str = "", **popen):
        log = open(self.directory / f"{self.topic}-0.log", "w")
        inside = dataclasses.replace(self.frazil, program="unshare")
        return inside.start("-m", "--propagation", "private", self.frazil.program, "run", "-c", self.config_file,
                            *arguments, env=environment(failpoints), stdout=log, stderr=log, **popen)


class Hidden:
    """Covers `place` for one process with an empty folder of the same file system, or with another file system."""

    def __init__(self, process, place, empty):
        self.process, self.place, self.empty = process, place, empty

    def inside(self, *command) -> str:
        return subprocess.run(["nsenter", "-t", str(self.process.pid), "-m", *map(str, command)], check=True, text=True,
                              capture_output=True).stdout

    def cover(self) -> None:
        if self.empty is None:
            self.inside("mount", "-t", "tmpfs", "tmpfs", self.place)
        else:
            self.inside("mount", "--bind", self.empty, self.place)

    def uncover(self) -> None:
        self.inside("umount", "-l", self.place)

    def holds(self) -> list[str]:
        return self.inside("find", self.place, "-mindepth", "1").split()


@pytest.fixture
def mounted(frazil, kafka, tmp_path):
    """make(topic, **sink settings)"""
    return lambda topic, **sink: Mounted(frazil, kafka, tmp_path, topic, **sink)


@pytest.mark.parametrize("how", ["an empty folder", "another file system"])
@pytest.mark.parametrize("what", ["warehouse", "warehouse/db/events", "warehouse/db/events/data"])
def test_a_mount_goes_away(kafka, mounted, tmp_path, how, what):
    topic = kafka.create_topic()
    placed = kafka.produce(topic, values(300))
    p = mounted(topic)
    process = p.start()
    p.wait_for_rows(300)
    empty = tmp_path / "empty"
    empty.mkdir()
    place = Hidden(process, tmp_path / what, empty if how == "an empty folder" else None)
    place.cover()
    placed += kafka.produce(topic, values(300, 300))
    wait_for_log(p, "Has its file system been unmounted?")
    wait_for_log(p, "Nothing is lost; it starts again in")
    assert place.holds() == [], "nothing may be written where nobody will look"
    place.uncover()
    p.wait_for_rows(600, timeout=90)
    assert stop(process) == 0, p.logs()
    assert place.empty is None or os.listdir(empty) == []
    oracle.check(p, placed)


def test_it_goes_between_a_file_and_its_commit(kafka, mounted, tmp_path):
    """What was closed is there no more when the commit would name it."""
    topic = kafka.create_topic()
    placed = kafka.produce(topic, values(300))
    p = mounted(topic)
    process = p.start(failpoints="after-manifest-put=sleep:3000")
    p.wait_for_rows(300)
    empty = tmp_path / "empty"
    empty.mkdir()
    place = Hidden(process, tmp_path / "warehouse", empty)
    before = set((tmp_path / "warehouse").rglob("*-m0.avro"))
    placed += kafka.produce(topic, values(300, 300))
    while set((tmp_path / "warehouse").rglob("*-m0.avro")) == before:
        assert process.poll() is None, p.logs()
    place.cover()
    wait_for_log(p, "Has its file system been unmounted?")
    assert place.holds() == []
    place.uncover()
    p.wait_for_rows(600, timeout=90)
    assert stop(process) == 0, p.logs()
    oracle.check(p, placed)


def test_it_is_away_when_all_is_to_be_read_once(kafka, mounted, tmp_path):
    """--once does not say done."""
    topic = kafka.create_topic()
    placed = kafka.produce(topic, values(300))
    p = mounted(topic)
    p.run_once()
    placed += kafka.produce(topic, values(300, 300))
    empty = tmp_path / "empty"
    empty.mkdir()
    away = subprocess.run(
        ["unshare", "-m", "--propagation", "private", "sh", "-c",
         f"mount --bind {empty} {tmp_path}/warehouse && exec {p.frazil.program} run -c {p.config_file} --once"],
        capture_output=True, text=True, timeout=60)
    assert away.returncode == 1, away.stderr
    assert "No such file or directory" in away.stderr
    assert os.listdir(empty) == []
    p.run_once()
    oracle.check(p, placed)


def test_it_is_away_when_another_table_is_to_be_made(kafka, mounted, tmp_path):
    """What the catalog remembers of its other tables tells an empty mount point from a new warehouse."""
    topic = kafka.create_topic()
    placed = kafka.produce(topic, values(300))
    p = mounted(topic)
    p.run_once()
    p.sink["table"] = "others"
    p.write_config()
    empty = tmp_path / "empty"
    empty.mkdir()
    away = subprocess.run(
        ["unshare", "-m", "--propagation", "private", "sh", "-c",
         f"mount --bind {empty} {tmp_path}/warehouse && exec {p.frazil.program} run -c {p.config_file} --once"],
        capture_output=True, text=True, timeout=60)
    assert away.returncode == 1, away.stderr
    assert "Has its file system not been mounted?" in away.stderr and "db.events among them" in away.stderr
    assert os.listdir(empty) == []
    p.run_once()
    assert p.catalog().load_table("db.others").scan().to_arrow().num_rows == len(placed)


def test_the_catalog_s_file_is_replaced_and_goes_away(kafka, frazil, tmp_path):
    topic = kafka.create_topic()
    placed = kafka.produce(topic, values(300))
    p = Pipeline(frazil, kafka, tmp_path, topic)
    process = p.start()
    p.wait_for_rows(300)
    # As a backup that is put back: other bytes of the same content under the same name.
    shutil.copy(p.database, tmp_path / "copy.db")
    os.rename(tmp_path / "copy.db", p.database)
    placed += kafka.produce(topic, values(300, 300))
    p.wait_for_rows(600)
    assert "permission" not in p.logs().lower() and "Let this user write" not in p.logs()
    os.rename(p.database, tmp_path / "away.db")
    placed += kafka.produce(topic, values(300, 600))
    wait_for_log(p, "the file was moved or deleted while it was open")
    assert not p.database.exists()
    os.rename(tmp_path / "away.db", p.database)
    p.wait_for_rows(900, timeout=90)
    assert stop(process) == 0, p.logs()
    oracle.check(p, placed)
