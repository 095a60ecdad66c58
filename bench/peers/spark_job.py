"""dev/spark run spark_job.py JOB.json: the streaming query that bench/peers/spark.py describes in the file."""

import json
import sys

from pyspark.sql import SparkSession
from pyspark.sql.functions import col, from_json


def main(job: dict) -> None:
    spark = (SparkSession.builder
             .config("spark.sql.extensions", "org.apache.iceberg.spark.extensions.IcebergSparkSessionExtensions")
             .config("spark.sql.catalog.lake", "org.apache.iceberg.spark.SparkCatalog")
             .config("spark.sql.catalog.lake.type", "rest")
             .config("spark.sql.catalog.lake.uri", job["catalog"])
             .config("spark.sql.catalog.lake.io-impl", "org.apache.iceberg.hadoop.HadoopFileIO")
             .getOrCreate())
    spark.sparkContext.setLogLevel("ERROR")
    records = spark.readStream.format("kafka").options(**job["source"]).load()
    rows = records.select(from_json(col("value").cast("string"), job["columns"]).alias("row")).select("row.*")
    query = (rows.writeStream.format("iceberg").outputMode("append").options(**job["sink"])
             .option("checkpointLocation", job["checkpoints"]).trigger(availableNow=True).toTable(job["table"]))
    query.awaitTermination()
    spark.stop()


if __name__ == "__main__":
    with open(sys.argv[1]) as file:
        main(json.load(file))
