"""The report: results as Markdown and as JSON."""

import statistics
from collections.abc import Callable, Iterable
from dataclasses import asdict, dataclass, field

from bench import goals, group
from bench.age import Age
from bench.ceilings import Ceilings
from bench.compare import Run
from bench.contestant import Contestant
from bench.goals import SIGNS, Goal
from bench.loads import Load

MIB = 2**20


@dataclass
class Results:
    """All that one run of the benchmark has found."""

    machine: dict
    loads: list[Load]
    contestants: list[Contestant]
    record_bytes: dict[str, float] = field(default_factory=dict)
    runs: dict[str, list[Run]] = field(default_factory=dict)  # by load
    ceilings: list[Ceilings] = field(default_factory=list)
    stages: dict[str, list[float]] = field(default_factory=dict)
    profile: list[str] = field(default_factory=list)  # lines of perf
    lanes: list[Run] = field(default_factory=list)
    partitions: list[Run] = field(default_factory=list)
    group: list[Run] = field(default_factory=list)
    age: Age | None = None
    stopped_by: str | None = None  # the error that ended it before all was measured

    def complaints(self) -> list[str]:
        return [text for its in self.ceilings if its.load == "sensor" for text in its.complaints()]

    def goals(self) -> list[Goal]:
        return (goals.of_ceilings(self.runs, self.ceilings) + goals.of_loads(self.runs) + goals.of_lanes(self.lanes)
                + goals.of_partitions(self.partitions) + goals.of_group(self.group) + goals.of_age(self.age))

    def json(self) -> dict:
        return {"machine": self.machine, "invalid": self.complaints(), "stopped_by": self.stopped_by,
                "goals": [goal.json() for goal in self.goals()],
                "record_bytes": self.record_bytes,
                "loads": {name: [asdict(run) for run in runs] for name, runs in self.runs.items()},
                "ceilings": [asdict(its) for its in self.ceilings],
                "stages": self.stages,
                "lanes": [asdict(run) for run in self.lanes],
                "partitions": [asdict(run) for run in self.partitions],
                "group": [asdict(run) for run in self.group],
                "age": asdict(self.age) if self.age else None,
                "settings": {contestant.name: contestant.settings for contestant in self.contestants}}

    def markdown(self) -> str:
        lines = self.head() + self.goals_section()
        for load in self.loads:
            if load.name in self.runs:
                lines += load_section(load, self.record_bytes[load.name], self.runs[load.name])
        for its in self.ceilings:
            lines += ceilings_section(its, self.runs.get(its.load, []))
        lines += stages_section(self.stages, self.runs.get("sensor", []))
        lines += runs_section("Lanes", "Served from memory so that no broker competes for the cores.", self.lanes,
                              lambda run: f"{run.load}, {run.contestant}")
        lines += runs_section("Kafka partitions", "The same records in topics of 1, 16 and 200 partitions, and all of "
                              "them in one of 16.", self.partitions, lambda run: run.load)
        lines += runs_section("Several processes", f"{group.PROCESSES} processes feed one table from "
                              f"{group.LOAD.partitions} partitions; undisturbed, and while one more comes and goes.",
                              self.group, lambda run: run.contestant)
        lines += age_section(self.age)
        if self.profile:
            lines += ["## Profile: sensor", "", "```", *self.profile, "```", ""]
        return "\n".join(lines + self.settings_section())

    def head(self) -> list[str]:
        m = self.machine
        lines = ["# Frazil beside others", "",
                 f"{m['date']}, Frazil {m['commit']}, {m['cores']} × {m['processor']}, {m['memory_mib'] / 1024:.0f} GiB, "
                 f"Linux {m['kernel']}, load {m['load_before']:.1f} before. Broker and catalog on the same machine. In "
                 "tables: median (least–greatest).", ""]
        if self.stopped_by:
            lines += ["**INCOMPLETE**: it was stopped by an error.", "", "```", self.stopped_by.strip(), "```", ""]
        if complaints := self.complaints():
            lines += ["**INVALID**: the ceilings are none in this run:", "", *(f"- {text}" for text in complaints), ""]
        return lines

    def goals_section(self) -> list[str]:
        rows = [[goal.what, f"{SIGNS[goal.sign]} {goal.bound:.3g} {goal.unit}",
                 "not measured" if goal.reached is None else f"{goal.reached:.3g} {goal.unit}",
                 "–" if goal.reached is None else "yes" if goal.met else "**no**"] for goal in self.goals()]
        return ["## Goals", "", *table(["", "goal", "reached", "met"], rows)]

    def settings_section(self) -> list[str]:
        lines = ["## Settings", ""]
        for contestant in self.contestants:
            lines.append(f"- **{contestant.name}**: " + ", ".join(f"`{text}`" for text in contestant.settings))
        return lines + [""]


def load_section(load: Load, record_bytes: float, runs: list[Run]) -> list[str]:
    fields = sum(1 for name in load.schema.column_names if load.schema.find_type(name).is_primitive)
    partitioned = f"; table by {', '.join(str(f.transform) for f in load.spec.fields)}" if load.spec.fields else ""
    text = (f"{load.records:,} records of {record_bytes:.0f} bytes, {fields} fields; {load.partitions} Kafka "
            f"partitions, compression {load.codec}{partitioned}.")
    return runs_section(f"Load: {load.name}", text, runs, lambda run: run.contestant)


def runs_section(title: str, text: str, runs: list[Run], name: Callable[[Run], str]) -> list[str]:
    """A row for each name, over its runs; what failed is shown with its error."""
    if not runs:
        return []
    rows, errors = [], []
    for row in dict.fromkeys(map(name, runs)):
        own = [run for run in runs if name(run) == row]
        good = [run for run in own if run.error is None]
        failed = [run for run in own if run.error is not None]
        errors += [(row, run.error) for run in failed]
        rows.append([f"{row} (**failed**)" if failed else row, str(len(good)),
                     spread((run.seconds for run in good), "{:.2f}".format),
                     spread((run.rate / 1000 for run in good)),
                     spread((run.per_cpu / 1000 for run in good)),
                     spread((run.steady_rate / 1000 for run in good if run.steady_rate)),
                     spread((run.steady_per_cpu / 1000 for run in good if run.steady_per_cpu)),
                     spread((run.peak / MIB for run in good)),
                     spread((run.files for run in good)),
                     spread((run.bytes / run.records for run in good), "{:.1f}".format),
                     spread((run.commits for run in good))])
    lines = [f"## {title}", "", text, "",
             *table(["", "runs", "wall, s", "k records/s", "k records/CPU-s", "steady k records/s",
                     "steady k records/CPU-s", "peak MiB", "files", "bytes/record", "commits"], rows)]
    for row, error in errors:
        lines += [f"{row} failed:", "", "```", error, "```", ""]
    return lines


def ceilings_section(ceilings: Ceilings, runs: list[Run]) -> list[str]:
    rows = [[name, spread((run["ns_per_record"] for run in its), "{:.1f}".format),
             spread(rate / 1000 for rate in ceilings.per_cpu(name)), f"{ceilings.times_librdkafka(name):.1f} ×"]
            for name, its in ceilings.runs.items()]
    rows.append(["the three together", "–", spread(limit / 1000 for limit in ceilings.limits()), "–"])
    share = goals.share_of_limit(runs, ceilings)
    text = "Stages alone, by programs that share no code with Frazil."
    if share is not None:
        text += f" A whole run of Frazil reaches {share:.0f} % of the three together."
    return [f"## Ceilings: {ceilings.load}", "", text, "",
            *table(["", "ns of CPU a record", "k records/CPU-s", "against librdkafka"], rows)]


def stages_section(stages: dict[str, list[float]], runs: list[Run]) -> list[str]:
    if not stages:
        return []
    rows = [[name, spread(values, "{:.1f}".format)] for name, values in stages.items()]
    if whole := goals.middle(runs, goals.FRAZIL, lambda run: 1e9 / run.per_cpu):
        alone = sum(statistics.median(values) for values in stages.values())
        rows += [["a whole run", f"{whole:.1f}"], ["of it in no stage", f"{whole - alone:.1f}"]]
    return ["## Frazil's stages: sensor", "", "Each alone.", "", *table(["", "ns of CPU a record"], rows)]


def age_section(age: Age | None) -> list[str]:
    if not age:
        return []
    rows = [[f"after {count:,} commits, 100 snapshots kept: wall, SQL catalog", spread(values, "{:.2f}".format)]
            for count, values in age.after.items()]
    rows += [[f"with {count:,} snapshots kept: Frazil's CPU, REST catalog", spread(values, "{:.2f}".format)]
             for count, values in age.kept.items()]
    return ["## Table age", "", *table(["", "ms a commit"], rows)]


def spread(values: Iterable[float], form: Callable[[float], str] = "{:,.0f}".format) -> str:
    """Median, and beside it the least and the greatest."""
    values = list(values)
    if not values:
        return "–"
    middle, least, greatest = form(statistics.median(values)), form(min(values)), form(max(values))
    return middle if least == greatest else f"{middle} ({least}–{greatest})"


def table(head: list[str], rows: Iterable[list[str]]) -> list[str]:
    return ["| " + " | ".join(head) + " |", "|" + "---|" * len(head), *(f"| {' | '.join(row)} |" for row in rows), ""]
