"""One server for half an hour: tiny runs, workers killed, runs stopped and deleted, five browsers that click.

    make soak
    python -m tests.benchmarks.soak --minutes 5 --runs 60 --pause 2

Prints what the server holds in memory, files, threads and processes as time goes on, and compares finished
runs, byte for byte, with the same runs made by themselves. Browsers that draw in software take a core each:
between two clicks nobody does anything for as long as `--pause` says, so that runs come to an end.
"""

from __future__ import annotations

import argparse
import random
import signal
import tempfile
import time
from collections import Counter
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path

import psutil
from playwright.sync_api import Error, Page, expect

from alcore.server.index import RunIndex
from alcore.storage.run_store import RunStore
from tests.conftest import train
from tests.dashboard import SECONDS, chromium, run_button, serving

_LINK = "/?data=synthetic&pi0=20%20%25&pool=80&query=6&cycles=2&steps=2&seed={seed}"
_PAGES = ("", "samples", "compare", "study", "data", "runs", "methods")
_BROWSERS, _MOST_WAITING, _COMPARED = 5, 4, 10
_SECONDS_BETWEEN_LOOKS = 30


class Soak:
    """The server, five tabs, and counts of what was done."""

    def __init__(
        self, address: str, server: psutil.Process, home: Path, pages: list[Page], runs: int
    ) -> None:
        self.address, self.server, self.home, self.pages = address, server, home, pages
        self.most, self.seed, self.done = runs, 0, Counter[str]()
        self.dice = random.Random(0)

    def step(self) -> None:
        """One tab does one thing."""
        page = self.dice.choice(self.pages)
        actions: list[tuple[Callable[[Page], str], int]] = [
            *((self.start, 5), (self.visit, 4), (self.kill, 1), (self.stop, 1), (self.delete, 1)),
        ]
        act = self.dice.choices([one for one, _ in actions], [weight for _, weight in actions])[0]
        try:
            self.done[act(page)] += 1
        except (Error, AssertionError):  # a button that has just gone, as happens to people
            self.done["came too late"] += 1

    def start(self, page: Page) -> str:
        """Start a run with a new seed."""
        waiting = sum(row.is_active for row in RunIndex(self.home).rows())
        if waiting >= _MOST_WAITING or self.seed >= self.most:
            return self.visit(page)
        self.seed += 1
        page.goto(self.address + _LINK.format(seed=self.seed))
        button = run_button(page)
        expect(button).to_be_enabled()
        button.click()
        return "started"

    def visit(self, page: Page) -> str:
        """Open a page, and wait until it has a title."""
        page.goto(f"{self.address}/{self.dice.choice(_PAGES)}")
        expect(page.locator("h1").first).to_be_visible()
        return "visited"

    def kill(self, _page: Page) -> str:
        """Kill a worker of the server, with all that it computes."""
        for child in self.server.children(recursive=True):
            with suppress(psutil.Error):
                if "worker" in child.cmdline():
                    child.send_signal(signal.SIGKILL)
                    return "killed"
        return "nobody to kill"

    def stop(self, page: Page) -> str:
        """Stop the run that the Lab shows."""
        page.goto(self.address)
        page.get_by_role("button", name="Stop", exact=True).first.click(timeout=5 * SECONDS)
        return "stopped"

    def delete(self, page: Page) -> str:
        """Delete a run that nobody works on."""
        page.goto(f"{self.address}/runs")
        page.get_by_role("button", name="More").last.click(timeout=10 * SECONDS)
        page.get_by_role("button", name="Delete it").click(timeout=5 * SECONDS)
        return "deleted"

    def state(self) -> str:
        """What the server holds now."""
        own = self.server
        children = own.children(recursive=True)
        return (
            f"{own.memory_info().rss / 2**20:.0f} MiB, {own.num_fds()} files, {own.num_threads()} threads, "
            f"{len(children)} processes below it"
        )


def main() -> None:
    """Soak, and print figures."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--minutes", type=float, default=30)
    parser.add_argument("--runs", type=int, default=500)
    parser.add_argument("--pause", type=float, default=1, help="seconds between two clicks")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="alcore-soak-") as scratch:
        home = Path(scratch) / "home"
        with serving(home) as (address, process), chromium() as browser:
            pages = [browser.new_context().new_page() for _ in range(_BROWSERS)]
            soak = Soak(address, psutil.Process(process.pid), home, pages, options.runs)
            work(soak, options.minutes, options.pause)
        compare(home, Path(scratch))


def work(soak: Soak, minutes: float, pause: float) -> None:
    """Click until the time is over; then let the queue run empty."""
    began = looked = time.monotonic()
    while time.monotonic() - began < 60 * minutes:
        soak.step()
        time.sleep(pause)
        if time.monotonic() - looked > _SECONDS_BETWEEN_LOOKS:
            looked = time.monotonic()
            print(f"{looked - began:5.0f} s  {soak.state()}  {dict(soak.done)}", flush=True)
    for page in soak.pages:
        page.context.close()
    until = time.monotonic() + 120
    while any(row.is_active for row in RunIndex(soak.home).rows()) and time.monotonic() < until:
        time.sleep(1)
    print(f"  end    {soak.state()}  {dict(soak.done)}")
    print(f"runs: {dict(Counter(row.status for row in RunIndex(soak.home).rows()))}")


def compare(home: Path, scratch: Path) -> None:
    """Some finished runs against the same, made by themselves."""
    finished = [row for row in RunIndex(home).rows() if row.is_finished]
    equal = 0
    some = random.Random(1).sample(finished, min(_COMPARED, len(finished)))
    for row in some:
        directory = home / "runs" / row.id
        config = RunStore(directory).config.model_copy(update={"threads": 1})  # which changes no byte
        train(scratch / row.id, config)
        names = sorted(path.name for path in (directory / "records").glob("*.npz"))
        equal += all(
            (directory / "records" / name).read_bytes() == (scratch / row.id / "records" / name).read_bytes()
            for name in names
        )
    print(f"{equal} of {len(some)} finished runs, taken at random, equal the same runs made by themselves")


if __name__ == "__main__":
    main()
