"""Our REST client's signatures for AWS, before Apache's server: whatever is not signed as AWS's own clients sign is
refused."""

from urllib.parse import urlsplit

import pytest
from dev.aws_signature import complaint
from fault.proxy import Exchange, HttpProxy, error, pass_on
from our_catalog import WEATHER, OurCatalog, rows_of, write_data_file
from pyiceberg.catalog import load_catalog
from servers import distinct_numbers

KEY, SECRET, REGION, SERVICE = "AKEXAMPLE", "a-secret-of-ours-0815", "eu-west-1", "execute-api"
PROPERTIES = {"rest.sigv4-enabled": "true", "rest.signing-region": REGION, "rest.access-key-id": KEY,
              "rest.secret-access-key": SECRET}
ROWS = [{"id": 1, "city": "Oslo", "at": None}]
NUMBERS = distinct_numbers()


class Gateway(HttpProxy):
    """Wants signed requests; `refused` says what was wrong with others."""

    def __init__(self, real: str):
        self.refused: list[str] = []
        self.service = SERVICE
        self.tokens: dict[str, str] = {}
        super().__init__(urlsplit(real).netloc)
        self.rule(self.check, "GET|POST|HEAD|DELETE", times=None)

    def check(self, exchange: Exchange) -> None:
        lines = exchange.request.head.decode("latin-1").split("\r\n")[1:]
        headers = dict(line.split(": ", 1) for line in lines if ": " in line)
        wrong = complaint(exchange.method, self.address + exchange.path, headers, exchange.request.body,
                          {KEY: SECRET}, self.service, REGION, self.tokens)
        if not wrong:
            return pass_on(exchange)
        self.refused.append(wrong)
        exchange.reply(error(403, wrong, "ForbiddenException"))


@pytest.fixture
def gateway(rest_catalog):
    guard = Gateway(rest_catalog.address)
    yield guard
    guard.close()


@pytest.fixture
def open_ours(gateway, tmp_path):
    return lambda **properties: OurCatalog(tmp_path, type="rest", uri=gateway.address,
                                           properties=PROPERTIES | properties)


def test_all_that_a_feeder_asks(gateway, open_ours, rest_catalog):
    """Names that are encoded in paths among it, and queries of several parameters."""
    ours = open_ours()
    namespace = f"signed ä{next(NUMBERS)}"
    ours("create-namespace", namespace)
    ours("create-namespace", f"{namespace}.be+low")
    name = f"{namespace}.be+low.weather, and more"
    ours("create-table", name, WEATHER)
    table = load_catalog("r", type="rest", uri=rest_catalog.address).load_table(
        (namespace, "be+low", "weather, and more"))
    ours.append(name, write_data_file(table, "one", ROWS))
    assert ours("commit-stale", name) == "commit conflict"
    assert rows_of(table.refresh()) == ROWS
    assert [namespace, "be+low"] in ours("list-namespaces")
    assert ours("list-tables", f"{namespace}.be+low") == [name]
    ours("drop-table", name)
    assert gateway.refused == []


def test_a_session_token_is_signed_too(gateway, open_ours):
    gateway.tokens = {KEY: "a-token-of-the-session"}
    assert isinstance(open_ours(**{"rest.session-token": "a-token-of-the-session"})("list-namespaces"), list)
    assert "the session token is another" in open_ours().error("list-namespaces")


def test_who_else_asks_is_told(gateway, open_ours):
    told = open_ours(**{"rest.secret-access-key": "another-secret-0815"}).error("list-namespaces")
    assert told.startswith("unauthorized: ") and "the signature does not match" in told
    assert "another-secret-0815" not in told
    gateway.service = "s3tables"
    assert "it is signed for execute-api" in open_ours().error("list-namespaces")
    assert isinstance(open_ours(**{"rest.signing-name": "s3tables"})("list-namespaces"), list)


def test_pyiceberg_signs_alike(gateway):
    """What the gateway wants is what others give."""
    theirs = load_catalog("r", type="rest", uri=gateway.address, **PROPERTIES, **{
        "client.access-key-id": KEY, "client.secret-access-key": SECRET, "client.region": REGION})
    theirs.create_namespace(f"theirs{next(NUMBERS)}")
    assert gateway.refused == []
