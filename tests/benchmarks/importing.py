"""Importing many small files, against reading the same files with Pillow alone on the same cores.

    python -m tests.benchmarks.importing [--files 50000] [--side 96] [--one-process]

Writes pairs of a PNG image and a PNG mask into a temporary folder (about 10 kB a pair), reads them all with
Pillow in one process per core, imports them with the command line, and reads them with Pillow again. Prints
times, their ratio, and the largest memory of the import with its workers: what is their own, pages that
processes share counted once (proportional set size).

With `--one-process` both read in this process, by turns, and CPU time is compared: that of the import without
its start, its command line, and what it says of the finished set. With `--profile` it imports in this process
and prints where CPU time goes.
"""

from __future__ import annotations

import argparse
import contextlib
import cProfile
import os
import pstats
import resource
import subprocess
import sys
import tempfile
import time
from collections import Counter
from concurrent.futures import ProcessPoolExecutor
from pathlib import Path

import numpy as np
import psutil
from PIL import Image

from alcore.data.importing.importer import import_dataset
from alcore.data.importing.options import ImportOptions
from alcore.machine import usable_cores
from tests.conftest import ROOT

_CHUNK, _TURNS = 64, 7


def main() -> None:
    """Write, read, import, read again, and print what each took."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--files", type=int, default=50_000, help="pairs of image and mask")
    parser.add_argument("--side", type=int, default=96)
    parser.add_argument("--one-process", action="store_true", help="compare CPU time in this process")
    parser.add_argument("--profile", action="store_true", help="import in this process; where time goes")
    arguments = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        source, home = Path(folder) / "in", Path(folder) / "home"
        _write(source, arguments.files, arguments.side)
        if arguments.profile:
            _profile(source, home, arguments.files, arguments.side)
            return
        if arguments.one_process:
            _by_turns(source, home, arguments.side)
            return
        before, cpu_before = _read_with_pillow(source)
        seconds, cpu, memory = _import(source, home, arguments.side)
        after, cpu_after = _read_with_pillow(source)
    alone, cpu_alone = min(before, after), min(cpu_before, cpu_after)
    print(f"{arguments.files} pairs of {arguments.side}x{arguments.side} on {usable_cores()} cores")
    print(f"Pillow alone: {before:.1f} s before, {after:.1f} s after")
    print(f"import: {seconds:.1f} s, {seconds / alone:.1f} times Pillow, {memory >> 20} MB at most")
    print(f"of CPU time {cpu:.1f} s, {cpu / cpu_alone:.1f} times Pillow's {cpu_alone:.1f} s")


def _write(root: Path, count: int, side: int) -> None:
    for name in ("images", "masks"):
        (root / name).mkdir(parents=True)
    rng = np.random.default_rng(0)
    ground = rng.normal(120, 8, size=(16, side, side))
    for number in range(count):
        image = np.roll(ground[number % 16], rng.integers(side, size=2), axis=(0, 1)).astype(np.uint8)
        mask = np.zeros((side, side), dtype=np.uint8)
        if number % 3 == 0:
            row, column = rng.integers(side - 20, size=2)
            mask[row : row + 16, column : column + 16] = 255
            image[mask > 0] = 220
        for folder, pixels in (("images", image), ("masks", mask)):
            Image.fromarray(pixels).save(root / folder / f"{number:06d}.png", compress_level=1)


def _by_turns(source: Path, home: Path, side: int) -> None:
    """Pillow and the import one after the other, after one import that loads what is loaded once."""
    paths = [str(path) for folder in ("images", "masks") for path in sorted((source / folder).iterdir())]
    options = ImportOptions(patch=(side, side))
    import_dataset(source, home / "first", options=options, workers=1)
    alone, imported = [], []
    for turn in range(_TURNS):
        begun = time.process_time()
        _read(paths)
        read = time.process_time()
        import_dataset(source, home / f"{turn}", options=options, workers=1)
        alone.append(read - begun)
        imported.append(time.process_time() - read)
    ratios = sorted(one / other for one, other in zip(imported, alone, strict=True))
    print(f"{len(paths) // 2} pairs of {side}x{side} in one process, {_TURNS} turns, CPU time")
    print(f"Pillow alone {min(alone):.2f} s, import {min(imported):.2f} s at best")
    print(f"import: {ratios[_TURNS // 2]:.2f} times Pillow, from {ratios[0]:.2f} to {ratios[-1]:.2f}")


def _profile(source: Path, home: Path, count: int, side: int) -> None:
    """CPU time of one import without its start, then the shares of what takes most of it under a profiler."""
    options = ImportOptions(patch=(side, side))
    few = source.parent / "few"
    _write(few, 200, side)
    import_dataset(few, home / "few", options=options, workers=1)  # loads what is loaded once
    begun = time.process_time()
    import_dataset(source, home / "plain", options=options, workers=1)
    seconds = time.process_time() - begun
    print(
        f"{count} pairs of {side}x{side}: {seconds:.2f} s of CPU time, {1e6 * seconds / count:.0f} us a pair"
    )
    profiler = cProfile.Profile()
    profiler.runcall(import_dataset, source, home / "profiled", options=options, workers=1)
    stats = pstats.Stats(profiler)
    whole = stats.total_tt  # type: ignore[attr-defined]  # documented in the source alone
    by_place = Counter[str]()
    for (file, _, _), (_, _, own, _, _) in stats.stats.items():  # type: ignore[attr-defined]  # likewise
        by_place[_place(file)] += own
    for place, own in by_place.most_common(12):
        print(f"{own / whole:6.1%}  {place}")


def _place(file: str) -> str:
    """A module of ours, a package of others, or what is compiled."""
    parts = Path(file).parts
    if "alcore" in parts:
        return "/".join(parts[parts.index("alcore") :])
    if "site-packages" in parts:
        return parts[parts.index("site-packages") + 1]
    return "compiled: open, read, decode, numpy" if file == "~" else "standard library"


def _cpu() -> float:
    """Seconds that children took that have ended, which does not depend on who else uses the cores."""
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    return used.ru_utime + used.ru_stime


def _read_with_pillow(root: Path) -> tuple[float, float]:
    names = sorted(path.name for path in (root / "images").iterdir())
    chunks = [
        [
            str(root / folder / name)
            for name in names[start : start + _CHUNK]
            for folder in ("images", "masks")
        ]
        for start in range(0, len(names), _CHUNK)
    ]
    begun, cpu = time.perf_counter(), _cpu()
    with ProcessPoolExecutor(usable_cores()) as pool:
        assert sum(pool.map(_read, chunks)) > 0
    return time.perf_counter() - begun, _cpu() - cpu


def _read(paths: list[str]) -> int:
    total = 0
    for path in paths:
        with Image.open(path) as image:
            total += int(np.asarray(image)[0, 0]) + 1
    return total


def _import(source: Path, home: Path, side: int) -> tuple[float, float, int]:
    """Seconds, those of CPU time, and the most bytes that the import and its workers held together."""
    begun, cpu = time.perf_counter(), _cpu()
    process = subprocess.Popen(
        [
            sys.executable,
            "-m",
            "alcore",
            "data",
            "import",
            str(source),
            "--name=many",
            f"--patch={side}x{side}",
        ],
        cwd=ROOT,
        env=os.environ | {"ALCORE_HOME": str(home)},
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    followed, most = psutil.Process(process.pid), 0
    while process.poll() is None:
        most = max(most, _held(followed))
        time.sleep(0.3)
    assert process.returncode == 0, "the import failed"
    process.wait()
    return time.perf_counter() - begun, _cpu() - cpu, most


def _held(process: psutil.Process) -> int:
    total = 0
    with contextlib.suppress(psutil.Error):  # one has just ended: the next look has the rest
        for one in (process, *process.children(recursive=True)):
            total += one.memory_full_info().pss
    return total


if __name__ == "__main__":
    main()
