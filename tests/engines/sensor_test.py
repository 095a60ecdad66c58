"""The sensor exercise: topic sensor_data becomes table learning.sensor_readings by examples/sensor.yaml as it is, in
Iceberg's REST catalog and in Nessie, files on S3; every engine finds what the topic holds."""

import json
import os
from collections import defaultdict
from decimal import Decimal
from pathlib import Path

import pytest
from confluent_kafka import Consumer, TopicPartition
from readers import DuckDb, PyIceberg, Spark, Trino, check_same
from shared_servers import alone, folder

EXAMPLE = Path(__file__).resolve().parent.parent.parent / "examples" / "sensor.yaml"
TOPIC, TABLE, PARTITIONS = "sensor_data", "learning.sensor_readings", 4
WAREHOUSES = {"rest_catalog_s3": "s3://warehouse", "nessie": "warehouse"}
BY_SENSOR = """
    SELECT sensor_id, count(*) AS records, sum(CAST(reading AS DECIMAL(12, 2))) AS total, min(reading) AS least,
           max(reading) AS most, min(timestamp) AS first, max(timestamp) AS last
    FROM {table} GROUP BY sensor_id ORDER BY sensor_id"""


def fill(kafka, frazil, records: int) -> None:
    """The topic up to that many records."""
    if TOPIC not in kafka.admin().list_topics(timeout=30).topics:
        kafka.create_topic(TOPIC, PARTITIONS)
    there = sum(high for _, high in ends(kafka))
    if there < records:
        frazil.run("produce", "sensor", "--topic", TOPIC, "--brokers", kafka.address, "--count", records - there, "--seed",
                   there + 1, timeout=300)


def ends(kafka) -> list[tuple[int, int]]:
    consumer = Consumer({"bootstrap.servers": kafka.address, "group.id": "ends"})
    try:
        return [consumer.get_watermark_offsets(TopicPartition(TOPIC, number), 30) for number in range(PARTITIONS)]
    finally:
        consumer.close()


def truth(kafka) -> list[dict]:
    """What BY_SENSOR should give, from the topic itself."""
    consumer = Consumer({"bootstrap.servers": kafka.address, "group.id": "truth"})
    consumer.assign([TopicPartition(TOPIC, number, 0) for number in range(PARTITIONS)])
    remaining = sum(high - low for low, high in ends(kafka))
    sensors = defaultdict(list)
    while remaining:
        messages = consumer.consume(min(remaining, 10_000), 30)
        assert messages, f"{remaining} records are missing"
        for message in messages:
            assert not message.error(), message.error()
            record = json.loads(message.value())
            sensors[record["sensor_id"]].append((record["reading"], record["timestamp"]))
        remaining -= len(messages)
    consumer.close()
    out = []
    for sensor, found in sorted(sensors.items()):
        readings, times = zip(*found)
        out.append({"sensor_id": sensor, "records": len(found), "total": str(sum(Decimal(str(r)) for r in readings)),
                    "least": min(readings), "most": max(readings), "first": moment(min(times)), "last": moment(max(times))})
    return out


def moment(text: str) -> str:
    return text.replace("T", " ").ljust(26, "0")


def exercise(kafka, minio, frazil, catalog: str, server, records: int, readers) -> None:
    fill(kafka, frazil, records)
    environment = {"KAFKA_BROKERS": kafka.address, "ICEBERG_REST_URI": server.address, "S3_ENDPOINT": minio.address,
                   "ICEBERG_WAREHOUSE": WAREHOUSES[catalog], **minio.environment()}
    frazil.run("run", "-c", EXAMPLE, "--once", env=environment, timeout=600)
    found = check_same(readers, lambda reader: normal(reader.query(TABLE, BY_SENSOR)))
    assert found == normal(truth(kafka))
    assert sum(row["records"] for row in found) >= records

    table = readers[0].catalog.load_table(TABLE)
    assert [(field.name, str(field.field_type)) for field in table.schema().fields] == [
        ("sensor_id", "string"), ("timestamp", "timestamp"), ("reading", "double")]
    assert [str(field.transform) for field in table.spec().fields] == ["identity"]
    assert {task.file.partition[0] for task in table.scan().plan_files()} == {row["sensor_id"] for row in found}


def normal(rows: list[dict]) -> list[dict]:
    return [row | {"total": f"{Decimal(row['total']):.2f}"} for row in rows]


@pytest.mark.parametrize("catalog", WAREHOUSES)
def test_sensor_readings(kafka, minio, frazil, request, catalog):
    server = request.getfixturevalue(catalog)
    with alone(folder(request.config), TOPIC):
        exercise(kafka, minio, frazil, catalog, server, 20_000, [PyIceberg(server.address, minio.properties()),
                                                                 DuckDb(server.address, minio)])


@pytest.mark.engines
@pytest.mark.parametrize("catalog", WAREHOUSES)
def test_a_million_sensor_readings(kafka, minio, frazil, request, spark_process, trino, catalog):
    server = request.getfixturevalue(catalog)
    name = "nessie" if catalog == "nessie" else "rest_s3"
    readers = [PyIceberg(server.address, minio.properties()), DuckDb(server.address, minio), Spark(spark_process, name),
               Trino(trino.address, name)]
    exercise(kafka, minio, frazil, catalog, server, int(os.environ.get("FRAZIL_SENSOR_RECORDS", 1_000_000)), readers)
