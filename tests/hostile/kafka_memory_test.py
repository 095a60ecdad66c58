"""What comes from Kafka takes no more memory than it may, however small it is packed and whatever a broker says of its
length; and where memory is short all the same, no record is judged by that. Nothing is lost when the trouble is over."""

import random
import re
import resource
import socket
import struct
import subprocess
import threading
import time

import pytest
from confluent_kafka import Consumer
from fault.proxy import TcpProxy, end
from memory_cgroup import high_water, peak_memory
from pipelines import Pipeline, stop, values

MIB = 1 << 20
LIMIT = 128  # memory_limit_mb
LONGEST = LIMIT * MIB // 64  # what max_record_bytes is then
HUGE = {"message.max.bytes": 1_000_000_000, "batch.size": 2_000_000_000, "queue.buffering.max.kbytes": 2_000_000,
        "linger.ms": 1000, "enable.idempotence": False, "acks": 1}
ID = [{"name": "id", "type": "long"}]


def record(number: int, size: int) -> bytes:
    """Packs to nearly nothing."""
    return b'{"id": %d, "filler": "%s"}' % (number, b"x" * size)


def dense(number: int, size: int, seed: int = 1) -> bytes:
    """Does not pack."""
    return b'{"id": %d, "filler": "%s"}' % (number, random.Random(seed).randbytes(size // 2).hex().encode())


@pytest.fixture
def limited(frazil, kafka, tmp_path):
    """make(topic, **sink): a pipeline with `LIMIT`."""
    def make(topic: str, broker=kafka, limit: int = LIMIT, **sink) -> Pipeline:
        p = Pipeline(frazil, broker, tmp_path, topic, **sink)
        p.config["pipelines"][topic]["memory_limit_mb"] = limit
        p.write_config()
        return p
    return make


def run_within(p: Pipeline, cgroup, limit: int = LIMIT, code: int = 0) -> str:
    """One run, which ends with `code` and takes no more than a tenth above its limit. Returns what it said."""
    most = limit * MIB * 11 // 10
    group = cgroup(most)
    process = p.start("--once", **({"preexec_fn": group.enter} if group else {}))
    peak = peak_memory(process, timeout=240)
    killed = "killed: it took more than its control group may; " if group and group.kills() else ""
    assert process.returncode == code, f"{killed}{process.returncode} at {peak / MIB:.0f} MiB\n{p.logs()}"
    assert peak <= most, f"{peak / MIB:.0f} MiB at a limit of {limit}\n{p.logs()}"
    print(f"peak {peak / MIB:.0f} MiB at a limit of {limit}")
    return p.logs()


def errors(p: Pipeline) -> list[dict]:
    return p.catalog().load_table("db.events__errors").scan().to_arrow().sort_by("offset").to_pylist()


@pytest.mark.parametrize("codec, size", [
    ("snappy", 100 * MIB),
    *(pytest.param(*codec, marks=pytest.mark.slow) for codec in (("zstd", 300 * MIB), ("gzip", 100 * MIB), ("lz4", 100 * MIB)))])
def test_kilobytes_that_unpack_to_one_long_record(kafka, limited, cgroup, codec, size):
    """Also where the table is new, and its columns are to be told from a sample."""
    topic = kafka.create_topic(max_message_bytes=str(16 * MIB))
    good = kafka.produce(topic, values(10))
    kafka.produce(topic, [record(0, size)], key="k", **HUGE, **{"compression.type": codec})
    good += kafka.produce(topic, values(10, first=10))
    p = limited(topic, on_bad_record="errors_table")
    run_within(p, cgroup)
    p.check_exactly_once(good)
    [bad] = errors(p)
    assert (bad["offset"], bad["key"], bad["value"]) == (10, b"k", None)
    taken = int(bad["reason"].split("it takes ")[1].split(" bytes")[0])
    assert size < taken < size + 200
    assert f"more than max_record_bytes = {LONGEST}" in bad["reason"]
    # It stays bad, and nobody takes it for a tombstone.
    assert f"still bad: topic '{topic}', partition 0, offset 10" in p.frazil.run(
        "replay-errors", "-c", p.config_file).stdout
    assert "sound" in p.frazil.run("verify", "-c", p.config_file).stdout


def test_many_records_of_one_packed_batch_come_piece_by_piece(kafka, limited, cgroup):
    """Some 200 kB at the broker that unpack to 200 MB: all of them are rows."""
    topic = kafka.create_topic(max_message_bytes=str(16 * MIB))
    placed = kafka.produce(topic, [record(i, 100_000) for i in range(2000)], **HUGE, **{"compression.type": "zstd"})
    p = limited(topic)
    run_within(p, cgroup)
    p.check_exactly_once(placed)
    assert p.rows()["filler"].to_pylist() == ["x" * 100_000] * 2000


@pytest.mark.parametrize("make, limit", [
    (record, LIMIT), (dense, LIMIT), pytest.param(dense, 160, marks=pytest.mark.slow)])
def test_records_as_long_as_they_may_be_fit(kafka, limited, cgroup, make, limit):
    topic = kafka.create_topic(partitions=2, max_message_bytes=str(16 * MIB))
    placed = kafka.produce(topic, [make(i, LONGEST - 200) for i in range(24)],
                           **HUGE | {"batch.size": 8 * MIB, "compression.type": "zstd"})
    p = limited(topic, limit=limit)
    run_within(p, cgroup, limit)
    p.check_exactly_once(placed)


@pytest.mark.slow
def test_long_records_go_through_many_lanes_in_turn(kafka, limited, cgroup):
    limit, lanes = 512, 12
    topic = kafka.create_topic(partitions=lanes, max_message_bytes=str(16 * MIB))
    longest = limit * MIB // 64
    placed = kafka.produce(topic, [dense(i, longest - 200, seed=i) for i in range(4 * lanes)],
                           **HUGE | {"batch.size": 8 * MIB})
    p = limited(topic, limit=limit)
    p.config["pipelines"][topic]["lanes"] = lanes
    p.write_config()
    assert "lanes, since memory_limit_mb has no room" not in run_within(p, cgroup, limit)
    p.check_exactly_once(placed)


@pytest.mark.slow
def test_a_long_record_that_is_not_packed_is_passed_over(kafka, limited, cgroup):
    """The broker sends a record batch as it is, whatever one asks for: the answer is larger than may be held."""
    topic = kafka.create_topic(max_message_bytes=str(80 * MIB))
    good = kafka.produce(topic, values(10))
    for seed in range(2):
        kafka.produce(topic, [dense(0, 60 * MIB, seed)], **HUGE)
    good += kafka.produce(topic, values(10, first=10))
    p = limited(topic, on_bad_record="errors_table", schema=ID)
    run_within(p, cgroup)
    p.check_exactly_once(good)
    assert [bad["offset"] for bad in errors(p)] == [10, 11]


@pytest.mark.slow
def test_an_unpacked_batch_that_is_too_large_to_hold_ends_the_pipeline_by_name(kafka, limited, cgroup):
    topic = kafka.create_topic(max_message_bytes=str(80 * MIB))
    placed = kafka.produce(topic, values(10))
    placed += kafka.produce(topic, [dense(i, 2_000_000, i) for i in range(30)], **HUGE)
    p = limited(topic, on_bad_record="skip", schema=ID)
    said = run_within(p, cgroup, code=1)
    assert re.search(r"the record batch at offset 10 holds \d+ records in \d+ bytes, more than may be held", said)
    assert "Raise" in said and "memory_limit_mb" in said
    p.config["pipelines"][topic]["memory_limit_mb"] = 512
    p.write_config()
    p.run_once()
    p.check_exactly_once(placed)


@pytest.mark.parametrize("door", ["native", "librdkafka"])
def test_the_longest_record_is_a_setting(kafka, limited, door):
    topic = kafka.create_topic()
    kafka.produce(topic, [record(0, 100), record(1, 2000), record(2, 100)], key="k")
    p = limited(topic, on_bad_record="errors_table", schema=ID)
    p.source["fetch"] = door
    p.config["pipelines"][topic]["max_record_bytes"] = 1500
    p.write_config()
    p.run_once()
    assert p.rows()["id"].to_pylist() == [0, 2]
    [bad] = errors(p)
    assert bad["offset"] == 1 and "more than max_record_bytes = 1500" in bad["reason"]
    assert (bad["key"], bad["value"]) == (b"k", None)


def test_a_limit_that_memory_cannot_hold_is_refused(kafka, limited):
    p = limited("t")
    p.config["pipelines"]["t"]["max_record_bytes"] = 100 * MIB
    p.write_config()
    said = p.run_once(check=False)
    assert said.returncode == 2
    assert "max_record_bytes: a record takes up to 8 times its length" in said.stderr


def test_the_letter_of_a_long_record_is_no_tombstone(kafka, limited):
    topic, dead = kafka.create_topic(), kafka.create_topic()
    kafka.produce(topic, [record(0, 2000)], key="k", headers=[("h", b"v")])
    p = limited(topic, on_bad_record="topic", dead_letter_topic=dead, schema=ID)
    p.config["pipelines"][topic]["max_record_bytes"] = 1500
    p.write_config()
    p.run_once()
    consumer = Consumer({"bootstrap.servers": kafka.address, "group.id": f"of-{dead}", "auto.offset.reset": "earliest"})
    consumer.subscribe([dead])
    letter = consumer.poll(30)
    consumer.close()
    assert (letter.key(), letter.value()) == (b"k", b"")
    assert b"max_record_bytes = 1500" in dict(letter.headers())["frazil.reason"]


# --- Short memory ----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("limits", [
    pytest.param([500, 700, 800, 900], id="a few"),
    pytest.param([300, *range(600, 1200, 25), 1500, 2000, 3000], id="many", marks=pytest.mark.slow)])
def test_with_few_addresses_no_valid_record_becomes_bad(kafka, limited, limits):
    """`ulimit -v`, from too little to begin with to enough. A process may end as it likes, but not pass a record over."""
    topic = kafka.create_topic(max_message_bytes=str(16 * MIB))
    placed = kafka.produce(topic, values(100))
    placed += kafka.produce(topic, [dense(i, MIB, i) for i in range(8)], **HUGE)
    p = limited(topic, on_bad_record="skip", schema=[*ID, {"name": "filler", "type": "string"}], batch_size=10)
    for limit in limits:
        bytes_ = limit * MIB
        process = p.start("--once", preexec_fn=lambda: resource.setrlimit(resource.RLIMIT_AS, (bytes_, bytes_)))
        try:
            process.wait(60)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()
        assert "bad record" not in p.logs(), f"at {limit} MiB\n{p.logs()}"
    p.run_once()
    p.check_exactly_once(placed)
    assert "sound" in p.frazil.run("verify", "-c", p.config_file).stdout


# --- A broker that lies ----------------------------------------------------------------------------------------------


class Liar(TcpProxy):
    """Passes frames on; `lie`, if there is one, makes another of an answer to a fetch."""

    FETCH = 1

    def __init__(self):
        self.lie = None
        self.lies = 0
        super().__init__()

    def serve(self, client: socket.socket) -> None:
        with self.watched(self.connect()) as server:
            server.settimeout(None)
            asked: dict[int, int] = {}  # what, by correlation id

            def note(frame: bytes) -> bytes:
                key, _, correlation = struct.unpack_from(">hhi", frame, 4)
                asked[correlation] = key
                return frame

            def tell(frame: bytes) -> bytes:
                (correlation,) = struct.unpack_from(">i", frame, 4)
                if self.lie is None or asked.pop(correlation, -1) != self.FETCH:
                    return frame
                self.lies += 1
                return self.lie(frame)

            back = threading.Thread(target=self.frames, args=(server, client, tell), daemon=True)
            back.start()
            self.frames(client, server, note)
            back.join()

    @staticmethod
    def frames(source: socket.socket, sink: socket.socket, change) -> None:
        try:
            with source.makefile("rb") as stream:
                while len(size := stream.read(4)) == 4:
                    sink.sendall(change(size + stream.read(*struct.unpack(">i", size))))
            sink.shutdown(socket.SHUT_WR)
        except (OSError, ValueError):
            end(source)
            end(sink)


@pytest.fixture(scope="session")
def lying_kafka(servers, kafka):
    proxy = Liar()
    broker = servers(type(kafka), "kafka", "--advertise", proxy.host_and_port)
    proxy.upstream, broker.proxy = broker.address, proxy
    yield broker
    proxy.close()


def with_size(size: int):
    return lambda frame: struct.pack(">i", size) + frame[4:]


def two_gigabytes_of_nothing(frame: bytes) -> bytes:
    """Its length is a lie, and so much comes that holding it would show."""
    return struct.pack(">i", 2_000_000_000) + frame[4:] + bytes(300 * MIB)


LIES = {
    "2 GB are announced and never come": with_size(0x7FFFFFF0),
    "300 MB come of 2 GB": two_gigabytes_of_nothing,
    "a negative length": with_size(-5),
    "nothing": with_size(0),
    "counts that cannot be": lambda frame: frame[:8] + b"\xff" * (len(frame) - 8),
    "cut in the middle": lambda frame: frame[: len(frame) // 2],
}


@pytest.mark.parametrize("lie", [pytest.param(lie, marks=pytest.mark.slow if "GB" in lie else ()) for lie in LIES])
def test_a_broker_that_lies_takes_no_memory_and_loses_nothing(lying_kafka, limited, lie):
    topic = lying_kafka.create_topic()
    placed = lying_kafka.produce(topic, values(1000))
    p = limited(topic, lying_kafka, schema=ID)
    p.source["properties"] |= {"socket.timeout.ms": "3000"}
    p.write_config()
    proxy = lying_kafka.proxy
    process = p.start()
    p.wait_for_rows(1000)
    proxy.lie, before = LIES[lie], proxy.lies
    try:
        placed += lying_kafka.produce(topic, values(1000, first=1000))
        deadline = time.monotonic() + 60
        while proxy.lies < before + 2 and time.monotonic() < deadline:
            assert process.poll() is None, p.logs()
            time.sleep(0.1)
        assert proxy.lies >= before + 1, p.logs()
    finally:
        proxy.lie = None
    p.wait_for_rows(2000, timeout=90)
    peak = high_water(process.pid)
    assert stop(process, 30) == 0, p.logs()
    assert peak <= LIMIT * MIB * 11 // 10, f"{peak / MIB:.0f} MiB\n{p.logs()}"
    p.check_exactly_once(placed)


def test_damaged_records_end_the_pipeline_by_name(lying_kafka, limited):
    topic = lying_kafka.create_topic()
    placed = lying_kafka.produce(topic, values(1000), compression_type="none")
    p = limited(topic, lying_kafka, schema=ID, on_bad_record="skip")
    lying_kafka.proxy.lie = lambda frame: frame.replace(b'"reading": 1', b'"reading": 7')
    try:
        said = p.run_once(check=False)
    finally:
        lying_kafka.proxy.lie = None
    assert said.returncode == 1
    assert "its checksum is wrong" in said.stderr
    p.run_once()
    p.check_exactly_once(placed)
