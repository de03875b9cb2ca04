"""The pictures of Dagster's UI in docs/images: ``uv run python -m scripts.make_screenshots``.

An older state of the demo's sample is pushed to the demo's sandbox, then the sample; headless
Chromium looks at what ``dagster dev`` then shows. Chromium and its driver are Debian's
(``apt-get install chromium chromium-driver``).
"""

import csv
import json
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

    ``plots`` are the only ones that stay, side by side. ``width``, ``height`` and ``part`` (left,
    top, width, height; all of the page if None) are CSS pixels, ``scale`` picture pixels to one.
    """

    name: str
    path: str
    said: tuple[str, ...]
    pressed: tuple[str, ...] = ()
    plots: tuple[str, ...] = ()
    width: int = 1000
    height: int = 1000
    part: tuple[int, int, int, int] | None = None
    scale: float = 2.0


SCREENS = (
    Screen(
        "lineage",
        "/locations/contacts_pipeline/asset-groups/contacts/lineage",
        ("warehouse_contacts", "upsert_outcomes", "Passed"),
        part=(76, 163, 874, 792),
    ),
    Screen(
        "plots",
        "/assets/contact_upserts",
        ("created", "latency_p95_ms", "highest data point"),
        pressed=("Plots",),
        plots=("created", "updated", "latency_p95_ms"),
        width=1180,
        part=(0, 0, 1180, 260),
    ),
    Screen(
        "partition",
        "/assets/upsert_outcomes?view=partitions&partition=berlin",
        ("berlin", "Materialized", "outcomes", "updated", "explain"),
        width=1440,
        part=(412, 153, 1028, 700),
        scale=1.6,
    ),
)
GRAPH = {
    "asset-graph-direction": '"vertical"',
    "asset-node-facets": '["checks","partitions","status"]',
}
"""What the UI remembers of the graph's look: as narrow and low as can be read in the README."""

NEW_EVERY, CHANGED_EVERY = 5, 9  # rows of the sample, since the older state


def main() -> None:
    """Take them all."""
    IMAGES.mkdir(exist_ok=True)
    with tempfile.TemporaryDirectory() as made:
        folder = Path(made)
        with served_sample(folder) as dagster, chromium(folder / "profile") as browser:
            choose_look(browser, dagster.url)
            for screen in SCREENS:
                show(browser, dagster.url, screen)
                browser.picture(IMAGES / f"{screen.name}.png", screen.part)


@contextmanager
def served_sample(folder: Path) -> Iterator[Dagster]:
    """The demo twice in a folder of its own, and ``dagster dev`` on what it left."""
    shutil.copytree(ROOT / "data" / "sample", folder / "data" / "sample")
    shutil.copy(ROOT / "contacts.yaml", folder)
    place_instance(folder)
    for name in variables_of_a_project():
        del os.environ[name]
    program = str(Path(sys.executable).with_name("contacts-pipeline"))
    words = [program, "demo", "--port", free_port(), "--json"]
    customers = folder / "data" / "sample" / "customers.csv"
    push = partial(subprocess.run, words, cwd=folder, check=True, stdout=subprocess.DEVNULL)
    make_older(customers)
    push()
    shutil.copy(ROOT / "data" / "sample" / "customers.csv", customers)
    push()
    with dagster_dev(folder) as (dagster, _):
        yield dagster


def make_older(customers: Path) -> None:
    """Leave some rows out and others in another tier, so that the next push creates and updates."""
    with customers.open(encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file))
    for row in rows[::CHANGED_EVERY]:
        row["tier"] = "platinum"
    del rows[::NEW_EVERY]
    with customers.open("w", encoding="utf-8", newline="") as file:
        writer = csv.DictWriter(file, list(rows[0]))
        writer.writeheader()
        writer.writerows(rows)


def variables_of_a_project() -> list[str]:
    """What this process's environment says of another project than the sample."""
    return [name for name in os.environ if name.startswith(("CONTACTS_", "CRM_", "DAGSTER_"))]


def choose_look(browser: Browser, url: str) -> None:
    """Choose how the graph looks, as the UI remembers it."""
    browser.open(url)
    for key, value in GRAPH.items():
        browser.run(f"localStorage.setItem({json.dumps(key)}, {json.dumps(value)})")


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
    if screen.plots:
        leave_plots(browser, screen.plots)
    time.sleep(1)  # what has come is still moving to its place


def leave_plots(browser: Browser, titles: tuple[str, ...]) -> None:
    """Take the plots of these titles out of the page, and show nothing else."""
    browser.run(f"""
        const row = document.createElement('div');
        row.style.cssText = 'position: fixed; inset: 0; z-index: 99; background: white;'
            + 'display: flex; gap: 16px; padding: 8px';
        const plots = [...document.querySelectorAll('canvas')]
            .map(one => one.parentElement.parentElement.parentElement);
        for (const title of {json.dumps(titles)})
            row.append(plots.find(one => one.innerText.trim() === title));
        document.body.append(row);""")


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
