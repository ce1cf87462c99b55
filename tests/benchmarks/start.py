"""How soon a run's first record is there: `alcore run`, against loading segmentation-models-pytorch alone.

    python -m tests.benchmarks.start [--rounds 3]

Both in turn on the same cores. Of the demo with its features kept, and of demo-scratch. Prints medians, and
what they are times the import.
"""

from __future__ import annotations

import argparse
import json
import os
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

_IMPORT = "segmentation-models-pytorch alone"


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--rounds", type=int, default=3)
    rounds = parser.parse_args().rounds
    seconds: dict[str, list[float]] = {_IMPORT: [], "demo": [], "demo-scratch": []}
    with tempfile.TemporaryDirectory() as folder:
        os.environ["ALCORE_HOME"] = folder
        _until_first_record("demo", Path(folder) / "first")  # features are kept by it
        for number in range(rounds):
            begun = time.perf_counter()
            subprocess.run([sys.executable, "-c", "import segmentation_models_pytorch"], check=True)
            seconds[_IMPORT].append(time.perf_counter() - begun)
            for preset in ("demo", "demo-scratch"):
                seconds[preset].append(_until_first_record(preset, Path(folder) / f"{preset}-{number}"))
    whole = statistics.median(seconds[_IMPORT])
    print("| until the first record | seconds | times the import |\n| --- | --- | --- |")
    for what, taken in seconds.items():
        median = statistics.median(taken)
        print(f"| {what} | {median:.2f} | {median / whole:.2f} |")


def _until_first_record(preset: str, out: Path) -> float:
    begun = time.perf_counter()
    command = [sys.executable, "-m", "alcore", "run", preset, "--out", str(out), "--json"]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        for line in process.stdout:
            if json.loads(line)["event"] == "record":
                taken = time.perf_counter() - begun
                process.kill()
                return taken
    raise RuntimeError(f"{preset} ended without a record")


if __name__ == "__main__":
    main()
