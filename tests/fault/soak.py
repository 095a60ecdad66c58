"""Faults at random under load, for SOAK_MINUTES from SOAK_SEED on; then the oracle, and figures (make soak).

The seed decides which faults come in which order and for how long. What they meet is up to the machine.
"""

import os
import random
import signal
import time
from collections import Counter
from pathlib import Path

import proxy
from harness import append_beside, meanwhile
from pipelines import values

MINUTES = float(os.environ.get("SOAK_MINUTES", "60"))
SEED = int(os.environ.get("SOAK_SEED") or random.SystemRandom().randrange(1 << 32))

REQUESTS = [proxy.answer(503), proxy.answer(500), proxy.answer_after(500), proxy.answer_after(502), proxy.refuse,
            proxy.lose_reply, proxy.duplicate, proxy.truncate_request, proxy.truncate_reply, proxy.delay(3)]


class Member:
    """One process of the pipeline, started again whenever it has ended, as a service manager would."""

    def __init__(self, p):
        self.p, self.ended = p, 0
        self.start()

    def start(self) -> None:
        before = set(self.p.directory.glob("*.log"))
        self.process = self.p.start()
        (self.log,) = set(self.p.directory.glob("*.log")) - before

    def replace(self, sign: signal.Signals) -> None:
        self.process.send_signal(sign)
        self.process.wait(60)
        self.start()

    def look_after(self) -> None:
        """A process that met a fault before it had read anything may end; afterwards it has to sit it out."""
        if self.process.poll() is not None:
            log = self.log.read_text()
            assert ": reads " not in log, f"it ended by itself\n{log[-4000:]}"
            self.ended += 1
            self.start()


class Soak:
    def __init__(self, broker, p, seed: int):
        self.broker, self.p, self.dice = broker, p, random.Random(seed)
        self.placed, self.foreign, self.made = [], 0, Counter()
        self.members = [Member(p), Member(p)]

    def feed(self) -> None:
        """Of its own dice: how fast it gets on is not for the seed to say."""
        self.placed += self.broker.produce(self.p.topic, values(random.randint(1, 3000), len(self.placed)))
        if random.random() < 0.2:
            self.broker.produce_transaction(self.p.topic, values(50), commit=False)

    # The faults; each takes from the dice what it needs.

    def catalog_requests(self) -> None:
        self.p.catalog_proxy.rule(self.dice.choice(REQUESTS), "POST|GET", "/tables/", times=self.dice.randint(1, 3))

    def storage_requests(self) -> None:
        self.p.storage_proxy.rule(self.dice.choice(REQUESTS), "PUT|POST|GET", times=self.dice.randint(1, 3))

    def late_commit(self) -> None:
        late = proxy.Hold()
        self.p.catalog_proxy.rule(late, "POST", "/tables/events$")
        if late.arrived.wait(5):
            self.dice.choice(self.members).replace(signal.SIGKILL)
        late.released.set()

    def catalog_down(self) -> None:
        self.down(self.p.catalog_proxy)

    def storage_down(self) -> None:
        self.down(self.p.storage_proxy)

    def broker_down(self) -> None:
        self.down(self.broker.proxy)

    def down(self, way: proxy.Proxy) -> None:
        way.down()
        time.sleep(self.dice.uniform(0.5, 5))
        way.up()

    def broker_cut(self) -> None:
        self.broker.proxy.cut()

    def broker_silent(self) -> None:
        with self.broker.proxy.frozen():
            time.sleep(self.dice.uniform(0.5, 10))

    def process_killed(self) -> None:
        self.dice.choice(self.members).replace(signal.SIGKILL)

    def process_ended(self) -> None:
        self.dice.choice(self.members).replace(signal.SIGTERM)

    def process_asleep(self) -> None:
        process = self.dice.choice(self.members).process
        process.send_signal(signal.SIGSTOP)
        time.sleep(self.dice.uniform(0.5, 12))  # sessions are 3 s
        process.send_signal(signal.SIGCONT)

    def other_writer(self) -> None:
        self.foreign += append_beside(self.p.table())

    def run(self, seconds: float) -> None:
        faults = [self.catalog_requests, self.storage_requests, self.late_commit, self.catalog_down, self.storage_down,
                  self.broker_down, self.broker_cut, self.broker_silent, self.process_killed, self.process_ended,
                  self.process_asleep, self.other_writer]
        end = time.monotonic() + seconds
        with meanwhile(self.feed):
            while time.monotonic() < end:
                fault = self.dice.choice(faults)
                fault()
                self.made[fault.__name__] += 1
                time.sleep(self.dice.uniform(0, 2))
                for member in self.members:
                    member.look_after()
        self.p.catalog_proxy.clear()
        self.p.storage_proxy.clear()
        for member in self.members:
            member.process.send_signal(signal.SIGTERM)
        for member in self.members:
            assert member.process.wait(120) == 0, member.log.read_text()[-4000:]


def test_soak(proxied_kafka, pipeline, settle, capsys):
    with capsys.disabled():
        print(f"\n{MINUTES:g} minutes, SEED={SEED}")
    p = pipeline(proxied_kafka.create_topic(partitions=6), proxied_kafka)
    placed = proxied_kafka.produce(p.topic, values(100))
    p.run_once()  # the table is there
    soak = Soak(proxied_kafka, p, SEED)
    soak.placed += placed
    soak.run(MINUTES * 60)
    p.run_once(timeout=600)
    found = settle(p, soak.placed, soak.foreign)
    restarts = sum(Path(log).read_text().count("it starts again in") for log in p.directory.glob("*.log"))
    with capsys.disabled():
        print(f"SEED={SEED}: {found}\n{soak.made.total()} faults: "
              + ", ".join(f"{name} {count}" for name, count in soak.made.most_common())
              + f"\n{restarts} times a pipeline started again by itself, {sum(m.ended for m in soak.members)} times a "
              f"process ended in its first steps; lost 0, doubled 0")
