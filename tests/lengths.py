"""How long the slow tests are: ``TEST_ROUNDS=20 uv run pytest -m slow`` is twenty times CI's."""

import os

ROUNDS = int(os.environ.get("TEST_ROUNDS", "1"))
