"""How fast a thousand runs are listed: the list itself, and the Runs page that draws a sheet of them.

    make bench-notebook

Each time is the median of five, beside that of ten runs: what matters is the ratio.
"""

from __future__ import annotations

import os
import shutil
import statistics
import tempfile
import time
from collections.abc import Callable
from functools import partial
from pathlib import Path

from streamlit.testing.v1 import AppTest

from alcore.server.index import RunIndex
from alcore.server.notebook import Notebook, chosen
from tests.conftest import ROOT, SMALL, train

_TIMES = 5
_COUNTS = (10, 1000)


def main() -> None:
    """Print a row per number of runs."""
    print("| runs | list, filtered and sorted | page, first drawing | page, drawn again |")
    print("| --- | --- | --- | --- |")
    with tempfile.TemporaryDirectory(prefix="alcore-notebook-") as scratch:
        one = Path(scratch) / "one"
        train(one, SMALL)
        for count in _COUNTS:
            home = Path(scratch) / str(count)
            make_home(home, one, count)
            os.environ["ALCORE_HOME"] = str(home)
            notebook = Notebook(RunIndex(home))
            listing = median_ms(partial(list_runs, notebook))
            first, again = page_ms()
            print(f"| {count} | {listing:.0f} ms | {first:.0f} ms | {again:.0f} ms |", flush=True)
    os._exit(0)  # a spare worker may be starting


def list_runs(notebook: Notebook) -> None:
    """What the page needs before it draws."""
    chosen(notebook.entries(), words="run", order="AUBC")


def make_home(home: Path, one: Path, count: int) -> None:
    """A home of `count` copies of a run, whose files are links, with their figures known."""
    for number in range(count):
        shutil.copytree(one, home / "runs" / f"run-{number:04d}", copy_function=os.link)
    notebook = Notebook(RunIndex(home))
    notebook.fill(notebook.entries(), seconds=3600)


def page_ms() -> tuple[float, float]:
    """Milliseconds of a tab's first drawing of the Runs page, and of the next ones."""
    import streamlit as st

    st.cache_resource.clear()
    app = AppTest.from_file(ROOT / "app.py", default_timeout=120)
    app.run()
    app.switch_page("pages/runs.py")
    first = median_ms(app.run, times=1)
    assert len(app.checkbox) > 5
    return first, median_ms(app.run)


def median_ms(call: Callable[[], object], times: int = _TIMES) -> float:
    """Median milliseconds of a call."""
    spent = []
    for _ in range(times):
        began = time.perf_counter()
        call()
        spent.append(1000 * (time.perf_counter() - began))
    return statistics.median(spent)


if __name__ == "__main__":
    main()
