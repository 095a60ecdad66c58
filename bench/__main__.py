"""bench/run [quick]: runs the benchmark, prints its report, and leaves it in bench/last-report.md and .json."""

import json
import shutil
import sys
import tempfile
import traceback
from pathlib import Path

from bench import age, ceilings, group, machine, profile, scaling, stages
from bench.compare import Arena
from bench.frazil import Frazil
from bench.loads import LOADS
from bench.peers.connect import Connect
from bench.peers.flink import Flink
from bench.peers.pyiceberg_loop import PyIceberg
from bench.peers.spark import Spark
from bench.report import Results
from bench.servers import Kafka, RestCatalog, note
from bench.settings import ROOT, Settings

PEERS = {"connect": Connect, "flink": Flink, "spark": Spark, "pyiceberg": PyIceberg}


def measure(settings: Settings, results: Results, arena: Arena) -> None:
    """Part after part; what is found stays in `results` whatever happens later."""
    for load in results.loads:
        results.record_bytes[load.name] = arena.kafka.fill(load.name, load)
        if "ceilings" in settings.parts and load.name in ceilings.LOADS:
            results.ceilings.append(ceilings.measure(arena.kafka, load, settings.runs, arena.work))
        if "stages" in settings.parts and load.name == "sensor":
            results.stages = stages.measure(arena.kafka, load.name, settings.runs)
        if "loads" in settings.parts:
            pairs = [(contestant, load) for contestant in results.contestants]
            results.runs[load.name] = arena.rounds(pairs, settings.runs)
        if "profile" in settings.parts and load.name == "sensor":
            results.profile = profile.measure(arena, load)
    if "lanes" in settings.parts:
        results.lanes = scaling.lanes(arena, settings.scale, settings.runs)
    if "partitions" in settings.parts:
        results.partitions = scaling.partitions(arena, settings.scale, settings.runs)
    if "group" in settings.parts:
        results.group = group.measure(arena, settings.scale, settings.runs)
    if "age" in settings.parts:
        results.age = age.measure(settings.runs)


def main(quick: bool) -> None:
    settings = Settings.of(quick, tuple(LOADS))
    contestants = [Frazil(), *(PEERS[name]() for name in settings.peers)]
    for contestant in contestants:
        contestant.fetch()
    results = Results(machine.describe(), [LOADS[name].scaled(settings.scale) for name in settings.loads], contestants)
    work = Path(tempfile.mkdtemp(prefix="frazil-bench-"))
    servers = []
    try:
        note("starting Kafka and the REST catalog")
        servers.append(kafka := Kafka(work / "kafka"))
        servers.append(catalog := RestCatalog(work / "catalog"))
        measure(settings, results, Arena(kafka, catalog, work))
    except (Exception, KeyboardInterrupt):  # the report says so, beside what was found until then
        results.stopped_by = traceback.format_exc()
    finally:
        for server in servers:
            server.stop()
        shutil.rmtree(work, ignore_errors=True)
    text = results.markdown()
    (ROOT / "bench/last-report.md").write_text(text)
    (ROOT / "bench/last-report.json").write_text(json.dumps(results.json(), indent=1))
    print(text, end="")
    if results.stopped_by:
        sys.exit(results.stopped_by)


if __name__ == "__main__":
    if sys.argv[1:] not in ([], ["quick"]):
        sys.exit("usage: bench/run [quick]")
    main(quick=sys.argv[1:] == ["quick"])
