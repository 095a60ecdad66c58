"""Files that are none, have no end, or cannot grow: told at once, and nothing lost."""

import os
import resource
import sqlite3
import subprocess
import time

import pytest
from fault import oracle
from pipelines import Pipeline, environment, stop, values, wait_for_log

TERABYTE = 1 << 40


@pytest.fixture
def fed(frazil, kafka, tmp_path):
    """A pipeline whose table has 100 rows, and 100 records more that wait."""
    topic = kafka.create_topic()
    p = Pipeline(frazil, kafka, tmp_path, topic)
    p.placed = kafka.produce(topic, values(100))
    p.run_once()
    p.placed += kafka.produce(topic, values(100, 100))
    return p



def current_metadata(p):
    with sqlite3.connect(p.database) as database:
        return database.execute("SELECT metadata_location FROM iceberg_tables").fetchone()[0].removeprefix("file://")


@pytest.mark.parametrize("kind", ["fifo", "terabyte", "directory"])
@pytest.mark.parametrize("which", ["metadata", "list", "manifest"])
def test_a_file_of_the_table_is_none(fed, kind, which):
    p = fed
    snapshot = p.table().current_snapshot()
    file = {"metadata": current_metadata(p), "list": snapshot.manifest_list.removeprefix("file://"),
            "manifest": snapshot.manifests(p.table().io)[0].manifest_path.removeprefix("file://")}[which]
    os.rename(file, f"{file}.good")
    if kind == "fifo":
        os.mkfifo(file)
    elif kind == "directory":
        os.mkdir(file)
    else:
        with open(file, "wb") as sparse:
            sparse.truncate(TERABYTE)
    verb = ("verify",) if which == "manifest" else ("run", "--once")  # a commit reads few manifests
    begin = time.monotonic()
    done = p.frazil.run(verb[0], "-c", p.config_file, *verb[1:], check=False, timeout=60)
    assert time.monotonic() - begin < 20
    assert done.returncode in (1, 3), f"{done.returncode}\n{done.stderr}"
    said = done.stdout + done.stderr
    expected = {"fifo": "not a regular file but a pipe (FIFO)", "directory": "not a regular file but a directory",
                "terabyte": f"{TERABYTE} bytes long"}[kind]
    assert expected in said and os.path.basename(file) in said, said
    if kind == "directory":
        os.rmdir(file)
    else:
        os.remove(file)
    os.rename(f"{file}.good", file)
    p.run_once()
    oracle.check(p, p.placed)


def test_configuration_and_secrets_that_are_no_files(frazil, tmp_path):
    fifo = tmp_path / "fifo"
    os.mkfifo(fifo)
    large = tmp_path / "large.yaml"
    with open(large, "wb") as sparse:
        sparse.truncate(TERABYTE)
    for config, words in [(large, "it is longer than"), (tmp_path, "not a regular file but a directory"),
                          ("/dev/zero", "not a regular file but a device")]:
        done = frazil.run("check", "-c", config, check=False, timeout=20)
        assert done.returncode == 2 and words in done.stderr, done.stderr
    good = tmp_path / "good.yaml"
    good.write_text("version: '1.0'\nsources: {in: {connector: kafka, config: {brokers: 'x:1', topics: [t], security: "
                    "{protocol: SASL_SSL, mechanism: PLAIN, username: u, password: '${file:%s}'}}}}\n" % fifo)
    done = frazil.run("check", "-c", good, check=False, timeout=20)
    assert done.returncode == 2 and "pipe (FIFO)" in done.stderr, done.stderr


@pytest.mark.parametrize("where", ["ca_location", "certificate_location", "key_location", "ssl.cabundle"])
def test_a_certificate_that_is_a_pipe(frazil, kafka, tmp_path, where):
    """Whatever library reads it, it would wait for a writer."""
    fifo = tmp_path / "fifo.pem"
    os.mkfifo(fifo)
    p = Pipeline(frazil, kafka, tmp_path, "none")
    if where == "ssl.cabundle":
        p.sink["catalog"] = {"type": "rest", "rest": {"uri": "https://127.0.0.1:1", "properties": {where: str(fifo)}}}
    else:
        p.source["security"] = {"protocol": "SSL", where: str(fifo)}
    p.write_config()
    done = frazil.run("check", "-c", p.config_file, check=False, timeout=20)
    assert done.returncode == 2 and f"{fifo} is a pipe (FIFO)" in done.stderr, done.stderr


def test_a_configuration_from_a_pipe(frazil, tmp_path):
    """As a shell's <(command) gives it."""
    done = subprocess.run(["bash", "-c", f"{frazil.program} check -c <(sleep 1; echo 'version: \"2.0\"')"],
                          capture_output=True, text=True, timeout=30)
    assert done.returncode == 2 and 'expected "1.0"' in done.stderr, done.stderr


def test_a_file_may_not_grow(fed):
    """RLIMIT_FSIZE: an error by name, not SIGXFSZ."""
    p = fed
    large = [f'{{"id": {i}, "name": "{os.urandom(400).hex()}"}}' for i in range(2000)]
    p.placed += p.kafka.produce(p.topic, large)
    limit = 200_000
    done = p.frazil.start("run", "-c", p.config_file, "--once", env=environment(""),
                          preexec_fn=lambda: resource.setrlimit(resource.RLIMIT_FSIZE, (limit, limit)))
    _, said = done.communicate(timeout=60)
    assert done.returncode == 1, f"ended with {done.returncode}\n{said}"
    assert "File too large" in said and "ulimit -f" in said, said
    p.run_once()
    oracle.check(p, p.placed)


def test_the_disk_of_catalog_and_warehouse_is_full(frazil, kafka, tmp_path, small_disk):
    resize = small_disk("disk")
    topic = kafka.create_topic()
    placed = kafka.produce(topic, values(500))
    p = Pipeline(frazil, kafka, tmp_path, topic)
    p.database, p.warehouse = tmp_path / "disk/catalog.db", tmp_path / "disk/warehouse"
    p.sink["catalog"] = {"type": "sql", "sql": {"uri": f"sqlite:///{p.database}", "warehouse": f"file://{p.warehouse}"}}
    p.write_config()
    process = p.start()
    p.wait_for_rows(500)
    # All that is left but a few pages: metadata and the catalog's file meet it too.
    filler = tmp_path / "disk/filler"
    free = os.statvfs(tmp_path / "disk")
    filler.write_bytes(b"x" * max(free.f_bavail * free.f_frsize - 8192, 0))
    placed += kafka.produce(topic, values(500, 500))
    wait_for_log(p, "Make room on that disk")
    wait_for_log(p, "it starts again in")
    assert resize("50m")
    p.wait_for_rows(1000, timeout=90)
    assert stop(process) == 0, p.logs()
    oracle.check(p, placed)
