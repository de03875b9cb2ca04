"""How long the slow tests are: ``TEST_ROUNDS=20 uv run pytest -m slow`` is twenty times CI's.

``TEST_SEED`` is the first of the seeds, where a test has some: others are tried than yesterday's.
To shrink a failure may take minutes: a single round tells the case as it was found.
"""

import os

from hypothesis import Phase

ROUNDS = int(os.environ.get("TEST_ROUNDS", "1"))
FIRST_SEED = int(os.environ.get("TEST_SEED", "1"))
PHASES = [Phase.explicit, Phase.generate, *([Phase.shrink] if ROUNDS > 1 else [])]
