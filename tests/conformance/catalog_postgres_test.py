"""Our SQL catalog in Postgres, beside PyIceberg's SqlCatalog and the reference's JdbcCatalog on the same database; what
it says when the server refuses or is away, and TLS."""

import socket
import subprocess
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path

import pytest
from catalog_sql_test import MORE, ROWS, SIMPLE
from fault.proxy import TcpProxy, end
from pyiceberg.catalog import load_catalog
from pyiceberg.catalog.sql import SqlCatalog
from servers import distinct_numbers

from our_catalog import PARTITIONED, WEATHER, OurCatalog, append_by_pyiceberg, rows_of, write_data_file

numbers = distinct_numbers()
WRONG = "a-password-that-nobody-knows"


@pytest.fixture
def uri(postgres) -> str:
    return postgres.database(f"lake-{next(numbers)}")


@pytest.fixture
def ours(tmp_path, uri, warehouse):
    return open_ours(tmp_path, uri, warehouse)


def open_ours(directory, uri, warehouse):
    return OurCatalog(directory, type="sql", uri=uri, warehouse=f"file://{warehouse}")


def pyiceberg(uri: str, warehouse: Path) -> SqlCatalog:
    return SqlCatalog("frazil", uri=uri.replace("postgresql://", "postgresql+psycopg2://"),
                      warehouse=f"file://{warehouse}")


def test_pyiceberg_opens_what_we_made(ours, uri, warehouse):
    ours("create-namespace", "db")
    created = ours("create-table", "db.weather", PARTITIONED)
    theirs = pyiceberg(uri, warehouse)
    assert theirs.list_namespaces() == [("db",)]
    assert theirs.list_tables("db") == [("db", "weather")]
    table = theirs.load_table("db.weather")
    assert table.metadata_location == created["metadata-location"]
    assert table.location() == f"file://{warehouse}/db/weather"


def test_both_append_in_turn(ours, uri, warehouse):
    ours("create-namespace", "db")
    ours("create-table", "db.weather", WEATHER)
    table = pyiceberg(uri, warehouse).load_table("db.weather")
    ours.append("db.weather", write_data_file(table, "one", ROWS))
    table = table.refresh()
    assert rows_of(table) == ROWS
    table.append(table.scan().to_arrow().slice(0, 1))
    ours.append("db.weather", write_data_file(table, "two", MORE))
    assert [row["id"] for row in rows_of(table.refresh())] == [1, 1, 2, 3]


def test_we_open_what_pyiceberg_made(ours, uri, warehouse):
    theirs = pyiceberg(uri, warehouse)
    theirs.create_namespace("db.inner", {"comment": "theirs"})
    table = theirs.create_table("db.inner.t", SIMPLE)
    assert ours("list-namespaces") == [["db"], ["db", "inner"]]
    assert ours("list-tables", "db.inner") == ["db.inner.t"]
    assert ours("load", "db.inner.t")["metadata-location"] == table.metadata_location
    ours.append("db.inner.t", write_data_file(table, "one", [{"id": 1, "city": "Oslo"}]))
    assert rows_of(table.refresh()) == [{"id": 1, "city": "Oslo"}]
    assert ours.error("create-namespace", "db.inner").startswith("already exists: ")
    assert ours.error("load", "db.inner.u").startswith("not found: ")


@contextmanager
def reference(data: Path, postgres, uri: str, warehouse: Path):
    """The reference's JdbcCatalog on that database, behind its REST server."""
    script = Path(__file__).resolve().parent.parent.parent / "dev" / "rest-catalog"
    database = f"jdbc:postgresql://127.0.0.1:{postgres.port}/{uri.rsplit('/', 1)[1]}?user=frazil&password=password"
    try:
        address = subprocess.check_output([script, "start", "--data", data, "--port", "free", "--database", database,
                                           "--warehouse", warehouse], text=True).strip()
        yield load_catalog("theirs", type="rest", uri=address)
    finally:
        subprocess.run([script, "stop", "--data", data], check=True)


def test_the_reference_and_we_work_side_by_side(tmp_path, postgres, uri, warehouse):
    ours = OurCatalog(tmp_path, type="sql", uri=uri, warehouse=f"file://{warehouse}", name="rest_backend")
    ours("create-namespace", "db")
    created = ours("create-table", "db.weather", PARTITIONED)
    with reference(tmp_path / "server", postgres, uri, warehouse) as theirs:
        assert theirs.load_table("db.weather").metadata_location == created["metadata-location"]
        theirs.create_namespace("java")
        table = theirs.create_table("java.weather", SIMPLE)
        assert table.location() == f"file://{warehouse}/java/weather", "which is where we would have put it"
        ours.append("java.weather", write_data_file(table, "one", [{"id": 1, "city": "Oslo"}]))
        table = table.refresh()
        assert rows_of(table) == [{"id": 1, "city": "Oslo"}]
        table.append(table.scan().to_arrow())
        assert ours("load", "java.weather")["metadata"]["snapshots"][-1]["summary"]["total-records"] == "2"
        assert ours("list-namespaces") == [["db"], ["java"]]


def test_of_rivals_each_is_in_once(ours, uri, warehouse):
    """Four of our processes and PyIceberg append at the same time."""
    ours("create-namespace", "db")
    ours("create-table", "db.weather", WEATHER)
    table = pyiceberg(uri, warehouse).load_table("db.weather")
    files = [write_data_file(table, f"file-{i}", [{"id": i, "city": None, "at": None}]) for i in range(8)]
    with ThreadPoolExecutor(5) as pool:
        theirs = pool.submit(append_by_pyiceberg, lambda: pyiceberg(uri, warehouse).load_table("db.weather"), 3)
        list(pool.map(lambda file: ours.append("db.weather", file), files))
        appended = theirs.result()
    assert [row["id"] for row in rows_of(table.refresh())] == list(range(8)) + [100] * appended
    assert ours("commit-stale", "db.weather") == "commit conflict"


@pytest.mark.parametrize("again", range(10))  # which error the second one gets is a matter of chance
def test_tables_that_two_make_at_once(tmp_path, uri, warehouse, again):
    """Of many first openings each finds the tables that one of them has made."""
    catalogs = [open_ours(tmp_path, uri, warehouse) for _ in range(8)]
    with ThreadPoolExecutor(8) as pool:
        assert list(pool.map(lambda catalog: catalog("list-namespaces"), catalogs)) == [[]] * 8


def test_a_user_who_may_not_write(postgres, uri, ours, tmp_path, warehouse):
    ours("create-namespace", "db")
    ours("create-table", "db.weather", WEATHER)
    database, user = uri.rsplit("/", 1)[1], f"reader-{next(numbers)}"
    postgres.sql(f"""CREATE USER "{user}" PASSWORD 'words'""")
    postgres.sql(f'GRANT SELECT ON iceberg_tables, iceberg_namespace_properties TO "{user}"', database)
    reader = open_ours(tmp_path, postgres.uri(database, user, "words"), warehouse)
    assert reader("list-tables", "db") == ["db.weather"]
    refused = reader.error("set-property", "db.weather", "a", "b")
    assert refused.startswith("unauthorized: ") and "Grant the user" in refused


@pytest.mark.parametrize("what", ["password", "user", "database"])
def test_what_the_server_refuses_is_said_without_the_password(postgres, tmp_path, warehouse, what):
    good = {"user": "frazil", "password": "password", "database": "frazil"}
    bad = {"user": "nobody", "password": WRONG, "database": "none"}[what]
    uri = postgres.uri(**good | {what: bad, "password": WRONG if what == "password" else "password"})
    said = open_ours(tmp_path, uri, warehouse).error("list-namespaces")
    kind = "invalid argument" if what == "database" else "unauthorized"
    place = f"postgresql://127.0.0.1:{postgres.port}/{'none' if what == 'database' else 'frazil'}"
    assert said.startswith(f"{kind}: Failed to connect to catalog at {place}: "), said
    assert WRONG not in said and ":password@" not in said


def test_no_password_at_all(postgres, tmp_path, warehouse):
    said = open_ours(tmp_path, postgres.address, warehouse).error("list-namespaces")
    assert said.startswith("unauthorized: ") and "PGPASSWORD" in said
    ours = OurCatalog(tmp_path, {"PGPASSWORD": "password"}, type="sql", uri=postgres.address,
                      warehouse=f"file://{warehouse}")
    assert ours("list-namespaces") == []


def test_tls(postgres, uri, tmp_path, warehouse):
    """libpq's modes: with the right authority and name, with another authority, and where the name is not in it."""
    authority = postgres.data / "tls" / "ca.pem"

    def asked(host: str, **parameters):
        query = "&".join(f"{key}={value}" for key, value in parameters.items())
        return open_ours(tmp_path, f"{uri.replace('127.0.0.1', host)}?{query}", warehouse)

    assert asked("localhost", sslmode="verify-full", sslrootcert=authority)("list-namespaces") == []
    assert asked("127.0.0.1", sslmode="require")("list-namespaces") == []
    other = tmp_path / "other.pem"
    subprocess.run(["openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-subj", "/CN=other", "-keyout",
                    tmp_path / "other.key", "-out", other], check=True, capture_output=True)
    assert "certificate verify failed" in asked("localhost", sslmode="verify-ca", sslrootcert=other).error("list-namespaces")
    elsewhere = asked("db.example.com", hostaddr="127.0.0.1", sslmode="verify-full", sslrootcert=authority)
    assert "does not match host name" in elsewhere.error("list-namespaces")
    with socket.create_server(("127.0.0.1", 0)) as plain:
        threading.Thread(target=lambda: plain.accept()[0].close(), daemon=True).start()
        nowhere = f"postgresql://u:{WRONG}@127.0.0.1:{plain.getsockname()[1]}/d?sslmode=require"
        said = open_ours(tmp_path, nowhere, warehouse).error("list-namespaces")
    assert said.startswith("unavailable: ") and WRONG not in said


class CuttingProxy(TcpProxy):
    """Ends a connection once what passes to the server holds `word`: before that gets there, or after it did and before
    the answer gets back."""

    def __init__(self, upstream: str, word: bytes, *, after: bool):
        self.word, self.after, self.met = word, after, 0
        super().__init__(upstream)

    def pour(self, source, sink) -> None:
        try:
            while data := source.recv(65536):
                if self.met:
                    continue  # the answer
                if self.word in data:
                    self.met += 1
                    if self.after:
                        sink.sendall(data)
                        time.sleep(0.5)
                    self.cut()
                    return
                sink.sendall(data)
        except OSError:
            pass
        finally:
            end(source)
            end(sink)


@pytest.mark.parametrize("after", [False, True])
def test_a_commit_whose_answer_is_lost(ours, uri, postgres, tmp_path, warehouse, after):
    """Nobody knows what became of it: the metadata file stays."""
    ours("create-namespace", "db")
    ours("create-table", "db.weather", WEATHER)
    proxy = CuttingProxy(f"127.0.0.1:{postgres.port}", b"UPDATE iceberg_tables", after=after)
    behind = open_ours(tmp_path, uri.replace(f":{postgres.port}/", f":{proxy.port}/") + "?sslmode=disable", warehouse)
    said = behind.error("set-property", "db.weather", "a", "b")
    assert said.startswith("commit state unknown: ") and "\n" not in said, said
    assert proxy.met == 1
    assert ("a" in ours("load", "db.weather")["metadata"]["properties"]) == after
    assert len(list(warehouse.glob("db/weather/metadata/*.metadata.json"))) == 2
    proxy.close()


def test_a_lock_is_waited_for(ours, uri, postgres):
    ours("create-namespace", "db")
    ours("create-table", "db.weather", WEATHER)
    connection = postgres.connect(uri.rsplit("/", 1)[1])
    connection.autocommit = False
    with connection.cursor() as cursor, ThreadPoolExecutor(1) as pool:
        cursor.execute("SELECT * FROM iceberg_tables FOR UPDATE")
        setting = pool.submit(ours, "set-property", "db.weather", "a", "b")
        with pytest.raises(TimeoutError):
            setting.result(1.5)
        connection.rollback()
        assert setting.result(20)["metadata"]["properties"]["a"] == "b"
    connection.close()
