"""What a commit costs in a young table and in an old one."""

from dataclasses import dataclass

from bench import google

PROGRAMS = ("commit_bench",)
YOUNG, OLD = 10, 10_000


@dataclass(frozen=True)
class Age:
    """Milliseconds a commit, by number."""

    after: dict[int, list[float]]  # so many commits, the last 100 snapshots kept: wall, SQL catalog
    kept: dict[int, list[float]]  # so many snapshots kept: CPU of this process, REST catalog


def measure(repetitions: int) -> Age:
    def each(name: str, what: str, count: int, **environment: str) -> dict[int, list[float]]:
        return {number: [row[what] for row in google.run("commit_bench", f"{name}/{number}/iterations:[0-9]+", count,
                                                         environment)] for number in (YOUNG, OLD)}

    # In memory: what the disk has to do costs the one who writes, too, and depends on what was written before.
    return Age(after=each("CommitAfter", "real_time", 1),
               kept=each("CommitByRest", "cpu_time", repetitions, TMPDIR="/dev/shm"))
