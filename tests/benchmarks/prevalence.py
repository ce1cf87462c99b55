"""How long the curves take to follow the π₁ slider: computed, drawn, and seen in Chromium.

    python -m tests.benchmarks.prevalence

On a recorded-looking run of 3 strategies x 10 cycles x 15 repetitions x 1000 test patches, and on one with a
single repetition, whose intervals are over test patches.
"""

from __future__ import annotations

import statistics
import tempfile
import time
from pathlib import Path

import numpy as np
from playwright.sync_api import expect

from alcore.config import RunConfig, make_config
from alcore.presentation.figures.budgets import RunCurves, budget_curves
from alcore.statistics.comparison import curve_frame
from alcore.storage.evidence import gather
from alcore.storage.records import npz_of
from alcore.storage.run_store import RunStore
from alcore.storage.tables import RunTables
from tests.benchmarks.page import watch_text
from tests.dashboard import SECONDS, chromium, serving
from tests.shared import keys_in_order

_TEST_PATCHES = 1000
_MOVES = 40


def main() -> None:
    """Fabricate the runs, then measure."""
    with tempfile.TemporaryDirectory() as folder:
        home = Path(folder)
        for repetitions in (15, 1):
            config = make_config({"dataset": "synthetic", "cycles": 10, "repetitions": repetitions})
            store = RunStore.create(home / "runs" / f"r{repetitions}", config)
            _fabricate(store, config)
            _measure_core(store, repetitions)
        _measure_page(home)


def _fabricate(store: RunStore, config: RunConfig) -> None:
    rng = np.random.default_rng(0)
    defective = np.arange(_TEST_PATCHES) % 2 == 0
    nothing = np.zeros(config.query_count)
    for key in keys_in_order(config):
        recall = rng.beta(1 + key.cycle, 8, size=_TEST_PATCHES)
        tp = (200 * recall * defective).astype(int)
        fn, fp = 200 * defective - tp, rng.poisson(0.5, size=_TEST_PATCHES)
        store.commit(
            key,
            npz_of(
                {
                    "labelled": np.int64(key.cycle * config.query_count),
                    "items": nothing.astype(np.int64),
                    "defective": nothing > 0,
                    "scores": nothing.astype(np.float32),
                    "test_items": np.arange(_TEST_PATCHES),
                    "test_defective": defective,
                    "counts": np.stack([tp, fp, fn, 4096 - tp - fp - fn], axis=1).astype(np.int32),
                    "max_probability": rng.random(_TEST_PATCHES).astype(np.float32),
                }
            ),
        )


def _measure_core(store: RunStore, repetitions: int) -> None:
    begun = time.perf_counter()
    tables = RunTables(store)
    tables.refresh()
    read = time.perf_counter()
    evidence = gather(tables.records)
    gathered = time.perf_counter()
    computed, drawn = [], []
    for prevalence in np.geomspace(0.001, 1, _MOVES):
        start = time.perf_counter()
        frame = curve_frame(evidence, "iou", prevalence)
        computed.append(time.perf_counter() - start)
        budget_curves([RunCurves("A", frame)], align="labelled", title="IoU").to_json()
        drawn.append(time.perf_counter() - start)
    print(
        f"{repetitions} repetitions: read {read - begun:.2f} s and gathered {gathered - read:.2f} s, once; "
        f"a move of the slider: curves with intervals {1000 * statistics.median(computed):.1f} ms, "
        f"with the figure's JSON {1000 * statistics.median(drawn):.1f} ms (median of {_MOVES})",
        flush=True,
    )


def _measure_page(home: Path) -> None:
    with serving(home) as (address, _), chromium() as browser:
        page = browser.new_page(viewport={"width": 1500, "height": 1300})
        for repetitions in (15, 1):
            page.goto(f"{address}/compare?runs=r{repetitions}")
            axis = page.locator(".ytitle").filter(has_text="π₁")
            expect(axis).to_be_visible(timeout=60 * SECONDS)
            page.wait_for_timeout(3 * SECONDS)
            slider = page.locator(".st-key-pi1").get_by_role("slider").element_handle()
            times = []
            for move in range(_MOVES):
                watch_text(page, ".ytitle", "π₁", None)
                slider.press("ArrowRight" if move % 2 == 0 else "ArrowLeft")
                times.append(page.evaluate("window.answered"))
                page.wait_for_timeout(200)
            print(
                f"{repetitions} repetitions, in the browser: key press to redrawn curves "
                f"{statistics.median(times):.0f} ms median, {sorted(times)[int(0.95 * _MOVES)]:.0f} ms p95",
                flush=True,
            )


if __name__ == "__main__":
    main()
