"""Real parts for the tests: servers by dev/. Their data, and the logs that a failed test may ask for, lie where the
fixtures of conftest.py put them."""

import contextlib
import csv
import itertools
import os
import subprocess
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from confluent_kafka import KafkaError, KafkaException, Producer, TopicPartition
from confluent_kafka.admin import AdminClient, NewTopic, OffsetSpec
from paths import ROOT

NO_LEADER_YET = {KafkaError.UNKNOWN_TOPIC_OR_PART, KafkaError.LEADER_NOT_AVAILABLE, KafkaError.NOT_LEADER_FOR_PARTITION,
                 KafkaError.REPLICA_NOT_AVAILABLE, KafkaError.UNKNOWN_LEADER_EPOCH, KafkaError.FENCED_LEADER_EPOCH,
                 KafkaError.OFFSET_NOT_AVAILABLE, KafkaError._UNKNOWN_TOPIC, KafkaError._UNKNOWN_PARTITION,
                 KafkaError._NOENT}
S3_REGION, S3_USER, S3_PASSWORD = "us-east-1", "admin", "password"


def distinct_numbers() -> Iterator[int]:
    """For names in servers that the workers of a run share: no two of them count the same."""
    return itertools.count(10_000 * int(os.environ.get("PYTEST_XDIST_WORKER", "gw0").removeprefix("gw")))


class Server:
    """One instance of a dev/ script, which is its data directory: where it runs already, another to talk with it.
    `address` is what its `start` prints."""

    def __init__(self, name: str, data: Path, *options: str):
        self.name, self.data, self.options = name, data, options
        self.address = ""
        self.start("--port", "free")

    def run(self, *arguments: str) -> str:
        done = subprocess.run([ROOT / "dev" / self.name, *arguments], text=True, capture_output=True)
        if done.returncode != 0:
            pytest.fail(f"dev/{self.name} {' '.join(arguments)} failed:\n{done.stderr}", pytrace=False)
        return done.stdout.strip()

    def start(self, *arguments: str) -> str:
        """Also starts it again after `stop` or `kill`, on the port it had."""
        self.address = self.run("start", "--data", str(self.data), *self.options, *arguments)
        return self.address

    def stop(self) -> None:
        self.run("stop", "--data", str(self.data))

    @property
    def pid(self) -> int:
        return int((self.data / "pid").read_text().split()[0])


class Kafka(Server):
    """A broker of its own port; `address` is the bootstrap string."""

    numbers = distinct_numbers()
    copies = 1  # of each partition

    def admin(self) -> AdminClient:
        return AdminClient({"bootstrap.servers": self.address})

    def create_topic(self, name: str = "", partitions: int = 1, **config: str) -> str:
        """A new topic, named after `name` or by a number. Dots in configuration keys are written as underscores."""
        name = name or f"topic-{next(self.numbers)}"
        config = {key.replace("_", "."): value for key, value in config.items()}
        admin = self.admin()  # its futures fail once it is gone
        admin.create_topics([NewTopic(name, partitions, self.copies, config=config)])[name].result(30)
        self.wait_for_leaders(admin, name, partitions)
        return name

    def delete_topic(self, name: str) -> None:
        """Returns when it is gone: another may be made of its name."""
        admin = self.admin()
        admin.delete_topics([name])[name].result(30)
        deadline = time.monotonic() + 30
        while name in admin.list_topics(timeout=10).topics:
            assert time.monotonic() < deadline, f"{name} is still there"
            time.sleep(0.05)

    def wait_for_leaders(self, admin: AdminClient, topic: str, partitions: int, timeout: float = 30) -> None:
        """A broker that has made a topic takes a moment more to lead its partitions."""
        deadline = time.monotonic() + timeout
        while True:
            asked = admin.list_offsets({TopicPartition(topic, number): OffsetSpec.latest() for number in range(partitions)})
            try:
                for answer in asked.values():
                    answer.result(30)
                return
            except KafkaException as failure:
                if failure.args[0].code() not in NO_LEADER_YET or time.monotonic() > deadline:
                    raise
                time.sleep(0.05)

    def producer(self, **config) -> Producer:
        """Dots in configuration keys are written as underscores."""
        return Producer({"bootstrap.servers": self.address, "enable.idempotence": True, "linger.ms": 5,
                         **{key.replace("_", "."): value for key, value in config.items()}})

    def produce(self, topic: str, values, partition: int = -1, key=None, headers=None,
                **config) -> list[tuple[int, int]]:
        """Writes the values (bytes, str, or None for a tombstone); returns (partition, offset) of each, in order."""
        producer = self.producer(**config)
        placed = send(producer, topic, values, partition, key, headers)
        producer.flush(60)
        return finished(placed)

    def produce_transaction(self, topic: str, values, partition: int = -1, commit: bool = True) -> None:
        """Writes the values in one transaction and commits or aborts it. Each leaves a control record behind."""
        transactional_id = self.new_transactional_id()
        producer = self.open_transaction(topic, values, partition, transactional_id)
        if commit:
            producer.commit_transaction(60)
        else:
            producer.abort_transaction(60)
        self.wait_for_markers(transactional_id)

    def wait_for_markers(self, transactional_id: str) -> None:
        """The coordinator tells of an end before its markers are in the partitions, and gives the id to another
        producer only after."""
        self.producer(transactional_id=transactional_id).init_transactions(60)

    def new_transactional_id(self) -> str:
        return f"transaction-{os.getpid()}-{next(self.numbers)}"

    def open_transaction(self, topic: str, values, partition: int = -1, transactional_id: str = "") -> Producer:
        """Writes the values and leaves the transaction open: the caller ends it on the returned producer."""
        producer = self.producer(transactional_id=transactional_id or self.new_transactional_id())
        producer.init_transactions(60)
        producer.begin_transaction()
        placed = send(producer, topic, values, partition)
        producer.flush(60)
        finished(placed)
        return producer


class SaslKafka(Kafka):
    """A broker that wants to know who asks; the tests themselves come by PLAIN."""

    def __init__(self, name: str, data: Path, user: str, password: str, *options: str):
        self.login = {"security.protocol": "SASL_PLAINTEXT", "sasl.mechanism": "PLAIN", "sasl.username": user,
                      "sasl.password": password}
        super().__init__(name, data, "--sasl", f"{user}:{password}", *options)

    def admin(self) -> AdminClient:
        return AdminClient({"bootstrap.servers": self.address, **self.login})

    def producer(self, **config) -> Producer:
        return super().producer(**self.login, **config)


class KafkaCluster(Kafka):
    """Several brokers, each with a copy of every partition; each is started, stopped and killed by itself."""

    def __init__(self, brokers: list[Kafka]):
        self.brokers, self.copies = brokers, len(brokers)
        self.address = ",".join(broker.address for broker in brokers)


def send(producer: Producer, topic: str, values, partition: int, key=None, headers=None) -> list:
    """Queues the values; the list holds (partition, offset) or an error for each once the producer is flushed."""
    placed = []

    def queue(place: int, value) -> None:
        def delivered(error, message):
            placed[place] = error or (message.partition(), message.offset())

        while True:
            try:
                return producer.produce(topic, value, key, partition, on_delivery=delivered, headers=headers)
            except BufferError:
                producer.poll(0.1)

    for place, value in enumerate(values):
        placed.append(None)
        queue(place, value)
        producer.poll(0)
    return placed


def finished(placed: list) -> list[tuple[int, int]]:
    failed = [place for place in placed if not isinstance(place, tuple)]
    assert not failed, f"{len(failed)} of {len(placed)} records were not delivered, the first: {failed[0]}"
    return placed


class Minio(Server):
    """`address` is its URL; bucket `warehouse` is there."""

    def properties(self) -> dict[str, str]:
        """What Iceberg's clients need to reach it."""
        return {"s3.endpoint": self.address, "s3.region": S3_REGION, "s3.access-key-id": S3_USER,
                "s3.secret-access-key": S3_PASSWORD, "s3.path-style-access": "true"}

    def environment(self) -> dict[str, str]:
        """The AWS SDKs' words for the same, for a process started by `frazil`."""
        return {"AWS_ACCESS_KEY_ID": S3_USER, "AWS_SECRET_ACCESS_KEY": S3_PASSWORD, "AWS_REGION": S3_REGION}

    def client(self):
        import boto3
        from botocore.config import Config

        return boto3.client("s3", endpoint_url=self.address, region_name=S3_REGION, aws_access_key_id=S3_USER,
                            aws_secret_access_key=S3_PASSWORD, config=Config(s3={"addressing_style": "path"}))


class Gcs(Server):
    """`address` is its URL; bucket `warehouse` is there. It takes any credentials, and none."""

    def properties(self) -> dict[str, str]:
        """For Frazil, under Iceberg's names."""
        return {"gcs.service.host": self.address, "gcs.no-auth": "true", "gcs.project-id": "p"}

    def readers(self) -> dict[str, str]:
        """For PyIceberg."""
        return {"gcs.service.host": self.address, "gcs.oauth2.token": "any",
                "gcs.oauth2.token-expires-at": str(int(time.time() + 86_400) * 1000),
                "py-io-impl": "pyiceberg.io.pyarrow.PyArrowFileIO"}


# Microsoft gives these to all emulators.
AZURE_ACCOUNT = "devstoreaccount1"
AZURE_KEY = "Eby8vdM02xNOcqFlqUwJPLlmEtlCDXJ1OUzFT50uSRZ6IFsuFq2UVErCz4I6tq/K1SZFPTOtr/KBHBeksoGMGw=="


class Azure(Server):
    """`address` is the URL of the account; container `warehouse` is there."""

    def start(self, *arguments: str) -> str:
        from azure.core.exceptions import ResourceExistsError
        from azure.storage.blob import BlobServiceClient

        super().start(*arguments)
        with BlobServiceClient.from_connection_string(self.connection_string) as client:
            with contextlib.suppress(ResourceExistsError):
                client.create_container("warehouse")
        return self.address

    @property
    def connection_string(self) -> str:
        return (f"DefaultEndpointsProtocol=http;AccountName={AZURE_ACCOUNT};AccountKey={AZURE_KEY};"
                f"BlobEndpoint={self.address};")

    def properties(self) -> dict[str, str]:
        """For Frazil, under Iceberg's names."""
        where = self.address.removeprefix("http://").split("/")[0]
        return {"adls.account-name": AZURE_ACCOUNT, "adls.account-key": AZURE_KEY,
                "adls.blob-storage-authority": where, "adls.dfs-storage-authority": where,
                "adls.blob-storage-scheme": "http", "adls.dfs-storage-scheme": "http"}

    def readers(self) -> dict[str, str]:
        """For PyIceberg."""
        return {"adls.connection-string": self.connection_string, "adls.account-name": AZURE_ACCOUNT,
                "py-io-impl": "pyiceberg.io.fsspec.FsspecFileIO"}


class Postgres(Server):
    """`address` is the URI of its database, without the password."""

    password = "password"

    def database(self, name: str) -> str:
        """The URI of a new database, with the password."""
        self.sql(f'CREATE DATABASE "{name}"')
        return self.uri(name)

    def uri(self, database: str = "frazil", user: str = "frazil", password: str | None = None) -> str:
        return f"postgresql://{user}:{password or self.password}@127.0.0.1:{self.port}/{database}"

    @property
    def port(self) -> int:
        return int((self.data / "port").read_text())

    def connect(self, database: str = "frazil"):
        import psycopg2

        connection = psycopg2.connect(self.uri(database))
        connection.autocommit = True
        return connection

    def sql(self, statement: str, database: str = "frazil") -> list[tuple]:
        connection = self.connect(database)
        try:
            with connection.cursor() as cursor:
                cursor.execute(statement)
                return cursor.fetchall() if cursor.description else []
        finally:
            connection.close()


class Trino(Server):
    """Its catalogs: `rest`, `rest_s3` and `nessie`."""

    def sql(self, statement: str) -> list[dict[str, str]]:
        return list(csv.DictReader(self.run("sql", "--data", str(self.data), statement).splitlines()))
