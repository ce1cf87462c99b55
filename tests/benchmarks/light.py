"""What the light head takes at scale: memory with a large pool, and a study of 90 runs.

    python -m tests.benchmarks.light [memory|study]

*memory*: a pool of 4300 at 128 px, one cycle and another, against the network of demo-scratch: peak resident
memory of a process that computes both, without pages of mapped files. *study*: six π₀, three strategies, ten
cycles, a pool of 600, one repetition each by `alcore study`, on all cores; fifteen follow by multiplication.
"""

from __future__ import annotations

import argparse
import json
import os
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import psutil

from alcore.config import RunConfig, load_config, make_config
from alcore.data.synthetic import SurfaceSettings, SyntheticPatches

_PREVALENCES = (0.01, 0.02, 0.05, 0.1, 0.2, 0.5)
_REPETITIONS = 15


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("what", choices=("memory", "study", "peak"), nargs="?")
    parser.add_argument("preset", nargs="?", help="of a peak, which is measured by itself")
    options = parser.parse_args()
    if options.what == "peak":
        print(_peak(options.preset))
        return
    if options.what in (None, "memory"):
        _memory()
    if options.what in (None, "study"):
        _study()


def _memory() -> None:
    """Each network in a process of its own, the light head twice: its features are kept by the first."""
    with tempfile.TemporaryDirectory() as home:
        found = {}
        for preset in ("demo-scratch", "demo", "demo"):
            command = [sys.executable, "-m", "tests.benchmarks.light", "peak", preset]
            done = subprocess.run(
                command, env=os.environ | {"ALCORE_HOME": home}, check=True, capture_output=True, text=True
            )
            found[preset] = int(done.stdout)
    scratch, light = found["demo-scratch"], found["demo"]
    print(
        f"pool of 4300 at 128 px: demo-scratch {scratch >> 20} MB, light head {light >> 20} MB: "
        f"{light / scratch:.2f} times"
    )


def _peak(preset: str) -> int:
    """Bytes at most of this process, while it computes two cycles of core-set with a large pool."""
    from alcore.experiment.cycle import CycleStart, Workbench
    from alcore.experiment.cycle_key import CycleKey

    sizes = {"pool_size": 4300, "test_size": 400, "query_size": 86, "strategies": ["core-set"], "cycles": 2}
    config = RunConfig.model_validate(load_config(preset).model_dump(mode="json") | sizes)
    bench = Workbench(config, SyntheticPatches(SurfaceSettings(size=128, count=12_000), name="large"))
    process, most = psutil.Process(), 0

    def look(_: object) -> None:
        nonlocal most
        memory = process.memory_info()
        most = max(most, memory.rss - memory.shared)

    key = CycleKey(1, 1, "core-set")
    bench.encode(key, lambda _: None)
    first = bench.cycle(CycleStart(key), look)
    bench.cycle(CycleStart(CycleKey(1, 2, "core-set"), (first.selection.items,), first.weights), look)
    return most


def _study() -> None:
    base = load_config("demo").model_dump(mode="json") | {"cycles": 10, "repetitions": 1}
    make_config(base)
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder) / "study.json"
        file.write_text(json.dumps({"base": base, "grid": {"pool_prevalence": list(_PREVALENCES)}}))
        begun = time.perf_counter()
        command = [sys.executable, "-m", "alcore", "study", str(file), "--out", f"{folder}/out"]
        environment = os.environ | {"ALCORE_HOME": f"{folder}/home"}
        subprocess.run(command, env=environment, check=True, stdout=subprocess.DEVNULL)
        seconds = time.perf_counter() - begun
    print(
        f"six π₀, one repetition of three strategies, ten cycles: {seconds:.0f} s; "
        f"{_REPETITIONS} repetitions, multiplied: {seconds * _REPETITIONS / 60:.0f} min"
    )


if __name__ == "__main__":
    main()
