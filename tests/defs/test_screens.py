"""Dagster's UI in headless Chromium: the pages of the README render, and are what they say."""

import json
from collections.abc import Iterator
from pathlib import Path

import pytest

from contacts_pipeline.sandbox import (
    DEFAULT_TOKEN,
    SandboxCustomField,
    SandboxLocation,
    SandboxOptions,
    running_sandbox,
)
from scripts.make_screenshots import (
    IMAGES,
    SCREENS,
    choose_look,
    served_sample,
    show,
    until,
    variables_of_a_project,
)
from tests.browser import Browser, chromium
from tests.defs.dagster_dev import Dagster

pytestmark = [pytest.mark.services, pytest.mark.timeout(900)]

SAO_PAULO = SandboxLocation(
    id="sao-paulo", country="BR", custom_fields=(SandboxCustomField(key="loyalty_tier"),)
)
MOST_BYTES = 300_000  # of a picture that is tracked


@pytest.fixture(scope="module")
def sample(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    folder = tmp_path_factory.mktemp("sample")
    with pytest.MonkeyPatch.context() as environ:
        for name in variables_of_a_project():
            environ.delenv(name)
        yield folder


@pytest.fixture(scope="module")
def dagster(sample: Path) -> Iterator[Dagster]:
    with served_sample(sample) as served:
        yield served


@pytest.fixture(scope="module")
def browser(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Browser]:
    with chromium(tmp_path_factory.mktemp("profile")) as opened:
        yield opened


def test_lineage_plots_and_a_partition_are_there_to_be_looked_at(
    tmp_path: Path, dagster: Dagster, browser: Browser
) -> None:
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


def test_a_held_row_leads_to_its_story(sample: Path, dagster: Dagster, browser: Browser) -> None:
    with running_sandbox(SandboxOptions(locations=(SAO_PAULO,))) as crm:
        (sample / ".env").write_text(f"CRM_BASE_URL={crm.url}\nCRM_TOKEN={DEFAULT_TOKEN}\n")
        assert dagster.run_job("plan", partition="sao-paulo") == "SUCCESS"
    browser.open(f"{dagster.url}/assets/upsert_plan?view=partitions&partition=sao-paulo")
    until(lambda: open_markdown(browser, "held_stories"), "the plan's held rows")
    until(lambda: follow(browser, "/jobs/explain/playground/setup"), "a link to explain")
    until(lambda: "No errors" in browser.text("body"), "the launchpad, filled in")
    until(lambda: launched(browser), "the run's page")
    until(lambda: "RUN_SUCCESS" in browser.text("body"), "the run's end")
    until(lambda: open_markdown(browser, "story"), "the run's output")
    until(lambda: "hold (shared_phone)" in browser.text(".dagster-portal"), "the story")
    assert "@" in browser.text(".dagster-portal")


def launched(browser: Browser) -> bool:
    """Press the launchpad's button, which takes no click before it knows what may be launched."""
    browser.press("Launch Run")
    return "/runs/" in browser.run("return location.pathname")


def open_markdown(browser: Browser, label: str) -> bool:
    """Open the text of a metadata entry; False while the page does not show it."""
    return bool(
        browser.run(f"""
            const cell = [...document.querySelectorAll('td')]
                .find(one => one.innerText.trim() === {json.dumps(label)});
            const link = cell?.parentElement.querySelector('a');
            link?.click();
            return Boolean(link);""")
    )


def follow(browser: Browser, path: str) -> bool:
    """Go where the first link with this in its path leads; False while there is none."""
    link = browser.run(f"return document.querySelector('a[href*={json.dumps(path)}]')?.href")
    if link:
        browser.open(link)
    return bool(link)


def test_the_pictures_of_the_documents_are_small() -> None:
    assert {path.stem for path in IMAGES.glob("*.png")} == {screen.name for screen in SCREENS}
    assert all(path.stat().st_size < MOST_BYTES for path in IMAGES.glob("*.png"))
