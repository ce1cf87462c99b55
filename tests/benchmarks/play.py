"""Sliders that are played: from a slider that is let go to the new curves, in Chromium.

    python -m tests.benchmarks.play [--steps N]

The demo preset, with a home of its own. The bare time beside it is what one process takes for the same first
cycle with everything open and warm, computed right afterwards: the rest is what queue, files and page take.
"""

from __future__ import annotations

import argparse
import os
import statistics
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from playwright.sync_api import Page, expect

from alcore.config import RunConfig, load_config
from tests.dashboard import SECONDS, chromium, serving

_WATCH = """(cycles) => {
  // From the next key in the page until all new curves have their first point, and their last; in ms.
  const curves = ".st-key-curves .scatterlayer .trace:not([class*='earlier'])";
  const size = (curve) => curve.querySelectorAll(".point").length;
  const news = () => [...document.querySelectorAll(curves)].map(size).filter(Boolean);
  window.played = new Promise((done) => {
    document.addEventListener("keydown", ({ timeStamp }) => {
      let first = null, pale = null, gone = false;
      const look = () => {
        const points = news(), since = performance.now() - timeStamp;
        gone ||= points.length === 0 || Math.max(...points) < cycles;
        if (gone) pale ??= since;
        if (gone && first === null && points.length === 3) first = since;
        if (gone && points.length === 3 && Math.min(...points) === cycles) done({ pale, first, last: since });
        else setTimeout(look, 10);
      };
      look();
    }, { capture: true, once: true });
  });
}"""


def main() -> None:
    """Drag the slider of π₀ a few times, and print the medians."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--steps", type=int, default=6, help="how often the slider is moved")
    steps = parser.parse_args().steps
    config = load_config("demo")
    with tempfile.TemporaryDirectory() as folder, chromium() as browser:
        with serving(Path(folder) / "home") as (address, _):
            page = browser.new_page(viewport={"width": 1280, "height": 720})
            page.goto(address)
            expect(page.get_by_text("Pool 600")).to_be_visible()
            _play(page, config, 0)  # loads PyTorch, and keeps what the encoder gives
            times = [_play(page, config, step) for step in range(1, steps + 1)]
        for name, what in (
            ("pale", "slider let go to curves turned pale"),
            ("first", "slider let go to the first points of all strategies"),
            ("last", f"slider let go to all {config.cycles} cycles"),
        ):
            seconds = [time[name] / 1000 for time in times]
            print(f"{what}: {statistics.median(seconds):.2f} s (of {steps}, {max(seconds):.2f} at most)")
        first = statistics.median(time["first"] for time in times) / 1000
        with _home(Path(folder) / "home"):
            bare = _bare_first_cycle(config)
    print(
        f"the same first cycle alone, all open and warm: {bare:.2f} s; "
        f"first points take {first / bare:.1f} times that"
    )


def _play(page: Page, config: RunConfig, step: int) -> dict[str, float]:
    page.evaluate(_WATCH, config.cycles)
    page.locator(".st-key-pi0").get_by_role("slider").press("ArrowRight" if step % 2 == 0 else "ArrowLeft")
    page.set_default_timeout(600 * SECONDS)
    times: dict[str, float] = page.evaluate("window.played")
    return times


@contextmanager
def _home(path: Path) -> Iterator[None]:
    before = os.environ.get("ALCORE_HOME")
    os.environ["ALCORE_HOME"] = str(path)
    try:
        yield
    finally:
        os.environ.pop("ALCORE_HOME")
        if before is not None:
            os.environ["ALCORE_HOME"] = before


def _bare_first_cycle(config: RunConfig) -> float:
    """Seconds of one first cycle after another, the fastest of three."""
    from alcore.data.collection import open_dataset
    from alcore.experiment.cycle import CycleStart, Workbench
    from alcore.experiment.cycle_key import CycleKey

    patches = open_dataset(config.dataset)
    seconds = []
    for _ in range(4):
        begun = time.perf_counter()
        Workbench(config, patches).cycle(CycleStart(CycleKey(1, 1, config.strategies[0])), lambda _: None)
        seconds.append(time.perf_counter() - begun)
    return min(seconds[1:])


if __name__ == "__main__":
    main()
