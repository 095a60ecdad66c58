"""A Spark session that answers SQL: dev/spark run spark_session.py NAME=REST_URL... [s3 ENDPOINT USER PASSWORD REGION]

Reads one JSON string (a statement) a line and writes one JSON object a line: {"rows": [...]} or {"error": "..."}.
"""

import datetime as dt
import decimal
import json
import sys

from pyspark.sql import Row, SparkSession


def plain(value):
    """As readers.plain: Row is a struct and dict a map, which only the types tell."""
    if isinstance(value, Row):
        return {name: plain(value[name]) for name in value.__fields__}
    if isinstance(value, dict):
        return sorted([plain(key), plain(item)] for key, item in value.items())
    if isinstance(value, (list, tuple)):
        return [plain(item) for item in value]
    if isinstance(value, (bytes, bytearray)):
        return "0x" + value.hex()
    if isinstance(value, dt.datetime):
        return value.isoformat(sep=" ", timespec="microseconds")
    if isinstance(value, decimal.Decimal):
        return f"{value:f}"
    if isinstance(value, dt.date):
        return str(value)
    return value


def session(arguments: list[str]) -> SparkSession:
    builder = SparkSession.builder.config("spark.sql.extensions",
                                          "org.apache.iceberg.spark.extensions.IcebergSparkSessionExtensions")
    s3 = arguments[arguments.index("s3") + 1:] if "s3" in arguments else []
    for argument in arguments[:len(arguments) - len(s3) - bool(s3)]:
        name, _, url = argument.partition("=")
        catalog = f"spark.sql.catalog.{name}"
        builder = (builder.config(catalog, "org.apache.iceberg.spark.SparkCatalog").config(f"{catalog}.type", "rest")
                   .config(f"{catalog}.uri", url).config(f"{catalog}.cache-enabled", "false"))
        if s3 and name != "rest":
            endpoint, user, password, region = s3
            for key, value in {"io-impl": "org.apache.iceberg.aws.s3.S3FileIO", "s3.endpoint": endpoint,
                               "s3.access-key-id": user, "s3.secret-access-key": password, "client.region": region,
                               "s3.path-style-access": "true", "s3.remote-signing-enabled": "false"}.items():
                builder = builder.config(f"{catalog}.{key}", value)
    return builder.getOrCreate()


def main() -> None:
    replies, sys.stdout = sys.stdout, sys.stderr
    spark = session(sys.argv[1:])
    spark.sparkContext.setLogLevel("ERROR")
    for line in sys.stdin:
        try:
            reply = {"rows": [plain(row) for row in spark.sql(json.loads(line)).collect()]}
        except Exception as error:
            reply = {"error": str(error)[:2000]}
        print(json.dumps(reply), file=replies, flush=True)
    spark.stop()


if __name__ == "__main__":
    main()
