"""No secret is ever printed: not at the most talkative level, not where all goes well or something fails, not by a crash;
and none comes into the table."""

import base64
import json
import os
import re
import resource
import signal
import subprocess
import urllib.parse
from pathlib import Path

import pytest
from avro_test import encoded, framed, record, register
from glue import SECRET as GLUE_SECRET
from glue_test import GluePipeline
from guarded_registry import GuardedRegistry
from metrics_test import get
from pipelines import stop
from token_life_test import CLIENT, SECRET, LentPipeline
from token_server import GuardedCatalog, GuardedStore, TokenServer

GATEWAY_KEY = "a-key-of-the-gateway-0815"
METRICS_TOKEN = "a-token-of-the-metrics-4711"
REGISTRY_PASSWORD = "a-word-for-schemas-0815"
EVENT = record("Event", id="long")
WRONG = "a-secret-that-nobody-knows"
TALKATIVE = ("--log-level", "trace")


def forms(secret: str) -> set[str]:
    """What a secret may look like: as it is, in a URL, and in the headers and messages that carry it."""
    def packed(text: str) -> str:
        return base64.b64encode(text.encode()).decode().rstrip("=")

    return {secret, urllib.parse.quote(secret, safe=""), packed(secret), packed(f"{CLIENT}:{secret}"),
            packed(f"reader:{secret}"), packed(f"\0reader\0{secret}")}


def shown(text: str, secrets) -> list[str]:
    return [secret for secret in secrets if any(form in text for form in forms(secret))]


def test_the_search_finds_what_it_looks_for():
    header = base64.b64encode(f"{CLIENT}:{SECRET}".encode()).decode()
    for text in (f"password={SECRET}", json.dumps({"a": SECRET}), header):
        assert shown(text, [WRONG, SECRET]) == [SECRET]


@pytest.fixture
def secret_pipeline(frazil, sasl_kafka, tmp_path, rest_catalog_s3, minio, schema_registry):
    """A pipeline with secrets of every kind, of variables and files; all of them work."""
    tokens = TokenServer(CLIENT, SECRET, life=3600)
    catalog = GuardedCatalog(rest_catalog_s3.address, tokens, minio, life=900)
    store = GuardedStore(catalog)
    registry = GuardedRegistry(schema_registry.address, "reader", REGISTRY_PASSWORD)
    topic = sasl_kafka.create_topic()
    p = LentPipeline(frazil, sasl_kafka, tmp_path, topic, catalog, store, rest_catalog_s3)
    p.guard, p.tokens = catalog, tokens
    p.env = {"KAFKA_PASSWORD": sasl_kafka.login["sasl.password"], "CLIENT_SECRET": SECRET,
             "REGISTRY_PASSWORD": REGISTRY_PASSWORD}
    (tmp_path / "gateway").write_text(GATEWAY_KEY + "\n")
    (tmp_path / "metrics").write_text(METRICS_TOKEN + "\n")
    p.source["security"] = {"protocol": "SASL_PLAINTEXT", "mechanism": "PLAIN", "username": "reader",
                            "password": "${KAFKA_PASSWORD}"}
    p.source["properties"]["debug"] = "all"
    p.source.update(format="avro", schema_registry={"url": registry.url, "username": "reader",
                                                    "password": "${REGISTRY_PASSWORD}"})
    p.schema_id = register(schema_registry, f"{topic}-value", EVENT)
    produce(p, 100)
    rest = p.sink["catalog"]["rest"]
    rest["credential"] = f"{CLIENT}:${{CLIENT_SECRET}}"
    rest["properties"]["header.X-Api-Key"] = f"${{file:{tmp_path}/gateway}}"
    p.config["metrics"] = {"port": 0, "token": f"${{file:{tmp_path}/metrics}}"}
    p.write_config()
    yield p
    registry.close()
    store.close()
    catalog.close()
    tokens.close()


def produce(p, count: int) -> None:
    p.kafka.produce(p.topic, [framed(p.schema_id, encoded(EVENT, {"id": i})) for i in range(count)])


def secrets_of(p) -> set[str]:
    """All there are, with what was handed out meanwhile."""
    return {*p.env.values(), GATEWAY_KEY, METRICS_TOKEN, WRONG, *p.tokens.ends, *p.guard.lent}


def everything_of(done: subprocess.CompletedProcess) -> str:
    return done.stdout + done.stderr


def start(p, **popen):
    log = open(p.directory / f"{p.topic}-run.log", "w")
    env = p.env | popen.pop("env", {})
    return p.frazil.start(*TALKATIVE, "run", "-c", p.config_file, env=env, stdout=log, stderr=log, **popen)


def log_of(p) -> str:
    return (p.directory / f"{p.topic}-run.log").read_text()


def test_where_all_goes_well(secret_pipeline):
    p = secret_pipeline
    process = start(p)
    p.wait_for_rows(100)
    url = re.search(r"metrics at (http://127.0.0.1:\d+)/metrics", log_of(p))[1]
    texts = [get(url + path, authorization)[1] for path in ("/metrics", "/health")
             for authorization in ("", f"Bearer {METRICS_TOKEN}", f"Bearer {WRONG}")]
    assert stop(process) == 0, log_of(p)
    texts.append(log_of(p))
    assert " debug " in texts[-1] and "SASL" in texts[-1], "the log is not as talkative as it should be"
    for verb in (["check"], ["run", "--once"], ["table", "describe", "--json"], ["table", "snapshots", "--json"],
                 ["table", "files", "--json"], ["verify", "--against-topic"],
                 ["rewind", "--to", "earliest", "--dry-run"]):
        texts.append(everything_of(p.frazil.run(*TALKATIVE, *verb, "-c", p.config_file, env=p.env)))
    for verb in ([], ["run"], ["sync"], ["check"], ["table"], ["verify"], ["rewind"], ["produce"]):
        texts.append(everything_of(p.frazil.run(*verb, "--help", env=p.env)))
    assert len(p.tokens.ends) > 5 and len(p.guard.lent) > 5
    for text in texts:
        assert shown(text, secrets_of(p)) == []


def test_none_comes_into_the_table(secret_pipeline):
    p = secret_pipeline
    p.frazil.run("run", "-c", p.config_file, "--once", env=p.env)
    place = urllib.parse.urlsplit(p.table().location())
    client = p.minio.client()
    objects = client.list_objects_v2(Bucket=place.netloc, Prefix=place.path.strip("/"))["Contents"]
    assert len(objects) >= 4  # data, a manifest, their list, metadata
    for each in objects:
        body = client.get_object(Bucket=place.netloc, Key=each["Key"])["Body"].read()
        assert shown(body.decode("latin-1"), secrets_of(p)) == [], each["Key"]


def password(p):
    p.source["security"]["password"] = WRONG


def scram_password(p):
    p.source["security"] |= {"mechanism": "SCRAM-SHA-512", "password": WRONG}


def kafka_client_secret(p):
    p.source["security"] = {"protocol": "SASL_PLAINTEXT", "mechanism": "OAUTHBEARER"}
    p.source["properties"] |= {"sasl.oauthbearer.method": "oidc", "sasl.oauthbearer.token.endpoint.url": p.tokens.url,
                               "sasl.oauthbearer.client.id": CLIENT, "sasl.oauthbearer.client.secret": WRONG}


def token_server_of_kafka_away(p):
    kafka_client_secret(p)
    p.source["properties"]["sasl.oauthbearer.token.endpoint.url"] = f"http://{CLIENT}:{WRONG}@127.0.0.1:1/"


def key_password(p):
    key = p.directory / "client.key"
    subprocess.run(["openssl", "genrsa", "-aes128", "-passout", "pass:right-words", "-out", key, "2048"], check=True,
                   capture_output=True)
    p.source["security"] = {"protocol": "SSL", "key_location": str(key), "key_password": WRONG}


def private_key(p):
    p.source["security"]["protocol"] = "SASL_SSL"
    p.source["properties"]["ssl.key.pem"] = f"-----BEGIN PRIVATE KEY-----\n{WRONG}\n-----END PRIVATE KEY-----"


def property_of_kafka(p):
    p.source["security"] = {"protocol": "SASL_PLAINTEXT", "mechanism": "OAUTHBEARER"}
    p.source["properties"] |= {"enable.sasl.oauthbearer.unsecure.jwt": "true", "sasl.oauthbearer.config": WRONG}


def registry_password(p):
    p.source["schema_registry"]["password"] = WRONG


def registry_token(p):
    p.source["schema_registry"] = {"url": p.source["schema_registry"]["url"], "token": WRONG}


def long_registry_token(p):
    """The refusal, which repeats it, is cut short within it."""
    p.source["schema_registry"] = {"url": p.source["schema_registry"]["url"], "token": WRONG * 30}


def registry_with_a_password(p):
    p.source["schema_registry"]["url"] = f"http://reader:{WRONG}@127.0.0.1:1"


def client_secret(p):
    p.sink["catalog"]["rest"]["credential"] = f"{CLIENT}:{WRONG}"


def bearer(p):
    p.sink["catalog"]["rest"]["credential"] = WRONG


def long_bearer(p):
    """The refusal, which repeats it, is cut short within it."""
    p.sink["catalog"]["rest"]["credential"] = WRONG * 30


def token_of_the_properties(p):
    del p.sink["catalog"]["rest"]["credential"]
    p.sink["catalog"]["rest"]["properties"]["token"] = WRONG


def catalog_away(p):
    p.sink["catalog"]["rest"]["uri"] = f"http://{CLIENT}:{WRONG}@127.0.0.1:1/catalog?token={WRONG}"


def token_server_away(p):
    p.sink["catalog"]["rest"]["properties"]["oauth2-server-uri"] = f"http://{CLIENT}:{WRONG}@127.0.0.1:1/?x={WRONG}"


def no_such_scheme(p):
    p.sink["catalog"]["rest"]["uri"] = f"ftp://{CLIENT}:{WRONG}@127.0.0.1/catalog"


def storage_key(p):
    p.sink["s3"] |= {"access_key_id": "admin", "secret_access_key": WRONG, "endpoint": p.minio.address}


def storage_token(p):
    p.sink["s3"] |= {"access_key_id": "admin", "secret_access_key": WRONG, "session_token": WRONG}


def storage_away(p):
    p.sink["s3"] |= {"access_key_id": "admin", "secret_access_key": WRONG, "endpoint": "http://127.0.0.1:1"}


def in_the_wrong_place(p):
    p.env["MISPLACED"] = WRONG
    p.sink.update(batch_size="${MISPLACED}", compression="${MISPLACED}", partition_fields={"a": "${MISPLACED}"})
    p.source["security"]["mechanism"] = "${MISPLACED}"


def brokers_with_a_password(p):
    p.source["brokers"] = f"reader:{WRONG}@{p.kafka.address}"


def brokers_with_a_password_behind_another(p):
    p.source["brokers"] = [p.kafka.address, f"SASL_PLAINTEXT://reader:{WRONG}@127.0.0.1:9"]


def warehouse_with_keys(p):
    p.sink["catalog"] = {"type": "sql", "sql": {"uri": "sqlite:////tmp/none.db", "warehouse": f"s3://admin:{WRONG}@b/w"}}


def endpoint_with_keys(p):
    p.sink["s3"]["endpoint"] = p.minio.address.replace("://", f"://admin:{WRONG}@")


def endpoint_of_the_catalogs_properties_with_keys(p):
    del p.sink["s3"]["endpoint"]
    p.sink["catalog"]["rest"]["properties"]["s3.endpoint"] = p.minio.address.replace("://", f"://admin:{WRONG}@")


def database_of_another_kind(p):
    p.sink["catalog"] = {"type": "sql", "sql": {"uri": f"postgresql://{CLIENT}:{WRONG}@db/x", "warehouse": "/tmp/w"}}


def metrics_token(p):
    p.config["metrics"]["token"] = f"{WRONG} {WRONG}"


@pytest.mark.parametrize("mistake", [
    password, scram_password, kafka_client_secret, token_server_of_kafka_away, key_password, private_key,
    property_of_kafka, registry_password, registry_token, long_registry_token, registry_with_a_password,
    client_secret, bearer, long_bearer, token_of_the_properties, catalog_away, token_server_away, no_such_scheme,
    storage_key, storage_token, pytest.param(storage_away, marks=pytest.mark.slow), in_the_wrong_place,
    brokers_with_a_password, brokers_with_a_password_behind_another, warehouse_with_keys, endpoint_with_keys,
    endpoint_of_the_catalogs_properties_with_keys, database_of_another_kind, metrics_token], ids=lambda mistake: mistake.__name__)
def test_where_something_is_wrong(secret_pipeline, mistake):
    p = secret_pipeline
    p.frazil.run("run", "-c", p.config_file, "--once", env=p.env)  # a table is there, and the rest is right
    produce(p, 10)
    mistake(p)
    p.write_config()
    for verb in (["check"], ["run", "--once"]):
        done = p.frazil.run(*TALKATIVE, *verb, "-c", p.config_file, env=p.env, check=False, timeout=120)
        text = everything_of(done)
        assert done.returncode in (1, 2, 3), text
        assert shown(text, secrets_of(p)) == []
        # Nor a part of one.
        assert WRONG[:12] not in text


@pytest.mark.parametrize("catalog", [f"postgresql://me:{WRONG}@db/x", f"http://me:{WRONG}@127.0.0.1:1/?token={WRONG}"])
def test_of_flags(frazil, kafka, catalog):
    done = frazil.run(*TALKATIVE, "sync", "--topic", "t", "--table", "d.t", "--brokers", kafka.address, "--catalog",
                      catalog, "--once", check=False)
    assert done.returncode in (1, 2)
    assert WRONG not in everything_of(done)


@pytest.mark.parametrize("flag", ["--brokers", "--warehouse"])
def test_of_flags_in_the_wrong_place(frazil, kafka, tmp_path, flag):
    flags = {"--brokers": kafka.address, "--catalog": f"sqlite:///{tmp_path}/c.db", "--warehouse": f"file://{tmp_path}/w"}
    flags[flag] = {"--brokers": f"me:{WRONG}@{kafka.address}", "--warehouse": f"s3://me:{WRONG}@bucket/w"}[flag]
    done = frazil.run(*TALKATIVE, "sync", "--topic", "t", "--table", "d.t", "--once",
                      *(each for pair in flags.items() for each in pair), check=False)
    assert done.returncode in (1, 2)
    assert WRONG not in everything_of(done)


def test_of_a_proxy(secret_pipeline):
    p = secret_pipeline
    env = p.env | {"http_proxy": f"http://{CLIENT}:{WRONG}@127.0.0.1:1", "no_proxy": ""}
    done = p.frazil.run(*TALKATIVE, "check", "-c", p.config_file, env=env, check=False, timeout=120)
    assert done.returncode == 3
    assert shown(everything_of(done), secrets_of(p)) == []


def crash(p, **env: str) -> bool:
    """The process is killed as a failed assertion would; true if a core was dumped."""
    def allow_cores():
        hard = resource.getrlimit(resource.RLIMIT_CORE)[1]
        resource.setrlimit(resource.RLIMIT_CORE, (hard, hard))

    process = start(p, env=env, preexec_fn=allow_cores)
    p.wait_for_rows(100)
    os.kill(process.pid, signal.SIGABRT)
    _, status = os.waitpid(process.pid, 0)
    process.returncode = os.waitstatus_to_exitcode(status)
    assert process.returncode == -signal.SIGABRT
    return os.WCOREDUMP(status)


def test_a_crash_names_the_version_and_leaves_no_memory_behind(secret_pipeline):
    p = secret_pipeline
    assert not crash(p)
    assert not list(p.directory.glob("core*"))
    assert re.search(r"^frazil \d+\.\d+\.\d+ crashed \(SIGABRT\)\. .*report it", log_of(p), re.M), log_of(p)
    assert shown(log_of(p), secrets_of(p)) == []


@pytest.mark.skipif(Path("/proc/sys/kernel/core_pattern").read_text()[0] in "|/", reason="cores go elsewhere here")
@pytest.mark.skipif(resource.getrlimit(resource.RLIMIT_CORE)[1] != resource.RLIM_INFINITY, reason="cores are limited")
@pytest.mark.skipif("FRAZIL_BUILD" in os.environ, reason="sanitizers forbid cores themselves")
def test_a_core_is_dumped_where_it_is_wanted(secret_pipeline):
    p = secret_pipeline
    assert crash(p, FRAZIL_CORE_DUMPS="1")
    [core] = p.directory.glob("core*")
    assert p.env["KAFKA_PASSWORD"].encode() in core.read_bytes(), "this is why there is none otherwise"


def test_keys_of_aws(frazil, kafka, glue, tmp_path):
    """Of Glue, which are S3's too, where they are good and where they are not."""
    p = GluePipeline(glue, frazil, kafka, tmp_path, kafka.create_topic())
    kafka.produce(p.topic, ['{"id": 1}'])
    keys = p.sink["catalog"]["glue"]
    keys["secret_access_key"] = "${AWS_KEY}"
    p.write_config()
    for secret in (GLUE_SECRET, WRONG):
        env = {"AWS_KEY": secret}
        for verb in (["check"], ["run", "--once"], ["table", "describe", "--json"]):
            done = p.frazil.run(*TALKATIVE, *verb, "-c", p.config_file, env=env, check=False)
            assert (done.returncode == 0) == (secret == GLUE_SECRET), everything_of(done)
            assert not re.search(r"\bAWS4-HMAC", everything_of(done))
            assert shown(everything_of(done), [WRONG]) == []
    assert p.rows().num_rows == 1
