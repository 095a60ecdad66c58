"""What the unit tests of a run did, as GoogleTest writes it into the directory $FRAZIL_UNIT_RESULTS, a file for each time
that a program of them ran."""

import os
import uuid
import xml.etree.ElementTree as xml
from pathlib import Path

FOLDER = os.environ.get("FRAZIL_UNIT_RESULTS", "")


def kept() -> dict[str, str]:
    """The environment with which one more run keeps its results too."""
    return {"GTEST_OUTPUT": f"xml:{FOLDER}/{uuid.uuid4()}.xml"} if FOLDER else {}


def skipped() -> dict[str, str]:
    """Why each unit test was skipped that ran nowhere: what needs a broker is skipped by ctest, and run later."""
    why, ran = {}, set()
    for file in Path(FOLDER).glob("*.xml") if FOLDER else ():
        for case in xml.parse(file).iter("testcase"):
            name = f"{case.get('classname')}.{case.get('name')}"
            if case.get("result") == "skipped":
                why[name] = case.find("skipped").get("message", "").strip().splitlines()[-1]
            elif case.get("result") == "completed":
                ran.add(name)
    return {name: why[name] for name in sorted(why.keys() - ran)}
