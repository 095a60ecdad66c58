"""What takes part: a program that moves a topic into a table."""

from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

from bench.loads import Load
from bench.servers import Kafka, RestCatalog


@dataclass(frozen=True)
class Job:
    """One run: all of the topic into the table, which is there and empty."""

    load: Load
    kafka: Kafka
    topic: str
    catalog: RestCatalog
    namespace: str
    table: str  # its name in the namespace; unlike that of any other run
    directory: Path  # of the run's own files


class Contestant(Protocol):
    name: str
    leaves: bool  # ends by itself when the topic is read
    settings: list[str]  # what the report says of its configuration: all that is not an address or a name

    def fetch(self) -> None:
        """Brings what it needs, so that no run waits for it."""

    def command(self, job: Job) -> list:
        """The command of the run, its files written into the job's directory."""
