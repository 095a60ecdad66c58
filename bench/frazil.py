"""Frazil itself, its release build, on one pipeline."""

import subprocess
import sys

from bench import age, ceilings, stages
from bench.contestant import Job
from bench.settings import BUILD, ROOT

PROGRAMS = ("frazil", "load_topic", *ceilings.PROGRAMS, *stages.PROGRAMS,
            *age.PROGRAMS, "replay")
CONFIG = """\
version: "1.0"
sources:
  topic:
    connector: kafka
    config: {{brokers: "{brokers}", topics: [{topic}]}}
sinks:
  table:
    connector: iceberg
    config:
      catalog: {{type: rest, rest: {{uri: "{catalog}"}}}}
      namespace: {namespace}
      table: {table}
      {sink}
pipelines:
  {table}: {{source: topic, sink: table, {pipeline}}}
"""


def build() -> None:
    subprocess.run(["cmake", "--preset", "bench", "--log-level=WARNING"], cwd=ROOT, check=True, stdout=sys.stderr)
    subprocess.run(["ninja", "-C", BUILD, "--quiet", *PROGRAMS], check=True, stdout=sys.stderr)


class Frazil:
    leaves = True

    def __init__(self, name: str = "Frazil", **pipeline):
        """`pipeline`: further settings of the pipeline."""
        self.name = name
        self.pipeline = {"memory_limit_mb": 160, **pipeline}
        self.sink = {"compression": "zstd"}
        self.settings = ["frazil run --once",
                         *(f"{key}: {value}" for key, value in (self.sink | self.pipeline).items())]

    def fetch(self) -> None:
        build()

    def command(self, job: Job) -> list:
        config = job.directory / "pipeline.yaml"
        config.write_text(CONFIG.format(
            brokers=job.kafka.address, topic=job.topic, catalog=job.catalog.address, namespace=job.namespace,
            table=job.table, sink="\n      ".join(f"{key}: {value}" for key, value in self.sink.items()),
            pipeline=", ".join(f"{key}: {value}" for key, value in self.pipeline.items())))
        return [BUILD / "frazil", "run", "-c", config, "--once"]
