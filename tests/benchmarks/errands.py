"""Imports, readings of the meter and studies, hit at random moments; a part of `tests.benchmarks.kills`.

Each is done once undisturbed. Then one process below it gets SIGKILL or SIGSTOP, by turns. What was killed
may end with a sentence, and is then done again; what was stopped must be ended and continue by itself. Both
must give what the undisturbed one gave.
"""

from __future__ import annotations

import json
import os
import random
import signal
import subprocess
import sys
import time
import zipfile
from collections import Counter
from collections.abc import Callable
from contextlib import suppress
from io import BytesIO
from pathlib import Path
from typing import NamedTuple

import numpy as np
import psutil
from PIL import Image

from tests.conftest import ROOT, SMALL, train
from tests.following import bytes_of, wait_for
from tests.study.helpers import write_study

_PATIENCE, _PAIRS, _IMAGES = 300, 3000, 60
_IMPORT = """
import sys, time
from pathlib import Path
from alcore.data.importing.options import ImportOptions
from alcore.server.import_queue import ImportQueue
queue = ImportQueue(Path(sys.argv[1]))
job = queue.take("mine", Path(sys.argv[2]), ImportOptions(patch=(32, 32)))
while job.state == "running":
    time.sleep(0.05)
queue.close()
print(job.message)
sys.exit(job.state != "finished")
"""
_METER = """
import dataclasses, json, sys, time
from pathlib import Path
from alcore.server.meter_queue import MeterQueue
home, run, images = map(Path, sys.argv[1:])
queue = MeterQueue(home)
job = queue.take("run", run, "random", images)
while job.is_running:
    time.sleep(0.05)
queue.close()
print(job.ended.message)
(home / "scores.json").write_text(json.dumps(dataclasses.asdict(job.ended)))
sys.exit(job.ended.status != "finished")
"""


class Errand(NamedTuple):
    """command: does it in a home; result: what it gave there."""

    command: Callable[[Path], list[str]]
    result: Callable[[Path], object]


def hurt_all(scratch: Path, count: int, dice: random.Random) -> str:
    """Hit `count` errands; returns a row of the table, without its command."""
    errands, seen, noticed = _errands(scratch), Counter[str](), [0.0]
    plain: dict[str, tuple[object, float]] = {}
    for number in range(count):
        name = list(errands)[number % len(errands)]
        sign = (signal.SIGKILL, signal.SIGSTOP)[number // len(errands) % 2]
        if name not in plain:
            begun = time.monotonic()
            assert _is_done(errands[name], scratch / f"plain-{name}"), f"the undisturbed {name} fails"
            plain[name] = errands[name].result(scratch / f"plain-{name}"), time.monotonic() - begun
        expected, seconds = plain[name]
        home = scratch / f"home-{number}"
        outcome, after = _hurt(errands[name], home, sign, dice.uniform(0.1, seconds), dice)
        noticed.append(after)
        is_equal = errands[name].result(home) == expected
        seen.update({f"{sign.name} {name}": 1, outcome: 1, "lost": not is_equal})
        words = "the same result" if is_equal else "ANOTHER RESULT"
        print(f"{number + 1:3}: {name}, {sign.name}: {outcome}, {words}", flush=True)
    hits = ", ".join(f"{times} {what}" for what, times in sorted(seen.items()) if what.startswith("SIG"))
    return (
        f"| imports, readings of the meter and studies, one process hit at a random moment ({hits}) "
        f"| {count} | {seen['by itself']} continued by themselves, {seen['again']} ended with a sentence and "
        f"were done again, {seen['unhurt']} had ended before; stops noticed after at most "
        f"{max(noticed):.0f} s; {seen['lost']} with another result | "
    )


def _hurt(
    errand: Errand, home: Path, sign: signal.Signals, delay: float, dice: random.Random
) -> tuple[str, float]:
    """How it ended, and after how many seconds a stopped process was gone (0 for none)."""
    process, victim, after = _start(errand, home), None, 0.0
    try:
        time.sleep(delay)
        with suppress(psutil.NoSuchProcess):
            below = [one for one in process.children(recursive=True) if _is_alive(one)]
            victim = dice.choice(below) if below else None
            if victim is not None:
                victim.send_signal(sign)
        if victim is not None and sign == signal.SIGSTOP:
            begun = time.monotonic()
            wait_for(lambda: not _is_alive(victim), "a stopped process to be ended", _PATIENCE)
            after = time.monotonic() - begun
        if process.wait(_PATIENCE) == 0:
            return ("unhurt" if victim is None else "by itself"), after
    finally:
        _end(process)
    assert _is_done(errand, home), "it cannot be done again"
    return "again", after


def _start(errand: Errand, home: Path) -> psutil.Popen:
    home.mkdir(exist_ok=True)
    environment = os.environ | {"ALCORE_HOME": str(home), "PYTHONPATH": str(ROOT)}
    with (home / "errand.log").open("ab") as log:
        return psutil.Popen(
            errand.command(home), cwd=ROOT, env=environment, stdout=log, stderr=subprocess.STDOUT
        )


def _is_done(errand: Errand, home: Path) -> bool:
    process = _start(errand, home)
    try:
        return process.wait(_PATIENCE) == 0
    finally:
        _end(process)


def _end(process: psutil.Popen) -> None:
    with suppress(psutil.NoSuchProcess):
        for one in [*process.children(recursive=True), process]:
            one.kill()
    process.wait()


def _is_alive(process: psutil.Process) -> bool:
    try:
        return process.is_running() and process.status() != psutil.STATUS_ZOMBIE
    except psutil.NoSuchProcess:
        return False


def _errands(scratch: Path) -> dict[str, Errand]:
    source, images, run = scratch / "source.zip", scratch / "images.zip", scratch / "run"
    _write_pairs(source)
    _write_images(images)
    train(run, SMALL | {"cycles": 1, "strategies": ["random"]})
    study = write_study(scratch / "study.json")
    python, alcore = [sys.executable, "-c"], [sys.executable, "-m", "alcore"]
    return {
        "import": Errand(
            lambda home: [*python, _IMPORT, str(home), str(source)],
            lambda home: _files(home / "datasets" / "mine", (".npy", ".parquet")),
        ),
        "meter": Errand(
            lambda home: [*python, _METER, str(home), str(run), str(images)],
            lambda home: json.loads((home / "scores.json").read_text(encoding="utf-8"))["scores"],
        ),
        "study": Errand(
            lambda home: [*alcore, "study", study, "--out", str(home / "study"), "--workers=2", "--json"],
            lambda home: _files(home / "study", (".npz", ".csv", ".parquet")),
        ),
    }


def _files(directory: Path, endings: tuple[str, ...]) -> dict[str, bytes]:
    """Those that say nothing of times and processes."""
    return {name: content for name, content in bytes_of(directory).items() if name.endswith(endings)}


def _write_pairs(file: Path) -> None:
    rng = np.random.default_rng(0)
    with zipfile.ZipFile(file, "w") as archive:
        for number in range(_PAIRS):
            image, mask = rng.integers(0, 255, (32, 32), dtype=np.uint8), np.zeros((32, 32), dtype=np.uint8)
            mask[8:16, 8:20] = 255 * (number % 5 == 0)
            archive.writestr(f"images/{number:05d}.png", _png(image))
            archive.writestr(f"masks/{number:05d}.png", _png(mask))


def _write_images(file: Path) -> None:
    rng = np.random.default_rng(1)
    with zipfile.ZipFile(file, "w") as archive:
        for number in range(_IMAGES):
            archive.writestr(f"{number:03d}.png", _png(rng.integers(0, 255, (64, 64), dtype=np.uint8)))


def _png(pixels: np.ndarray) -> bytes:
    content = BytesIO()
    Image.fromarray(pixels).save(content, "png")
    return content.getvalue()
