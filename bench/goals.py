"""What Frazil is meant to reach, as ratios within one run of the benchmark, and what it did."""

import statistics
from dataclasses import dataclass
from operator import ge, le

from bench import group
from bench.age import OLD, YOUNG, Age
from bench.ceilings import Ceilings
from bench.compare import Run

FRAZIL = "Frazil"
JVM_PEERS = ("Kafka Connect", "Flink SQL", "Spark")
# Records per CPU-second, as multiples of each peer's.
TIMES_ON_SENSOR = {"Kafka Connect": 20, "Flink SQL": 16, "Spark": 24}
TIMES_ELSEWHERE = {"Kafka Connect": 15, "Flink SQL": 12, "Spark": 15}
SIGNS = {ge: "≥", le: "≤"}


@dataclass(frozen=True)
class Goal:
    what: str
    sign: object  # operator.ge or operator.le
    bound: float
    reached: float | None  # None: not measured in this run
    unit: str = "×"

    @property
    def met(self) -> bool:
        return self.reached is not None and self.sign(self.reached, self.bound)

    def json(self) -> dict:
        return {"what": self.what, "goal": f"{SIGNS[self.sign]} {self.bound:g} {self.unit}", "reached": self.reached,
                "met": self.met}


def paired(runs: list[Run], ours: str, theirs: str, value) -> float | None:
    """The median of value(ours) / value(theirs) over rounds in which both came through."""
    by_round = {(run.contestant, run.round): value(run) for run in runs if run.error is None}
    ratios = [by_round[ours, number] / by_round[theirs, number] for name, number in by_round
              if name == ours and (theirs, number) in by_round]
    return statistics.median(ratios) if ratios else None


def middle(runs: list[Run], name: str, value) -> float | None:
    values = [value(run) for run in runs if run.contestant == name and run.error is None]
    return statistics.median(values) if values else None


def against_least(runs: list[Run], value, names: list[str]) -> float | None:
    """Frazil's value over that of the contestant who has the least of it."""
    theirs = {name: least for name in names if (least := middle(runs, name, value)) is not None}
    return paired(runs, FRAZIL, min(theirs, key=theirs.get), value) if theirs else None


def of_loads(loads: dict[str, list[Run]]) -> list[Goal]:
    goals = []
    for load, runs in loads.items():
        times = TIMES_ON_SENSOR if load == "sensor" else TIMES_ELSEWHERE
        goals += [Goal(f"{load}: records per CPU-second against {peer}", ge, bound,
                       paired(runs, FRAZIL, peer, lambda run: run.per_cpu)) for peer, bound in times.items()]
    if "sensor" in loads:
        runs = loads["sensor"]
        peers = list(dict.fromkeys(run.contestant for run in runs if run.contestant != FRAZIL))
        goals.append(Goal("sensor: wall time against the best peer", le, 1 / 6,
                          against_least(runs, lambda run: run.seconds, peers)))
        goals.append(Goal("sensor: peak memory against the leanest JVM peer", le, 1 / 4,
                          against_least(runs, lambda run: run.peak, list(JVM_PEERS))))
    return goals


def share_of_limit(runs: list[Run], ceilings: Ceilings) -> float | None:
    ours = middle(runs, FRAZIL, lambda run: run.per_cpu)
    return None if ours is None else 100 * ours / statistics.median(ceilings.limits())


def of_ceilings(loads: dict[str, list[Run]], ceilings: list[Ceilings]) -> list[Goal]:
    return [Goal(f"{its.load}: share of the limit that the three ceilings give", ge, 85,
                 share_of_limit(loads[its.load], its), "%") for its in ceilings if its.load == "sensor"]


def of_lanes(runs: list[Run]) -> list[Goal]:
    goals = []
    for load in dict.fromkeys(run.load for run in runs) or ("any load",):
        its = [run for run in runs if run.load == load]
        goals += [Goal(f"{load}, two lanes against one: records per CPU-second", ge, 0.9,
                       paired(its, "2 lanes", "1 lane", lambda run: run.per_cpu)),
                  Goal(f"{load}, two lanes against one: records per second, fed from memory", ge, 1.8,
                       paired(its, "2 lanes", "1 lane", lambda run: run.rate))]
    return goals


def of_partitions(runs: list[Run]) -> list[Goal]:
    cost = {load: 1 / statistics.median(rates) for load in {run.load for run in runs}
            if (rates := [run.per_cpu for run in runs if run.load == load and run.error is None])}
    hot, balanced = cost.get("hot_1_of_16"), cost.get("partitions_16")
    return [Goal("one hot partition beside 15 idle ones: CPU per record against balanced", le, 1.1,
                 hot / balanced if hot and balanced else None)]


def of_group(runs: list[Run]) -> list[Goal]:
    return [Goal(f"{group.PROCESSES} processes, {group.DISTURBED}: records per second against undisturbed", ge, 0.5,
                 paired(runs, group.DISTURBED, group.UNDISTURBED, lambda run: run.rate))]


def of_age(age: Age | None) -> list[Goal]:
    def ratio(costs: dict[int, list[float]]) -> float:
        return statistics.median(costs[OLD]) / statistics.median(costs[YOUNG])

    return [Goal(f"commit time after {OLD:,} commits, 100 snapshots kept, against after {YOUNG}", le, 1.3,
                 ratio(age.after) if age else None),
            Goal(f"CPU per commit with {OLD:,} snapshots kept, against {YOUNG}", le, 1.3,
                 ratio(age.kept) if age else None)]
