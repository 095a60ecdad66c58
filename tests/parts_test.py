"""The real parts themselves: what the other tests take for granted of dev/ and the fixtures."""

import socket
import subprocess

import pyarrow as pa
import pytest
from botocore.exceptions import ClientError
from confluent_kafka import Consumer
from pyiceberg.catalog import load_catalog
from servers import Kafka, Minio

ROWS = pa.table({"city": ["Oslo", "Lima"], "temperature": [3.5, 19.25]})


def read(kafka, topic: str, isolation: str = "read_committed") -> list[bytes]:
    """Everything in partition 0 of the topic."""
    consumer = Consumer({"bootstrap.servers": kafka.address, "group.id": f"reader-of-{topic}-{isolation}",
                         "auto.offset.reset": "earliest", "isolation.level": isolation, "enable.partition.eof": True})
    consumer.subscribe([topic])
    values = []
    try:
        while (message := consumer.poll(30)) is not None:
            if message.error():  # the partition's end
                return values
            values.append(message.value())
        pytest.fail(f"topic {topic} did not end")
    finally:
        consumer.close()


def test_kafka_keeps_aborted_records_from_committed_readers(kafka):
    topic = kafka.create_topic(retention_ms="3600000")
    assert kafka.produce(topic, [b"a", "b", None]) == [(0, 0), (0, 1), (0, 2)]
    kafka.produce_transaction(topic, [b"committed"])
    kafka.produce_transaction(topic, [b"aborted"], commit=False)
    assert read(kafka, topic) == [b"a", b"b", None, b"committed"]
    assert b"aborted" in read(kafka, topic, "read_uncommitted")


def test_kafka_hides_what_follows_an_open_transaction(kafka):
    topic = kafka.create_topic()
    producer = kafka.open_transaction(topic, [b"later"])
    kafka.produce(topic, [b"behind"])
    assert read(kafka, topic) == []
    producer.commit_transaction(30)


def test_minio_refuses_a_second_conditional_put(minio):
    s3 = minio.client()
    s3.put_object(Bucket="warehouse", Key="once", Body=b"1", IfNoneMatch="*")
    with pytest.raises(ClientError, match="PreconditionFailed"):
        s3.put_object(Bucket="warehouse", Key="once", Body=b"2", IfNoneMatch="*")


@pytest.mark.parametrize("name", ["rest_catalog", "rest_catalog_s3", "nessie"])
def test_catalog_takes_a_table(name, minio, request):
    server = request.getfixturevalue(name)
    catalog = load_catalog(name, type="rest", uri=server.address, **minio.properties())
    catalog.create_namespace("parts")
    table = catalog.create_table("parts.weather", schema=ROWS.schema)
    table.append(ROWS)
    assert catalog.load_table("parts.weather").scan().to_arrow() == ROWS


@pytest.mark.parametrize("name", ["kafka", "minio", "rest_catalog", "nessie"])
def test_server_listens_on_loopback_only(name, request):
    server = request.getfixturevalue(name)
    listening = subprocess.run(["ss", "-Hltnp"], text=True, capture_output=True, check=True).stdout.splitlines()
    own = [line.split()[3] for line in listening if f"pid={server.pid}," in line]
    assert own
    for address in own:
        host = address.rpartition(":")[0].strip("[]").removeprefix("::ffff:")
        assert host in {"127.0.0.1", "::1"}, f"{name} listens on {address}"


def starts_again(server, host_and_port: str) -> None:
    address = server.address
    server.stop()
    host, port = host_and_port.split(":")
    with pytest.raises(ConnectionRefusedError):
        socket.create_connection((host, int(port)), timeout=5)
    assert server.start() == address


def test_a_server_starts_again_where_it_was(servers):
    minio = servers(Minio, "minio")
    minio.client().put_object(Bucket="warehouse", Key="kept", Body=b"kept")
    starts_again(minio, minio.address.removeprefix("http://"))
    assert minio.client().get_object(Bucket="warehouse", Key="kept")["Body"].read() == b"kept"


@pytest.mark.slow
def test_a_broker_starts_again_where_it_was(servers):
    kafka = servers(Kafka, "kafka")
    topic = kafka.create_topic()
    kafka.produce(topic, [b"kept"])
    starts_again(kafka, kafka.address)
    assert read(kafka, topic) == [b"kept"]


@pytest.mark.engines
def test_trino_reads_every_catalog(trino, minio, rest_catalog):
    catalog = load_catalog("rest", type="rest", uri=rest_catalog.address)
    catalog.create_namespace_if_not_exists("parts")
    catalog.create_table_if_not_exists("parts.trino", schema=ROWS.schema).append(ROWS)
    assert trino.sql("SELECT count(*) AS n FROM rest.parts.trino") == [{"n": "2"}]
    assert trino.sql("SHOW SCHEMAS FROM nessie")
    assert trino.sql("SHOW SCHEMAS FROM rest_s3")
