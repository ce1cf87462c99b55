"""How the dashboard feels, in Chromium: start, first points, whole demo, clicks while it trains, memory.

    python -m tests.benchmarks.page

Measures with a home of its own on this machine; run it while nothing else runs.
"""

from __future__ import annotations

import statistics
import tempfile
import time
from pathlib import Path

import psutil
from playwright.sync_api import Page, expect

from tests.dashboard import SECONDS, chromium, curve_points, open_lab, run_button, serving
from tests.following import wait_for

_CLICKS = 60
_WATCH = """([selector, having, start]) => {
    // From the next press in the page until an element's text changes, or begins with `start`, in ms.
    // Timed in the page itself: Playwright's own waits look only every 100 to 1000 ms.
    const texts = () => [...document.querySelectorAll(selector)].map(e => e.textContent);
    const find = () => texts().filter(t => t.includes(having) && (!start || t.startsWith(start))).join();
    const before = find();
    window.answered = new Promise(resolve => {
        const pressed = event => {
            document.removeEventListener("pointerdown", pressed, true);
            document.removeEventListener("keydown", pressed, true);
            const begun = event.timeStamp;
            const look = () => find() !== before ? resolve(performance.now() - begun) : setTimeout(look, 4);
            look();
        };
        document.addEventListener("pointerdown", pressed, true);
        document.addEventListener("keydown", pressed, true);
    });
}"""
_METRICS = ("Dice", "Precision", "Recall", "IoU")


def main() -> None:
    """Measure one whole presentation and print the figures."""
    with tempfile.TemporaryDirectory() as folder, chromium() as browser:
        begun = time.perf_counter()
        with serving(Path(folder)) as (address, server):
            page = open_lab(browser, address)
            _report("server started to a usable page", time.perf_counter() - begun)
            _report("sliders to the new pool, median", statistics.median(_slider_times(page)))
            page.wait_for_timeout(
                10 * SECONDS
            )  # a presenter talks before pressing Run; the worker loads torch
            begun = time.perf_counter()
            run_button(page).click()
            wait_for(lambda: len(curve_points(page)) == 3, "first points")
            _report("Run to the first point of all curves", time.perf_counter() - begun)
            _report_clicks("click while training", _click_times(page))
            expect(page.get_by_text("8 of 8 cycles finished")).to_be_visible(timeout=300 * SECONDS)
            _report("Run to the end of the demo, with these clicks", time.perf_counter() - begun)
            _report_clicks("click while idle", _click_times(page))
            print(f"server memory: {psutil.Process(server.pid).memory_info().rss / 2**20:.0f} MB resident")
            run_button(page).click()
            expect(page.get_by_text("8 of 8 cycles finished")).to_have_count(0)
            begun = time.perf_counter()
            expect(page.get_by_text("8 of 8 cycles finished")).to_be_visible(timeout=300 * SECONDS)
            _report("the demo again, only watched", time.perf_counter() - begun)


def watch_text(page: Page, selector: str, having: str, start: str | None) -> None:
    """Time, in `window.answered`, from the next press to another text in elements that have `having`."""
    page.evaluate(_WATCH, [selector, having, start])


def _slider_times(page: Page) -> list[float]:
    slider = page.locator(".st-key-pi0").get_by_role("slider").element_handle()
    times = []
    for step in range(20):
        watch_text(page, "[data-testid=stMarkdown], summary", "first query", None)
        slider.press("ArrowRight" if step % 2 == 0 else "ArrowLeft")
        times.append(page.evaluate("window.answered") / 1000)
    return times


def _click_times(page: Page) -> list[float]:
    """Switch the metric, and wait until the axis says so."""
    times = []
    for click in range(_CLICKS):
        metric = _METRICS[click % len(_METRICS)]
        button = page.get_by_role("radio", name=metric, exact=True).element_handle()
        watch_text(page, ".st-key-curves .ytitle", "of the defect class", metric)
        button.click()
        times.append(page.evaluate("window.answered") / 1000)
        page.wait_for_timeout(300)
    return times


def _report_clicks(what: str, times: list[float]) -> None:
    _report(f"{what}, median of {len(times)}", statistics.median(times))
    _report(f"{what}, 95th percentile", sorted(times)[int(0.95 * len(times))])


def _report(what: str, seconds: float) -> None:
    print(f"{what}: {seconds:.2f} s" if seconds >= 1 else f"{what}: {1000 * seconds:.0f} ms", flush=True)


if __name__ == "__main__":
    main()
