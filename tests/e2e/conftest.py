"""A pipeline of the test's own."""

import pytest
from pipelines import Pipeline, values


@pytest.fixture
def pipeline(frazil, kafka, tmp_path):
    """make(topic, **sink settings): a pipeline of its own."""
    return lambda topic, **sink: Pipeline(frazil, kafka, tmp_path, topic, **sink)


@pytest.fixture
def latest_pipeline(kafka, pipeline):
    """A pipeline with `start: latest` over a topic of its own that holds 100 values already."""
    topic = kafka.create_topic()
    kafka.produce(topic, values(100))
    p = pipeline(topic, schema=[{"name": "id", "type": "long"}, {"name": "name", "type": "string"},
                                {"name": "reading", "type": "double"}])
    p.source["start"] = "latest"
    p.write_config()
    return p
