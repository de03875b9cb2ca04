"""The page in headless Chromium.

Screenshots of both themes, narrow and wide, go to the folder that SANDBOX_SCREENSHOTS
names, else to the test's own.
"""

import os
import threading
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from contacts_pipeline.sandbox import RunningSandbox, SandboxCustomField, SandboxLocation
from contacts_pipeline.sandbox.pytest import StartSandbox
from tests.browser import Browser, chromium, wait_for

pytestmark = pytest.mark.services


@pytest.fixture
def browser(tmp_path: Path) -> Iterator[Browser]:
    with chromium(tmp_path / "profile") as started:
        yield started


@pytest.fixture
def busy(crm_sandbox: StartSandbox) -> Iterator[RunningSandbox]:
    """A sandbox to which contacts are being pushed."""
    crm = crm_sandbox(
        SandboxLocation(
            id="acme", name="Acme Analytical Engines", burst_limit=60,
            custom_fields=(SandboxCustomField(key="tier"),),
        ),
        SandboxLocation(id="beta", match="phone,email"),
    )  # fmt: skip
    stopped = threading.Event()

    def push() -> None:
        number = 0
        while not stopped.wait(0.05):
            number += 1
            crm.upsert(
                "acme" if number % 3 else "beta",
                email=f"person.{number // 2}@example.com",
                firstName="Ada",
                lastName=f"Byron {number}",
                tags=["warehouse"],
                customFields=[{"key": "tier", "field_value": "gold"}],
            )

    pusher = threading.Thread(target=push)
    pusher.start()
    yield crm
    stopped.set()
    pusher.join()


def test_watch_a_push_and_switch_on_a_fault(browser: Browser, busy: RunningSandbox) -> None:
    browser.open(busy.url)
    before = int(browser.text("#totals b"))
    wait_for(lambda: int(browser.text("#totals b")) > before + 10)
    assert "person." in browser.text("#recent")
    browser.click("input[value='503-after']")
    browser.click("form[action$=faults] button")
    wait_for(lambda: "503-after for 100%" in browser.text("#in-force"))
    wait_for(lambda: "503-after" in browser.text("#recent"))
    row = browser.run(
        "return [...document.querySelectorAll('#recent tr')]"
        ".map(row => row.innerText).find(text => text.includes('503-after'))"
    )
    assert "503" in row
    assert "applied" in row
    browser.click("form.inline[action$=faults] button")
    wait_for(lambda: "None in force" in browser.text("#in-force"))


def test_keyboard_keeps_its_place_while_the_page_renews(
    browser: Browser, busy: RunningSandbox
) -> None:
    browser.open(busy.url)
    browser.run("document.querySelector('#recent .scroll').focus()")
    before = int(browser.text("#totals b"))
    wait_for(lambda: int(browser.text("#totals b")) > before + 10)
    assert browser.run("return document.activeElement.className") == "scroll"
    browser.click("#pause")
    assert browser.run("return document.querySelector('#pause').ariaPressed") == "true"
    paused = browser.text("#totals b")
    time.sleep(1.5)
    assert browser.text("#totals b") == paused


@pytest.mark.parametrize("theme", ["light", "dark"])
@pytest.mark.parametrize("width", [390, 1280])
def test_pages_fit_both_themes_narrow_and_wide(
    browser: Browser, busy: RunningSandbox, tmp_path: Path, width: int, theme: str
) -> None:
    folder = Path(os.environ.get("SANDBOX_SCREENSHOTS", tmp_path))
    browser.look(width=width, theme=theme)
    wait_for(lambda: len(busy.contacts("acme")) > 8)
    contact = busy.contacts("acme")[0]["id"]
    pages = {
        "overview": "/",
        "location": "/_sandbox/page/location?id=acme",
        "contact": f"/_sandbox/page/contact?id={contact}",
        "log": "/_sandbox/page/log",
    }
    for name, path in pages.items():
        browser.open(busy.url + path)
        browser.picture(folder / f"{name}-{width}-{theme}.png")
        wide = browser.run("return document.documentElement.scrollWidth")
        assert wide <= width, f"{name} is {wide} wide"
        ground = browser.run("return getComputedStyle(document.body).backgroundColor")
        assert (ground == "rgb(20, 23, 26)") is (theme == "dark")
        unnamed = browser.run(
            "return [...document.querySelectorAll('input:not([type=hidden]), select, meter')]"
            ".filter(one => !one.labels?.length && !one.ariaLabel).length"
        )
        assert unnamed == 0
