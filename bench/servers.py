"""The servers that all contestants share: one Kafka broker, and Apache's REST catalog over a local warehouse."""

import http.client
import json
import subprocess
import sys
from pathlib import Path

from bench.loads import Load
from bench.settings import BUILD, ROOT


def note(text: str) -> None:
    print(f"==> {text}", file=sys.stderr, flush=True)


class Server:
    """One instance of a dev/ script. `address` is what its `start` prints."""

    def __init__(self, name: str, data: Path):
        self.name, self.data = name, data
        started = subprocess.run([ROOT / "dev" / name, "start", "--port", "free", "--data", data], check=True,
                                 stdout=subprocess.PIPE, text=True)
        self.address = started.stdout.strip()

    def stop(self) -> None:
        subprocess.run([ROOT / "dev" / self.name, "stop", "--data", self.data], check=False)


class Kafka(Server):
    def __init__(self, data: Path):
        super().__init__("kafka", data)
        self.port = int(self.address.rpartition(":")[2])

    def create_topic(self, topic: str, partitions: int) -> None:
        subprocess.run([ROOT / "dev/kafka", "topic", "create", topic, "--partitions", str(partitions),
                        "--brokers", self.address], check=True, stdout=sys.stderr)

    def fill(self, topic: str, load: Load) -> float:
        """Makes the topic of the load; returns the bytes of a record."""
        self.create_topic(topic, load.partitions)
        command = [BUILD / "load_topic", self.address, topic, load.kind, str(load.records), load.codec]
        if load.only is not None:
            command.append(str(load.only))
        done = subprocess.run(command, check=True, stdout=subprocess.PIPE, text=True)
        size = json.loads(done.stdout.splitlines()[-1])["bytes"] / load.records  # the log is before it
        note(f"topic {topic}: {load.records:,} records of {size:.0f} bytes")
        return size


class RestCatalog(Server):
    def __init__(self, data: Path):
        super().__init__("rest-catalog", data)
        self.host = self.address.removeprefix("http://")

    def connect(self) -> http.client.HTTPConnection:
        return http.client.HTTPConnection(self.host, timeout=60)
