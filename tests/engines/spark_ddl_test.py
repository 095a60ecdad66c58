"""Spark changes columns and partitioning while a pipeline writes to the table (see e2e/ddl_test.py)."""

import json
import random
import time

import pytest
from ddl import KEPT, check, record
from pipelines import Pipeline, stop
from pyiceberg.exceptions import NoSuchTableError
from seed import SEED

pytestmark = pytest.mark.engines


def change(spark, name: str, table, dice: random.Random) -> str:
    """One statement; Spark refuses what the reference does not allow."""
    fields = [field for field in table.schema().fields if not field.name.startswith(KEPT)]
    field = dice.choice(fields)
    statements = [f"DROP COLUMN {field.name}", f"RENAME COLUMN {field.name} TO was{dice.randrange(10**6)}",
                  f"ALTER COLUMN {field.name} TYPE bigint", f"ALTER COLUMN {field.name} TYPE double",
                  f"ALTER COLUMN {field.name} DROP NOT NULL",
                  f"ADD COLUMN {dice.choice('abcd')} {dice.choice(['int', 'float', 'string', 'bigint'])}",
                  f"ADD PARTITION FIELD bucket(3, {field.name})", f"SET TBLPROPERTIES ('note' = '{dice.random()}')"]
    if table.spec().fields:
        statements.append(f"DROP PARTITION FIELD {table.spec().fields[0].name}")
    statement = dice.choice(statements)
    try:
        spark.run(f"ALTER TABLE rest.{name} {statement}")
        return statement
    except RuntimeError:
        return ""


def test_at_random_moments(lake, spark):
    dice = random.Random(SEED)
    topic = lake.kafka.create_topic(partitions=2)
    first = {"a": 1, "b": "x", "c": 0.5, "d": True}
    records = dict(zip(lake.kafka.produce(topic, [json.dumps(first)]), [first]))
    p = Pipeline(lake.frazil, lake.kafka, lake.directory, topic, on_bad_record="errors_table", batch_size=100,
                 namespace=lake.namespace, catalog={"type": "rest", "rest": {"uri": lake.server.address}})
    p.run_once()
    name = lake.name("events")
    spark.run(f"ALTER TABLE rest.{name} SET TBLPROPERTIES ('write.metadata.previous-versions-max' = '100000', "
              "'write.metadata.delete-after-commit.enabled' = 'false')")
    process = p.start(failpoints="after-data-put=sleep:80;after-list-put=sleep:80")
    changed = []
    for _ in range(40):
        fields = lake.load("events").schema().model_dump(by_alias=True)["fields"]
        values = [record(dice, fields) for _ in range(dice.randrange(1, 60))]
        records |= zip(lake.kafka.produce(topic, [json.dumps(value) for value in values]), values)
        changed.append(change(spark, name, lake.load("events"), dice))
        time.sleep(dice.random() / 2)
        assert process.poll() is None, p.logs()
    assert stop(process, 30) == 0, p.logs()
    p.run_once()
    try:
        errors = lake.load("events__errors")
    except NoSuchTableError:
        errors = None
    print(check(lake.load("events"), errors, topic, records), [what for what in changed if what])
    assert sum(map(bool, changed)) > 10
