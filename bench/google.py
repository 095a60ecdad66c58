"""Runs the Google Benchmarks of bench/."""

import json
import os
import subprocess
import tempfile
from pathlib import Path

from bench.settings import BUILD


def run(program: str, name: str, repetitions: int, environment: dict[str, str] | None = None) -> list[dict]:
    """What it says of each repetition of the benchmark of that name, which may be a regular expression."""
    with tempfile.TemporaryDirectory() as directory:
        out = Path(directory, "out.json")  # stdout has the log
        done = subprocess.run([BUILD / program, f"--benchmark_filter=^{name}$", f"--benchmark_out={out}",
                               f"--benchmark_repetitions={repetitions}"], capture_output=True, text=True,
                              env=os.environ | (environment or {}))
        rows = [row for row in json.loads(out.read_text() or "{}").get("benchmarks", [])
                if row["run_type"] == "iteration"] if out.exists() else []
    errors = [row["error_message"] for row in rows if row.get("error_occurred")]
    if done.returncode != 0 or not rows or errors:
        raise RuntimeError(f"{program} {name} failed: {errors or done.stderr[-1000:]}")
    return rows
