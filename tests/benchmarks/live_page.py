"""How long the interactive page takes to open, and its curves to follow the π₁ slider, in Chromium.

    python -m tests.benchmarks.live_page DIR [DIR ...]

DIR is a run's or a study's directory.
"""

from __future__ import annotations

import statistics
import sys
import tempfile
import time
from pathlib import Path

from playwright.sync_api import Browser

from alcore.study.interactive import interactive_page
from tests.dashboard import SECONDS, chromium

_MOVES = 40
_MOVE = """(exponent) => new Promise((done) => {
  const slider = document.getElementById("prevalence"), chart = document.getElementById("chart");
  const own = Estimands.curves;
  let start = 0, computed = 0;
  Estimands.curves = (...rest) => {
    start = performance.now();
    const curves = own(...rest);
    computed = performance.now() - start;
    return curves;
  };
  chart.once("plotly_afterplot", () => {
    Estimands.curves = own;
    done([computed, performance.now() - start]);
  });
  slider.value = exponent;
  slider.dispatchEvent(new Event("input", { bubbles: true }));
})"""


def main() -> None:
    """Measure each directory that the command line names."""
    with tempfile.TemporaryDirectory() as folder, chromium() as browser:
        for name in sys.argv[1:]:
            file = Path(folder) / "page.html"
            file.write_text(interactive_page(Path(name)), encoding="utf-8")
            print(f"{Path(name).name}: {file.stat().st_size / 1e6:.2f} MB; {_measure(browser, file)}")


def _measure(browser: Browser, file: Path) -> str:
    tab = browser.new_page(viewport={"width": 1280, "height": 720})
    start = time.perf_counter()
    tab.goto(file.as_uri())
    tab.wait_for_selector("body[data-ready=yes]", timeout=60 * SECONDS)
    opened = time.perf_counter() - start
    moves = [tab.evaluate(_MOVE, -3 + 3 * move / _MOVES) for move in range(_MOVES)]
    computed, drawn = (statistics.median(times) for times in zip(*moves, strict=True))
    tab.close()
    return f"opens in {opened:.1f} s; a move of π₁: {computed:.1f} ms computed, {drawn:.1f} ms until drawn"


if __name__ == "__main__":
    main()
