"""Stores that answer wrongly: what is read of a table says so, within its memory, and nothing is believed of a length
that is only told."""

import re

import pytest
from fault.proxy import Exchange, Message
from hostile import effects
from hostile.kit import Before, run
from pipelines import Pipeline, values
from pyiceberg.catalog import load_catalog

MEMORY = 400  # MB


@pytest.fixture
def store_pipeline(frazil, kafka, rest_catalog_s3, minio, tmp_path):
    """A pipeline with 100 rows in its table, whose store is reached through `store`."""
    topic = kafka.create_topic()
    store = Before(minio.address)
    keys = minio.environment()
    p = Pipeline(frazil, kafka, tmp_path, topic, namespace=topic.replace("-", "_"),
                 catalog={"type": "rest", "rest": {"uri": rest_catalog_s3.address}},
                 s3={"endpoint": store.address, "region": keys["AWS_REGION"], "path_style_access": True,
                     "access_key_id": keys["AWS_ACCESS_KEY_ID"], "secret_access_key": keys["AWS_SECRET_ACCESS_KEY"]})
    p.store = store
    p.table = lambda: load_catalog("real", type="rest", uri=rest_catalog_s3.address,
                                   **minio.properties()).load_table(f"{p.sink['namespace']}.events")
    p.placed = kafka.produce(topic, values(100))
    p.run_once()
    yield p
    store.close()


def told_length(length: int):
    """What is asked for its length says that it is so long."""
    def effect(exchange: Exchange) -> None:
        reply = exchange.forward()
        head = re.sub(rb"(?i)(\r\ncontent-length:)[^\r\n]*", rb"\g<1> %d" % length, reply.head)
        exchange.reply(Message(head, b""))
    return effect


# method, path and effect; what is said
STORES = {
    "length": ("HEAD", r"snap-.*\.avro", told_length(1 << 62)),
    "manifest_length": ("HEAD", r"-m\d+\.avro", told_length(1 << 40)),
    "endless": ("GET", r"\.avro", effects.endless_body()),
    "endless_headers": ("GET", r"\.avro", effects.endless_headers),
    "html": ("GET", r"\.avro", effects.html()),
    "cut": ("GET", r"\.avro", effects.cut),
}


@pytest.mark.parametrize("kind", STORES)
def test_a_stores_answer(store_pipeline, frazil, kafka, kind):
    method, path, effect = STORES[kind]
    p = store_pipeline
    p.store.rule(effect, method, path, times=None)
    done = run(frazil, "verify", "-c", p.config_file)
    assert done.code in (1, 3), done.text
    assert re.search(path, done.text), f"does not say which file it is about\n{done.text}"
    assert done.peak_mb < MEMORY
    p.store.clear()
    p.placed += kafka.produce(p.topic, values(100, 100))
    p.run_once()
    run(frazil, "verify", "-c", p.config_file).expect(0)
    p.check_exactly_once(p.placed)
