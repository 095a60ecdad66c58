"""Measures one process and all that it starts: time to the last visible row, CPU, memory, and its rate once it runs.

Totals are the kernel's (supervise.py). A few times a second the tree is looked at from outside, for the sum of its
memory and for the steady rate: records per second between the moments at which two shares of the topic's bytes had
come in from the broker. Nothing is asked of the process itself, so all are measured alike.
"""

import json
import os
import re
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

EVERY = 0.1  # seconds between two looks, unless said otherwise
STEADY_FROM, STEADY_TO = 0.4, 0.9  # shares of what the process reads from the broker
LEAST_LOOKS, LEAST_SEEN = 4, 0.6  # looks between the two, and the part of what came in there: less says nothing
TICKS = os.sysconf("SC_CLK_TCK")
PAGE = os.sysconf("SC_PAGE_SIZE")


@dataclass(frozen=True)
class Look:
    seconds: float  # by the monotonic clock
    cpu: float
    resident: int
    received: int  # bytes from the broker


@dataclass(frozen=True)
class Measured:
    seconds: float  # from the start of the process until all rows were visible
    cpu: float
    peak: int
    steady_seconds: float | None  # of the share between STEADY_FROM and STEADY_TO
    steady_cpu: float | None


class Failed(Exception):
    pass


class Tree:
    """The process `root` (a supervise.py) and its descendants, by /proc."""

    def __init__(self, root: int):
        self.root = root

    def look(self) -> tuple[float, int]:
        """(CPU seconds of all below the root, their resident bytes)."""
        stats = {}
        for name in os.listdir("/proc"):
            if name.isdigit():
                try:
                    text = Path("/proc", name, "stat").read_text()
                except OSError:
                    continue  # it has just ended
                stats[int(name)] = text[text.rindex(")") + 2:].split()
        below = {self.root}
        grew = True
        while grew:
            more = {pid for pid, stat in stats.items() if int(stat[1]) in below} - below
            below |= more
            grew = bool(more)
        # Each counts what it used and what its children used that it has waited for; the root itself is ours.
        ticks = sum(sum(map(int, stats[pid][13:15] if pid == self.root else stats[pid][11:15]))
                    for pid in below if pid in stats)
        return ticks / TICKS, sum(int(stats[pid][21]) * PAGE for pid in below - {self.root} if pid in stats)


class Receipts:
    """Bytes that connections to the broker have received, by the kernel's account of each socket."""

    def __init__(self, port: int):
        self.command = ["ss", "-tinHO", "dst", f"127.0.0.1:{port}"]
        self.by_socket: dict[str, int] = {}

    def total(self) -> int:
        for line in subprocess.run(self.command, capture_output=True, text=True).stdout.splitlines():
            if found := re.search(r"bytes_received:(\d+)", line):
                self.by_socket[line.split()[3]] = int(found[1])
        return sum(self.by_socket.values())


def run(command: list, directory: Path, broker_port: int, all_visible: Callable[[], bool], leaves: bool,
        time_limit: float, every: float = EVERY) -> Measured:
    """Runs the command in the directory, its output in the file `log` there, and looks at it `every` so many seconds.
    One that `leaves` ends by itself when all is read; any other is ended when all rows are visible, and its CPU counts
    up to then."""
    report, log = directory / "usage.json", directory / "log"
    with open(log, "w") as output:
        process = subprocess.Popen([sys.executable, Path(__file__).with_name("supervise.py"), report, *command],
                                   cwd=directory, stdout=output, stderr=output, start_new_session=True)
    try:
        looks, seen = watch(process, broker_port, all_visible, leaves, time_limit, every)
    finally:
        end_all(process)
    if not report.exists():
        raise Failed(f"was not done after {time_limit:.0f} s\n{end_of(log)}")
    usage = json.loads(report.read_text())
    if usage["code"] != 0 if leaves else seen is None:
        raise Failed(f"ended with {usage['code']} before all rows were visible\n{end_of(log)}")
    done = min(seen.seconds, usage["ended"]) if seen else usage["ended"]
    steady_seconds, steady_cpu = steady(looks)
    return Measured(seconds=done - usage["started"], cpu=usage["cpu"] if leaves else seen.cpu,
                    peak=max(usage["peak"], max(look.resident for look in looks)), steady_seconds=steady_seconds,
                    steady_cpu=steady_cpu)


def watch(process: subprocess.Popen, broker_port: int, all_visible: Callable[[], bool], leaves: bool,
          time_limit: float, every: float) -> tuple[list[Look], Look | None]:
    """Looks at the process until it ends, or the time does; also returns the look after which all rows were visible."""
    tree, receipts = Tree(process.pid), Receipts(broker_port)
    looks, seen = [], None
    start = time.monotonic()
    while process.poll() is None and time.monotonic() < start + time_limit:
        began = time.monotonic()
        looks.append(Look(began, *tree.look(), receipts.total()))
        if seen is None and all_visible():
            seen = Look(time.monotonic(), *tree.look(), receipts.total())
            if not leaves:
                process.send_signal(signal.SIGTERM)
        try:
            process.wait(max(0.0, began + every - time.monotonic()))
        except subprocess.TimeoutExpired:
            pass
    return looks, seen


def steady(looks: list[Look]) -> tuple[float | None, float | None]:
    """(seconds, CPU seconds) between two shares of what was received; None where that was too quick to be seen."""
    total = max(looks[-1].received, 1)
    inside = [look for look in looks if STEADY_FROM * total <= look.received <= STEADY_TO * total]
    if len(inside) < LEAST_LOOKS:
        return None, None
    first, last = inside[0], inside[-1]
    seen = (last.received - first.received) / total / (STEADY_TO - STEADY_FROM)
    if seen < LEAST_SEEN:
        return None, None
    return (last.seconds - first.seconds) / seen, (last.cpu - first.cpu) / seen


def end_all(process: subprocess.Popen) -> None:
    """The whole tree: it has a session of its own, which may have outlived its first process."""
    try:
        os.killpg(process.pid, signal.SIGKILL)
    except ProcessLookupError:
        pass
    process.wait()


def end_of(log: Path, characters: int = 1500) -> str:
    return log.read_text(errors="replace")[-characters:].strip()
