"""Tiny runs killed at random moments, resumed, and compared byte for byte with runs that nobody killed.

    make bench-kills
    python -m tests.benchmarks.kills --kills 6 --stops 3 --errands 6

Each time one process gets SIGKILL: a worker that computes, the process of a run, or the server that holds the
run. With `--stops`, one gets SIGSTOP: a worker, the server that workers are forked from, or the process of a
run; it must be ended and replaced. With `--errands`, kills and stops by turns hit imports, the meter and
studies (`tests/benchmarks/errands.py`). It hits only processes that it started, and ends those that are left.
The last lines are rows for docs/reliability.md.
"""

from __future__ import annotations

import argparse
import os
import random
import signal
import subprocess
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

import psutil

from alcore.config import make_config
from alcore.errors import StoreError
from alcore.server.index import RunIndex
from tests.benchmarks import errands
from tests.conftest import ROOT, SMALL
from tests.following import bytes_of, start_alcore, wait_for

_TINY = SMALL | {"cycles": 4, "training": {"steps": 8, "batch_size": 6}, "strategies": ["random", "entropy"]}
_TARGETS = {
    signal.SIGKILL: ("worker", "run", "server"),
    signal.SIGSTOP: ("worker", "fork server", "run"),
}
_PATIENCE, _SECONDS_TO_LEAVE = 300, 30
_SERVER = """
import sys, time
from pathlib import Path
from alcore.config import load_config
from alcore.server.manager import RunManager
manager = RunManager(Path(sys.argv[1]))
rows = manager.index.rows()
run_id = rows[0].id if rows else manager.submit(load_config(sys.argv[2]))
if rows and rows[0].is_resumable:  # else it waited, and waits again
    manager.resume(run_id)
while manager.index.get(run_id).is_active:
    time.sleep(0.05)
manager.close()
"""


class Kills:
    """A directory to work in, how runs end that nobody kills, and what came of those that were killed."""

    def __init__(self, scratch: Path, seed: int) -> None:
        self.scratch, self.dice, self.seen = scratch, random.Random(seed), Counter[str]()
        self.plain: dict[int, tuple[dict[str, bytes], float]] = {}
        self.noticed: list[float] = []

    def hurt(self, number: int, sign: signal.Signals) -> None:
        """One run, one kill or stop. Only two workers or more are forked from a server."""
        targets = _TARGETS[sign]
        target, workers = targets[number % len(targets)], 1 + number // len(targets) % 3
        workers = max(workers, 2) if sign == signal.SIGSTOP else workers
        expected, seconds = self.without_kill(workers)
        home = self.scratch / f"home-{number}"
        with serving(home, self.config(workers)) as server:
            wait_for(lambda: run_in(home) is not None, "the run to begin", _PATIENCE)
            time.sleep(self.dice.uniform(0, seconds))
            family = [server, *server.children(recursive=True)]
            hit = self.hit(target, server, sign)
            if hit is not None and sign == signal.SIGSTOP:
                self.noticed.append(seconds_until_gone(hit))
            if hit != server:
                wait_for(lambda: server.status() == psutil.STATUS_ZOMBIE, "the server to see it", _PATIENCE)
            self.seen["orphans"] += left_over(family)
        run_id = run_in(home)
        assert run_id is not None, "it was there before"
        if RunIndex(home).rows()[0].is_finished:
            outcome = "it went on by itself" if hit is not None else "it had ended before"
        else:
            outcome = "resumed"
            with serving(home, self.config(workers)) as server:
                wait_for(lambda: server.status() == psutil.STATUS_ZOMBIE, "the rest", _PATIENCE)
        is_equal = bytes_of(home / "runs" / run_id) == expected
        self.seen.update({sign.name: hit is not None, outcome: 1, "lost": not is_equal})
        self.seen[f"{sign.name} {target}"] += hit is not None
        words = "the same bytes" if is_equal else "OTHER BYTES"
        print(f"{number + 1:3}: {target}, {workers} workers: {outcome}, {words}", flush=True)

    def hit(self, target: str, server: psutil.Process, sign: signal.Signals) -> psutil.Process | None:
        """Kill or stop one process of that kind, if there is any: it may have ended, or live in a thread."""
        runs = [one for one in server.children() if "worker" in one.cmdline()] if is_alive(server) else []
        crew = [one for run in runs for one in run.children(recursive=True) if not one.children()]
        forking = [one for run in runs for one in run.children() if one.children()]
        found = {
            "worker": crew or runs,
            "fork server": forking or crew or runs,
            "run": runs,
            "server": [server] if is_alive(server) else [],
        }[target]
        if not found:
            return None
        one = self.dice.choice(found)
        with suppress(psutil.NoSuchProcess):
            one.send_signal(sign)
            return one
        return None

    def config(self, workers: int) -> Path:
        file = self.scratch / f"config-{workers}.json"
        file.write_text(make_config(_TINY | {"threads": workers}).to_json(), encoding="utf-8")
        return file

    def without_kill(self, workers: int) -> tuple[dict[str, bytes], float]:
        """The bytes of a run that nobody kills, and the seconds from its first file to its last."""
        if workers not in self.plain:
            out = self.scratch / f"plain-{workers}"
            process = start_alcore("run", str(self.config(workers)), "--out", str(out))
            try:
                wait_for(out.exists, "the plain run to begin", _PATIENCE)
                begun = time.monotonic()
                assert process.wait(_PATIENCE) == 0, "the plain run failed"
            finally:
                process.kill()
            self.plain[workers] = bytes_of(out), time.monotonic() - begun
        return self.plain[workers]


@contextmanager
def serving(home: Path, config: Path) -> Iterator[psutil.Process]:
    """A process with a run manager and one run, new or resumed; whatever is left of it is ended."""
    child = subprocess.Popen(
        [sys.executable, "-c", _SERVER, str(home), str(config)],
        cwd=ROOT,
        env=os.environ | {"PYTHONPATH": str(ROOT)},
    )
    server = psutil.Process(child.pid)
    try:
        yield server
    finally:
        left = server.children(recursive=True) if is_alive(server) else []
        for one in [*left, server]:
            with suppress(psutil.NoSuchProcess):
                one.kill()
        child.wait()


def is_alive(process: psutil.Process) -> bool:
    """Whether it runs, and is not only waited for."""
    return process.is_running() and process.status() != psutil.STATUS_ZOMBIE


def seconds_until_gone(process: psutil.Process) -> float:
    """How long a stopped process is left as it is."""
    begun = time.monotonic()
    wait_for(lambda: not is_alive(process), "a stopped process to be ended", _PATIENCE)
    return time.monotonic() - begun


def left_over(family: list[psutil.Process]) -> int:
    """How many of these live on without their server; they are ended."""
    end = time.monotonic() + _SECONDS_TO_LEAVE
    while (alive := [one for one in family if is_alive(one)]) and time.monotonic() < end:
        time.sleep(0.1)
    for one in alive:
        with suppress(psutil.NoSuchProcess):
            print(f"     still there: {' '.join(one.cmdline())[:110]}", flush=True)
            one.kill()
    return len(alive)


def run_in(home: Path) -> str | None:
    """The id of a home's only run; None where there is none yet."""
    with suppress(StoreError):
        rows = RunIndex(home).rows() if (home / "runs.sqlite").exists() else []
        return rows[0].id if rows else None
    return None


def row_of(kills: Kills, sign: signal.Signals) -> str:
    """A row of the table in docs/reliability.md, without its command."""
    seen = kills.seen
    by_target = ", ".join(f"{seen[f'{sign.name} {target}']} {target}" for target in _TARGETS[sign])
    noticed = f"; noticed after at most {max(kills.noticed):.0f} s" if kills.noticed else ""
    return (
        f"| runs of 1 to 3 workers, one process gets {sign.name} at a random moment ({by_target}) | "
        f"{seen[sign.name]} | {seen['resumed']} resumed, {seen['it went on by itself']} continued by "
        f"themselves{noticed}; {seen['lost']} lost, {seen['orphans']} orphans; all files of a run compared "
        "with an undisturbed one | "
    )


def main() -> None:
    """Kill and stop, and print what came of it."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--kills", type=int, default=50)
    parser.add_argument("--stops", type=int, default=0)
    parser.add_argument("--errands", type=int, default=0)
    parser.add_argument("--seed", type=int, default=0)
    options = parser.parse_args()
    rows = []
    for sign, count in ((signal.SIGKILL, options.kills), (signal.SIGSTOP, options.stops)):
        with tempfile.TemporaryDirectory(prefix="alcore-kills-") as scratch:
            kills = Kills(Path(scratch), options.seed)
            for number in range(count):
                kills.hurt(number, sign)
        rows += [row_of(kills, sign)] * bool(count)
    if options.errands:
        with tempfile.TemporaryDirectory(prefix="alcore-errands-") as scratch:
            rows.append(errands.hurt_all(Path(scratch), options.errands, random.Random(options.seed)))
    counts = {name: getattr(options, name) for name in ("kills", "stops", "errands", "seed")}
    command = " ".join(f"--{name} {count}" for name, count in counts.items())
    for row in rows:
        print(f"{row}`python -m tests.benchmarks.kills {command}` |")


if __name__ == "__main__":
    main()
