"""The four loads: what is in the topic, and the table that every contestant writes it into."""

from dataclasses import dataclass, replace

from pyiceberg.partitioning import UNPARTITIONED_PARTITION_SPEC, PartitionField, PartitionSpec
from pyiceberg.schema import Schema
from pyiceberg.transforms import BucketTransform, DayTransform
from pyiceberg.types import (BooleanType, DoubleType, IcebergType, IntegerType, ListType, LongType, NestedField,
                             StringType, StructType, TimestampType)


@dataclass(frozen=True)
class Load:
    name: str
    kind: str  # what load_topic makes
    records: int
    partitions: int  # of the topic
    schema: Schema
    key: str  # a column whose every value is there once
    spec: PartitionSpec = UNPARTITIONED_PARTITION_SPEC
    codec: str = "none"  # by which the producer packs
    only: int | None = None  # the one partition that all records are in; None: evenly in all

    def scaled(self, scale: float) -> "Load":
        """The same load of another size; every partition of the topic still gets the same number of records."""
        records = max(1, round(self.records * scale / self.partitions)) * self.partitions
        return replace(self, records=records)


class Columns:
    """Numbers the fields of a schema as they are named."""

    def __init__(self):
        self.last = 0

    def next(self) -> int:
        self.last += 1
        return self.last

    def struct(self, **types) -> StructType:
        """A dict stands for a struct, a list of one type for a list."""
        return StructType(*(NestedField(self.next(), name, self.type(given), required=False)
                            for name, given in types.items()))

    def type(self, given) -> IcebergType:
        if isinstance(given, dict):
            return self.struct(**given)
        if isinstance(given, list):
            return ListType(self.next(), self.type(given[0]), element_required=False)
        return given


def schema(**types) -> Schema:
    return Schema(*Columns().struct(**types).fields)


TEXT, BOOL, TIME = StringType(), BooleanType(), TimestampType()
LONG, INT, DOUBLE = LongType(), IntegerType(), DoubleType()

SENSOR = schema(sensor_id=TEXT, timestamp=TIME, reading=DOUBLE)
EVENT = schema(id=LONG, user=TEXT, kind=TEXT, at=TIME, country=TEXT, amount=DOUBLE, mobile=BOOL, millis=INT)
REQUEST = schema(
    id=LONG, at=TIME, host=TEXT, service=TEXT, method=TEXT, path=TEXT, query=TEXT, status=INT, bytes_in=LONG,
    bytes_out=LONG, duration=DOUBLE, upstream_duration=DOUBLE, cached=BOOL, secure=BOOL, protocol=TEXT, trace=TEXT,
    span=TEXT, referrer=TEXT, agent=TEXT, language=TEXT,
    client={"address": TEXT, "port": INT, "country": TEXT, "city": TEXT, "latitude": DOUBLE, "longitude": DOUBLE,
            "network": LONG},
    user={"number": LONG, "name": TEXT, "plan": TEXT, "since": TIME, "verified": BOOL},
    device={"model": TEXT, "system": {"name": TEXT, "version": TEXT}, "width": INT, "height": INT, "touch": BOOL},
    experiments=[TEXT], timings=[DOUBLE])

BY_BUCKET_AND_DAY = PartitionSpec(
    PartitionField(SENSOR.find_field("sensor_id").field_id, 1000, BucketTransform(16), "sensor_id_bucket"),
    PartitionField(SENSOR.find_field("timestamp").field_id, 1001, DayTransform(), "timestamp_day"))

LOADS = {load.name: load for load in (
    Load("sensor", "sensor", 8_000_000, 4, SENSOR, "timestamp"),
    Load("events", "events", 4_000_000, 16, EVENT, "id", codec="lz4"),
    Load("partitioned", "sensor", 2_000_000, 4, SENSOR, "timestamp", spec=BY_BUCKET_AND_DAY),
    Load("wide", "wide", 300_000, 4, REQUEST, "id"),
)}
