"""Dagster's daemon with shorter naps: it looks at backfills every 30 s, which no setting changes.

Python imports this at its start where the folder is in PYTHONPATH; only the daemon minds.
"""

import sys

if "dagster._daemon" in sys.orig_argv:
    from dagster._daemon import asset_daemon, controller, sensor

    controller.DEFAULT_DAEMON_INTERVAL_SECONDS = 2
    asset_daemon.MIN_INTERVAL_LOOP_SECONDS = 2
    sensor.MIN_INTERVAL_LOOP_TIME = 2
