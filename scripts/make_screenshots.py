"""The pictures of Dagster's UI in docs/images: ``uv run python -m scripts.make_screenshots``.

The demo's sample is pushed to the demo's sandbox; headless Chromium looks at what ``dagster dev``
then shows. Chromium and its driver are Debian's (``apt-get install chromium chromium-driver``).
"""

import os
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from functools import partial
from pathlib import Path

from tests.browser import Browser, chromium
from tests.defs.dagster_dev import Dagster, dagster_dev, free_port, place_instance

ROOT = Path(__file__).parents[1]
IMAGES = ROOT / "docs" / "images"
WAIT_SECONDS = 120


@dataclass(frozen=True)
class Screen:
    """A page, what is pressed on it, and what has to be read on it before it is looked at.

    ``width`` and ``height`` are CSS pixels, ``scale`` picture pixels to one of them.
    """

    name: str
    path: str
    said: tuple[str, ...]
    pressed: tuple[str, ...] = ()
    width: int = 1440
    height: int = 900
    scale: float = 1.0


SCREENS = (
    Screen(
        "lineage",
        "/locations/contacts_pipeline/asset-groups/contacts/lineage",
        ("warehouse_contacts", "upsert_outcomes", "Parquet", "Passed"),
        width=1900,
        height=560,
        scale=0.75,
    ),
    Screen(
        "plots",
        "/assets/contact_upserts",
        ("created", "latency_p95_ms", "highest data point"),
        pressed=("Plots",),
    ),
    Screen(
        "partition",
        "/assets/upsert_outcomes?view=partitions&partition=berlin",
        ("berlin", "Materialized", "outcomes", "created", "explain"),
    ),
)


def main() -> None:
    """Take them all."""
    IMAGES.mkdir(exist_ok=True)
    with tempfile.TemporaryDirectory() as made:
        folder = Path(made)
        with served_sample(folder) as dagster, chromium(folder / "profile") as browser:
            for screen in SCREENS:
                show(browser, dagster.url, screen)
                browser.picture(IMAGES / f"{screen.name}.png")


@contextmanager
def served_sample(folder: Path) -> Iterator[Dagster]:
    """The demo in a folder of its own, and ``dagster dev`` on what it left."""
    shutil.copytree(ROOT / "data" / "sample", folder / "data" / "sample")
    shutil.copy(ROOT / "contacts.yaml", folder)
    place_instance(folder)
    for name in variables_of_a_project():
        del os.environ[name]
    program = str(Path(sys.executable).with_name("contacts-pipeline"))
    words = [program, "demo", "--port", free_port(), "--json"]
    subprocess.run(  # noqa: S603 - this environment's own program
        words, cwd=folder, check=True, stdout=subprocess.DEVNULL
    )
    with dagster_dev(folder) as (dagster, _):
        yield dagster


def variables_of_a_project() -> list[str]:
    """What this process's environment says of another project than the sample."""
    return [name for name in os.environ if name.startswith(("CONTACTS_", "CRM_", "DAGSTER_"))]


def show(browser: Browser, url: str, screen: Screen) -> None:
    """Open the page, and return when all of it is there."""
    size = {"width": screen.width, "height": screen.height, "deviceScaleFactor": screen.scale}
    browser.cdp("Emulation.setDeviceMetricsOverride", size | {"mobile": False})
    browser.open(url + screen.path)
    until(lambda: "Materialize" in browser.text("body"), screen.name)
    browser.press("Hide navigation")  # which it remembers
    for label in screen.pressed:
        until(partial(browser.press, label), label)
    until(lambda: has_come(browser, screen), screen.name)
    time.sleep(1)  # what has come is still moving to its place


def has_come(browser: Browser, screen: Screen) -> bool:
    """Whether the page says all that it should, and nothing is awaited."""
    text = browser.text("body")
    return "Loading" not in text and all(words in text for words in screen.said)


def until(is_so: Callable[[], bool], what: str) -> None:
    """Look four times a second."""
    deadline = time.monotonic() + WAIT_SECONDS
    while not is_so():
        if time.monotonic() > deadline:
            raise TimeoutError(what)
        time.sleep(0.25)


if __name__ == "__main__":
    main()
