"""How Frazil's cost changes: with lanes, with Kafka partitions, with one partition that has everything."""

import json
import signal
import subprocess
from dataclasses import replace

from bench.compare import Arena, Run
from bench.frazil import Frazil
from bench.loads import LOADS, Load
from bench.settings import BUILD

PARTITIONS = (1, 16, 200)
RECORDS = 2_000_000  # of each of the topics that differ by their partitions
# The least work a record; and more of it, for so long that start and last commit count for little.
LANES_ON = (replace(LOADS["sensor"], name="lanes_sensor"),
            replace(LOADS["events"], name="lanes_events", records=16_000_000))
SELDOM = 30.0  # seconds between two looks: each costs what a second lane would miss


class Replay:
    """A server on loopback that answers fetches from memory, so that no broker competes for the cores; the rest it
    passes on to the broker."""

    def __init__(self, broker: str, topic: str):
        self.process = subprocess.Popen([BUILD / "replay", broker, topic], stdout=subprocess.PIPE, text=True)
        self.address = json.loads(self.process.stdout.readline())["brokers"]
        self.port = int(self.address.rpartition(":")[2])

    def stop(self) -> None:
        self.process.send_signal(signal.SIGTERM)
        self.process.wait()


def lanes(arena: Arena, scale: float, rounds: int) -> list[Run]:
    """One lane and two."""
    runs = []
    for load in (load.scaled(scale) for load in LANES_ON):
        arena.kafka.fill(load.name, load)
        replay = Replay(arena.kafka.address, load.name)
        try:
            runs += replace(arena, kafka=replay, every=SELDOM).rounds(
                [(Frazil("1 lane", lanes=1), load), (Frazil("2 lanes", lanes=2), load)], rounds)
        finally:
            replay.stop()
    return runs


def partitions(arena: Arena, scale: float, rounds: int) -> list[Run]:
    """The same records in topics of few and many partitions, and in one of 16 partitions."""
    base = LOADS["sensor"]
    loads = [replace(base, name=f"partitions_{count}", partitions=count, records=RECORDS) for count in PARTITIONS]
    loads.append(replace(loads[PARTITIONS.index(16)], name="hot_1_of_16", only=0))
    loads = [load.scaled(scale) for load in loads]
    for load in loads:
        arena.kafka.fill(load.name, load)
    return arena.rounds([(Frazil(), load) for load in loads], rounds)
