"""The Kafka source against a real broker: the tests of src/source that need one."""

import json
import os
import re
import subprocess

import pytest
import unit_results
from paths import BUILD
from servers import Kafka

PROGRAM = BUILD / "source_test"
USER, PASSWORD = "reader", "read-only-words"  # of the fixture sasl_kafka
LONG = {"LeavesAtAnyMomentOfJoining", "LosesAndRepeatsNothingWhileMembersComeAndGo"}


def run_unit_tests(which: str, **env: str) -> str:
    if not PROGRAM.exists():
        pytest.fail(f"{PROGRAM} is missing: run make build-test", pytrace=False)
    done = subprocess.run([PROGRAM, f"--gtest_filter={which}", "--gtest_brief=1"], text=True, capture_output=True,
                          env=os.environ | unit_results.kept() | env, timeout=300)
    output = done.stdout + done.stderr
    assert done.returncode == 0, output
    assert not re.search(r"\bSKIPPED\b", output), output
    passed = re.search(r"PASSED\s+\] (\d+) test", output)
    assert passed and int(passed[1]) > 0, output
    return output


def of_a_broker(which: str) -> list:
    """The unit tests of that filter, each for itself, so that they run side by side."""
    if not PROGRAM.exists():
        return [which]  # which then says so
    listed = subprocess.run([PROGRAM, f"--gtest_filter={which}", "--gtest_list_tests"], text=True, capture_output=True,
                            check=True).stdout
    names, suite = [], ""
    for line in listed.splitlines():
        name = line.split("#")[0].rstrip()
        if name.startswith("  "):
            names.append(suite + name.strip())
        elif name.endswith("."):
            suite = name
    return [pytest.param(name, marks=pytest.mark.slow if name.split("/")[1].split(".")[-1] in LONG else ())
            for name in names]


@pytest.mark.parametrize("promise", of_a_broker("On/KafkaSourceTest.*/real*"))
def test_every_promise_holds_on_a_real_broker(kafka, promise):
    run_unit_tests(promise, FRAZIL_TEST_BROKERS=kafka.address)


@pytest.mark.parametrize("promise", of_a_broker("*/RealBrokerTest.*"))
def test_transactions_compaction_deleted_records_and_groups(kafka, promise):
    run_unit_tests(promise, FRAZIL_TEST_BROKERS=kafka.address)


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


@pytest.fixture(scope="module")
def sasl_tls_kafka(shared) -> Kafka:
    return shared(Kafka, "kafka", "--tls", "--sasl", f"{USER}:{PASSWORD}")


@pytest.mark.parametrize("mutual", [False, True], ids=["one-sided", "mutual"])
def test_both_doors_speak_tls(sasl_tls_kafka, mutual):
    tls = sasl_tls_kafka.data / "tls"
    properties = {"security_protocol": "SASL_SSL", "sasl_mechanism": "SCRAM-SHA-256", "sasl_username": USER,
                  "sasl_password": PASSWORD, "ssl_ca_location": str(tls / "ca.pem")}
    if mutual:
        properties |= {"ssl_certificate_location": str(tls / "client.pem"), "ssl_key_location": str(tls / "client.key")}
    assert "native path does not know" not in run_unit_tests(READS, **security(sasl_tls_kafka, **properties))


def test_tls_trusts_whom_it_should(sasl_tls_kafka):
    run_unit_tests("TlsBrokerTest.*", FRAZIL_TEST_TLS_BROKER=f"{USER}:{PASSWORD}@{sasl_tls_kafka.address}",
                   FRAZIL_TEST_TLS_DIR=str(sasl_tls_kafka.data / "tls"))


@pytest.fixture(scope="module")
def tls_kafka(shared) -> Kafka:
    """It knows its clients by their certificates."""
    return shared(Kafka, "kafka", "--tls")


def test_both_doors_are_known_by_their_certificate(tls_kafka):
    tls = tls_kafka.data / "tls"
    ours = {"ssl_certificate_location": str(tls / "client.pem"), "ssl_key_location": str(tls / "client.key")}
    output = run_unit_tests(READS, **security(tls_kafka, security_protocol="SSL", ssl_ca_location=str(tls / "ca.pem"),
                                              **ours))
    assert "native path does not know" not in output


@pytest.fixture
def check_tls(tls_kafka, frazil, tmp_path):
    """check(keys of `security`): what `frazil check` says of the broker, whose authority is the system's."""
    def check(**keys: str) -> str:
        config = tmp_path / "client.yaml"
        config.write_text(json.dumps({"version": "1.0", "sources": {"in": {"connector": "kafka", "config": {
            "brokers": tls_kafka.address, "topics": ["t"], "security": {"protocol": "SSL", **keys}}}}}))
        done = frazil.run("check", "-c", config, check=False, env={"SSL_CERT_FILE": str(tls_kafka.data / "tls/ca.pem")})
        assert done.returncode == 3  # there is no such topic
        return done.stdout + done.stderr
    return check


def test_an_authority_is_given_or_the_systems(tls_kafka, check_tls):
    tls = tls_kafka.data / "tls"
    ours = {"certificate_location": str(tls / "client.pem"), "key_location": str(tls / "client.key")}
    assert "ok    source in: brokers" in check_tls(ca_location=str(tls / "ca.pem"), **ours)
    # Which OpenSSL finds by itself: the program's own, not one that a library brought.
    assert "ok    source in: brokers" in check_tls(**ours)


@pytest.mark.slow
def test_without_a_certificate_it_is_said(tls_kafka, check_tls):
    assert "certificate" in check_tls(ca_location=str(tls_kafka.data / "tls/ca.pem"))
