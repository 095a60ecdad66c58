"""Servers that send their clients elsewhere: no secret and no record goes to a server that the configuration does not
name."""

import time

import pytest
from fault.proxy import read_head
from hostile import effects
from hostile.kit import Before, RawServer, run
from pipelines import Pipeline, values

BEARER = "a-bearer-token-of-the-user-4711"
CLIENT_SECRET = "a-client-secret-of-the-user-0815"
S3_KEY, S3_SECRET, S3_TOKEN = "THEKEYOFTHEUSER", "the-secret-key-of-the-user", "the-session-token-of-the-user"
OWN_KEYS = {"AWS_ACCESS_KEY_ID": S3_KEY, "AWS_SECRET_ACCESS_KEY": S3_SECRET, "AWS_SESSION_TOKEN": S3_TOKEN,
            "AWS_REGION": "us-east-1", "AWS_EC2_METADATA_DISABLED": "true"}


def override(**overrides):
    """The catalog's configuration with these among its overrides; underscores are written as dashes."""
    def edit(config):
        config.setdefault("overrides", {}).update({key.replace("_", "-"): value for key, value in overrides.items()})
    return effects.edited(edit)


@pytest.mark.parametrize("key", ["uri", "oauth2-server-uri"])
@pytest.mark.parametrize("credential", [BEARER, f"feeder:{CLIENT_SECRET}"], ids=["bearer", "client"])
def test_a_catalog_that_names_another_server(hostile_pipeline, listener, frazil, key, credential):
    elsewhere = listener(effects.json_body({"access_token": "t"}))
    tokens = listener(effects.json_body({"access_token": "t"}))
    p = hostile_pipeline()
    p.rest["credential"] = credential
    if key == "uri":
        p.rest["properties"] = {"oauth2-server-uri": tokens.address}
    else:  # asked for a token at its own place before it says where to
        p.catalog_proxy.rule(effects.json_body({"access_token": "t"}), "POST", "/v1/oauth/tokens", times=None)
    p.write_config()
    p.catalog_proxy.rule(override(**{key: elsewhere.address}), "GET", "/v1/config", times=None)
    done = run(frazil, "run", "-c", p.config_file, "--once")
    done.expect(1, elsewhere.address, "trusted_servers", within=30)
    assert elsewhere.requests == []
    p.catalog_proxy.clear()
    p.rest.pop("credential")
    p.write_config()
    run(frazil, "run", "-c", p.config_file, "--once").expect(0)
    p.check_exactly_once(p.placed)


def test_a_server_that_is_trusted_by_name(hostile_pipeline, rest_catalog, frazil):
    p = hostile_pipeline()
    p.catalog_proxy.rule(override(uri=rest_catalog.address), "GET", "/v1/config", times=None)
    run(frazil, "run", "-c", p.config_file, "--once").expect(1, f"list {rest_catalog.address}")
    p.rest["trusted_servers"] = [rest_catalog.address]
    p.write_config()
    run(frazil, "run", "-c", p.config_file, "--once").expect(0)
    p.check_exactly_once(p.placed)


def test_the_token_server_of_the_configuration_goes_before_the_catalogs(hostile_pipeline, listener, frazil):
    elsewhere, tokens = listener(), listener(effects.json_body({"access_token": "t"}))
    p = hostile_pipeline()
    p.rest.update({"credential": f"feeder:{CLIENT_SECRET}", "properties": {"oauth2-server-uri": tokens.address}})
    p.write_config()
    p.catalog_proxy.rule(override(oauth2_server_uri=elsewhere.address), "GET", "/v1/config", times=None)
    run(frazil, "run", "-c", p.config_file, "--once").expect(0)
    assert elsewhere.requests == [] and tokens.heard(CLIENT_SECRET)
    p.check_exactly_once(p.placed)


@pytest.mark.parametrize("status", [301, 302, 303, 307, 308])
@pytest.mark.parametrize("path", ["/v1/config", "/namespaces", "/tables"])
def test_a_catalog_that_redirects(hostile_pipeline, listener, frazil, status, path):
    elsewhere = listener()
    p = hostile_pipeline()
    p.rest["credential"] = BEARER
    p.write_config()
    p.catalog_proxy.rule(effects.redirect(elsewhere.address, status), "GET|POST", path, times=None)
    run(frazil, "run", "-c", p.config_file, "--once").expect(1, f"status {status}", within=40)
    assert elsewhere.requests == []


def test_a_token_server_that_redirects(hostile_pipeline, listener, frazil):
    elsewhere = listener(effects.json_body({"access_token": "t"}))
    tokens = listener(effects.redirect(elsewhere.address))
    p = hostile_pipeline()
    p.rest.update({"credential": f"feeder:{CLIENT_SECRET}", "properties": {"oauth2-server-uri": tokens.address}})
    p.write_config()
    run(frazil, "run", "-c", p.config_file, "--once").expect(1, elsewhere.address, "redirects", within=30)
    assert elsewhere.requests == []


def test_a_token_server_of_kafka_that_redirects(bearer_pipeline, listener, frazil):
    elsewhere = listener(effects.json_body({"access_token": "t"}))
    p = bearer_pipeline(listener(effects.redirect(elsewhere.address)).address)
    run(frazil, "run", "-c", p.config_file, "--once", timeout=120).expect(1, "redirects")
    assert elsewhere.requests == []


# --- Storage ----------------------------------------------------------------------------------------------------------

@pytest.fixture
def lake(frazil, kafka, rest_catalog_s3, tmp_path):
    """A pipeline without an s3 section: its endpoint and its keys are the catalog's and the environment's."""
    topic = kafka.create_topic()
    kafka.produce(topic, values(100))
    proxy = Before(rest_catalog_s3.address)
    p = Pipeline(frazil, kafka, tmp_path, topic, namespace=topic.replace("-", "_"),
                 catalog={"type": "rest", "rest": {"uri": proxy.address}})
    p.catalog_proxy = proxy
    yield p
    proxy.close()


def vend(endpoint: str, keys: bool):
    """What the catalog says of tables, with that endpoint, and with keys or without."""
    def edit(told):
        for place in (told.get("config"), told.get("defaults"), told.get("overrides")):
            for key in list(place or {}):
                if key.startswith("s3."):
                    del place[key]
        if "metadata" in told:
            told["config"] = {"s3.endpoint": endpoint, "s3.path-style-access": "true"}
            if keys:
                told["config"] |= {"s3.access-key-id": "admin", "s3.secret-access-key": "password"}
    return effects.edited(edit)


@pytest.mark.parametrize("where", ["environment", "s3 section"])
def test_keys_of_ones_own_go_to_no_endpoint_that_only_the_catalog_names(lake, listener, frazil, minio, where):
    elsewhere = listener()
    p = lake
    p.catalog_proxy.rule(vend(elsewhere.address, keys=False), "GET|POST", times=None)
    env = OWN_KEYS if where == "environment" else {}
    if where == "s3 section":
        p.sink["s3"] = {"access_key_id": S3_KEY, "secret_access_key": S3_SECRET, "session_token": S3_TOKEN}
        p.write_config()
    run(frazil, "run", "-c", p.config_file, "--once", env=env).expect(
        1, elsewhere.address, "trusted_servers", "s3.endpoint", within=40)
    assert elsewhere.requests == []
    p.catalog_proxy.clear()
    p.sink["s3"] = {"endpoint": minio.address, "path_style_access": True, "region": "us-east-1"}
    p.write_config()
    run(frazil, "run", "-c", p.config_file, "--once", env=minio.environment()).expect(0)


def test_an_endpoint_with_keys_that_are_lent_for_it(lake, frazil, minio):
    p = lake
    p.catalog_proxy.rule(vend(minio.address, keys=True), "GET|POST", times=None)
    run(frazil, "run", "-c", p.config_file, "--once", env={"AWS_REGION": "us-east-1"}).expect(0)


def test_what_a_redirect_of_the_store_takes_along(lake, listener, frazil):
    """The AWS SDK follows redirects, and nobody can forbid it: docs/trust.md says what goes along. Should that change,
    the page is to be changed."""
    elsewhere = listener()

    def redirect(client):
        """Before it has read the body."""
        stream = client.makefile("rb")
        while head := read_head(stream):
            path = head.split(b" ", 2)[1].decode()
            client.sendall(effects.head(307, Location=elsewhere.address + path, Content_Length="0"))

    store = RawServer(redirect)
    p = lake
    p.sink["s3"] = {"endpoint": f"http://{store.host_and_port}", "path_style_access": True, "region": "us-east-1",
                    "access_key_id": S3_KEY, "secret_access_key": S3_SECRET, "session_token": S3_TOKEN}
    p.write_config()
    process = p.start("--once")
    deadline = time.monotonic() + 60
    while not elsewhere.heard(S3_TOKEN):
        assert time.monotonic() < deadline, "redirects are not followed any more: say so in docs/trust.md"
        time.sleep(0.1)
    process.kill()
    store.close()
    assert not elsewhere.heard(S3_SECRET) and not elsewhere.heard("AWS4-HMAC-SHA256")
