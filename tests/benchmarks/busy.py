"""How pages answer while every core computes: by how far the workers give way to them.

    make bench-busy
    python -m tests.benchmarks.busy --rounds 0      the shares of a core alone, in half a minute

Processes that do nothing but compute stand for workers, one for each core. All ways are taken in turn, over
and over, in one server and one tab, as ratios to the same without workers.
"""

from __future__ import annotations

import argparse
import os
import statistics
import subprocess
import sys
import tempfile
import time
from collections import defaultdict
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import psutil
from playwright.sync_api import Page, expect

from alcore.machine import give_way, load_per_core, usable_cores
from tests.benchmarks.page import watch_text
from tests.dashboard import SECONDS, chromium, open_lab, serving

_WAYS: dict[str, int | None] = {
    "nobody computes": None,
    "workers at niceness 10": 10,
    "workers at niceness 5": 5,
    "workers that do not give way": 0,
}
_IDLE = next(iter(_WAYS))
_PRESSES, _SECONDS_TO_SETTLE, _SECONDS_SHARED = 6, 2.0, 8.0


@contextmanager
def computing(way: str) -> Iterator[None]:
    """Keep all cores busy in that way."""
    niceness = _WAYS[way]
    count = 0 if niceness is None else usable_cores()
    spinning = [
        subprocess.Popen([sys.executable, "-c", "while True: pass"], start_new_session=True)
        for _ in range(count)
    ]
    try:
        for one in spinning:
            if niceness:
                give_way(one.pid, niceness=niceness)
        time.sleep(_SECONDS_TO_SETTLE)
        yield
    finally:
        for one in spinning:
            one.kill()
            one.wait()


def share_of(worker: Callable[[int], object]) -> float:
    """CPU time that a worker gets on one core for each second that a page would take there."""
    core = min(os.sched_getaffinity(0))
    pinned = f"import os; os.sched_setaffinity(0, [{core}])\nwhile True: pass"
    pair = [subprocess.Popen([sys.executable, "-c", pinned], start_new_session=True) for _ in range(2)]
    try:
        worker(pair[1].pid)
        begun = [sum(psutil.Process(one.pid).cpu_times()[:2]) for one in pair]
        time.sleep(_SECONDS_SHARED)
        took = [sum(psutil.Process(one.pid).cpu_times()[:2]) for one in pair]
        page, own = (end - start for start, end in zip(begun, took, strict=True))
        return own / max(page, 1e-9)
    finally:
        for one in pair:
            one.kill()
            one.wait()


def show_shares() -> None:
    """How far each way of giving way goes, whatever else the machine does."""
    ways: dict[str, Callable[[int], object]] = {
        "does not give way": lambda _: None,
        "is nice (10), but leads a session of its own": lambda pid: os.setpriority(os.PRIO_PROCESS, pid, 10),
        "gives way at niceness 5": lambda pid: give_way(pid, niceness=5),
        "gives way at niceness 10": lambda pid: give_way(pid, niceness=10),
    }
    print("| a worker that | gets of a core, for each second of a page |")
    print("| --- | --- |")
    for title, way in ways.items():
        print(f"| {title} | {share_of(way):.2f} s |", flush=True)


def slider_times(page: Page) -> list[float]:
    """Seconds from a press of the π₀ slider's key to the new pool's words."""
    slider = page.locator(".st-key-pi0").get_by_role("slider").element_handle()
    times = []
    for step in range(_PRESSES):
        watch_text(page, "[data-testid=stMarkdown], summary", "first query", None)
        slider.press("ArrowRight" if step % 2 == 0 else "ArrowLeft")
        times.append(page.evaluate("window.answered") / 1000)
    return times


def visit_time(page: Page, address: str) -> float:
    """Seconds until the Methods page, opened in a new tab, has its words."""
    tab = page.context.browser.new_page()  # a visitor of their own
    begun = time.perf_counter()
    tab.goto(f"{address}/methods")
    expect(tab.get_by_text("trapezoid rule").first).to_be_visible(timeout=120 * SECONDS)
    took = time.perf_counter() - begun
    tab.close()
    return took


def main() -> None:
    """Measure, and print a table with ratios to an idle machine."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--rounds", type=int, default=5)
    options = parser.parse_args()
    show_shares()
    if not options.rounds:
        return
    presses, visits = defaultdict(list), defaultdict(list)
    with (
        tempfile.TemporaryDirectory() as folder,
        chromium() as browser,
        serving(Path(folder)) as (address, _),
    ):
        page = open_lab(browser, address)
        slider_times(page)
        visit_time(page, address)
        for _ in range(options.rounds):
            for way in _WAYS:
                with computing(way):
                    presses[way] += slider_times(page)
                    visits[way].append(visit_time(page, address))
    print(f"other work before and between: {load_per_core() or 0:.1f} processes for each core")
    print("| while | the pool follows a slider, median / slowest | a page is opened, median / slowest |")
    print("| --- | --- | --- |")
    for way in _WAYS:
        cells = [_median_and_ratio(times[way], times[_IDLE]) for times in (presses, visits)]
        print(f"| {way} | {' | '.join(cells)} |", flush=True)


def _median_and_ratio(times: list[float], idle: list[float]) -> str:
    middle = statistics.median(times)
    ratio = middle / statistics.median(idle)
    return f"{1000 * middle:.0f} / {1000 * max(times):.0f} ms ({ratio:.1f} times)"


if __name__ == "__main__":
    main()
