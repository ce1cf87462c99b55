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

from alcore.presentation.labels import PREVALENCES
from alcore.study.interactive import interactive_page
from tests.dashboard import SECONDS, chromium

_MOVES = 40
_MOVE = """(step) => new Promise((done) => {
  const slider = document.querySelector('[data-part="slider"]'), start = performance.now();
  document.querySelector(".js-plotly-plot").once("plotly_afterplot", () => done(performance.now() - start));
  slider.value = step;
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
    drawn = statistics.median(tab.evaluate(_MOVE, move % len(PREVALENCES)) for move in range(_MOVES))
    tab.close()
    return f"opens in {opened:.1f} s; a move of π₁ takes {drawn:.1f} ms until drawn"


if __name__ == "__main__":
    main()
