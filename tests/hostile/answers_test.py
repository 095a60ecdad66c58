"""Catalogs and token servers that answer without end, too slowly, too much, packed, cut, or something else: the program
says so within its limits of time and memory, and goes on once they are themselves again."""

import time

import pytest
from fault.proxy import answer
from hostile import effects
from hostile.kit import Peak, run
from pipelines import stop, values

MEMORY = 250  # MB: what the program takes by itself, and the limits of the pipelines here

TOO_MUCH = "limits.http_reply_mb = 4"
TOO_LATE = "limits.http_timeout_secs = 3"
HEADERS = "limits.http_headers_kb = 64"

# What a catalog answers, and the word that tells what was wrong.
ANSWERS = {
    "endless": (effects.endless_body(), TOO_MUCH),
    "endless_headers": (effects.endless_headers, HEADERS),
    "one_endless_header": (effects.one_endless_header, HEADERS),
    "endless_interim_replies": (effects.endless_interim_replies, HEADERS),
    "endless_packed": (effects.endless_gzip(), TOO_MUCH),
    "endless_packed_twice": (effects.endless_gzip(2), TOO_MUCH),
    "packed": (effects.packed(300 << 20), TOO_MUCH),
    "long": (effects.body(b'{"defaults": {"x": "' + b"y" * (5 << 20) + b'"}}'), TOO_MUCH),
    "said_to_be_long": (effects.told_length(1 << 62), TOO_MUCH),
    "trickle": (effects.trickle, TOO_LATE),
    "trickling_headers": (effects.trickling_headers, TOO_LATE),
    "silence": (effects.silence, TOO_LATE),
    "nested": (effects.nested(2_000_000), "nested deeper than limits.json_nesting = 256"),
    "many_values": (effects.many_values(1_200_000), "limits.json_values = 1000000"),
    "cut": (effects.cut, "no whole reply"),
    "reset": (effects.reset, "no whole reply"),
    "not_http": (effects.not_http, "no whole reply"),
    "html": (effects.html(), "no valid JSON"),
    "endless_error": (effects.endless_body(503), "status 503"),
}


@pytest.mark.parametrize("kind", ANSWERS)
def test_a_catalogs_first_answer(hostile_pipeline, frazil, kind):
    effect, words = ANSWERS[kind]
    p = hostile_pipeline()
    p.catalog_proxy.rule(effect, "GET", "/v1/config", times=None)
    with p.in_a_hurry():
        run(frazil, "run", "-c", p.config_file, "--once").expect(1, words, within=30, below_mb=MEMORY)
    p.catalog_proxy.clear()
    run(frazil, "run", "-c", p.config_file, "--once").expect(0)
    p.check_exactly_once(p.placed)


TABLE = r"/tables/events(\?|$)"


@pytest.mark.parametrize("kind", ["endless", "packed", "many_values", "cut", pytest.param("trickle", marks=pytest.mark.slow)])
@pytest.mark.parametrize("method", ["GET", "POST"])
def test_a_catalogs_answer_about_a_table(hostile_pipeline, kafka, method, kind):
    """While the pipeline runs: it tries again, and neither loses nor doubles anything."""
    p = hostile_pipeline()
    process = p.start()
    peak = Peak(process.pid)
    p.wait_for_rows(100)
    rule = p.catalog_proxy.rule(ANSWERS[kind][0], method, TABLE, times=2)
    if method == "GET":  # which is asked for where a commit's outcome is not known
        p.catalog_proxy.rule(answer(500), "POST", TABLE, times=2)
    p.placed += kafka.produce(p.topic, values(100, 100))
    p.wait_for_rows(200, timeout=60)
    assert stop(process) == 0, p.logs()
    assert rule.met
    assert peak.end() < MEMORY
    p.check_exactly_once(p.placed)


def test_a_catalog_whose_pages_repeat(hostile_pipeline, frazil):
    p = hostile_pipeline()
    names = {"namespaces": [["a"], ["b"]], "next-page-token": "again"}
    p.catalog_proxy.rule(effects.json_body(names), "GET", "/v1/namespaces", times=None)
    run(frazil, "table", "list", "-c", p.config_file).expect(1, "a page that it has given before", within=30)


def test_a_catalog_whose_pages_do_not_end(hostile_pipeline, frazil):
    p = hostile_pipeline()
    p.config["limits"]["catalog_pages"] = 50
    p.write_config()
    number = iter(range(1 << 30))

    def page(exchange):
        effects.json_body({"namespaces": [], "next-page-token": str(next(number))})(exchange)

    p.catalog_proxy.rule(page, "GET", "/v1/namespaces", times=None)
    run(frazil, "table", "list", "-c", p.config_file).expect(1, "limits.catalog_pages = 50", within=30)


def test_a_catalog_whose_namespaces_have_no_bottom(hostile_pipeline, frazil):
    p = hostile_pipeline()
    p.config["limits"]["catalog_pages"] = 50
    p.write_config()

    def child(exchange):
        levels = effects.query(exchange).get("parent", [""])[0].split("\x1f")
        parent = [level for level in levels if level]
        effects.json_body({"namespaces": [[*parent, "x"]]})(exchange)

    p.catalog_proxy.rule(child, "GET", "/v1/namespaces", times=None)
    run(frazil, "table", "list", "-c", p.config_file).expect(1, "limits.catalog_pages = 50", within=30)


# --- Token servers ----------------------------------------------------------------------------------------------------

TOKENS = {
    "endless": (effects.endless_body(), "limits.token_reply_kb = 256"),
    "packed": (effects.packed(300 << 20), "limits.token_reply_kb = 256"),
    "endless_headers": (effects.endless_headers, HEADERS),
    "trickle": (effects.trickle, TOO_LATE),
    "said_to_be_long": (effects.told_length(1 << 62), "limits.token_reply_kb = 256"),
    "nested": (effects.nested(100_000, "access_token"), "nested deeper than limits.json_nesting = 256"),
    "html": (effects.html(), "is no token"),
    "wrong": (effects.body(b'{"access_token": 7}'), "is no token"),
    "redirected": (effects.redirect("http://127.0.0.1:9"), "redirects"),
}


@pytest.mark.parametrize("kind", TOKENS)
def test_a_token_servers_answer(hostile_pipeline, listener, frazil, kind):
    effect, words = TOKENS[kind]
    tokens = listener(effect)
    p = hostile_pipeline()
    p.rest.update({"credential": "feeder:a-secret-of-the-client", "properties": {"oauth2-server-uri": tokens.address}})
    with p.in_a_hurry():
        run(frazil, "run", "-c", p.config_file, "--once").expect(1, words, within=30, below_mb=MEMORY)
    tokens.answer = effects.json_body({"access_token": "t", "expires_in": 3600})
    run(frazil, "run", "-c", p.config_file, "--once").expect(0)
    p.check_exactly_once(p.placed)


@pytest.mark.parametrize("fetch", ["native", "librdkafka"])
@pytest.mark.parametrize("kind", ["endless", "packed", "trickle", "html"])
def test_a_brokers_token_servers_answer(bearer_pipeline, listener, frazil, kind, fetch):
    effect, words = TOKENS[kind]
    p = bearer_pipeline(listener(effect).address)
    p.source["fetch"] = fetch
    p.write_config()
    run(frazil, "run", "-c", p.config_file, "--once").expect(1, words, within=30, below_mb=MEMORY)


@pytest.mark.parametrize("status", [408, 429, 500, 503])
def test_a_busy_token_server_is_asked_again(hostile_pipeline, listener, kafka, status):
    """Busy is not "no": the pipeline waits."""
    tokens = listener(effects.json_body({"access_token": "t", "expires_in": 2}))
    p = hostile_pipeline()
    p.rest.update({"credential": "feeder:a-secret-of-the-client", "properties": {"oauth2-server-uri": tokens.address}})
    p.write_config()
    process = p.start()
    p.wait_for_rows(100)
    tokens.answer = effects.json_body({"error": "slow_down"}, status)
    deadline = time.monotonic() + 60
    while f"status {status}" not in p.logs():
        assert process.poll() is None and time.monotonic() < deadline, p.logs()
        p.placed += kafka.produce(p.topic, values(10, len(p.placed)))
        time.sleep(0.2)
    time.sleep(3)  # the token there was has ended
    assert process.poll() is None, p.logs()
    tokens.answer = effects.json_body({"access_token": "t", "expires_in": 3600})
    p.wait_for_rows(len(p.placed), timeout=60)
    assert stop(process) == 0, p.logs()
    p.check_exactly_once(p.placed)
