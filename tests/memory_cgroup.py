"""A control group that kills what takes more memory than it may: what a container's limit does."""

import os
import subprocess
import time
import uuid
from pathlib import Path

HIERARCHIES = Path("/sys/fs/cgroup")


class MemoryCgroup:
    """Of Linux's cgroups, version 2 or 1. Made below the test's own group or one above it, wherever that is allowed."""

    def __init__(self, directory: Path, version: int):
        self.directory, self.version = directory, version

    @classmethod
    def make(cls, limit: int) -> "MemoryCgroup | None":
        """A new group that may take `limit` bytes and no swap; None where the machine gives none."""
        for parent, version in candidates():
            group = cls(parent / f"frazil-test-{uuid.uuid4().hex[:8]}", version)
            try:
                if version == 2:
                    (parent / "cgroup.subtree_control").write_text("+memory")
                group.directory.mkdir()
            except OSError:
                continue
            try:
                group.limit(limit)
                return group
            except OSError:
                group.remove()
        return None

    def limit(self, limit: int) -> None:
        if self.version == 2:
            self.write("memory.max", limit)
            no_swap = "memory.swap.max", 0
        else:
            self.write("memory.limit_in_bytes", limit)
            no_swap = "memory.memsw.limit_in_bytes", limit
        if (self.directory / no_swap[0]).exists():  # else the kernel does not count swap
            self.write(*no_swap)

    def write(self, name: str, value: int) -> None:
        (self.directory / name).write_text(str(value))

    def enter(self) -> None:
        """Moves the calling process in: for a child between fork and exec."""
        self.write("cgroup.procs", os.getpid())

    def kills(self) -> int:
        """Processes that were killed because they took too much."""
        name = "memory.events" if self.version == 2 else "memory.oom_control"
        counts = dict(line.split() for line in (self.directory / name).read_text().splitlines())
        return int(counts.get("oom_kill", 0))

    def remove(self) -> None:
        """All of its processes must have ended."""
        self.directory.rmdir()


def candidates():
    """Where a group might be made: (directory, version)."""
    for line in Path("/proc/self/cgroup").read_text().splitlines():
        _, controllers, own = line.split(":", 2)
        if "memory" in controllers.split(","):
            yield HIERARCHIES / "memory" / own.lstrip("/"), 1
        elif controllers == "":
            # A group that has processes cannot have groups with limits below it: one above may.
            directory = HIERARCHIES / own.lstrip("/")
            yield directory, 2
            for above in directory.parents:
                if above.is_relative_to(HIERARCHIES):
                    yield above, 2


def peak_memory(process: subprocess.Popen, timeout: float) -> int:
    """Waits for its end; the most that was resident, in bytes, as last seen a moment before."""
    deadline, peak = time.monotonic() + timeout, 0
    while process.poll() is None:
        assert time.monotonic() < deadline, f"still running after {timeout} s"
        peak = max(peak, high_water(process.pid))
        time.sleep(0.02)
    return peak


def high_water(pid: int) -> int:
    """The most of a running program that was resident so far, in bytes; 0 once it has ended, and as long as it is still
    a copy of this process."""
    try:
        status = Path(f"/proc/{pid}/status").read_text()
    except OSError:
        return 0
    told = dict(line.split(":", 1) for line in status.splitlines())
    return 0 if told["Name"].strip().startswith("python") else int(told.get("VmHWM", "0").split()[0]) << 10
