"""SIGTERM ends the process within ten seconds, whatever it waits for; and who reads its output may leave."""

import os
import re
import shutil
import signal
import socket
import subprocess
import time
from contextlib import contextmanager
from pathlib import Path

import pytest
from fault.proxy import Hold, HttpProxy, TcpProxy, answer
from pipelines import Pipeline, values, wait_for_log

WITHIN = 10  # seconds from the signal to the end
LATE = "did not end in time"  # what the last resort says


class Silent:
    """Takes every connection, hears what is said, and says nothing."""

    def __init__(self):
        self.proxy = TcpProxy()
        self.heard: list[bytes] = []
        self.proxy.serve = self.listen

    def listen(self, client: socket.socket) -> None:
        while data := client.recv(65536):
            self.heard.append(data)

    @property
    def address(self) -> str:
        return self.proxy.host_and_port

    def wait(self, timeout: float = 30) -> None:
        """Until somebody has said something: then it waits for an answer."""
        until(lambda: self.heard, timeout)


@pytest.fixture
def silent():
    server = Silent()
    yield server
    server.proxy.close()


@pytest.fixture
def fed(frazil, kafka, tmp_path):
    """make(count): a pipeline over a topic of its own with so many records."""
    def make(count: int = 10, **sink) -> Pipeline:
        topic = kafka.create_topic()
        kafka.produce(topic, values(count))
        return Pipeline(frazil, kafka, tmp_path, topic, **sink)
    return make


def until(holds, timeout: float = 30) -> None:
    deadline = time.monotonic() + timeout
    while not holds():
        assert time.monotonic() < deadline, "it did not come to that"
        time.sleep(0.02)


def ends(process: subprocess.Popen, within: float = WITHIN) -> int:
    """The exit code after SIGTERM."""
    assert process.poll() is None, "it ended before the signal"
    process.send_signal(signal.SIGTERM)
    try:
        return process.wait(within)
    except subprocess.TimeoutExpired:
        pytest.fail(f"it runs {within} s after SIGTERM still", pytrace=False)


def rest(address: str, **more) -> dict:
    return {"type": "rest", "rest": {"uri": f"http://{address}", **more}}


@pytest.mark.parametrize("what", ["catalog", "token server"])
def test_a_catalog_that_hangs_at_the_start(fed, silent, what):
    p = fed(catalog=rest(silent.address, **({"credential": "id:secret"} if what == "token server" else {})))
    process = p.start()
    silent.wait()
    assert ends(process) == 0
    assert "stopped before anything was read" in p.logs() and LATE not in p.logs()


@pytest.mark.parametrize("fetch", ["native", "librdkafka"])
def test_a_broker_that_hangs(fed, silent, fetch):
    p = fed()
    p.source.update(brokers=silent.address, fetch=fetch)
    p.write_config()
    process = p.start()
    silent.wait()
    assert ends(process) == 0
    assert "stopped before it read anything" in p.logs()


@pytest.mark.parametrize("fetch", ["native", "librdkafka"])
def test_a_broker_that_freezes_while_it_is_read(fed, proxied_kafka, fetch):
    topic = proxied_kafka.create_topic()
    p = fed()
    p.source.update(brokers=proxied_kafka.address, topics=[topic], fetch=fetch)
    p.write_config()
    proxied_kafka.produce(topic, values(10))
    process = p.start()
    p.wait_for_rows(10)
    with proxied_kafka.proxy.frozen():
        assert ends(process) == 0


def test_storage_that_hangs(fed, silent):
    keys = {"access_key_id": "a", "secret_access_key": "b", "region": "us-east-1", "path_style_access": True}
    p = fed(s3={"endpoint": f"http://{silent.address}", **keys})
    p.sink["catalog"]["sql"]["warehouse"] = "s3://bucket/warehouse"
    p.write_config()
    process = p.start()
    silent.wait()
    assert ends(process) == 0


@pytest.mark.parametrize("where", ["catalog", "metastore", "broker", "token server of the broker"])
def test_a_name_server_that_hangs(fed, tmp_path, where):
    compiler = shutil.which("cc") or shutil.which("gcc")
    if not compiler:
        pytest.skip("there is no C compiler")
    library = tmp_path / "slow_names.so"
    source = Path(__file__).parent / "slow_names.c"
    subprocess.run([compiler, "-shared", "-fPIC", "-o", library, source, "-ldl"], check=True)
    p = fed()
    if where == "catalog":
        p.sink["catalog"] = rest("any.slow.test:80")
    elif where == "metastore":
        p.sink["catalog"] = {"type": "hive", "hive": {"uri": "thrift://any.slow.test", "warehouse": f"file://{tmp_path}"}}
    elif where == "broker":
        p.source["brokers"] = "any.slow.test:9092"
    else:
        p.source["properties"].update({
            "security.protocol": "SASL_PLAINTEXT", "sasl.mechanism": "OAUTHBEARER", "sasl.oauthbearer.method": "oidc",
            "sasl.oauthbearer.client.id": "a", "sasl.oauthbearer.client.secret": "b",
            "sasl.oauthbearer.token.endpoint.url": "http://any.slow.test/token"})
    p.write_config()
    log = open(p.directory / f"{p.topic}-slow.log", "w")
    process = p.frazil.start("run", "-c", p.config_file, env={"LD_PRELOAD": str(library)}, stdout=log, stderr=log)
    # Somebody sleeps for a name: the process is in that library.
    until(lambda: "slow_names" in (Path(f"/proc/{process.pid}/maps").read_text()), 10)
    time.sleep(2)
    assert ends(process) == 0, p.logs()


def test_a_catalog_that_takes_no_commit_at_a_first_start(fed, kafka, rest_catalog):
    proxy = HttpProxy(rest_catalog.address)
    p = fed(catalog=rest(proxy.host_and_port), namespace=f"stop_{os.getpid()}_{time.monotonic_ns()}")
    refused = proxy.rule(answer(503), "POST", r"/tables/events$", times=None)
    process = p.start()
    until(lambda: len(refused.met) > 2)
    assert ends(process) == 0, p.logs()
    assert LATE not in p.logs()
    proxy.clear()
    p.run_once()  # nothing stands in the way of the next start
    proxy.close()


def test_a_commit_that_hangs_in_the_end(fed, rest_catalog):
    proxy = HttpProxy(rest_catalog.address)
    hold = Hold()
    p = fed(catalog=rest(proxy.host_and_port), namespace=f"stop_{os.getpid()}_{time.monotonic_ns()}",
            flush_interval_secs=1)
    proxy.rule(hold, "POST", r"/tables/events$", skip=1)  # past the one that establishes the offsets
    process = p.start()
    assert hold.arrived.wait(60), p.logs()
    assert ends(process) == 0, p.logs()
    hold.release()
    p.run_once()
    proxy.close()


VERBS = {
    "verify": ["verify", "db.events"], "table list": ["table", "list"], "check": ["check"],
    "rewind": ["rewind", "--to-offsets", "0:0"], "replay-errors": ["replay-errors", "db.events"], "run": ["run"],
}


def ignored(process: subprocess.Popen) -> set[int]:
    """The signals that a process ignores."""
    mask = int(re.search(r"SigIgn:\s*(\w+)", Path(f"/proc/{process.pid}/status").read_text())[1], 16)
    return {number for number in range(1, 65) if mask >> (number - 1) & 1}


@pytest.mark.parametrize("verb", VERBS)
def test_every_verb_hears_the_signal_and_survives_broken_pipes(fed, silent, verb):
    p = fed(catalog=rest(silent.address))
    process = p.frazil.start(*VERBS[verb], "-c", p.config_file)
    silent.wait()
    assert signal.SIGPIPE in ignored(process)
    assert ends(process) == (0 if verb == "run" else 128 + signal.SIGTERM)


def test_the_first_process_of_a_container_hears_the_signal(fed, silent):
    """The system delivers no signal to it that it does not handle."""
    first = ["unshare", "--user", "--map-root-user", "--pid", "--fork", "--kill-child"]
    if subprocess.run([*first, "true"], capture_output=True).returncode != 0:
        pytest.skip("this machine makes no PID namespaces for us")
    p = fed(catalog=rest(silent.address))
    program = p.frazil.program
    process = subprocess.Popen([*first, program, "verify", "db.events", "-c", p.config_file], stderr=subprocess.PIPE)
    silent.wait()
    with children(process.pid) as [frazil]:
        os.kill(frazil, signal.SIGTERM)
        process.wait(WITHIN)


@contextmanager
def children(pid: int):
    yield [int(child) for child in Path(f"/proc/{pid}/task/{pid}/children").read_text().split()]


@pytest.mark.parametrize("arguments", [["--help"], ["table", "files", "db.events"], ["table", "describe", "db.events"],
                                       ["verify", "db.events", "--json"]], ids=" ".join)
def test_a_reader_that_leaves(fed, arguments):
    p = fed()
    p.run_once()
    given = arguments if arguments == ["--help"] else [*arguments, "-c", p.config_file]
    read, write = os.pipe()
    os.close(read)
    process = p.frazil.start(*given, stdout=write)
    os.close(write)
    _, errors = process.communicate(timeout=30)
    assert (process.returncode, errors) == (128 + signal.SIGPIPE, "")
    # And one that takes a line first.
    process = subprocess.run(f"{p.frazil.program} {' '.join(map(str, given))} | head -n 1", shell=True, text=True,
                             capture_output=True, timeout=30)
    assert process.stdout and not process.stderr


def test_output_that_does_not_fit_is_an_error(fed):
    p = fed()
    p.run_once()
    with open("/dev/full", "w") as full:
        process = p.frazil.start("table", "files", "db.events", "-c", p.config_file, stdout=full)
        _, errors = process.communicate(timeout=30)
    assert (process.returncode, errors) == (1, "Error: cannot write to standard output: No space left on device\n")


def test_clients_of_the_metrics_that_dawdle(fed):
    """They hold up neither a probe, nor a scrape, nor the stop."""
    p = fed()
    process = p.start("--metrics-port", 0)
    wait_for_log(p, "metrics at")
    port = int(re.search(r"metrics at http://127\.0\.0\.1:(\d+)/metrics", p.logs())[1])
    slow = [socket.create_connection(("127.0.0.1", port)) for _ in range(200)]
    for number, each in enumerate(slow[100:]):
        each.sendall(b"GET /metrics HTTP/1.1\r\n" if number % 2 else b"G")
    for path in ("/health", "/metrics"):
        with socket.create_connection(("127.0.0.1", port), timeout=5) as client:
            client.sendall(f"GET {path} HTTP/1.1\r\n\r\n".encode())
            assert client.makefile().readline() == "HTTP/1.1 200 OK\n"
    p.wait_for_rows(10)
    assert ends(process) == 0
    assert LATE not in p.logs()
    for each in slow:
        each.close()
