"""The tests start hundreds of processes, each of which would have to compile Dagster anew."""

import os
import sys

os.environ.pop("PYTHONDONTWRITEBYTECODE", None)
sys.dont_write_bytecode = False
