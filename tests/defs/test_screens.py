"""Dagster's UI in headless Chromium: the pages of the README render, and are what they say."""

from pathlib import Path

import pytest

from scripts.make_screenshots import (
    IMAGES,
    SCREENS,
    choose_look,
    served_sample,
    show,
    variables_of_a_project,
)
from tests.browser import chromium

pytestmark = [pytest.mark.services, pytest.mark.timeout(900)]

MOST_BYTES = 300_000  # of a picture that is tracked


def test_lineage_plots_and_a_partition_are_there_to_be_looked_at(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in variables_of_a_project():
        monkeypatch.delenv(name)
    folder = tmp_path / "sample"
    with served_sample(folder) as dagster, chromium(tmp_path / "profile") as browser:
        choose_look(browser, dagster.url)
        for screen in SCREENS:
            show(browser, dagster.url, screen)
            browser.picture(tmp_path / f"{screen.name}.png", screen.part)
            assert 10_000 < (tmp_path / f"{screen.name}.png").stat().st_size < MOST_BYTES
            if screen.name == "plots":
                row = "document.body.lastElementChild"
                drawn = browser.run(f"return {row}.querySelectorAll('canvas').length")
                assert drawn == len(screen.plots)
            if screen.name == "partition":
                assert "█" in browser.text("body")


def test_the_pictures_of_the_documents_are_small() -> None:
    assert {path.stem for path in IMAGES.glob("*.png")} == {screen.name for screen in SCREENS}
    assert all(path.stat().st_size < MOST_BYTES for path in IMAGES.glob("*.png"))
