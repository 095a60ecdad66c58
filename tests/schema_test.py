"""What the program says of its own configuration: the JSON Schema that editors check files by, the tables of docs/, and
`frazil schema KEY`. Needs no servers."""

import copy
import json
import re
import subprocess
from importlib.machinery import SourceFileLoader
from importlib.util import module_from_spec, spec_from_loader
from pathlib import Path

import jsonschema
import pytest
import yaml
from paths import BUILD

ROOT = Path(__file__).resolve().parent.parent
FRAZIL = BUILD / "frazil"

loader = SourceFileLoader("key_tables", str(ROOT / "dev" / "key-tables"))  # a script: its name has no ending
key_tables = module_from_spec(spec_from_loader(loader.name, loader))
loader.exec_module(key_tables)


class Loader(yaml.SafeLoader):
    """YAML as editors read it: a moment is a text."""


Loader.yaml_implicit_resolvers = {
    first: [(tag, pattern) for tag, pattern in resolvers if tag != "tag:yaml.org,2002:timestamp"]
    for first, resolvers in yaml.SafeLoader.yaml_implicit_resolvers.items()}


def schema(*arguments: str) -> subprocess.CompletedProcess:
    return subprocess.run([FRAZIL, "schema", *arguments], text=True, capture_output=True, timeout=60)


@pytest.fixture(scope="module")
def validator():
    printed = json.loads(schema().stdout)
    jsonschema.Draft7Validator.check_schema(printed)
    return jsonschema.Draft7Validator(printed)


def documented() -> list:
    """Every YAML block of docs/ that is a whole file, and every file of examples/."""
    found = []
    for page in sorted((ROOT / "docs").glob("*.md")):
        for number, block in enumerate(re.findall(r"```yaml\n(.*?)```", page.read_text(), re.DOTALL)):
            if re.search(r"^(version|sources|sinks|pipelines):", block, re.MULTILINE):
                found.append(pytest.param(block, id=f"{page.name}-{number}"))
    for file in sorted((ROOT / "examples").glob("*.yaml")):
        found.append(pytest.param(file.read_text(), id=file.name))
    return found


@pytest.mark.parametrize("text", documented())
def test_what_is_documented_is_right_by_the_schema(validator, text):
    assert [error.message for error in validator.iter_errors(yaml.load(text, Loader))] == []


# A file with nearly every key, none of which names anything that must be there.
WHOLE = """
version: "1.0"
sources:
  in:
    connector: kafka
    config:
      brokers: [localhost:9092]
      topics: [weather]
      group: g
      start: {timestamp: 2026-01-08T14:00:00Z}
      on_lost_records: skip
      isolation: read_uncommitted
      fetch: native
      security: {protocol: sasl_ssl, mechanism: PLAIN, username: u, password: "${PASSWORD:-x}"}
      properties: {client.rack: a, fetch.min.bytes: 1000}
sinks:
  lake:
    connector: iceberg
    config:
      catalog:
        type: rest
        rest: {uri: "http://localhost:8181", warehouse: w, credential: c, properties: {scope: s},
               trusted_servers: ["https://s"], local_folders: [/mnt/a]}
      namespace: a.b
      table: t
      batch_size: 100
      flush_interval_secs: "${SECONDS:-60}"
      compression: zstd
      partitioning: time
      partition_fields: [ts]
      time_granularity: hour
      infer_time: yes
      metadata: [offset, headers]
      schema: [{name: ts, type: timestamptz, required: true, doc: when}]
      sort_by: [ts]
      s3: {region: eu, endpoint: "http://localhost:9000", path_style_access: true, access_key_id: a,
           secret_access_key: b}
  pond:
    connector: iceberg
    config:
      catalog: {type: sql, sql: {uri: "sqlite:////tmp/c.db", warehouse: /tmp/w, name: n}}
      namespace: a
      table: t
  hive:
    connector: iceberg
    config:
      catalog: {type: hive, hive: {uri: "thrift://localhost:9083", warehouse: /tmp/w}}
      namespace: a
      table: t
  glue:
    connector: iceberg
    config:
      catalog: {type: glue, glue: {region: r, catalog_id: "1", endpoint: "http://localhost:1"}, warehouse: s3://b}
      namespace: a
      table: t
  puddle:
    connector: iceberg
    config:
      catalog: {type: memory, warehouse: /tmp/w}
      namespace: a
      table: t
pipelines:
  flow: {source: in, sink: lake, enabled: true, memory_limit_mb: 256, lanes: 2}
metrics: {port: 0, address: 127.0.0.1}
limits: {http_reply_mb: 32}
"""

# What only the program sees: keys that have to do with each other, names that lead nowhere, texts that must be parsed.
ONLY_THE_PROGRAM = {
    "topics and topic_pattern": ("sources.in.config.topic_pattern", "^w"),
    "a source that is not there": ("pipelines.flow.source", "out"),
    "a transform that is none": ("sinks.lake.config.sort_by", ["bukcet(2, a)"]),
    "a type that is none": ("sinks.lake.config.schema", [{"name": "a", "type": "strin"}]),
    "half a pair of keys": ("sinks.pond.config.s3", {"access_key_id": "a"}),
    "a key twice in a list": ("sinks.lake.config.metadata", ["key", "key"]),
    "a name with an empty level": ("sinks.lake.config.namespace", "a..b"),
    "a record limit beyond the memory": ("pipelines.flow.max_record_bytes", 1 << 30),
    "metrics for others without a token": ("metrics.address", "0.0.0.0"),
}


def at(document, path: str):
    """The map that holds the last part of the path, and that part."""
    *way, last = path.split(".")
    for part in way:
        document = document[part]
    return document, last


def changed(path: str, value):
    document = yaml.load(WHOLE, Loader)
    where, key = at(document, path)
    where[key] = value
    return document


def maps(node, path=""):
    """(path, map) of every map whose keys are known."""
    for key, value in node.items():
        inner = f"{path}.{key}" if path else key
        if isinstance(value, dict) and key != "properties":
            if inner not in {"sources", "sinks", "pipelines"}:
                yield inner, value
            yield from maps(value, inner)


def is_number(value) -> bool:
    return isinstance(value, int) and not isinstance(value, bool)


def broken():
    """A hundred files and more, each with one mistake: in every map a key that is none, for every key a value of the
    wrong kind, every key that must be there left out, every number out of its range."""
    whole = yaml.load(WHOLE, Loader)
    for path, keys in maps(whole):
        yield f"{path}: a key that is none", changed(f"{path}.nonsense", 1)
        for key, value in keys.items():
            of_key = f"{path}.{key}"
            yield f"{of_key}: nothing", changed(of_key, None)
            if not isinstance(value, dict) or key == "properties":
                wrong = "text" if isinstance(value, dict) else {"nonsense": {"a": "b"}}
                yield f"{of_key}: of another kind", changed(of_key, wrong)
            if is_number(value):
                yield f"{of_key}: too small", changed(of_key, -1)
                yield f"{of_key}: no number", changed(of_key, "many")
                yield f"{of_key}: too large", changed(of_key, 1 << 40)
    for path in ["sources.in.connector", "sources.in.config.isolation", "sources.in.config.start",
                 "sources.in.config.on_lost_records", "sources.in.config.security.protocol",
                 "sinks.lake.config.compression", "sinks.lake.config.partitioning", "sinks.lake.config.infer_time",
                 "sinks.lake.config.metadata", "sinks.lake.config.catalog.type", "sinks.lake.config.catalog.rest.uri",
                 "sinks.pond.config.catalog.sql.uri", "sinks.hive.config.catalog.hive.uri",
                 "sinks.glue.config.catalog.glue.endpoint", "sinks.puddle.config.catalog.warehouse", "version"]:
        yield f"{path}: a word that is none", changed(path, "nonsense")
    for path in ["sources.in.connector", "sources.in.config", "sources.in.config.brokers", "sinks.lake.connector",
                 "sinks.lake.config", "sinks.lake.config.catalog", "sinks.lake.config.namespace",
                 "sinks.lake.config.table", "sinks.lake.config.catalog.rest", "sinks.lake.config.catalog.rest.uri",
                 "sinks.pond.config.catalog.sql.uri", "sinks.pond.config.catalog.sql.warehouse",
                 "sinks.hive.config.catalog.hive.warehouse", "sinks.glue.config.catalog.glue",
                 "sinks.glue.config.catalog.warehouse", "sinks.puddle.config.catalog.warehouse",
                 "pipelines.flow.source", "pipelines.flow.sink", "metrics.port"]:
        document = copy.deepcopy(whole)
        where, key = at(document, path)
        del where[key]
        yield f"{path}: left out", document
    yield "a catalog's keys beside another type", changed("sinks.puddle.config.catalog.rest", {"uri": "http://a"})
    yield "a name with a space", changed("sources.a b", whole["sources"]["in"])


def errors_of_program(document, tmp_path) -> str:
    """Empty: the file is read, and something that it names is not there."""
    file = tmp_path / "f.yaml"
    file.write_text(yaml.safe_dump(document))
    done = subprocess.run([FRAZIL, "table", "list", "-c", file, "--sink", "no-such-sink"], text=True,
                          capture_output=True, timeout=60)
    assert done.returncode == 2, done.stderr
    return "" if 'has no sink "no-such-sink"' in done.stderr else done.stderr


def test_the_schema_and_the_program_agree_that_the_whole_file_is_right(validator, tmp_path):
    document = yaml.load(WHOLE, Loader)
    assert [error.message for error in validator.iter_errors(document)] == []
    assert errors_of_program(document, tmp_path) == ""


@pytest.mark.parametrize("every", [20, pytest.param(1, marks=pytest.mark.slow)])
def test_the_schema_and_the_program_agree_on_what_is_wrong(validator, tmp_path, every):
    cases = list(broken())
    assert len(cases) > 100
    disagreed = []
    for what, document in cases[::every]:
        by_schema, by_program = not validator.is_valid(document), bool(errors_of_program(document, tmp_path))
        if not (by_schema and by_program):
            disagreed.append(f"{what}: wrong by the schema: {by_schema}, by the program: {by_program}")
    assert not disagreed, "\n".join(disagreed)


@pytest.mark.parametrize("what", ONLY_THE_PROGRAM)
def test_what_only_the_program_sees(validator, tmp_path, what):
    document = changed(*ONLY_THE_PROGRAM[what])
    assert validator.is_valid(document)
    assert errors_of_program(document, tmp_path) != ""


def test_the_schema_tells_what_keys_are_for(validator):
    keys = validator.schema["properties"]["sinks"]["additionalProperties"]["properties"]["config"]["properties"]
    assert keys["batch_size"]["default"] == 10000
    assert keys["batch_size"]["description"] == "records that make a commit due"
    assert keys["commit_mode"]["anyOf"][0]["enum"] == ["append", "overwrite"]
    assert "](" not in keys["commit_mode"]["description"]  # editors show no links into docs/


def test_the_tables_of_the_docs_are_the_programs():
    known, placed = key_tables.tables(FRAZIL), []
    for page in sorted((ROOT / "docs").glob("*.md")):
        text = page.read_text()
        assert key_tables.written_anew(text, known) == text, f"{page} is old: dev/key-tables build-test/frazil"
        placed += key_tables.places(text)
    assert sorted(placed) == sorted(known), "each table has one place"


def test_every_key_has_a_word_for_what_it_does():
    for path, table in key_tables.tables(FRAZIL).items():
        for row in table.splitlines()[3:-1]:
            assert not row.endswith("|  |"), f"{path}: {row}"


def test_one_key_is_explained():
    done = schema("batch_size")
    assert done.returncode == 0
    assert done.stdout.splitlines() == [
        "sinks.NAME.config.batch_size", "  records that make a commit due", "  value:   1 to 1,000,000,000",
        "  default: `10000`", "  read by: src/ingest/"]
    assert schema("sinks.NAME.config.batch_size").stdout == done.stdout
    assert schema("uri").stdout.count("\n\n") == 2  # of three catalogs
    unknown = schema("batch_sice")
    assert unknown.returncode == 2
    assert 'no key "batch_sice"; did you mean "batch_size"?' in unknown.stderr
