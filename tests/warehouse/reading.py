"""Read a warehouse in a process of its own: ``python -m tests.warehouse.reading JSON``.

Prints the rows and, in MiB, the most memory that this process ever held.
"""

import json
import sys
from pathlib import Path

from tests.warehouse.warehouses import Warehouse


def main() -> None:
    given = json.loads(sys.argv[1])
    found = Warehouse(given["url"], Path(given["folder"]), given["contacts"]).extract()
    status = Path("/proc/self/status").read_text(encoding="utf-8")
    (peak,) = [line.split()[1] for line in status.splitlines() if line.startswith("VmHWM:")]
    sys.stdout.write(json.dumps({"rows": found.rows, "peak": int(peak) / 1024}))


if __name__ == "__main__":
    main()
