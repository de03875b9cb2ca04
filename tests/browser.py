"""Headless Chromium, driven over chromedriver's own HTTP protocol."""

import base64
import json
import shutil
import socket
import subprocess
import time
import urllib.error
import urllib.request
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

import pytest

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

    def press(self, label: str) -> bool:
        """Click the button that bears the label; False while there is none."""
        script = f"""
            const found = [...document.querySelectorAll('button')]
                .filter(one => one.innerText.trim() === {json.dumps(label)});
            found[0]?.click();
            return found.length > 0;"""
        return bool(self.run(script))

    def look(self, *, width: int, theme: str) -> None:
        feature = {"name": "prefers-color-scheme", "value": theme}
        self.cdp("Emulation.setEmulatedMedia", {"features": [feature]})
        metrics = {"width": width, "height": 900, "deviceScaleFactor": 1, "mobile": width < PHONE}
        self.cdp("Emulation.setDeviceMetricsOverride", metrics)

    def cdp(self, command: str, params: object) -> Any:
        return self.send("/goog/cdp/execute", {"cmd": command, "params": params})

    def picture(self, path: Path, part: tuple[int, int, int, int] | None = None) -> None:
        """The page, or a part of it: left, top, width and height."""
        wanted: dict[str, object] = {"captureBeyondViewport": True}
        if part:
            wanted["clip"] = dict(zip(("x", "y", "width", "height"), part, strict=True)) | {
                "scale": 1
            }
        shot = self.cdp("Page.captureScreenshot", wanted)
        path.write_bytes(base64.b64decode(shot["data"]))

    def close(self) -> None:
        self.send("", method="DELETE")


@contextmanager
def chromium(profile: Path) -> Iterator[Browser]:
    """A browser with a profile of its own in the folder."""
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
            browser = Browser(url, profile)
            try:
                yield browser
            finally:
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
