"""Our file access in Google Cloud Storage and in Azure, against emulators of theirs: fake-gcs-server, which checks no
credentials, and Microsoft's Azurite, which does."""

import base64
import datetime
import hashlib
import hmac
import json
import socket
import subprocess
import time
import urllib.parse

import pytest
from fault.proxy import HttpProxy, answer, delay

from our_catalog import OurCatalog
from servers import AZURE_ACCOUNT, AZURE_KEY, distinct_numbers

SIZES = [0, 1, 5_000_000, 25_000_000]  # none, one request, several
NUMBERS = distinct_numbers()
METHODS = "GET|HEAD|PUT|POST|DELETE"
SEEN = "right, and seen unfinished"  # which Arrow does not spare us in Azure
AZURE = f"abfss://warehouse@{AZURE_ACCOUNT}.dfs.core.windows.net"


@pytest.fixture
def ours(tmp_path, gcs, azure):
    """ours(environment, property=…): file access with the settings of both, changed as said; None takes one away."""
    def make(environment=None, **changes):
        properties = gcs.properties() | azure.properties() | {
            key.replace("__", ".").replace("_", "-"): value for key, value in changes.items()}
        return OurCatalog(tmp_path, environment, io={key: value for key, value in properties.items() if value})

    return make


@pytest.fixture(params=["gs://warehouse", AZURE], ids=["gcs", "azure"])
def root(request) -> str:
    return request.param


@pytest.mark.parametrize("size", SIZES)
def test_objects_come_back_as_they_went(ours, root, size):
    said = ours()("round-trip", f"{root}/io/a b/ts=2026-01-08%2F1/{size}.bin", str(size))
    assert said == ("right" if root.startswith("gs:") else SEEN)


@pytest.mark.parametrize("place", [f"abfs://warehouse@{AZURE_ACCOUNT}.dfs.core.windows.net", "abfss://warehouse",
                                   f"wasbs://warehouse@{AZURE_ACCOUNT}.blob.core.windows.net",
                                   f"wasb://warehouse@{AZURE_ACCOUNT}.blob.core.windows.net"])
def test_the_other_names_of_azures_places(ours, place):
    file = f"{place}/io/names-{next(NUMBERS)}.bin"
    try:
        said = ours()("round-trip", file, "9")
    except AssertionError as failure:  # Azurite closes a connection now and then while it answers, which is told as such
        if "Connection closed before getting full response" not in str(failure):
            raise
        said = ours()("round-trip", file, "9")
    assert said == SEEN


def test_an_unfinished_object_does_not_appear(ours, root):
    ours()("hold", f"{root}/unfinished/x.bin")
    assert ours()("list", f"{root}/unfinished") == {}


def test_files_are_listed_at_any_depth_with_size_and_time(ours, root):
    begin = time.time()
    for number in range(3):
        ours()("write", f"{root}/listed/t/x={number}/{number}.bin", "a" * number)
    ours()("write", f"{root}/listed/t2/other.bin", "b")
    listed = ours()("list", f"{root}/listed/t")
    assert {name: size for name, (size, _) in listed.items()} == {
        f"{root}/listed/t/x={number}/{number}.bin": number for number in range(3)}
    assert all(abs(modified / 1000 - begin) < 60 for _, modified in listed.values())
    assert ours()("list", f"{root}/listed/none/") == {}


def test_what_is_missing_is_said(ours):
    said = ours().error("round-trip", "gs://no-such-bucket/x", "9")
    assert said.startswith("not found: ") and "bucket" in said, said
    said = ours().error("round-trip", AZURE.replace("warehouse", "no-such-container") + "/x", "9")
    assert said.startswith("not found: ") and "no such container" in said, said
    assert ours().error("round-trip", "gs://warehouse", "9").startswith("invalid argument: ")
    assert ours().error("round-trip", "abfss://warehouse@example.com/x", "9").startswith("invalid argument: ")


def test_a_wrong_key_of_azure_is_refused_and_not_shown(ours):
    wrong = base64.b64encode(b"a-key-that-nobody-knows").decode()
    said = ours(adls__account_key=wrong).error("round-trip", f"{AZURE}/x", "9")
    assert said.startswith("unauthorized: Access Denied (Service: Azure Storage)"), said
    assert wrong not in said and f"{AZURE}/x" in said


def account_sas() -> str:
    """A token for all of the account, for an hour (Azure's "Create an account SAS")."""
    end = (datetime.datetime.now(datetime.timezone.utc) + datetime.timedelta(hours=1)).strftime("%Y-%m-%dT%H:%M:%SZ")
    fields = {"sp": "rwdlac", "ss": "b", "srt": "sco", "st": "", "se": end, "sip": "", "spr": "https,http",
              "sv": "2020-12-06", "ses": ""}
    signed = "".join(f"{each}\n" for each in (AZURE_ACCOUNT, *fields.values()))
    signature = hmac.new(base64.b64decode(AZURE_KEY), signed.encode(), hashlib.sha256).digest()
    fields["sig"] = base64.b64encode(signature).decode()
    return urllib.parse.urlencode({key: value for key, value in fields.items() if value})


@pytest.mark.parametrize("name", ["adls.sas-token", f"adls.sas-token.{AZURE_ACCOUNT}",
                                  f"adls.sas-token.{AZURE_ACCOUNT}.dfs.core.windows.net"])
def test_a_sas_token(ours, name):
    """As a user sets it, and as catalogs vend it."""
    catalog = ours(adls__account_key=None, adls__account_name=None)
    settings = json.loads(catalog.settings.read_text())
    settings["io"][name] = account_sas()
    catalog.settings.write_text(json.dumps(settings))
    catalog("write", f"{AZURE}/sas/x", "abc")
    assert [size for size, _ in catalog("list", f"{AZURE}/sas").values()] == [3]


def test_a_connection_string(ours, azure):
    text = (f"DefaultEndpointsProtocol=http;AccountName={AZURE_ACCOUNT};AccountKey={AZURE_KEY};"
            f"BlobEndpoint={azure.address};")
    bare = {key.replace(".", "__").replace("-", "_"): None for key in azure.properties()}
    assert ours(**bare, adls__connection_string=text)("round-trip", "abfss://warehouse/connected", "9") == SEEN
    said = ours(**bare, adls__connection_string="AccountName=x;").error("round-trip", "abfss://warehouse/x", "9")
    assert said.startswith("invalid argument: ")


def test_a_key_of_a_service_account(ours, tmp_path):
    """The emulator takes any signature. Its file is read by who reads the configuration: a catalog names none."""
    key_file = tmp_path / "key.json"
    pem = subprocess.run(["openssl", "genpkey", "-algorithm", "RSA", "-pkeyopt", "rsa_keygen_bits:2048"], check=True,
                         capture_output=True, text=True).stdout
    key = json.dumps({"type": "service_account", "project_id": "p", "private_key_id": "k", "private_key": pem,
                      "client_email": "frazil@p.iam.gserviceaccount.com", "client_id": "1",
                      "token_uri": "http://127.0.0.1:1/token"})
    key_file.write_text(key)
    catalog = ours(gcs__no_auth=None, gcs__service_account_key=key)
    assert catalog("round-trip", "gs://warehouse/io/service-account", "9") == "right"
    said = ours(gcs__no_auth=None, gcs__service_account_key=str(key_file)).error("round-trip", "gs://warehouse/x", "9")
    assert said.startswith("invalid argument: ")
    by_default = ours({"GOOGLE_APPLICATION_CREDENTIALS": str(key_file)}, gcs__no_auth=None)
    assert by_default("round-trip", "gs://warehouse/io/default-credentials", "9") == "right"


def test_a_token_that_was_lent(ours):
    assert ours(gcs__no_auth=None, gcs__oauth2__token="t")("round-trip", "gs://warehouse/io/token", "9") == "right"


@pytest.fixture
def before(gcs, azure):
    """A proxy before each, and the settings that lead there."""
    proxies = {"gcs": HttpProxy(gcs.address), "azure": HttpProxy(azure.address.rsplit("/", 1)[0])}
    yield proxies, {"gcs__service__host": proxies["gcs"].address,
                    "adls__blob_storage_authority": proxies["azure"].host_and_port,
                    "adls__dfs_storage_authority": proxies["azure"].host_and_port}
    for proxy in proxies.values():
        proxy.close()


def name_of(root: str) -> str:
    return "gcs" if root.startswith("gs:") else "azure"


def test_a_store_that_is_slow_is_waited_for(ours, root, before):
    proxies, settings = before
    met = proxies[name_of(root)].rule(delay(2), METHODS, times=2)
    assert ours(**settings)("round-trip", f"{root}/io/slow", "9").startswith("right")
    assert len(met.met) == 2


@pytest.mark.slow
def test_a_store_that_refuses_is_named(ours, root):
    with socket.socket() as unused:
        unused.bind(("127.0.0.1", 0))
        where = f"127.0.0.1:{unused.getsockname()[1]}"
        begin = time.monotonic()
        said = ours(gcs__service__host=f"http://{where}", adls__blob_storage_authority=where,
                    adls__dfs_storage_authority=where).error("round-trip", f"{root}/x", "9")
        took = time.monotonic() - begin
    assert said.startswith("unavailable: ") and f"{root}/x" in said, said
    assert took < 60, f"{took} s"


@pytest.mark.slow
def test_a_store_that_answers_503_is_named(ours, root, before):
    proxies, settings = before
    proxies[name_of(root)].rule(answer(503), METHODS, times=None)
    said = ours(**settings).error("round-trip", f"{root}/x", "9")
    assert said.startswith("unavailable: "), said
