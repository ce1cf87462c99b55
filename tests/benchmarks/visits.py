"""What a server holds as visitors come and go: memory, open files and threads.

    make bench-visits
    python -m tests.benchmarks.visits --visits 100 --every 25

Each visit is a browser of its own that opens one page, all pages in turn, and leaves. Streamlit keeps the
session of a tab that was closed for a while (`server.disconnectedSessionTTL`); the last line is what is left
once these are over.
"""

from __future__ import annotations

import argparse
import tempfile
import time
from pathlib import Path

import psutil
from playwright.sync_api import Browser, expect
from streamlit import config

from tests.dashboard import SECONDS, chromium, serving

_PAGES = ("", "samples", "compare", "study", "data", "runs", "meter", "decide", "methods")


def visit(browser: Browser, address: str) -> None:
    """Open a page as somebody new, until all of it is there, and leave."""
    context = browser.new_context(viewport={"width": 1280, "height": 720})
    page = context.new_page()
    page.goto(address)
    expect(page.locator("h1").first).to_be_visible(timeout=60 * SECONDS)
    expect(page.get_by_test_id("stApp")).to_have_attribute(
        "data-test-script-state", "notRunning", timeout=120 * SECONDS
    )
    context.close()


def state_of(server: psutil.Process) -> str:
    """Cells of a row: MiB, open files, threads, processes below it."""
    counts = server.num_fds(), server.num_threads(), len(server.children(recursive=True))
    return " | ".join([f"{server.memory_info().rss / 2**20:.0f}", *map(str, counts)])


def main() -> None:
    """Visit, and print a table."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--visits", type=int, default=500)
    parser.add_argument("--every", type=int, default=50)
    options = parser.parse_args()
    keeps = int(config.get_option("server.disconnectedSessionTTL"))
    with (
        tempfile.TemporaryDirectory() as folder,
        chromium() as browser,
        serving(Path(folder) / "home") as (address, process),
    ):
        server, begun = psutil.Process(process.pid), time.monotonic()
        print("| visits | seconds | MiB | open files | threads | processes below |")
        print("| --- | --- | --- | --- | --- | --- |")
        for number in range(options.visits):
            if number % options.every == 0:
                print(f"| {number} | {time.monotonic() - begun:.0f} | {state_of(server)} |", flush=True)
            visit(browser, f"{address}/{_PAGES[number % len(_PAGES)]}")
        print(f"| {options.visits} | {time.monotonic() - begun:.0f} | {state_of(server)} |", flush=True)
        time.sleep(keeps + 5)
        visit(browser, f"{address}/methods")  # what is over is let go when the next tab is closed
        time.sleep(5)
        after = f"{time.monotonic() - begun:.0f} | {state_of(server)}"
        print(f"| {options.visits} + 1, sessions over | {after} |")


if __name__ == "__main__":
    main()
