"""The command line: help, exit codes, and what stderr says of wrong usage. Needs no servers."""

import json
import os
import re
import sqlite3
import subprocess

import pytest
from paths import BUILD

FRAZIL = BUILD / "frazil"
DONE, FAILED, USAGE, PROBLEM = 0, 1, 2, 3

VERBS = ["run", "sync", "check", "produce", "version", "table", "table list", "table describe", "table snapshots",
         "table files", "table history", "verify", "schema", "init", "plan"]

NO_PIPELINES = {"flow: {source: in, sink: lake}": "{}"}  # then no broker is asked for the sink's sake


@pytest.fixture
def frazil(tmp_path):
    """Runs the program with an embedded catalog of its own."""
    environment = {**os.environ, "XDG_DATA_HOME": str(tmp_path / "data")}

    def run(*arguments: str):
        return subprocess.run([FRAZIL, *arguments], env=environment, cwd=tmp_path, text=True, capture_output=True,
                              timeout=120)

    return run


@pytest.fixture
def config(tmp_path):
    """Writes a configuration file that is right but for what `changes` replace, and returns its path."""

    def write(**changes: str) -> str:
        text = f"""version: "1.0"
sources:
  in:
    connector: kafka
    config: {{brokers: "127.0.0.1:1", topics: [t]}}
sinks:
  lake:
    connector: iceberg
    config:
      catalog: {{type: sql, sql: {{uri: "sqlite:///{tmp_path}/c.db", warehouse: "file://{tmp_path}/w"}}}}
      namespace: default
      table: t
pipelines:
  flow: {{source: in, sink: lake}}
"""
        for old, new in changes.items():
            assert old in text
            text = text.replace(old, new)
        path = tmp_path / "f.yaml"
        path.write_text(text)
        return str(path)

    return write


@pytest.mark.parametrize("verb", VERBS)
def test_help_has_an_example(frazil, verb):
    done = frazil(*verb.split(), "--help")
    assert (done.returncode, done.stderr) == (DONE, "")
    assert re.search(rf"Examples?:\n?\s*frazil {verb}", done.stdout), done.stdout


def test_metrics_for_other_machines_need_a_token(frazil, config, tmp_path):
    for verb in (["run", "-c", config()], ["sync", "--topic", "t", "--table", "d.t"]):
        refused = frazil(*verb, "--metrics-port", "0", "--metrics-address", "0.0.0.0")
        assert refused.returncode == USAGE
        assert "need a token: write metrics: {token: ${file:" in refused.stderr
        assert "--metrics-token-file PATH" in refused.stderr
        (tmp_path / "token").write_text("\n")
        refused = frazil(*verb, "--metrics-port", "0", "--metrics-token-file", "token")
        assert (refused.returncode, refused.stderr) == (USAGE, "Error: --metrics-token-file token: it is empty\n")
        refused = frazil(*verb, "--metrics-token-file", "token")
        assert refused.returncode == USAGE
    path = config(**{"version: \"1.0\"": "metrics: {port: 0, address: \"::\"}"})
    for verb in ("check", "run"):
        refused = frazil(verb, "-c", path)
        assert refused.returncode == USAGE
        assert refused.stderr.startswith(f"Error: {path}:1: metrics.address: ")


def test_help_names_every_verb(frazil):
    done = frazil("--help")
    assert done.returncode == DONE
    for verb in ["run", "sync", "check", "produce", "table", "verify", "version"]:
        assert re.search(rf"^  {verb} ", done.stdout, re.M)


def test_version(frazil):
    done = frazil("version")
    assert done.returncode == DONE
    assert re.fullmatch(r"frazil \d+\.\d+\.\d+\n", done.stdout)


@pytest.mark.parametrize("arguments, complaint", [
    ([], "subcommand is required"),
    (["fly"], 'there is no verb "fly"; expected one of init, run, sync,'),
    (["porduce", "weather"], 'did you mean "produce"?'),
    (["table", "snapshot"], 'there is no verb "snapshot"; expected one of list, describe, '),
    (["run"], "--config is required"),
    (["check"], "--config is required"),
    (["table"], "subcommand is required"),
    (["table", "describe"], "no table is named"),
    (["table", "describe", "no_namespace"], "no_namespace"),
    (["verify"], "no table is named"),
    (["verify", "a.b", "--brokers", "h:9092"], "--brokers requires --against-topic"),
    (["table", "list", "--catalog", "thrift://h"], "is none that flags can name"),
    (["table", "list", "--catalog", "sqlite:////x", "-c", "f"], "excludes"),
    (["produce", "weather"], "--topic is required"),
    (["produce", "rain", "--topic", "t", "--count", "1"], "rain"),
    (["produce", "weather", "--topic", "t", "--count", "0"], "--count"),
    (["produce", "weather", "--topic", "t", "--count", "1", "--property", "x"], "KEY=VALUE"),
    (["sync", "--topic", "t"], "--table is required"),
    (["sync", "--topic", "t", "--table", "a.b", "--once", "--every", "5s"], "excludes"),
    (["sync", "--topic", "t", "--table", "a.b", "--every", "often"], "is no duration"),
    (["sync", "--topic", "t", "--table", "no_namespace", "--once"], "no_namespace"),
    (["version", "--log-level", "loud"], "--log-level"),
])
def test_wrong_usage(frazil, arguments, complaint):
    done = frazil(*arguments)
    assert (done.returncode, done.stdout) == (USAGE, "")
    assert complaint in done.stderr


@pytest.mark.parametrize("verb", [["run"], ["check"], ["table", "list"], ["verify"]])
def test_wrong_configuration(frazil, config, verb):
    done = frazil(*verb, "-c", config(**{"table: t": "tabel: t", "topics: [t]": "topics: []"}))
    assert (done.returncode, done.stdout) == (USAGE, "")
    assert "f.yaml:5: sources.in.config.topics: the list is empty" in done.stderr
    assert 'f.yaml:12: sinks.lake.config.tabel: unknown key; did you mean "table"?' in done.stderr


def test_missing_configuration(frazil):
    done = frazil("run", "-c", "nowhere.yaml")
    assert done.returncode == USAGE
    assert done.stderr == "Error: cannot read configuration nowhere.yaml: No such file or directory\n"


def test_run_names_the_pipelines_there_are(frazil, config):
    done = frazil("run", "-c", config(), "--pipeline", "flaw")
    assert done.returncode == USAGE
    assert "flow" in done.stderr


def test_table_of_the_embedded_catalog(frazil, tmp_path):
    done = frazil("table", "list")
    assert (done.returncode, done.stdout, done.stderr) == (DONE, "NAMESPACE  TABLE\n", "")
    tables = sqlite3.connect(tmp_path / "data" / "frazil" / "catalog.db").execute(
        "select name from sqlite_master where type = 'table'").fetchall()
    assert {name for name, in tables} >= {"iceberg_tables", "iceberg_namespace_properties"}
    assert json.loads(frazil("table", "list", "--json").stdout) == []


@pytest.mark.parametrize("verb", [["table", "describe"], ["verify"]])
def test_table_that_does_not_exist(frazil, verb):
    done = frazil(*verb, "a.b")
    assert (done.returncode, done.stdout) == (FAILED, "")
    assert done.stderr.startswith("Error: table a.b does not exist in ")


def test_catalog_that_is_away(frazil):
    done = frazil("table", "list", "--catalog", "http://127.0.0.1:1")
    assert done.returncode == FAILED
    assert "Failed to connect to catalog at http://127.0.0.1:1" in done.stderr


@pytest.mark.slow  # a broker that is away has 15 s to come
def test_check_goes_on_after_a_problem(frazil, config, tmp_path):
    done = frazil("check", "-c", config())
    assert done.returncode == PROBLEM
    lines = done.stdout.splitlines()
    assert lines[0].startswith("FAIL  source in: brokers 127.0.0.1:1: ")
    assert lines[1].startswith("      ")  # the advice
    assert [line[:4] for line in lines[2:]] == ["ok  ", "ok  ", "skip", "ok  ", "ok  ", "ok  "]
    assert "consumer group" in lines[4]
    assert "wrote, read and deleted a probe object" in lines[-2]
    assert lines[-1] == "ok    sink lake: exactly once: offsets will be in the table's properties"
    assert [path for path in (tmp_path / "w").rglob("*") if path.is_file()] == []


def test_check_of_one_sink(frazil, config):
    done = frazil("check", "-c", config(**NO_PIPELINES), "--sink", "lake")
    assert done.returncode == DONE
    assert "source" not in done.stdout
    done = frazil("check", "-c", config(), "--sink", "lago")
    assert done.returncode == USAGE


def test_check_names_storage_that_refuses(frazil, config, tmp_path):
    (tmp_path / "w").write_text("a file where the warehouse should be")
    done = frazil("check", "-c", config(**NO_PIPELINES), "--sink", "lake")
    assert done.returncode == PROBLEM
    assert f"FAIL  sink lake: storage file://{tmp_path}/w: " in done.stdout


def test_log_as_json(frazil, config):
    done = frazil("check", "-c", config(**NO_PIPELINES, **{"table: t": "table: t\n      num_buckets: 4"}), "--sink", "lake",
                  "--log-format", "json")
    lines = [json.loads(line) for line in done.stderr.splitlines()]
    warning = next(line for line in lines if "num_buckets has no effect" in line["message"])
    assert warning["level"] == "warning"
    assert re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?Z", warning["time"])
