"""Servers for the tests, each started on first use and stopped at the end of the session, and the program.

Most are shared by the workers of a run. What tests stop, kill or put a proxy before is a worker's own (`servers`).
Their data lies in one temporary directory; so do the logs that a failed test may ask for.
"""

import subprocess
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
import shared_servers
from fault.proxy import TcpProxy
from glue import Glue
from hive import Hive, OldHive
from memory_cgroup import MemoryCgroup
from paths import BUILD, ROOT
from program import RUNNING, Frazil
from servers import Azure, Gcs, Kafka, KafkaCluster, Minio, Postgres, SaslKafka, Server, Trino
from summary import pytest_terminal_summary  # noqa: F401: a hook


@pytest.fixture
def frazil(tmp_path):
    """Runs the program in the test's own directory."""
    program = BUILD / "frazil"
    if not program.exists():
        pytest.fail(f"{program} is missing: run make build-test", pytrace=False)
    yield Frazil(program, tmp_path)
    while RUNNING:
        process = RUNNING.pop()
        if process.poll() is None:
            process.kill()
        process.communicate()


@pytest.fixture
def warehouse(tmp_path) -> Path:
    """An empty local warehouse directory."""
    directory = tmp_path / "warehouse"
    directory.mkdir()
    return directory


@pytest.fixture
def small_disk(tmp_path):
    """mount(name): a file system of 1 MB at that new directory; what it gives is resize(bytes)."""
    mounted = []

    def mount(name: str):
        directory = tmp_path / name
        directory.mkdir()

        def run(*arguments: str) -> bool:
            return subprocess.run(["mount", *arguments, directory], capture_output=True).returncode == 0

        if not run("-t", "tmpfs", "-o", "size=1m", "tmpfs"):
            pytest.skip("no file system may be mounted here: needs root")
        mounted.append(directory)
        return lambda size: run("-o", f"remount,size={size}")

    yield mount
    for directory in mounted:
        subprocess.run(["umount", "-l", directory], check=True)


@pytest.fixture
def cgroup():
    """make(limit in bytes): a control group; where the machine gives none, None."""
    made = []

    def make(limit: int) -> MemoryCgroup | None:
        made.append(MemoryCgroup.make(limit))
        return made[-1]

    yield make
    for group in filter(None, made):
        group.remove()


@pytest.fixture(scope="session")
def servers(tmp_path_factory):
    """start(class, name, *options): a server that is stopped at the end of the session, whatever happens before."""
    started: list[Server] = []

    def start(kind: type[Server], name: str, *options: str) -> Server:
        data = tmp_path_factory.mktemp(name)
        try:
            server = kind(name, data, *options)
        except BaseException:  # interrupted while it came up
            subprocess.run([ROOT / "dev" / name, "stop", "--data", data], check=False)
            raise
        started.append(server)
        return server

    yield start
    for server in reversed(started):
        server.stop()


@pytest.fixture(scope="session")
def shared(pytestconfig):
    """start(class, name, *options): the server of that kind and these options that all workers share."""
    return lambda kind, name, *options: shared_servers.shared(shared_servers.folder(pytestconfig), kind, name, *options)


def pytest_sessionfinish(session) -> None:
    """After the last of the workers."""
    if not shared_servers.is_worker(session.config):
        shared_servers.stop_all(shared_servers.folder(session.config))


@pytest.fixture(scope="session")
def kafka(shared) -> Kafka:
    return shared(Kafka, "kafka")


@pytest.fixture(scope="session")
def kafka_cluster(servers) -> KafkaCluster:
    """Of three, which begin side by side: one alone would wait for another."""
    find_port = ["bash", "-c", f". {ROOT}/dev/lib.sh; free_port"]
    ports = ",".join(subprocess.check_output(find_port, text=True).strip() for _ in range(3))
    with ThreadPoolExecutor(3) as pool:
        members = pool.map(lambda number: servers(Kafka, "kafka", "--member", f"{number}:{ports}"), (1, 2, 3))
        return KafkaCluster(list(members))


@pytest.fixture(scope="session")
def proxied_kafka(servers) -> Kafka:
    """A second broker, which sends its clients to its `proxy`."""
    proxy = TcpProxy()
    broker = servers(Kafka, "kafka", "--advertise", proxy.host_and_port)
    proxy.upstream, broker.proxy = broker.address, proxy
    return broker


@pytest.fixture(scope="session")
def sasl_kafka(shared) -> SaslKafka:
    return shared(SaslKafka, "kafka", "reader", "read-only-words")


@pytest.fixture(scope="session")
def minio(shared) -> Minio:
    return shared(Minio, "minio")


@pytest.fixture(scope="session")
def gcs(shared) -> Gcs:
    return shared(Gcs, "gcs")


@pytest.fixture(scope="session")
def azure(shared) -> Azure:
    return shared(Azure, "azure")


@pytest.fixture(scope="session")
def postgres(shared) -> Postgres:
    return shared(Postgres, "postgres", "--tls")


@pytest.fixture(scope="session")
def rest_catalog(shared) -> Server:
    """Iceberg's REST catalog with its tables in local files."""
    return shared(Server, "rest-catalog")


@pytest.fixture(scope="session")
def rest_catalog_s3(shared, minio) -> Server:
    """Iceberg's REST catalog with its tables in MinIO."""
    return shared(Server, "rest-catalog", "--s3", minio.address)


@pytest.fixture(scope="session")
def rest_catalog_gcs(shared, gcs) -> Server:
    return shared(Server, "rest-catalog", "--gcs", gcs.address)


@pytest.fixture(scope="session")
def rest_catalog_azure(shared, azure) -> Server:
    return shared(Server, "rest-catalog", "--azure", azure.address)


@pytest.fixture(scope="session")
def hive(shared, postgres, minio) -> Hive:
    """Hive 4, which compares as it commits where it keeps its tables in Postgres."""
    return shared(Hive, "hive", "--postgres", postgres.address, "--s3", minio.address)


@pytest.fixture(scope="session")
def old_hive(shared) -> OldHive:
    """Hive 3, whose commits go by their lock alone."""
    return shared(OldHive, "hive")


@pytest.fixture(scope="session")
def glue(shared) -> Glue:
    """AWS Glue's data catalog, which wants signatures and versions."""
    return shared(Glue, "glue")


@pytest.fixture(scope="session")
def nessie(shared, minio) -> Server:
    return shared(Server, "nessie", "--s3", minio.address)


@pytest.fixture(scope="session")
def schema_registry(shared) -> Server:
    """Apicurio; `address` is the URL of Confluent's API."""
    return shared(Server, "schema-registry")


@pytest.fixture(scope="session")
def trino(shared, minio, rest_catalog, rest_catalog_s3, nessie) -> Trino:
    return shared(Trino, "trino", "--s3", minio.address, "--catalog", f"rest={rest_catalog.address}", "--catalog",
                   f"rest_s3={rest_catalog_s3.address}", "--catalog", f"nessie={nessie.address}")
