"""Other people's engines as readers of one table: the same SQL to each, values of one plain form from each.

A plain value is JSON: decimals, dates, times and timestamps are text (of UTC if they have a zone), binary values are
hexadecimal, structs are objects, maps are sorted lists of pairs.
"""

import base64
import datetime as dt
import decimal
import json
import struct
import subprocess
import uuid
from pathlib import Path

import duckdb
import duckdb_extension_avro
import duckdb_extension_httpfs
import duckdb_extension_iceberg
import requests
from pyiceberg.catalog import load_catalog
from pyiceberg.expressions import EqualTo, GreaterThanOrEqual, IsNull
from pyiceberg.types import DateType, TimestampType, TimestamptzType
from pyiceberg.utils.datetime import days_to_date, micros_to_timestamp, micros_to_timestamptz


def plain(value):
    """A value of pyarrow's to_pylist: a struct is a dict, a map a list of tuples."""
    if isinstance(value, dict):
        return {name: plain(item) for name, item in value.items()}
    if isinstance(value, list):
        items = [plain(item) for item in value]
        return sorted(items) if value and isinstance(value[0], tuple) else items
    if isinstance(value, tuple):
        return [plain(item) for item in value]
    if isinstance(value, bytes):
        return "0x" + value.hex()
    if isinstance(value, dt.datetime):
        value = value.astimezone(dt.timezone.utc) if value.tzinfo else value
        return value.replace(tzinfo=None).isoformat(sep=" ", timespec="microseconds")
    if isinstance(value, dt.time):
        return value.isoformat(timespec="microseconds")
    if isinstance(value, decimal.Decimal):
        return f"{value:f}"
    if isinstance(value, (dt.date, uuid.UUID)):
        return str(value)
    return value


Filter = tuple[str, str, object]  # column, comparison, value; None asks for nulls
COMPARISONS = {"=": EqualTo, ">=": GreaterThanOrEqual}


def of_type(value, type):
    """A partition value as PyIceberg reads it from a manifest."""
    if value is None:
        return None
    match type:
        case DateType():
            return days_to_date(value) if isinstance(value, int) else value
        case TimestampType():
            return micros_to_timestamp(value) if isinstance(value, int) else value
        case TimestamptzType():
            return micros_to_timestamptz(value) if isinstance(value, int) else value
    return value


def ordered(partitions: list[list]) -> list[list]:
    return sorted(partitions, key=lambda row: json.dumps(row, sort_keys=True))


class Reader:
    name = ""

    def query(self, table: str, sql: str) -> list[dict]:
        """The rows of `sql`, in which {table} stands for `table` (namespace.name)."""
        raise NotImplementedError

    def rows(self, table: str, where: Filter | None = None) -> list[dict]:
        """By id."""
        sql = "SELECT * FROM {table}"
        if where:
            column, comparison, value = where
            sql += f" WHERE {column} IS NULL" if value is None else f" WHERE {column} {comparison} {self.literal(value)}"
        return sorted(self.query(table, sql), key=lambda row: row["id"])

    def literal(self, value) -> str:
        """Of the engine's SQL."""
        if isinstance(value, dt.datetime):
            return f"TIMESTAMP '{plain(value)}{' UTC' if value.tzinfo else ''}'"
        if isinstance(value, dt.date):
            return f"DATE '{value}'"
        if isinstance(value, dt.time):
            return f"TIME '{plain(value)}'"
        if isinstance(value, bytes):
            return f"X'{value.hex()}'"
        if isinstance(value, (str, uuid.UUID)):
            return f"'{value}'"
        return f"{value:f}" if isinstance(value, decimal.Decimal) else str(value)

    def partitions(self, table: str) -> list[list]:
        """[partition, records, files] of each, sorted."""
        raise NotImplementedError


class PyIceberg(Reader):
    """DuckDB calculates, on what PyIceberg's scan gave."""

    name = "PyIceberg"

    def __init__(self, url: str, properties: dict[str, str]):
        self.catalog = load_catalog("reader", type="rest", uri=url, **properties)

    def query(self, table: str, sql: str) -> list[dict]:
        scanned = self.catalog.load_table(table).scan().to_arrow()
        connection = duckdb.connect()
        connection.register("scanned", scanned)
        return plain(connection.sql(sql.format(table="scanned")).to_arrow_table().to_pylist())

    def scan(self, table: str, where: Filter | None = None):
        loaded = self.catalog.load_table(table)
        if not where:
            return loaded.scan()
        column, comparison, value = where
        if value is None:
            return loaded.scan(row_filter=IsNull(column))
        value = plain(value) if isinstance(value, dt.time) else value
        if isinstance(value, (dt.date, uuid.UUID)):
            value = value.isoformat() if isinstance(value, dt.date) else str(value)
        return loaded.scan(row_filter=COMPARISONS[comparison](column, value))

    def rows(self, table: str, where: Filter | None = None) -> list[dict]:
        """Filtered by PyIceberg itself."""
        return sorted(plain(self.scan(table, where).to_arrow().to_pylist()), key=lambda row: row["id"])

    def partitions(self, table: str) -> list[list]:
        """From the planned files, because inspect.partitions knows no uuid."""
        loaded = self.catalog.load_table(table)
        found: dict[str, list] = {}
        for task in loaded.scan().plan_files():
            partition = {field.name: plain(of_type(task.file.partition[place], field.transform.result_type(
                loaded.schema().find_type(field.source_id)))) for place, field in enumerate(loaded.spec().fields)}
            entry = found.setdefault(json.dumps(partition, sort_keys=True), [partition, 0, 0])
            entry[1] += task.file.record_count
            entry[2] += 1
        return ordered(list(found.values()))


class DuckDb(Reader):
    """DuckDB's own reader, its extensions from their Python packages, so that nothing is downloaded while it runs."""

    name = "DuckDB"

    def __init__(self, url: str, minio=None):
        self.connection = duckdb.connect(config={"autoinstall_known_extensions": "false"})
        for module, name in ((duckdb_extension_avro, "avro"), (duckdb_extension_httpfs, "httpfs"),
                             (duckdb_extension_iceberg, "iceberg")):
            (extension,) = Path(module.__file__).parent.glob(f"extensions/*/{name}.duckdb_extension")
            self.connection.execute(f"LOAD '{extension}'")
        self.connection.execute("SET TimeZone = 'UTC'")
        if minio:
            s3 = minio.properties()
            self.connection.execute(
                f"CREATE SECRET (TYPE s3, KEY_ID '{s3['s3.access-key-id']}', SECRET '{s3['s3.secret-access-key']}', "
                f"ENDPOINT '{minio.address.removeprefix('http://')}', URL_STYLE 'path', USE_SSL false, "
                f"REGION '{s3['s3.region']}')")
        self.catalog = load_catalog("duckdb", type="rest", uri=url, **(minio.properties() if minio else {}))

    def literal(self, value) -> str:
        if isinstance(value, dt.datetime) and value.tzinfo:
            return f"TIMESTAMPTZ '{plain(value)}+00'"
        if isinstance(value, bytes):
            return "'" + "".join(f"\\x{byte:02x}" for byte in value) + "'::BLOB"
        return super().literal(value)

    def query(self, table: str, sql: str) -> list[dict]:
        location = self.catalog.load_table(table).metadata_location.removeprefix("file:")
        if location.startswith("/"):
            location = "/" + location.lstrip("/")
        return plain(self.connection.sql(sql.format(table=f"iceberg_scan('{location}')")).to_arrow_table().to_pylist())


class Trino(Reader):
    """By the protocol of its clients: https://trino.io/docs/current/develop/client-protocol.html"""

    name = "Trino"

    def __init__(self, address: str, catalog: str):
        self.address, self.catalog = address, catalog

    def query(self, table: str, sql: str) -> list[dict]:
        namespace, _, name = table.rpartition(".")
        return self.run(sql.format(table=f'{self.catalog}."{namespace}"."{name}"'))

    def literal(self, value) -> str:
        return f"UUID '{value}'" if isinstance(value, uuid.UUID) else super().literal(value)

    def partitions(self, table: str) -> list[list]:
        namespace, _, name = table.rpartition(".")
        found = self.run(f'SELECT * FROM {self.catalog}."{namespace}"."{name}$partitions"')
        return ordered([[row["partition"], row["record_count"], row["file_count"]] for row in found])

    def run(self, statement: str) -> list[dict]:
        headers = {"X-Trino-User": "frazil", "X-Trino-Time-Zone": "UTC",
                   "X-Trino-Client-Capabilities": "PARAMETRIC_DATETIME"}
        reply = requests.post(f"{self.address}/v1/statement", data=statement.encode(), headers=headers, timeout=60)
        rows = []
        while True:
            reply.raise_for_status()
            page = reply.json()
            if "error" in page:
                raise RuntimeError(f"Trino: {page['error']['message']}\n{statement}")
            for row in page.get("data", ()):
                rows.append({column["name"]: trino_plain(value, column["typeSignature"])
                             for column, value in zip(page["columns"], row)})
            if "nextUri" not in page:
                return rows
            reply = requests.get(page["nextUri"], headers=headers, timeout=60)


def trino_plain(value, type: dict):
    if value is None:
        return None
    inner = [argument["value"] for argument in type["arguments"]]
    match type["rawType"]:
        case "row":
            return {field["fieldName"]["name"]: trino_plain(item, field["typeSignature"])
                    for field, item in zip(inner, value)}
        case "array":
            return [trino_plain(item, inner[0]) for item in value]
        case "map":
            return sorted([trino_plain(key, inner[0]), trino_plain(item, inner[1])] for key, item in value.items())
        case "varbinary":
            return "0x" + base64.b64decode(value).hex()
        case "real":  # its shortest digits
            return struct.unpack("f", struct.pack("f", value))[0]
        case "timestamp with time zone":
            return value.removesuffix(" UTC")
    return value


class Spark(Reader):
    """One session (spark_session.py), spoken to over its pipes."""

    name = "Spark"

    def __init__(self, process: subprocess.Popen, catalog: str):
        self.process, self.catalog = process, catalog

    def query(self, table: str, sql: str) -> list[dict]:
        return self.run(sql.format(table=f"{self.catalog}.{table}"))

    def partitions(self, table: str) -> list[list]:
        found = self.run(f"SELECT partition, record_count, file_count FROM {self.catalog}.{table}.partitions")
        return ordered([[row["partition"], row["record_count"], row["file_count"]] for row in found])

    def run(self, statement: str) -> list[dict]:
        self.process.stdin.write(json.dumps(statement) + "\n")
        self.process.stdin.flush()
        line = self.process.stdout.readline()
        reply = json.loads(line) if line else {"error": f"the session ended with {self.process.wait(60)}"}
        if "error" in reply:
            raise RuntimeError(f"Spark: {reply['error']}\n{statement}")
        return reply["rows"]


def check_same(readers: list[Reader], read, what: object = "") -> list[dict]:
    """read(reader) gives the same from each; returns it."""
    first = read(readers[0])
    for reader in readers[1:]:
        other = read(reader)
        differ = [row for row in first if row not in other][:2] + [row for row in other if row not in first][:2]
        assert other == first, (f"{what} {readers[0].name} reads {len(first)} rows, {reader.name} {len(other)}; of one "
                                "only:\n" + "\n".join(f"  {row}" for row in differ))
    return first
