"""Frazil's own stages alone, by the Google Benchmarks of bench/, on sensor records."""

from bench import google
from bench.servers import Kafka

PROGRAMS = ("consume_bench", "json_bench", "parquet_bench")


def measure(kafka: Kafka, topic: str, repetitions: int) -> dict[str, list[float]]:
    """Nanoseconds of CPU a record, a value for each repetition."""
    where = {"BENCH_BROKERS": kafka.address, "BENCH_TOPIC": topic}
    rows = {"fetch": google.run("consume_bench", "Consume/iterations:1/real_time", repetitions, where),
            "decode JSON": google.run("json_bench", "ProducedSensor", repetitions),
            "encode Parquet": google.run("parquet_bench", "WriteFile/zstd/10", repetitions)}
    return {stage: [row.get("ns/record") or 1e9 / row["items_per_second"] for row in its]
            for stage, its in rows.items()}
