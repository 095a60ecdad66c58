"""Servers that all workers of a run share: the first that wants one starts it, and the run stops it in the end.

Tests that share a server stay out of each other's way: each takes names that no other has (`servers.distinct_numbers`),
and none stops the server.
"""

import contextlib
import fcntl
import hashlib
import subprocess
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from paths import ROOT
from servers import Server


def is_worker(config) -> bool:
    return hasattr(config, "workerinput")


def folder(config) -> Path:
    """Of this run, whoever asks."""
    base = config._tmp_path_factory.getbasetemp()
    return (base.parent if is_worker(config) else base) / "servers"


@contextlib.contextmanager
def alone(where: Path, what: str):
    """One worker at a time."""
    where.mkdir(parents=True, exist_ok=True)
    with open(where / f"{what}.lock", "w") as file:
        fcntl.flock(file, fcntl.LOCK_EX)
        yield


def shared(where: Path, kind: type[Server], name: str, *options: str) -> Server:
    which = f"{name}-{hashlib.sha256(repr(options).encode()).hexdigest()[:8]}"
    with alone(where, which):
        return kind(name, where / which, *options)


def stop_all(where: Path) -> None:
    def stop(data: Path) -> None:
        subprocess.run([ROOT / "dev" / data.name.rpartition("-")[0], "stop", "--data", data], check=False)

    with ThreadPoolExecutor() as pool:
        list(pool.map(stop, [path for path in where.glob("*") if path.is_dir()]))
