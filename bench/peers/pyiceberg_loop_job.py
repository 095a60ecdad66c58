"""pyiceberg_loop_job.py JOB.json: reads the topic to the end it has now, and appends to the table."""

import io
import json
import sys

import pyarrow as pa
import pyarrow.json
from confluent_kafka import Consumer, TopicPartition
from pyiceberg.catalog import load_catalog

AT_ONCE = 10_000


def readable(type: pa.DataType) -> pa.DataType:
    """What PyArrow's JSON reader knows of it: it takes lists and strings, but not large ones inside of others."""
    if pa.types.is_struct(type):
        return pa.struct([field.with_type(readable(field.type)) for field in type])
    if pa.types.is_large_list(type) or pa.types.is_list(type):
        return pa.list_(readable(type.value_type))
    return pa.string() if pa.types.is_large_string(type) else type


def main(job: dict) -> None:
    table = load_catalog("lake", type="rest", uri=job["catalog"]).load_table(job["table"])
    schema = pa.schema([field.with_type(readable(field.type)) for field in table.schema().as_arrow()])
    parse = pyarrow.json.ParseOptions(explicit_schema=schema, unexpected_field_behavior="ignore")
    read = pyarrow.json.ReadOptions(block_size=8 << 20)

    def append(values: list[bytes]) -> None:
        table.append(pyarrow.json.read_json(io.BytesIO(b"\n".join(values)), read, parse))

    consumer = Consumer(job["consumer"])
    partitions = [TopicPartition(job["topic"], number, 0)
                  for number in consumer.list_topics(job["topic"]).topics[job["topic"]].partitions]
    missing = 0
    for partition in partitions:
        low, high = consumer.get_watermark_offsets(partition)
        missing += high - low
    consumer.assign(partitions)
    values: list[bytes] = []
    while missing > 0:
        for message in consumer.consume(AT_ONCE, timeout=1):
            if message.error():
                raise RuntimeError(message.error())
            values.append(message.value())
            missing -= 1
        if values and (len(values) >= job["rows_a_commit"] or missing == 0):
            append(values)
            values = []
    consumer.close()


if __name__ == "__main__":
    with open(sys.argv[1]) as file:
        main(json.load(file))
