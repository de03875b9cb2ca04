"""The server in a process of its own: options on stdin, its URL on stdout.

It ends when its stdin does, so it never outlives whoever started it.
"""

import sys
import threading

from contacts_pipeline.sandbox.options import SandboxOptions
from contacts_pipeline.sandbox.serving import (
    LOOPBACK,
    SandboxServer,
    collect_seldom,
    listen,
    url_of,
)


def main() -> None:
    """Serve until stdin ends."""
    collect_seldom()
    options = SandboxOptions.model_validate_json(sys.stdin.readline())
    listener = listen(LOOPBACK, int(sys.argv[1]))
    server = SandboxServer(options)

    def announce_and_wait() -> None:
        server.ready.wait()
        sys.stdout.write(url_of(listener.getsockname()) + "\n")
        sys.stdout.flush()
        sys.stdin.read()
        server.stop()

    threading.Thread(target=announce_and_wait, daemon=True).start()
    server.run([listener])


if __name__ == "__main__":
    main()
