"""Our Glue catalog and PyIceberg's on one data catalog, whose signatures and versions are checked."""

import json
from concurrent.futures import ThreadPoolExecutor

import pytest
from fault.proxy import Effect, HttpProxy, answer, error, pass_on
from glue import REGION
from our_catalog import WEATHER, OurCatalog, append_by_pyiceberg, rows_of, write_data_file
from pyiceberg.exceptions import NoSuchTableError
from pyiceberg.schema import Schema
from pyiceberg.types import LongType, NestedField, StringType
from servers import distinct_numbers

ROWS = [{"id": 1, "city": "Oslo", "at": None}, {"id": 2, "city": None, "at": None}]
SIMPLE = Schema(NestedField(1, "id", LongType(), required=True), NestedField(2, "city", StringType()))
NUMBERS = distinct_numbers()


@pytest.fixture
def open_ours(tmp_path, glue):
    def make(environment: dict | None = None, **settings) -> OurCatalog:
        settings = {"type": "glue", "region": REGION, "endpoint": glue.address, "warehouse": f"file://{tmp_path}/w",
                    **settings}
        return OurCatalog(tmp_path, glue.environment() if environment is None else environment, **settings)

    return make


@pytest.fixture
def ours(open_ours):
    return open_ours()


@pytest.fixture
def database(ours) -> str:
    """A new one of ours."""
    name = f"db{next(NUMBERS)}"
    ours("create-namespace", name)
    return name


def test_pyiceberg_and_people_find_what_we_made(ours, glue, database, tmp_path):
    created = ours("create-table", f"{database}.weather", WEATHER)
    theirs = glue.catalog()
    assert (database,) in theirs.list_namespaces()
    table = theirs.load_table(f"{database}.weather")
    assert table.metadata_location == created["metadata-location"]
    assert table.location() == f"file://{tmp_path}/w/{database}.db/weather"
    ours.append(f"{database}.weather", write_data_file(table, "one", ROWS))
    assert rows_of(table.refresh()) == ROWS

    shown = glue.table(database, "weather")
    assert shown["TableType"] == "EXTERNAL_TABLE"
    columns = shown["StorageDescriptor"]["Columns"]
    assert [(column["Name"], column["Type"]) for column in columns] == [
        ("id", "bigint"), ("city", "string"), ("at", "timestamp")]
    assert columns[0]["Comment"] == "a number"
    assert columns[0]["Parameters"] == {"iceberg.field.id": "1", "iceberg.field.optional": "false",
                                        "iceberg.field.current": "true"}
    assert shown["StorageDescriptor"]["Location"] == table.location()
    assert shown["Parameters"] == {"table_type": "ICEBERG", "metadata_location": table.metadata_location,
                                   "previous_metadata_location": created["metadata-location"]}


def test_both_write_in_turn(ours, glue, database):
    ours("create-table", f"{database}.weather", WEATHER)
    table = glue.catalog().load_table(f"{database}.weather")
    ours.append(f"{database}.weather", write_data_file(table, "one", ROWS))
    table = table.refresh()
    table.append(table.scan().to_arrow().slice(0, 1))
    with table.update_schema() as update:
        update.add_column("extra", LongType())
        update.delete_column("city")
    ours.append(f"{database}.weather", write_data_file(table, "two", [{"id": 3, "at": None, "extra": 7}]))
    ours("add-column", f"{database}.weather", "humidity", "double")
    assert [row["id"] for row in rows_of(table.refresh())] == [1, 1, 2, 3]
    assert str(table.schema().find_type("humidity")) == "double"
    columns = {column["Name"]: column for column in glue.table(database, "weather")["StorageDescriptor"]["Columns"]}
    assert columns["humidity"]["Type"] == "double"
    assert columns["city"]["Parameters"]["iceberg.field.current"] == "false"


def test_we_open_what_pyiceberg_made(ours, glue, database, tmp_path):
    table = glue.catalog(warehouse=f"file://{tmp_path}/w").create_table(f"{database}.t", SIMPLE)
    assert ours("list-tables", database) == [f"{database}.t"]
    assert ours("load", f"{database}.t")["metadata-location"] == table.metadata_location
    ours.append(f"{database}.t", write_data_file(table, "one", [{"id": 1, "city": "Oslo"}]))
    assert rows_of(table.refresh()) == [{"id": 1, "city": "Oslo"}]
    assert ours.error("create-namespace", database).startswith("already exists: ")
    assert ours.error("create-table", f"{database}.t", WEATHER).startswith("already exists: ")
    assert ours.error("load", f"{database}.u").startswith("not found: ")
    assert ours.error("create-table", "nowhere.t", WEATHER).startswith("not found: namespace nowhere does not exist")
    ours("drop-table", f"{database}.t")
    with pytest.raises(NoSuchTableError):
        glue.catalog().load_table(f"{database}.t")


def test_a_table_lies_where_its_database_does(ours, glue, tmp_path):
    name = f"db{next(NUMBERS)}"
    place = f"file://{tmp_path}/w/elsewhere"
    glue.client().create_database(DatabaseInput={"Name": name, "LocationUri": place + "/"})
    assert ours("create-table", f"{name}.weather", WEATHER)["metadata"]["location"] == f"{place}/weather"


def test_what_others_put_beside_the_pointer_stays(ours, glue, database):
    ours("create-table", f"{database}.weather", WEATHER)
    shown = glue.table(database, "weather")
    storage = shown["StorageDescriptor"]
    storage["Columns"][1]["Comment"] = "where it was measured"
    storage["InputFormat"] = "of somebody's"
    glue.client().update_table(DatabaseName=database, TableInput={
        "Name": "weather", "TableType": "EXTERNAL_TABLE", "Description": "measured by hand", "Owner": "lab",
        "Parameters": shown["Parameters"] | {"classification": "parquet"}, "StorageDescriptor": storage})
    ours.append(f"{database}.weather", write_data_file(glue.catalog().load_table(f"{database}.weather"), "one", ROWS))
    shown = glue.table(database, "weather")
    assert (shown["Description"], shown["Owner"]) == ("measured by hand", "lab")
    assert shown["Parameters"]["classification"] == "parquet"
    assert shown["StorageDescriptor"]["InputFormat"] == "of somebody's"
    assert [column.get("Comment") for column in shown["StorageDescriptor"]["Columns"]] == [
        "a number", "where it was measured", None]


def test_names_that_glue_does_not_have(ours):
    for name in ("Db.t", "db.T", "my-db.t", "db.tä", f"{'d' * 253}.t"):
        assert "small letters, digits and underscores" in ours.error("load", name)
    assert "one level" in ours.error("create-namespace", "a.b")


def test_a_table_of_another_kind_is_not_touched(ours, glue, database):
    glue.client().create_table(DatabaseName=database, TableInput={"Name": "plain", "Parameters": {"a": "b"}})
    assert ours("list-tables", database) == []
    for command in ("load", "drop-table"):
        told = ours.error(command, f"{database}.plain")
        assert told.startswith("unsupported: ") and "no Iceberg table" in told
    assert glue.table(database, "plain")["Parameters"] == {"a": "b"}


def test_a_table_keeps_its_name(ours, database):
    """Glue has no call that renames a table and asks for a version."""
    ours("create-table", f"{database}.weather", WEATHER)
    told = ours.error("rename-table", f"{database}.weather", f"{database}.moved")
    assert told.startswith("unsupported: AWS Glue has no call that renames a table") and "Stop all that write" in told
    assert ours("list-tables", database) == [f"{database}.weather"]


def test_a_stale_version_is_refused_though_the_place_is_the_same(ours, open_ours, glue, database):
    """Somebody changes what stands beside the pointer, between our look and our commit."""
    ours("create-table", f"{database}.weather", WEATHER)
    proxy = HttpProxy(glue.address)

    def first_another(exchange):
        shown = glue.table(database, "weather")
        glue.client().update_table(DatabaseName=database, TableInput={
            key: shown[key] for key in ("Name", "TableType", "Parameters", "StorageDescriptor")})
        pass_on(exchange)

    proxy.rule(first_another, "POST", "UpdateTable")
    through = open_ours(endpoint=proxy.address)
    told = through.error("set-property", f"{database}.weather", "a", "b")
    assert told.startswith("commit conflict: Commit conflict - table was modified concurrently: ")
    assert "ConcurrentModificationException" in told
    through("set-property", f"{database}.weather", "a", "b")
    proxy.close()


@pytest.mark.slow
def test_of_rivals_each_is_in_once(ours, glue, database):
    """Four of our processes and PyIceberg append at the same time."""
    ours("create-table", f"{database}.weather", WEATHER)
    table = glue.catalog().load_table(f"{database}.weather")
    files = [write_data_file(table, f"file-{i}", [{"id": i, "city": None, "at": None}]) for i in range(8)]
    with ThreadPoolExecutor(5) as pool:
        theirs = pool.submit(append_by_pyiceberg, lambda: glue.catalog().load_table(f"{database}.weather"), 3)
        done = list(pool.map(lambda file: ours.process("append", f"{database}.weather", [file]), files))
        appended = theirs.result()
    assert [each.returncode for each in done] == [0] * 8, [each.stderr for each in done]
    assert [row["id"] for row in rows_of(table.refresh())] == list(range(8)) + [100] * appended
    assert ours("commit-stale", f"{database}.weather") == "commit conflict"


# --- Who asks

def test_a_signature_by_another_secret_is_told(open_ours):
    told = open_ours({"AWS_ACCESS_KEY_ID": "admin", "AWS_SECRET_ACCESS_KEY": "wrong-secret-0815"})
    assert told.error("list-namespaces").startswith("unauthorized: ")
    assert "Check the secret key, the region and this machine's clock" in told.error("list-namespaces")
    assert "wrong-secret-0815" not in told.error("list-namespaces")


@pytest.fixture
def nobody(tmp_path) -> dict[str, str]:
    """An environment that says of nothing who asks."""
    return {"HOME": str(tmp_path), "AWS_EC2_METADATA_DISABLED": "true", "AWS_CONFIG_FILE": str(tmp_path / "config"),
            "AWS_SHARED_CREDENTIALS_FILE": str(tmp_path / "credentials")}


def test_nobody_asks(open_ours, nobody):
    assert open_ours(nobody).error("list-namespaces").startswith("unauthorized: no AWS credentials were found")


def test_a_profile_has_keys_and_a_region(open_ours, nobody, tmp_path):
    (tmp_path / "config").write_text(f"[profile production]\nregion = {REGION} # of Glue\n[default]\nregion=eu-west-9\n")
    (tmp_path / "credentials").write_text(
        "[production]\naws_access_key_id=admin\naws_secret_access_key = password\n[default]\naws_access_key_id=other\n"
        "aws_secret_access_key=other\n")
    assert isinstance(open_ours(nobody, profile="production", region="")("list-namespaces"), list)
    assert isinstance(open_ours(nobody | {"AWS_PROFILE": "production"}, region="")("list-namespaces"), list)
    assert "is signed for" in open_ours(nobody, region="").error("list-namespaces")
    assert "there is no AWS profile other" in open_ours(nobody, profile="other").error("list-namespaces")


def test_a_profile_takes_on_a_role(open_ours, nobody, tmp_path, glue):
    (tmp_path / "config").write_text(
        "[profile base]\naws_access_key_id = admin\naws_secret_access_key = password\n[profile feeder]\n"
        "role_arn = arn:aws:iam::123456789012:role/feeder\nsource_profile = base\n")
    as_feeder = open_ours(nobody | {"AWS_ENDPOINT_URL_STS": glue.address}, profile="feeder")
    assert isinstance(as_feeder("list-namespaces"), list)
    (tmp_path / "config").write_text((tmp_path / "config").read_text().replace("= password", "= wrong"))
    assert "does not give role arn:aws:iam::123456789012:role/feeder" in as_feeder.error("list-namespaces")


def test_a_web_identity(open_ours, nobody, tmp_path, glue):
    (tmp_path / "token").write_text("a-token-of-the-cluster\n")
    pod = nobody | {"AWS_WEB_IDENTITY_TOKEN_FILE": str(tmp_path / "token"), "AWS_ENDPOINT_URL_STS": glue.address,
                    "AWS_ROLE_ARN": "arn:aws:iam::123456789012:role/feeder"}
    assert isinstance(open_ours(pod)("list-namespaces"), list)


# --- What goes wrong

def refusal(kind: str, message: str) -> Effect:
    body = json.dumps({"__type": f"com.amazonaws.glue#{kind}", "Message": message}).encode()
    return lambda exchange: exchange.reply(error(400).with_body(body))


def test_throttling_is_waited_out(open_ours, glue, ours, database):
    ours("create-table", f"{database}.weather", WEATHER)
    proxy = HttpProxy(glue.address)
    busy = open_ours(endpoint=proxy.address)
    for kind in ("ThrottlingException", "TooManyRequestsException"):
        proxy.rule(refusal(kind, "Rate exceeded"), "POST", times=2)
        assert busy("load", f"{database}.weather")
    proxy.rule(refusal("ThrottlingException", "Rate exceeded"), "POST", times=None)
    told = busy.error("load", f"{database}.weather")
    assert told.startswith("unavailable: ") and "asked too often" in told
    proxy.close()


def test_what_is_not_allowed_is_told(open_ours, glue, database):
    proxy = HttpProxy(glue.address)
    message = "User: arn:aws:iam::1:user/a is not authorized to perform: glue:GetTable"
    proxy.rule(refusal("AccessDeniedException", message), "POST", times=None)
    told = open_ours(endpoint=proxy.address).error("load", f"{database}.t")
    assert told.startswith("unauthorized: ") and message in told and "policies" in told
    proxy.close()


def test_a_read_that_fails_is_tried_again_and_a_change_is_not(open_ours, glue, database):
    proxy = HttpProxy(glue.address)
    through = open_ours(endpoint=proxy.address)
    proxy.rule(answer(500), "POST", times=2)
    assert isinstance(through("list-namespaces"), list)
    created = proxy.rule(answer(503), "POST", "CreateTable", times=None)
    assert through.error("create-table", f"{database}.weather", WEATHER).startswith("commit state unknown: ")
    assert len(created.met) == 1
    proxy.close()


def test_nobody_is_there(open_ours):
    told = open_ours(endpoint="http://127.0.0.1:1").error("list-namespaces")
    assert told.startswith("unavailable: Failed to connect to catalog at http://127.0.0.1:1: ")


def test_tables_in_s3(open_ours, glue, minio):
    """S3 by the keys of a profile, MinIO having the same."""
    s3 = open_ours(glue.environment(), warehouse="s3://warehouse/glue", io=minio.properties())
    name = f"db{next(NUMBERS)}"
    s3("create-namespace", name)
    s3("create-table", f"{name}.weather", WEATHER)
    table = glue.catalog(**minio.properties()).load_table(f"{name}.weather")
    s3.append(f"{name}.weather", write_data_file(table, "one", ROWS))
    assert rows_of(table.refresh()) == ROWS
    assert table.location() == f"s3://warehouse/glue/{name}.db/weather"


def test_a_profile_says_who_writes_to_s3_too(open_ours, nobody, tmp_path, minio):
    (tmp_path / "credentials").write_text("[feeder]\naws_access_key_id=admin\naws_secret_access_key=password\n")
    place = {"s3.endpoint": minio.address, "s3.path-style-access": "true"}
    s3 = open_ours(nobody, profile="feeder", warehouse="s3://warehouse/profile", io=place)
    name = f"db{next(NUMBERS)}"
    s3("create-namespace", name)
    assert s3("create-table", f"{name}.weather", WEATHER)["metadata"]["location"].startswith("s3://warehouse/profile/")
