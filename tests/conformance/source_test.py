"""The Kafka source against a real broker: the tests of src/source that need one."""

import os
import re
import subprocess

import pytest
from conftest import ROOT, Kafka

USER, PASSWORD = "reader", "read-only-words"


@pytest.fixture(scope="module")
def sasl_kafka(servers) -> Kafka:
    return servers(Kafka, "kafka", "--sasl", f"{USER}:{PASSWORD}")


def run_unit_tests(which: str, **env: str) -> str:
    program = ROOT / "build" / "source_test"
    if not program.exists():
        pytest.fail(f"{program} is missing: run make build", pytrace=False)
    done = subprocess.run([program, f"--gtest_filter={which}", "--gtest_brief=1"], env=os.environ | env, text=True,
                          capture_output=True, timeout=300)
    output = done.stdout + done.stderr
    assert done.returncode == 0, output
    assert not re.search(r"\bSKIPPED\b", output), output
    passed = re.search(r"PASSED\s+\] (\d+) test", output)
    assert passed and int(passed[1]) > 0, output
    return output


def test_every_promise_holds_on_a_real_broker(kafka):
    run_unit_tests("On/KafkaSourceTest.*/real*", FRAZIL_TEST_BROKERS=kafka.address)


def test_transactions_compaction_deleted_records_and_groups(kafka):
    run_unit_tests("*/RealBrokerTest.*", FRAZIL_TEST_BROKERS=kafka.address)


def test_wrong_credentials_are_named_and_no_secret_is_printed(sasl_kafka):
    output = run_unit_tests("*/SaslBrokerTest.*", FRAZIL_TEST_SASL_BROKERS=f"{USER}:{PASSWORD}@{sasl_kafka.address}")
    assert PASSWORD not in output
    assert "wrong-words" not in output
