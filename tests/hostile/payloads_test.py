"""What is no JSON is named for what it is; and of what strangers send no more is printed than can be read."""

import gzip
import json

import pytest
from pipelines import Pipeline, values

ID = [{"name": "id", "type": "long"}]
JSON = '{"id": 1}'
FORMS = {
    "looks like UTF-16 (little-endian)": JSON.encode("utf-16"),
    "looks like UTF-16 (big-endian)": JSON.encode("utf-16-be"),
    "looks like UTF-32 (little-endian)": JSON.encode("utf-32-le"),
    "is framed by a schema registry (magic byte 0, schema id 42), and Avro or Protobuf follows":
        b"\0\0\0\0\x2a\x02\x0ahello",
    "is framed by a schema registry (magic byte 0, schema id 7), and JSON follows": b"\0\0\0\0\x07" + JSON.encode(),
    "is packed by gzip": gzip.compress(JSON.encode()),
    "is an Avro file": b"Obj\x01\x04\x14avro.codec\x08null",
    "is binary, not text: it begins with the bytes 0A 05 68 65 6C 6C 6F 10": b"\x0a\x05hello\x10\x07",
    "is a JSON string that holds JSON": json.dumps(JSON).encode(),
    "the value is not valid UTF-8": '{"id": "ä"}'.encode("latin-1"),
}


@pytest.fixture
def fed(frazil, kafka, tmp_path):
    """make(payloads, **sink): a pipeline over a topic of its own with these."""
    def make(payloads: list[bytes], **sink) -> Pipeline:
        topic = kafka.create_topic(max_message_bytes="8388608")
        kafka.produce(topic, payloads, message_max_bytes=8_000_000)
        return Pipeline(frazil, kafka, tmp_path, topic, **sink)
    return make


def test_other_formats_are_named(fed):
    p = fed([value.encode() for value in values(3)] + list(FORMS.values()), on_bad_record="errors_table", schema=ID)
    p.run_once()
    assert p.rows().num_rows == 3
    bad = p.catalog().load_table("db.events__errors").scan().to_arrow().sort_by("offset")
    for form, reason in zip(FORMS, bad["reason"].to_pylist(), strict=True):
        assert form in reason
    assert bad["value"].to_pylist() == list(FORMS.values())


def test_a_name_or_value_of_a_megabyte_is_not_printed(fed):
    name, text = "k" * (1 << 20), "t" * (1 << 20)
    records = [{"id": text}, {name: 1}, {"id": 1, "s": {name: 1}}]
    twice = '{"%s": 1, "%s": 2}' % (name, name)
    p = fed([*[json.dumps(record).encode() for record in records], twice.encode()], on_bad_record="skip",
            schema_evolution="strict", schema=ID)
    done = p.run_once()
    said = [line for line in done.stderr.splitlines() if "bad record" in line]
    assert len(said) == 4
    assert sum("(1048578 bytes)" in line for line in said) == 1  # the value
    assert sum("(1048576 bytes)" in line for line in said) == 2  # the name
    assert max(map(len, said)) < 1000


def test_records_that_carry_their_schema_are_told_of_once(fed):
    field = {"field": "id", "type": "int64", "optional": False}
    record = {"schema": {"type": "struct", "optional": False, "fields": [field]}, "payload": {"id": 1}}
    p = fed([json.dumps(record).encode()] * 5)
    done = p.run_once()
    assert done.stderr.count("records carry their schema with them") == 1
    assert p.rows()["payload"].to_pylist() == [{"id": 1}] * 5
