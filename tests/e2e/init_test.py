"""`frazil init` writes a file that `check` and `run` take as it is."""

import os
import pty
import select

import pytest
from pipelines import values
from program import command_line

TIMEOUT = 60


def works(frazil, kafka, topic: str, file) -> None:
    """The file as it was written, on real servers."""
    checked = frazil.run("check", "-c", file)
    assert "FAIL" not in checked.stdout
    kafka.produce(topic, values(10))
    frazil.run("run", "-c", file, "--once", timeout=90)
    described = frazil.run("table", "describe", "-c", file)
    assert "reading" in described.stdout


@pytest.mark.parametrize("catalog", ["embedded", "sqlite", "rest", "hive"])
def test_what_it_writes_passes_check_and_runs(frazil, kafka, tmp_path, monkeypatch, request, catalog):
    monkeypatch.setenv("XDG_DATA_HOME", str(tmp_path / "data"))
    topic = kafka.create_topic()
    flags = {
        "embedded": lambda: [],
        "sqlite": lambda: ["--catalog", f"sqlite:///{tmp_path}/c.db", "--warehouse", str(tmp_path / "w")],
        "rest": lambda: ["--catalog", request.getfixturevalue("rest_catalog").address],
        "hive": lambda: ["--catalog", request.getfixturevalue("hive").address, "--warehouse", f"file://{tmp_path}/w"],
    }[catalog]()
    table = f"init_{topic.replace('-', '_')}.events"
    frazil.run("init", "--brokers", kafka.address, "--topic", topic, "--table", table, *flags)
    works(frazil, kafka, topic, tmp_path / "frazil.yaml")


def test_what_is_commented_out_holds_as_it_stands(frazil, kafka, tmp_path, monkeypatch):
    """Each line that is commented out may be put in, alone: it changes nothing, or is an example to be filled in."""
    monkeypatch.setenv("XDG_DATA_HOME", str(tmp_path / "data"))
    frazil.run("init", "--topic", "weather", "--warehouse", "s3://b/w", "--catalog", "http://127.0.0.1:1")
    file = tmp_path / "frazil.yaml"
    lines = file.read_text().splitlines()
    commented = [number for number, line in enumerate(lines) if line.startswith("   ") and line.strip().startswith("# ")]
    assert len(commented) > 12
    for number in commented:
        changed = [line.replace("# ", "", 1) if each == number else line for each, line in enumerate(lines)]
        file.write_text("\n".join(changed))
        done = frazil.run("table", "list", "-c", file, "--sink", "none", check=False,
                          env={"CATALOG_CREDENTIAL": "c", "COLUMN": "c"})
        assert 'has no sink "none"' in done.stderr, f"{lines[number]}\n{done.stderr}"


def test_it_asks_on_a_terminal(frazil, kafka, tmp_path, monkeypatch):
    monkeypatch.setenv("XDG_DATA_HOME", str(tmp_path / "data"))
    topic = kafka.create_topic()
    terminal, its_side = pty.openpty()
    process = frazil.start("init", "-o", tmp_path / "asked.yaml", "--brokers", kafka.address, stdin=its_side,
                           stdout=its_side, stderr=its_side)
    os.close(its_side)
    said = ""
    for question, answer in [("Topic", topic), (f"[default.{topic}]", f"default.{topic.replace('-', '_')}"),
                             ("Catalog", "")]:
        while question not in said:
            assert select.select([terminal], [], [], TIMEOUT)[0], f"{command_line(['init'])} does not ask {question}: {said}"
            said += os.read(terminal, 4096).decode()
        os.write(terminal, f"{answer}\n".encode())
    assert process.wait(TIMEOUT) == 0
    os.close(terminal)
    assert "Kafka brokers" not in said  # a flag has said it
    works(frazil, kafka, topic, tmp_path / "asked.yaml")


def test_a_file_that_is_there_stays(frazil, tmp_path):
    (tmp_path / "frazil.yaml").write_text("mine")
    done = frazil.run("init", "--topic", "t", "--catalog", "http://c", check=False)
    assert done.returncode == 1 and "File exists; --force" in done.stderr
    assert (tmp_path / "frazil.yaml").read_text() == "mine"
    frazil.run("init", "--topic", "t", "--catalog", "http://c", "--force")
    assert "connector: kafka" in (tmp_path / "frazil.yaml").read_text()


@pytest.mark.parametrize("flags, expected", [
    ([], "which topic is to be read? give --topic"),
    (["--topic", "t", "--catalog", "oracle://x"], 'catalog "oracle://x" is none that flags can name'),
    (["--topic", "t", "--catalog", "thrift://h"], '"warehouse" is missing'),
    (["--topic", "t", "--catalog", "http://c", "--warehouse", "hdfs:///w"], "HDFS cannot be had"),
    (["--topic", "t", "--catalog", "postgresql://u:hunter2@h/d", "--warehouse", "/w"], "which everybody on this machine sees"),
])
def test_what_leads_to_no_file_is_said(frazil, tmp_path, flags, expected):
    done = frazil.run("init", *flags, check=False)
    assert done.returncode == 2 and expected in done.stderr
    assert "hunter2" not in done.stderr
    assert not (tmp_path / "frazil.yaml").exists()


def test_names_are_taken_as_they_are(frazil, tmp_path):
    text = frazil.run("init", "--topic", 'a "${HOME}" b', "--table", 'n.t"x', "--catalog", "http://c", "-o", "-").stdout
    (tmp_path / "f.yaml").write_text(text)
    done = frazil.run("check", "-c", tmp_path / "f.yaml", "--sink", "none", check=False)
    assert 'has no sink "none"' in done.stderr
    assert 'topics: ["a \\"$${HOME}\\" b"]' in text
