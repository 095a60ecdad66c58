"""The Kafka source against a real broker: the tests of src/source that need one."""

import json
import os
import re
import subprocess

import pytest
from paths import BUILD
from servers import Kafka

USER, PASSWORD = "reader", "read-only-words"


@pytest.fixture(scope="module")
def sasl_kafka(servers) -> Kafka:
    return servers(Kafka, "kafka", "--sasl", f"{USER}:{PASSWORD}")


def run_unit_tests(which: str, **env: str) -> str:
    program = BUILD / "source_test"
    if not program.exists():
        pytest.fail(f"{program} is missing: run make build-test", pytrace=False)
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


def security(kafka: Kafka, **properties: str) -> dict[str, str]:
    """The environment of the unit tests for a broker whose clients need these; dots are written as underscores."""
    text = ";".join(f"{key.replace('_', '.')}={value}" for key, value in properties.items())
    return {"FRAZIL_TEST_BROKERS": kafka.address, "FRAZIL_TEST_BROKER_PROPERTIES": text}


READS = "On/KafkaSourceTest.ReadsEveryPartitionWithoutAHole/real*"


@pytest.mark.parametrize("mechanism", ["PLAIN", "SCRAM-SHA-256", "SCRAM-SHA-512"])
def test_both_doors_authenticate(sasl_kafka, mechanism):
    output = run_unit_tests(READS, **security(sasl_kafka, security_protocol="SASL_PLAINTEXT", sasl_mechanism=mechanism,
                                              sasl_username=USER, sasl_password=PASSWORD))
    assert "native path does not know" not in output


def test_both_doors_bear_a_token(sasl_kafka):
    env = security(sasl_kafka, security_protocol="SASL_PLAINTEXT", sasl_mechanism="OAUTHBEARER",
                   enable_sasl_oauthbearer_unsecure_jwt="true", sasl_oauthbearer_config=f"principal={USER}")
    assert "native path does not know" not in run_unit_tests(READS, **env)


def test_both_doors_speak_tls(servers):
    kafka = servers(Kafka, "kafka", "--tls", "--sasl", f"{USER}:{PASSWORD}")
    tls = kafka.data / "tls"
    certain = {"security_protocol": "SASL_SSL", "sasl_mechanism": "SCRAM-SHA-256", "sasl_username": USER,
               "sasl_password": PASSWORD, "ssl_ca_location": str(tls / "ca.pem")}
    mutual = certain | {"ssl_certificate_location": str(tls / "client.pem"), "ssl_key_location": str(tls / "client.key")}
    for properties in (certain, mutual):
        output = run_unit_tests(READS, **security(kafka, **properties))
        assert "native path does not know" not in output
    run_unit_tests("TlsBrokerTest.*", FRAZIL_TEST_TLS_BROKER=f"{USER}:{PASSWORD}@{kafka.address}",
                   FRAZIL_TEST_TLS_DIR=str(tls))


def test_both_doors_are_known_by_their_certificate(servers, frazil, tmp_path):
    kafka = servers(Kafka, "kafka", "--tls")
    tls = kafka.data / "tls"
    ours = {"ssl_certificate_location": str(tls / "client.pem"), "ssl_key_location": str(tls / "client.key")}
    output = run_unit_tests(READS, **security(kafka, security_protocol="SSL", ssl_ca_location=str(tls / "ca.pem"),
                                              **ours))
    assert "native path does not know" not in output

    def check(**keys: str):
        config = tmp_path / "client.yaml"
        config.write_text(json.dumps({"version": "1.0", "sources": {"in": {"connector": "kafka", "config": {
            "brokers": kafka.address, "topics": ["t"], "security": {"protocol": "SSL", **keys}}}}}))
        done = frazil.run("check", "-c", config, check=False, env={"SSL_CERT_FILE": str(tls / "ca.pem")}, timeout=60)
        assert done.returncode == 3  # there is no such topic
        return done.stdout + done.stderr

    assert "certificate" in check(ca_location=str(tls / "ca.pem"))
    ours = {"certificate_location": str(tls / "client.pem"), "key_location": str(tls / "client.key")}
    assert "ok    source in: brokers" in check(ca_location=str(tls / "ca.pem"), **ours)
    # An authority of the system's, which OpenSSL finds by itself: the program's own, not one that a library brought.
    assert "ok    source in: brokers" in check(**ours)
