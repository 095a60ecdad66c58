"""The program under test, as a process."""

import os
import subprocess
from dataclasses import dataclass
from pathlib import Path

import pytest


@dataclass(frozen=True)
class Frazil:
    """The program under test."""

    program: Path
    directory: Path

    def start(self, *arguments, env: dict[str, str] | None = None, **popen) -> subprocess.Popen:
        """The running process, its output in pipes unless told otherwise; the fixture kills what is left."""
        popen = {"stdout": subprocess.PIPE, "stderr": subprocess.PIPE, "text": True, "cwd": self.directory, **popen}
        process = subprocess.Popen([self.program, *map(str, arguments)], env=os.environ | (env or {}), **popen)
        RUNNING.append(process)
        return process

    def run(self, *arguments, env: dict[str, str] | None = None, timeout: float = 60,
            check: bool = True) -> subprocess.CompletedProcess:
        """Runs to the end; with `check`, an exit code other than 0 fails the test with what was printed."""
        process = self.start(*arguments, env=env)
        try:
            output, errors = process.communicate(timeout=timeout)
        except subprocess.TimeoutExpired:
            process.kill()
            output, errors = process.communicate()
            pytest.fail(f"{command_line(arguments)} ran longer than {timeout} s\n{output}\n{errors}", pytrace=False)
        if check and process.returncode != 0:
            pytest.fail(f"{command_line(arguments)} ended with {process.returncode}\n{output}\n{errors}",
                        pytrace=False)
        return subprocess.CompletedProcess(process.args, process.returncode, output, errors)


RUNNING: list[subprocess.Popen] = []


def command_line(arguments) -> str:
    return " ".join(["frazil", *map(str, arguments)])
