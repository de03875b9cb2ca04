"""How long the slow tests are: ``TEST_ROUNDS=20 uv run pytest -m slow`` is twenty times CI's.

To shrink a failure may take minutes: a single round tells the case as it was found.
"""

import os

from hypothesis import Phase

ROUNDS = int(os.environ.get("TEST_ROUNDS", "1"))
PHASES = [Phase.explicit, Phase.generate, *([Phase.shrink] if ROUNDS > 1 else [])]
