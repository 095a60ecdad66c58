"""Rows of a file are sorted as the table's sort order says, and the file says so."""

import json
import random

import duckdb
from pipelines import Pipeline

SCHEMA = [{"name": "city", "type": "string"}, {"name": "n", "type": "long"}, {"name": "x", "type": "double"}]
CITIES = ["Bergen", "Oslo", None, "Åre"]


def record(_: int) -> str:
    return json.dumps({"city": random.choice(CITIES), "n": random.randrange(1000), "x": random.choice([None, 1.5, -2])})


def files(p: Pipeline) -> list[tuple[int | None, list[dict]]]:
    """Sort-order id and rows of each."""
    return [(task.file.sort_order_id, duckdb.execute("SELECT city, n, x FROM read_parquet(?)", [
        task.file.file_path.removeprefix("file://")]).to_arrow_table().to_pylist())
        for task in p.table().scan().plan_files()]


def by_city_and_n(row: dict):
    return (row["city"] is not None, (row["city"] or "").encode(), -row["n"])


def test_files_are_sorted_and_say_so(kafka, pipeline):
    topic = kafka.create_topic(partitions=2)
    kafka.produce(topic, [record(n) for n in range(3000)])
    p = pipeline(topic, schema=SCHEMA, sort_by=["city", "n desc nulls last"], batch_size=100_000)
    p.run_once()
    (order,) = [each for each in p.table().sort_orders().values() if each.fields]
    assert [str(field.direction) for field in order.fields] == ["ASC", "DESC"]
    assert p.table().sort_order() == order
    found = files(p)
    assert sum(len(rows) for _, rows in found) == 3000
    for order_id, rows in found:
        assert order_id == order.order_id
        assert rows == sorted(rows, key=by_city_and_n)
    assert "is sound" in p.frazil.run("verify", "-c", p.config_file, "--deep").stdout
    # The table's own order holds where the configuration says nothing; then it changes.
    del p.sink["sort_by"]
    p.write_config()
    kafka.produce(topic, [record(n) for n in range(100)])
    p.run_once()
    assert all(rows == sorted(rows, key=by_city_and_n) for _, rows in files(p))
    p.sink["sort_by"] = ["x nulls last"]
    p.write_config()
    kafka.produce(topic, [record(n) for n in range(100)])
    assert "rows of new files are sorted by x nulls last" in p.run_once().stderr
    newest = max(order_id for order_id, _ in files(p))
    assert newest != order.order_id
    for order_id, rows in files(p):
        if order_id == newest:
            assert rows == sorted(rows, key=lambda row: (row["x"] is None, row["x"] or 0))
    p.sink["sort_by"] = []
    p.write_config()
    kafka.produce(topic, [record(n) for n in range(100)])
    p.run_once()
    assert p.table().sort_order().order_id == 0
    assert "is sound" in p.frazil.run("verify", "-c", p.config_file, "--deep").stdout
