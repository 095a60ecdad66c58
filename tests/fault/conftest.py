"""Fixtures of the faults: pipelines behind proxies, a broker behind one, and the oracle's word for the page."""

import contextlib

import oracle
import pytest
from harness import LakePipeline, last_error
from pipelines import Pipeline


@pytest.fixture
def pipeline(frazil, kafka, rest_catalog_s3, minio, tmp_path):
    """make(topic, broker, **sink settings)"""
    with contextlib.ExitStack() as made:
        def make(topic, broker=kafka, **sink):
            p = LakePipeline(frazil, broker, tmp_path, topic, rest_catalog_s3, minio, **sink)
            made.callback(p.close)
            return p
        yield make


@pytest.fixture
def local_pipeline(frazil, kafka, tmp_path):
    """The same with its catalog in a SQLite file and its tables in a directory, without proxies."""
    return lambda topic, **sink: Pipeline(frazil, kafka, tmp_path, topic, **sink)


@pytest.fixture
def settle(record_property):
    """settle(pipeline, expected): asks the oracle, and keeps what it found for the page of faults."""
    def ask(p, expected, foreign: int = 0, note: str = "") -> str:
        found = "; ".join(filter(None, [note, oracle.check(p, expected, foreign)]))
        record_property("happened", found)
        return found
    return ask


@pytest.fixture
def stopped(record_property):
    """stopped(log): keeps the error that the log ends with for the page of faults, and returns it."""
    def tell(log: str) -> str:
        error = last_error(log)
        record_property("happened", f"stopped: “{error}”")
        return error
    return tell
