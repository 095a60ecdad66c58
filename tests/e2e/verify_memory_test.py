"""`verify --deep` reads tables many times larger than the memory that it may take, in a control group that would kill
it; a page that cannot fit is named."""

import random

import pyarrow as pa
import pytest
from handmade import Lake, append, write_file
from memory_cgroup import MemoryCgroup, peak_memory

MIB = 1 << 20
LIMIT = 192
SCHEMA = pa.schema([("id", pa.int64()), ("text", pa.string()), ("tags", pa.list_(pa.string()))])


@pytest.fixture(scope="module")
def lake(tmp_path_factory):
    return Lake(tmp_path_factory.mktemp("large"))


def texts(count: int, length: int) -> list[str]:
    """Hardly any two alike, which pack to half."""
    dice = random.Random(1)
    return [dice.randbytes(length // 2).hex() for _ in range(count)]


def deep(frazil, table: str, lake: Lake):
    """Exit code, what it said, and the most that it took."""
    group = MemoryCgroup.make(LIMIT * MIB * 11 // 10)
    process = frazil.start("verify", f"db.{table}", *lake.flags, "--deep", "--memory-limit-mb", str(LIMIT),
                           **({"preexec_fn": group.enter} if group else {}))
    peak = peak_memory(process, timeout=300)
    out, errors = process.communicate()
    killed = group.kills() if group else 0
    if group:
        group.remove()
    assert not killed, f"killed at {peak / MIB:.0f} MiB"
    assert peak <= LIMIT * MIB * 11 // 10, f"{peak / MIB:.0f} MiB at a limit of {LIMIT}"
    return process.returncode, out + errors


def test_a_table_larger_than_memory(frazil, lake):
    table = lake.catalog.create_table("db.large", SCHEMA)
    text = texts(30_000, 2000)
    for number in range(6):
        rows = pa.table({"id": range(30_000), "text": text, "tags": [[each[:100]] * 3 for each in text]}, schema=SCHEMA)
        append(table, [write_file(table, rows, row_group_size=10_000, compression="zstd")])
    code, said = deep(frazil, "large", lake)
    assert code == 0 and said.endswith("db.large is sound\n"), said


def test_a_page_that_does_not_fit(frazil, lake):
    table = lake.catalog.create_table("db.page", SCHEMA)
    rows = pa.table({"id": [1], "text": ["x" * (400 * MIB)], "tags": [None]}, schema=SCHEMA)
    append(table, [write_file(table, rows, write_statistics=False)])
    code, said = deep(frazil, "page", lake)
    assert code == 1 and "--memory-limit-mb" in said and table.location() in said, said
