"""What a run is asked for, by the environment:

  BENCH_SCALE   size of the loads (1; `quick` 0.25)
  BENCH_RUNS    runs of each contestant on each load (3)
  BENCH_LOADS   which loads, by commas (all)
  BENCH_PEERS   which peers beside Frazil, by commas; may be empty (all; `quick` none)
  BENCH_PARTS   which parts of the report, by commas (all but profile; `quick` loads,ceilings,stages)
"""

import os
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
BUILD = ROOT / "build-bench"
PEERS = ("connect", "flink", "spark", "pyiceberg")
PARTS = ("loads", "ceilings", "stages", "lanes", "partitions", "group", "age")
QUICK_PARTS = ("loads", "ceilings", "stages")


def listed(variable: str, known: tuple[str, ...], default: tuple[str, ...]) -> tuple[str, ...]:
    text = os.environ.get(variable)
    if text is None:
        return default
    words = tuple(word.strip() for word in text.split(",") if word.strip())
    if unknown := set(words) - set(known):
        raise SystemExit(f"{variable}: no {', '.join(sorted(unknown))}; there are {', '.join(known)}")
    return words


@dataclass(frozen=True)
class Settings:
    scale: float
    runs: int
    loads: tuple[str, ...]
    peers: tuple[str, ...]
    parts: tuple[str, ...]

    @staticmethod
    def of(quick: bool, loads: tuple[str, ...]) -> "Settings":
        return Settings(scale=float(os.environ.get("BENCH_SCALE", 0.25 if quick else 1)),
                        runs=int(os.environ.get("BENCH_RUNS", 3)),
                        loads=listed("BENCH_LOADS", loads, loads),
                        peers=listed("BENCH_PEERS", PEERS, () if quick else PEERS),
                        parts=listed("BENCH_PARTS", (*PARTS, "profile"), QUICK_PARTS if quick else PARTS))
