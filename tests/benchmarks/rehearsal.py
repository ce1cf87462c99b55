"""A hundred thousand tasks that do nothing: python -m tests.benchmarks.rehearsal [TASKS]

Shows that plan, engine, ledger and page hold at that size: seconds, memory of the conductor, and the page's
time to draw and to tick in a browser.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import psutil
from playwright.sync_api import expect

from tests.conftest import ROOT
from tests.dashboard import SECONDS, chromium, serving

_REPETITIONS, _POOLS = 5, (0.01, 0.02, 0.05, 0.1, 0.2, 0.3, 0.4, 0.5, 0.6, 0.8)


def write_plan(path: Path, tasks: int) -> None:
    """A study of so many repetitions."""
    seeds = list(range(tasks // (_REPETITIONS * len(_POOLS))))
    study = {
        "base": {"dataset": "synthetic", "repetitions": _REPETITIONS, "device": "cpu", "threads": 1},
        "grid": {"seed": seeds, "pool_prevalence": list(_POOLS)},
        "test_prevalences": [0.01, 0.05, 0.2],
    }
    path.write_text(json.dumps(study))


def rehearse(plan: Path, out: Path, engine: str) -> tuple[float, float]:
    """Seconds by the clock, and the conductor's largest resident size in MB."""
    begun, peak = time.monotonic(), 0.0
    command = [sys.executable, "-m", "alcore", "study", str(plan), "--out", str(out), "--rehearsal"]
    process = subprocess.Popen(
        [*command, "--engine", engine, "--workers", "2"], cwd=ROOT, env=dict(os.environ)
    )
    watched = psutil.Process(process.pid)
    while process.poll() is None:
        try:
            peak = max(peak, watched.memory_info().rss / 1e6)
        except psutil.NoSuchProcess:
            break
        time.sleep(0.2)
    assert process.wait() == 0, f"the rehearsal by {engine} failed"
    return time.monotonic() - begun, peak


def page_times(home: Path) -> tuple[float, float, float]:
    """Seconds to the progress map, once more from a warm server, and the server's size in MB."""
    with serving(home) as (address, process), chromium() as browser:
        times = []
        for _ in range(2):
            page = browser.new_page(viewport={"width": 1500, "height": 1300})
            begun = time.monotonic()
            page.goto(f"{address}/study?study=large&study_view=Progress")
            expect(page.locator(".st-key-study-progress .heatmaplayer")).to_be_visible(timeout=120 * SECONDS)
            times.append(time.monotonic() - begun)
            page.close()
        return times[0], times[1], psutil.Process(process.pid).memory_info().rss / 1e6


def main() -> None:
    """Print what was measured."""
    tasks = int(sys.argv[1]) if len(sys.argv) > 1 else 100_000
    with tempfile.TemporaryDirectory() as scratch:
        home = Path(scratch) / "home"
        plan = Path(scratch) / "study.json"
        write_plan(plan, tasks)
        os.environ["ALCORE_HOME"] = str(home)
        for engine in ("local", "ray"):
            out = home / "studies" / ("large" if engine == "local" else "large-ray")
            out.parent.mkdir(parents=True, exist_ok=True)
            seconds, peak = rehearse(plan, out, engine)
            size = sum(file.stat().st_size for file in out.rglob("*") if file.is_file()) / 1e6
            print(f"{engine}: {seconds:.0f} s, {peak:.0f} MB at most, {size:.0f} MB on disk", flush=True)
        cold, warm, server = page_times(home)
        print(f"page: {cold:.1f} s, warm {warm:.1f} s, server {server:.0f} MB")


if __name__ == "__main__":
    main()
