"""The page in headless Chromium, driven over chromedriver's own HTTP protocol.

Screenshots of both themes, narrow and wide, go to the folder that SANDBOX_SCREENSHOTS
names, else to the test's own.
"""

import base64
import json
import os
import shutil
import socket
import subprocess
import threading
import time
import urllib.error
import urllib.request
from collections.abc import Callable, Iterator
from contextlib import suppress
from pathlib import Path
from typing import Any

import pytest

from contacts_pipeline.sandbox import RunningSandbox, SandboxCustomField, SandboxLocation
from contacts_pipeline.sandbox.pytest import StartSandbox

pytestmark = pytest.mark.services

ELEMENT = "element-6066-11e4-a52e-4f735466cecf"  # the WebDriver standard's key
FLAGS = (
    "--headless", "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run",
    "--disable-background-networking", "--disable-component-update", "--disable-sync",
)  # fmt: skip
WAIT_SECONDS = 15.0
PHONE = 600  # narrower screens have no scroll bar that takes room


class Browser:
    """A WebDriver session: as much of the protocol as these tests use."""

    def __init__(self, url: str, profile: Path) -> None:
        options = {"args": [*FLAGS, f"--user-data-dir={profile}"]}
        wanted = {"capabilities": {"alwaysMatch": {"goog:chromeOptions": options}}}
        self._session = f"{url}/session"
        self._session += "/" + self.send("", wanted)["sessionId"]

    def send(self, path: str, body: object = None, method: str = "POST") -> Any:
        data = json.dumps(body).encode() if body is not None else None
        request = urllib.request.Request(f"{self._session}{path}", data, method=method)
        request.add_header("Content-Type", "application/json")
        with urllib.request.urlopen(request, timeout=30) as answer:
            return json.load(answer)["value"]

    def open(self, url: str) -> None:
        self.send("/url", {"url": url})

    def run(self, script: str) -> Any:
        return self.send("/execute/sync", {"script": script, "args": []})

    def text(self, selector: str) -> str:
        shown = self.run(f"return document.querySelector({json.dumps(selector)})?.innerText ?? ''")
        return str(shown)

    def click(self, selector: str) -> None:
        found = self.send("/element", {"using": "css selector", "value": selector})
        self.send(f"/element/{found[ELEMENT]}/click", {})

    def look(self, *, width: int, theme: str) -> None:
        feature = {"name": "prefers-color-scheme", "value": theme}
        self.cdp("Emulation.setEmulatedMedia", {"features": [feature]})
        metrics = {"width": width, "height": 900, "deviceScaleFactor": 1, "mobile": width < PHONE}
        self.cdp("Emulation.setDeviceMetricsOverride", metrics)

    def cdp(self, command: str, params: object) -> Any:
        return self.send("/goog/cdp/execute", {"cmd": command, "params": params})

    def picture(self, path: Path) -> None:
        shot = self.cdp("Page.captureScreenshot", {"captureBeyondViewport": True})
        path.write_bytes(base64.b64decode(shot["data"]))

    def close(self) -> None:
        self.send("", method="DELETE")


@pytest.fixture
def browser(tmp_path: Path) -> Iterator[Browser]:
    driver = shutil.which("chromedriver")
    if driver is None:
        pytest.fail("chromedriver is missing: apt-get install chromium chromium-driver")
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    with subprocess.Popen([driver, f"--port={port}"], stdout=subprocess.DEVNULL) as process:
        try:
            url = f"http://127.0.0.1:{port}"
            wait_for(lambda: answers(f"{url}/status"))
            browser = Browser(url, tmp_path / "profile")
            yield browser
            browser.close()
        finally:
            process.terminate()


def answers(url: str) -> bool:
    with suppress(urllib.error.URLError), urllib.request.urlopen(url) as answer:
        return bool(answer.status == 200)
    return False


def wait_for(met: Callable[[], object]) -> None:
    deadline = time.monotonic() + WAIT_SECONDS
    while time.monotonic() < deadline:
        # a page that is just being left answers no script
        with suppress(urllib.error.HTTPError):
            if met():
                return
        time.sleep(0.1)
    pytest.fail("nothing came of it")


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
