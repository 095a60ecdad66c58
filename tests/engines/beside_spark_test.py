"""`frazil verify` of tables that Spark writes to, compacts, deletes from and expires."""

import json

import pytest

pytestmark = pytest.mark.engines


def verify(lake, table: str) -> dict:
    done = lake.frazil.run("verify", lake.name(table), "--catalog", lake.server.address, "--json", check=False)
    return json.loads(done.stdout or "{}") or pytest.fail(done.stderr)


def check_sound(lake, table: str, proofs: list[str]) -> dict:
    report = verify(lake, table)
    assert report["findings"] == []
    assert [account["proof"] for account in report["accounts"]] == proofs, report["unproved"]
    return report


def records(count: int) -> list[dict]:
    return [{"id": id, "name": f"n{id % 3}"} for id in range(count)]


@pytest.mark.parametrize("columns, proof", [(["topic", "partition", "offset"], "offset"), ([], "count")])
def test_beside_spark(lake, spark, columns, proof):
    name = f"rest.{lake.name('events')}"
    null = ", NULL" * len(columns)
    for _ in range(3):
        lake.append("events", records(300), metadata=columns, partitioning="identity", partition_fields=["name"])
    spark.run(f"INSERT INTO {name} VALUES (-1, 'n0'{null}), (-2, 'theirs'{null})")
    report = check_sound(lake, "events", [proof] * 3)
    assert report["rows"] == 902 and report["others"][0]["writer"].startswith("spark")

    spark.run(f"CALL rest.system.rewrite_data_files(table => '{lake.name('events')}', "
              "options => map('min-input-files', '2'))")
    report = check_sound(lake, "events", [proof] * 3)
    assert report["others"][0]["rewrites"] > 0 and report["rows"] == 902
    lake.append("events", records(300), metadata=columns)
    check_sound(lake, "events", [proof] * 4)

    spark.run(f"CALL rest.system.rewrite_manifests('{lake.name('events')}')")
    spark.run(f"CALL rest.system.expire_snapshots(table => '{lake.name('events')}', retain_last => 1, "
              "older_than => TIMESTAMP '2100-01-01 00:00:00')")
    report = check_sound(lake, "events", [proof] * 4)
    assert report["snapshots"] == 1
    lake.append("events", records(300), metadata=columns)
    check_sound(lake, "events", [proof] * 5)

    spark.run(f"DELETE FROM {name} WHERE id = 7")
    report = verify(lake, "events")
    assert report["findings"] == [] and {account["proof"] for account in report["accounts"]} == {"count"}
