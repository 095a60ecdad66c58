"""From Kafka into tables of a catalog in Postgres: exactly once, also while the server goes away and comes back."""

import pytest
from pipelines import Pipeline, stop, values, wait_for_log
from pyiceberg.catalog.sql import SqlCatalog
from servers import Postgres, distinct_numbers

numbers = distinct_numbers()
WRONG = "a-password-that-nobody-knows"


class PostgresPipeline(Pipeline):
    def __init__(self, frazil, kafka, directory, topic, postgres, **sink):
        self.uri = postgres.database(f"pipeline-{next(numbers)}")
        catalog = {"type": "sql", "sql": {"uri": self.uri.replace(":password@", "@"), "password": "${DATABASE_PASSWORD}",
                                          "warehouse": f"file://{directory}/warehouse"}}
        super().__init__(frazil, kafka, directory, topic, catalog=catalog, **sink)

    def catalog(self):
        return SqlCatalog("frazil", uri=self.uri.replace("postgresql://", "postgresql+psycopg2://"),
                          warehouse=f"file://{self.warehouse}")


@pytest.fixture
def own_postgres(servers):
    """A server that a test may stop."""
    server = servers(Postgres, "postgres")
    yield server
    server.start()


def test_rows_are_read_back_by_pyiceberg(frazil, kafka, postgres, tmp_path, monkeypatch):
    monkeypatch.setenv("DATABASE_PASSWORD", "password")
    topic = kafka.create_topic(partitions=2)
    placed = kafka.produce(topic, values(2500))
    p = PostgresPipeline(frazil, kafka, tmp_path, topic, postgres)
    p.run_once()
    p.check_exactly_once(placed)
    placed += kafka.produce(topic, values(500, 2500))
    p.run_once()
    p.check_exactly_once(placed)
    checked = frazil.run("check", "-c", p.config_file)
    assert f"SQL catalog 'frazil' at postgresql://127.0.0.1:{postgres.port}/" in checked.stdout
    assert "offsets of pipeline" in checked.stdout
    verified = frazil.run("verify", "-c", p.config_file)
    assert verified.returncode == 0


def test_a_server_that_goes_away_and_comes_back(frazil, kafka, own_postgres, tmp_path, monkeypatch):
    monkeypatch.setenv("DATABASE_PASSWORD", "password")
    topic = kafka.create_topic()
    placed = kafka.produce(topic, values(500))
    p = PostgresPipeline(frazil, kafka, tmp_path, topic, own_postgres)
    process = p.start()
    p.wait_for_rows(500, timeout=60)
    own_postgres.stop()
    placed += kafka.produce(topic, values(500, 500))
    wait_for_log(p, "cannot commit to db.events")
    own_postgres.start()
    p.wait_for_rows(1000, timeout=60)
    # Sessions that an operator ends are made anew, without a word.
    own_postgres.sql("SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE application_name = 'frazil'")
    placed += kafka.produce(topic, values(500, 1000))
    p.wait_for_rows(1500, timeout=60)
    assert stop(process) == 0, p.logs()
    p.check_exactly_once(placed)
    assert "password" not in p.logs()


def test_a_wrong_password_ends_the_pipeline(frazil, kafka, postgres, tmp_path, monkeypatch):
    monkeypatch.setenv("DATABASE_PASSWORD", WRONG)
    topic = kafka.create_topic()
    p = PostgresPipeline(frazil, kafka, tmp_path, topic, postgres)
    done = p.run_once(check=False)
    assert done.returncode == 1
    assert "Failed to connect to catalog at postgresql://127.0.0.1" in done.stderr
    assert "password authentication failed" in done.stderr
    assert WRONG not in done.stdout + done.stderr
