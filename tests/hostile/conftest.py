"""Pipelines whose catalog, token server and storage can turn hostile."""

import contextlib

import pytest
from hostile.kit import Before, Listener
from pipelines import Pipeline, values
from pyiceberg.catalog import load_catalog


class HostilePipeline(Pipeline):
    """Feeds a table of Iceberg's REST catalog in local files. Other readers go to the catalog itself; the program comes
    through `catalog_proxy`, whose rules say what else it is answered. Limits are small, so that they are soon met."""

    def __init__(self, frazil, kafka, directory, topic, real, **sink):
        self.real, self.namespace = real, topic.replace("-", "_")
        self.catalog_proxy = Before(real.address)
        super().__init__(frazil, kafka, directory, topic, namespace=self.namespace,
                         catalog={"type": "rest", "rest": {"uri": self.catalog_proxy.address}}, **sink)
        self.config["limits"] = {"http_reply_mb": 4, "http_timeout_secs": 10}
        self.write_config()

    @contextlib.contextmanager
    def in_a_hurry(self):
        """Requests have three seconds, in which a real server that is busy may not answer."""
        self.config["limits"]["http_timeout_secs"] = 3
        self.write_config()
        yield
        self.config["limits"]["http_timeout_secs"] = 10
        self.write_config()

    @property
    def rest(self) -> dict:
        return self.sink["catalog"]["rest"]

    def catalog(self):
        return load_catalog("real", type="rest", uri=self.real.address)

    def table(self):
        return self.catalog().load_table(f"{self.namespace}.events")


@pytest.fixture
def pipeline(frazil, kafka, tmp_path):
    """make(topic, **sink settings): a pipeline whose catalog is a file."""
    return lambda topic, **sink: Pipeline(frazil, kafka, tmp_path, topic, **sink)


@pytest.fixture
def hostile_pipeline(frazil, kafka, rest_catalog, tmp_path):
    """make(count of records, **sink settings): a pipeline over a topic of its own, and where its records are."""
    with contextlib.ExitStack() as made:
        def make(count: int = 100, **sink):
            topic = kafka.create_topic()
            p = HostilePipeline(frazil, kafka, tmp_path, topic, rest_catalog, **sink)
            made.callback(p.catalog_proxy.close)
            p.placed = kafka.produce(topic, values(count))
            return p
        yield make


@pytest.fixture
def bearer_pipeline(frazil, sasl_kafka, tmp_path):
    """make(URL of a token server): a pipeline that shows its broker a token."""
    def make(tokens: str):
        p = Pipeline(frazil, sasl_kafka, tmp_path, sasl_kafka.create_topic())
        p.source["security"] = {"protocol": "SASL_PLAINTEXT", "mechanism": "OAUTHBEARER"}
        p.source["properties"] |= {
            "sasl.oauthbearer.method": "oidc", "sasl.oauthbearer.token.endpoint.url": tokens,
            "sasl.oauthbearer.client.id": "feeder", "sasl.oauthbearer.client.secret": "a-client-secret-of-the-user-0815"}
        p.config["limits"] = {"http_timeout_secs": 3}
        p.write_config()
        return p
    return make


@pytest.fixture
def listener():
    """make(effect): a server of its own that keeps what it hears."""
    with contextlib.ExitStack() as made:
        def make(answer=None):
            server = Listener(answer)
            made.callback(server.close)
            return server
        yield make
