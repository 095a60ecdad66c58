"""Each rule of docs/exactly-once.md is broken in a copy of the source (rules.py), and what must see that does.

`make guards` breaks all of them; `make test` a few, others for each commit, and looks that every change still applies.
"""

import json
import os
import re
import shlex
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
from paths import BUILD, ROOT
from rules import RULES, Edit, Simulation, Unit, Whole

IN_TURN = 4  # of each run


def turn() -> set[str]:
    """By the number of commits, as CI's gates: the next commit has others."""
    told = subprocess.run(["git", "-C", ROOT, "rev-list", "--count", "HEAD"], capture_output=True, text=True)
    first = int(told.stdout or 0) * IN_TURN
    quick = [name for name, rule in RULES.items() if not any(isinstance(proof, Whole) for proof in rule.proofs)]
    return {quick[number % len(quick)] for number in range(first, first + IN_TURN)}


def edited(edits: list[Edit]) -> str:
    """The text of their file after them."""
    text = (ROOT / "src" / edits[0].file).read_text()
    for edit in edits:
        count = text.count(edit.old)
        assert count == 1, f"src/{edit.file} has {count} times, and not once:\n{edit.old}\nMend tests/guards/rules.py"
        text = text.replace(edit.old, edit.new)
    return text


def by_file(edits: tuple[Edit, ...]) -> dict[str, list[Edit]]:
    return {file: [edit for edit in edits if edit.file == file] for file in dict.fromkeys(edit.file for edit in edits)}


def run(command, **options) -> subprocess.CompletedProcess:
    return subprocess.run(command, capture_output=True, text=True, **options)


def make(command, **options) -> None:
    """What must work."""
    done = run(command, cwd=BUILD, **options)
    assert done.returncode == 0, f"{command}\n{done.stdout}\n{done.stderr}"


class Broken:
    """Programs of the source without one rule: only what the edits touch is compiled anew."""

    def __init__(self, name: str):
        self.directory = BUILD / "guards" / name
        self.directory.mkdir(parents=True, exist_ok=True)
        self.objects = [self.compile(file, edits) for file, edits in by_file(RULES[name].edits).items()]

    def compile(self, file: str, edits: list[Edit]) -> Path:
        source = self.directory / Path(file).name
        source.write_text(edited(edits))
        commands = json.loads((BUILD / "compile_commands.json").read_text())
        command = next(shlex.split(entry["command"]) for entry in commands if entry["file"] == str(ROOT / "src" / file))
        output = source.with_suffix(".o")
        command[command.index("-o") + 1] = str(output)
        command[command.index("-c") + 1] = str(source)
        cache = ["ccache"] if shutil.which("ccache") else []
        # What is left of a rule may be unused.
        make([*cache, *command, "-O0", "-w"], env=os.environ | {"CCACHE_BASEDIR": str(ROOT), "CCACHE_NOHASHDIR": "1"})
        return output

    def link(self, program: str) -> Path:
        """As ninja links it; what stands before the libraries is not taken from them."""
        to = self.directory / program
        command = run(["ninja", "-C", BUILD, "-t", "commands", program]).stdout.splitlines()[-1]
        before, output, after = command.partition(f" -o {program} ")
        assert output, f"ninja does not link {program} as is thought here: {command}"
        make(f"{before} {shlex.join(map(str, self.objects))} -o {shlex.quote(str(to))} {after}", shell=True)
        return to


def check(proof: Simulation | Unit | Whole, program: Path) -> tuple[bool, str]:
    """Whether all is sound by that proof, and what it says."""
    if isinstance(proof, Simulation):
        done = run([program, "--schedules", str(proof.schedules)])
        assert done.returncode in (0, 1), done.stderr
    elif isinstance(proof, Unit):
        done = run([program, f"--gtest_filter={proof.tests}"])
    else:
        done = run([sys.executable, "-m", "pytest", "-q", "-m", "", ROOT / "tests" / proof.test],
                   env=os.environ | {"FRAZIL_BUILD": str(program.parent)})
        assert done.returncode in (0, 1), done.stdout
    return done.returncode == 0, done.stdout


def test_every_change_applies():
    for rule in RULES.values():
        for edits in by_file(rule.edits).values():
            edited(edits)


def test_each_unit_test_is_there_and_passes():
    for proof in (proof for rule in RULES.values() for proof in rule.proofs if isinstance(proof, Unit)):
        sound, told = check(proof, BUILD / proof.program)
        assert sound, told
        for one in proof.tests.split(":"):
            pattern = one.replace("*", ".*")
            assert re.search(rf"\[       OK \] {pattern}( |$)", told), f"{proof.program} has no test {one}"


IN_THIS_RUN = turn()


@pytest.mark.parametrize("name", [name if name in IN_THIS_RUN else pytest.param(name, marks=pytest.mark.slow)
                                  for name in RULES])
def test_it_is_seen_that_a_rule_is_broken(name):
    broken = Broken(name)
    for proof in RULES[name].proofs:
        sound, told = check(proof, broken.link(proof.program))
        assert not sound, f"nothing notices that '{name}' is off: {proof}\n{told}"
