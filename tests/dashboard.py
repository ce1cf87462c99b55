"""A dashboard server and a browser, for tests and benchmarks."""

from __future__ import annotations

import os
import shutil
import socket
import subprocess
import sys
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from playwright.sync_api import Browser, Locator, Page, expect, sync_playwright

from tests.conftest import ROOT
from tests.following import wait_for
from tests.pace import pace

CHROMIUM = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")
_CHROMIUM_FLAGS = [
    *("--headless", "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run"),
    *("--disable-background-networking", "--disable-component-update", "--disable-sync"),
]
LITTLE = "little"
"""A data set of small patches, on which a cycle takes a moment; `tests/ui/browser/conftest.py` makes it."""
FROM_SCRATCH = "net=unet&encoder=tu-test_efficientnet&weights=none&freeze=false"
"""In a link to the Lab: a small network that trains whole, which is not played live."""
LITTLE_FROM_SCRATCH = f"data={LITTLE}&{FROM_SCRATCH}"
"""The same on that data set, where a cycle of three strategies takes a seventh of the time."""
SECONDS = 1000 * pace()  # Playwright counts in milliseconds
expect.set_options(timeout=30 * SECONDS)  # for two cores that tests share; an earlier answer ends the wait


def free_port() -> int:
    """A port on loopback that nobody listens on."""
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        return listener.getsockname()[1]


@contextmanager
def serving(home: Path, *options: str) -> Iterator[tuple[str, subprocess.Popen[bytes]]]:
    """Serve the dashboard over a home, with options; yields its address and process, and ends it."""
    port = free_port()
    command = [sys.executable, "-m", "alcore", "dashboard", "--server.headless=true"]
    home.mkdir(parents=True, exist_ok=True)
    with (home / "server.log").open("wb") as log:
        process = subprocess.Popen(
            [*command, f"--server.port={port}", *options],
            cwd=ROOT,
            env=os.environ | {"ALCORE_HOME": str(home)},
            stdout=log,
            stderr=log,
        )
    try:
        address = f"http://127.0.0.1:{port}"
        wait_for(lambda: _answers(f"{address}/_stcore/health"), "the server to answer", 60)
        yield address, process
    finally:
        process.terminate()
        try:
            process.wait(15)
        except subprocess.TimeoutExpired:
            process.kill()


def _answers(address: str) -> bool:
    try:
        with urllib.request.urlopen(address, timeout=1) as response:
            return response.status == 200
    except OSError:
        return False


@contextmanager
def chromium() -> Iterator[Browser]:
    """Debian's Chromium, driven by Playwright."""
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=_CHROMIUM_FLAGS)
        yield browser
        browser.close()


def open_lab(browser: Browser, address: str, **options: object) -> Page:
    """A new tab with the Lab, ready to be used."""
    page = browser.new_page(viewport={"width": 1500, "height": 1300}, **options)
    page.goto(address)
    expect(run_button(page)).to_be_enabled()
    return page


def run_button(page: Page):
    """The Lab's Run button (not the Runs page's link)."""
    return page.get_by_test_id("stBaseButton-primary").filter(has_text="Run")


def click_point(page: Page, point: Locator) -> None:
    """Click a point of a chart."""
    box = point.bounding_box()
    assert box is not None, "the point is drawn"
    x, y = box["x"] + box["width"] / 2, box["y"] + box["height"] / 2
    page.mouse.move(x - 40, y - 20)
    page.mouse.move(x, y, steps=5)
    page.wait_for_timeout(300)  # plotly looks for the point under the pointer at its own pace
    page.mouse.click(x, y)


def curve_points(page: Page) -> list[int]:
    """How many points each learning curve has, all counted at one moment."""
    return curves(page).evaluate_all("all => all.map((one) => one.querySelectorAll('.point').length)")


def fewest_points(page: Page) -> int:
    """How many points every learning curve has; 0 where none is drawn, as for a moment of redrawing."""
    return min(curve_points(page), default=0)


def curves(page: Page) -> Locator:
    """The Lab's learning curves, without their bands."""
    return page.locator(".st-key-curves .scatterlayer .trace:has(.point)")
