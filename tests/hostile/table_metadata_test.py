"""Metadata files that are not what they should be: too large, packed, nested, dense. The table is not read, nothing is
taken for it, and all is well once the file is itself again."""

import gzip
import zlib
from pathlib import Path

import pytest
from hostile.kit import run
from pipelines import values

MEMORY = 400  # MB: below the memory_limit_mb of 512


def packed(size: int) -> bytes:
    packer = zlib.compressobj(9, zlib.DEFLATED, 31)
    parts = [packer.compress(b'{"x": "'), *(packer.compress(b"y" * (1 << 20)) for _ in range(size >> 20))]
    return b"".join([*parts, packer.compress(b'"}'), packer.flush()])


FILES = {
    "packed": (lambda text: packed(300 << 20), "limits.metadata_file_mb = 64"),
    "large": (lambda text: text.rstrip()[:-1] + b', "x": "' + b"y" * (65 << 20) + b'"}', "limits.metadata_file_mb = 64"),
    "nested": (lambda text: b'{"x": ' + b"[" * 5_000_000 + b"]" * 5_000_000 + b"}", "nested deeper than limits.json_nesting = 256"),
    "nested_history": (lambda text: b'{"snapshots": ' + b"[" * 5_000_000 + b"]" * 5_000_000 + b"}", "deeper"),
    "dense": (lambda text: b'{"x": [' + b"0," * 30_000_000 + b"0]}", "limits.json_values = 1000000"),
    "packed_and_cut": (lambda text: gzip.compress(text)[:-20], "gzip stream is damaged"),
    "empty": (lambda text: b"", "no valid JSON"),
    "html": (lambda text: b"<!DOCTYPE html>", "no valid JSON"),
}


@pytest.mark.parametrize("kind", FILES)
def test_a_metadata_file(pipeline, kafka, frazil, kind):
    make, words = FILES[kind]
    topic = kafka.create_topic()
    placed = kafka.produce(topic, values(100))
    p = pipeline(topic)
    p.run_once()
    file = Path(p.table().metadata_location.removeprefix("file://"))
    text = file.read_bytes()
    file.write_bytes(make(text))
    placed += kafka.produce(topic, values(100, 100))
    for verb in (["run", "--once"], ["verify"], ["table", "describe"]):
        run(frazil, *verb, "-c", p.config_file).expect(1, words, within=40, below_mb=MEMORY)
    file.write_bytes(text)
    p.run_once()
    p.check_exactly_once(placed)
