"""Where the project lies, and its programs."""

import os
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
# Tests try the programs of `make build-test`; `make asan` and `make tsan` say where theirs are.
BUILD = Path(os.environ.get("FRAZIL_BUILD", ROOT / "build-test"))
