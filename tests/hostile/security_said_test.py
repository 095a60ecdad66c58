"""A listener that wants something else than was configured: the error says what to set."""

import socket
import ssl
import subprocess
import threading

import pytest
from pipelines import Pipeline
from servers import SaslKafka

SASL = {"security.protocol": "SASL_PLAINTEXT", "sasl.mechanism": "PLAIN", "sasl.username": "reader",
        "sasl.password": "read-only-words"}


def said(frazil, kafka, tmp_path, brokers: str, fetch: str, **properties) -> str:
    p = Pipeline(frazil, kafka, tmp_path, "topic")
    p.source.update(brokers=brokers, fetch=fetch, properties=properties)
    p.write_config()
    done = p.run_once(check=False)
    assert done.returncode == 1
    return [line for line in done.stderr.splitlines() if line.startswith("Error")][-1]


@pytest.mark.slow  # a connection that just ends may be made again for 15 s
@pytest.mark.parametrize("fetch", ["native", "librdkafka"])
def test_no_name_where_one_is_wanted(frazil, kafka, sasl_kafka, tmp_path, fetch):
    error = said(frazil, kafka, tmp_path, sasl_kafka.address, fetch)
    assert "set security.protocol to SASL_PLAINTEXT, sasl.mechanism, sasl.username and sasl.password" in error


def test_a_password_that_is_not_right(frazil, kafka, sasl_kafka, tmp_path):
    error = said(frazil, kafka, tmp_path, sasl_kafka.address, "native", **SASL | {"sasl.password": "wrong-words"})
    assert "Check sasl.username, sasl.password" in error and "wrong-words" not in error


@pytest.fixture(scope="module")
def plain_kafka(shared) -> SaslKafka:
    """It offers one mechanism."""
    return shared(SaslKafka, "kafka", "reader", "read-only-words", "--mechanisms", "PLAIN")


@pytest.mark.parametrize("fetch", ["native", "librdkafka"])
def test_a_mechanism_that_is_not_offered(frazil, kafka, plain_kafka, tmp_path, fetch):
    error = said(frazil, kafka, tmp_path, plain_kafka.address, fetch, **SASL | {"sasl.mechanism": "SCRAM-SHA-512"})
    assert "mechanisms: PLAIN" in error and "Check sasl.username, sasl.password and sasl.mechanism" in error


@pytest.mark.slow
@pytest.mark.parametrize("properties", [{"security.protocol": "SSL"}, SASL | {"security.protocol": "SASL_SSL"}],
                         ids=["SSL", "SASL_SSL"])
def test_tls_where_there_is_none(frazil, kafka, tmp_path, properties):
    error = said(frazil, kafka, tmp_path, kafka.address, "native", **properties)
    assert "TLS" in error and "set security.protocol to PLAINTEXT or SASL_PLAINTEXT" in error


@pytest.mark.slow
def test_no_tls_where_it_is_wanted(frazil, kafka, tmp_path):
    key = tmp_path / "key.pem"
    subprocess.run(["openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-keyout", key, "-out", key, "-subj",
                    "/CN=localhost", "-days", "1"], check=True, capture_output=True)
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(key)
    listener = socket.create_server(("127.0.0.1", 0))

    def serve():
        while True:
            client, _ = listener.accept()
            try:
                context.wrap_socket(client, server_side=True)
            except OSError:
                client.close()

    threading.Thread(target=serve, daemon=True).start()
    error = said(frazil, kafka, tmp_path, f"127.0.0.1:{listener.getsockname()[1]}", "native")
    assert "set security.protocol to SSL or SASL_SSL" in error
