"""Where a report was made: numbers mean nothing without it."""

import datetime
import os
import platform
import subprocess
from pathlib import Path

from bench.settings import ROOT


def line_of(file: str, key: str) -> str:
    for line in Path(file).read_text().splitlines():
        if line.startswith(key):
            return line.split(":", 1)[1].strip()
    return "unknown"


def describe() -> dict:
    commit = subprocess.run(["git", "describe", "--always", "--dirty"], cwd=ROOT, capture_output=True, text=True)
    return {
        "date": str(datetime.date.today()),
        "cores": os.cpu_count(),
        "processor": line_of("/proc/cpuinfo", "model name"),
        "memory_mib": int(line_of("/proc/meminfo", "MemTotal").split()[0]) // 1024,
        "kernel": platform.release(),
        "load_before": os.getloadavg()[0],
        "commit": commit.stdout.strip() or "without git",
    }
