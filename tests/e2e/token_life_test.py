"""Tokens and keys that live for seconds: each is renewed before it ends, and nobody has to refuse it first."""

import os
import time

import pytest
from pipelines import Pipeline, stop, values, wait_for_log
from pyiceberg.catalog import load_catalog
from token_server import GuardedCatalog, GuardedStore, TokenServer

CLIENT, SECRET = "feeder", "a-secret-of-the-client"
LIFE = 8
KAFKA_LIFE = 15  # less than a second after a login librdkafka would come again, which Kafka refuses


@pytest.fixture
def tokens():
    server = TokenServer(CLIENT, SECRET, LIFE)
    yield server
    server.close()


class LentPipeline(Pipeline):
    """Its catalog wants tokens and lends keys; other readers go to the servers behind the guards."""

    def __init__(self, frazil, kafka, directory, topic, catalog: GuardedCatalog, store: GuardedStore, real, **sink):
        self.real, self.minio, self.namespace = real, catalog.minio, topic.replace("-", "_")
        rest = {"uri": catalog.address, "credential": f"{CLIENT}:{SECRET}",
                "properties": {"oauth2-server-uri": catalog.tokens.url}}
        super().__init__(frazil, kafka, directory, topic, namespace=self.namespace,
                         catalog={"type": "rest", "rest": rest},
                         s3={"endpoint": store.address, "region": "us-east-1", "path_style_access": True}, **sink)

    def table(self):
        return load_catalog("real", type="rest", uri=self.real.address, **self.minio.properties()).load_table(
            f"{self.namespace}.events")


@pytest.fixture
def guards(rest_catalog_s3, minio, tokens):
    catalog = GuardedCatalog(rest_catalog_s3.address, tokens, minio, LIFE)
    store = GuardedStore(catalog)
    yield catalog, store
    store.close()
    catalog.close()


@pytest.fixture
def lent_pipeline(frazil, kafka, tmp_path, rest_catalog_s3, guards):
    return lambda topic, **sink: LentPipeline(frazil, kafka, tmp_path, topic, *guards, rest_catalog_s3, **sink)


def feed_until(p: Pipeline, placed: list, enough) -> None:
    """Records come, and rows with them, until `enough()` is true."""
    while not enough():
        placed += p.kafka.produce(p.topic, values(100, first=len(placed)))
        p.wait_for_rows(len(placed), timeout=60)


def over(ends: dict[str, float]) -> bool:
    """The first of them has ended long ago: who had gone on with it would have been refused."""
    return bool(ends) and time.time() > min(ends.values()) + LIFE + 2


def test_tokens_and_keys_are_renewed_before_they_end(kafka, lent_pipeline, guards):
    catalog, store = guards
    p = lent_pipeline(kafka.create_topic())
    placed = kafka.produce(p.topic, values(100))
    process = p.start()
    feed_until(p, placed, lambda: over(catalog.tokens.ends) and over(catalog.ends))
    assert stop(process) == 0, p.logs()
    assert (catalog.refused, store.refused) == ([], []), p.logs()
    assert "starts again" not in p.logs()
    p.check_exactly_once(placed)


def test_a_file_is_closed_before_its_keys_end(kafka, lent_pipeline, guards):
    """A commit would be due in an hour; but a file is open that nobody could close then."""
    _, store = guards
    p = lent_pipeline(kafka.create_topic(), flush_interval_secs=3600, batch_size=100_000_000, target_file_size_mb=1024)
    p.config["pipelines"][p.topic] |= {"memory_limit_mb": 160, "lanes": 1}
    p.write_config()
    placed = kafka.produce(p.topic, values(10))
    process = p.start()
    p.wait_for_rows(10)  # the first commit does not wait
    # Far more than a row group, which nothing makes smaller.
    placed += kafka.produce(p.topic, (f'{{"id": {i}, "noise": "{os.urandom(500).hex()}"}}' for i in range(60_000)))
    p.wait_for_rows(len(placed), timeout=120)
    assert stop(process) == 0, p.logs()
    assert store.refused == [], p.logs()
    assert "starts again" not in p.logs()
    p.check_exactly_once(placed)


@pytest.mark.slow
def test_keys_that_end_while_the_catalog_is_away_are_no_reason_to_stop(kafka, lent_pipeline, guards):
    """What the store refuses then may pass: the pipeline begins again until there are new ones."""
    catalog, store = guards
    p = lent_pipeline(kafka.create_topic())
    placed = kafka.produce(p.topic, values(100))
    process = p.start()
    p.wait_for_rows(100)
    catalog.tokens.away = True
    catalog.down()
    time.sleep(max(*catalog.ends.values(), *catalog.tokens.ends.values()) + 1 - time.time())
    placed += kafka.produce(p.topic, values(100, first=100))
    wait_for_log(p, "the credentials that the catalog lent have ended")
    wait_for_log(p, "it starts again in")
    assert store.refused
    catalog.up()
    wait_for_log(p, "gave no token for client")
    assert process.poll() is None, p.logs()
    catalog.tokens.away = False
    p.wait_for_rows(len(placed), timeout=120)
    assert stop(process) == 0, p.logs()
    p.check_exactly_once(placed)


@pytest.mark.slow
@pytest.mark.parametrize("door", ["native", "librdkafka"])
def test_kafka_tokens_are_renewed_before_they_end(frazil, sasl_kafka, tmp_path, tokens, door):
    tokens.life = KAFKA_LIFE
    p = Pipeline(frazil, sasl_kafka, tmp_path, sasl_kafka.create_topic())
    p.source["fetch"] = door
    p.source["security"] = {"protocol": "SASL_PLAINTEXT", "mechanism": "OAUTHBEARER"}
    p.source["properties"] |= {"sasl.oauthbearer.method": "oidc", "sasl.oauthbearer.token.endpoint.url": tokens.url,
                               "sasl.oauthbearer.client.id": CLIENT, "sasl.oauthbearer.client.secret": SECRET}
    p.write_config()
    placed = sasl_kafka.produce(p.topic, values(100))
    process = p.start()
    feed_until(p, placed, lambda: over(tokens.ends))
    assert " warning " not in p.logs() and "native path does not know" not in p.logs()
    # The server of tokens is away for longer than the last of them lives.
    tokens.away = True
    while time.time() < max(tokens.ends.values()) + 2:
        placed += sasl_kafka.produce(p.topic, values(10, first=len(placed)))
        time.sleep(1)
    assert process.poll() is None, p.logs()
    tokens.away = False
    placed += sasl_kafka.produce(p.topic, values(100, first=len(placed)))
    p.wait_for_rows(len(placed), timeout=120)
    assert stop(process) == 0, p.logs()
    p.check_exactly_once(placed)
