"""What the dice of the tests begin with: the same in every run, unless it is asked for another."""

import os

SEED = int(os.environ.get("FRAZIL_TEST_SEED") or 1)
