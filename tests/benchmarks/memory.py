"""How much memory an import and a run take with 50,000 patches of 256x400, cut from steel-like strips.

    python -m tests.benchmarks.memory [--images 12500] [--light]

Writes strips of 256x1600 in Severstal's layout, imports them as a run of the command line would, and trains
on them, all in a temporary folder (about 8 GB). Prints the peak resident memory of each process, of which
pages mapped from the data set's files, which the system can take back at any time, are a part.
"""

from __future__ import annotations

import argparse
import csv
import json
import os
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import numpy as np
import psutil
from PIL import Image

from alcore.config import load_config
from alcore.data.importing import rle
from tests.conftest import ROOT

_SHAPE = (256, 1600)
_STEEL = ["--format=severstal", "--tile", "--patch=256x400"]


def main() -> None:
    """Write, import, train, and print what each took."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--images", type=int, default=12_500)
    parser.add_argument("--light", action="store_true", help="with the Lab's light decoder")
    arguments = parser.parse_args()
    images = arguments.images
    with tempfile.TemporaryDirectory() as folder:
        source, home = Path(folder) / "steel", Path(folder) / "home"
        _write_strips(source, images)
        _watch("import", home, ["data", "import", str(source), "--name=steel", *_STEEL])
        config = Path(folder) / "config.json"
        config.write_text(json.dumps(_config(is_light=arguments.light)))
        _watch("run", home, ["run", str(config), f"--out={folder}/run"])


def _write_strips(root: Path, count: int) -> None:
    (root / "train_images").mkdir(parents=True)
    rng = np.random.default_rng(0)
    ground = rng.normal(110, 12, size=(8, *_SHAPE)).astype(np.float32).cumsum(axis=2) / 40 % 60 + 90
    with (root / "train.csv").open("w", newline="") as file:
        table = csv.writer(file)
        table.writerow(["ImageId", "ClassId", "EncodedPixels"])
        for number in range(count):
            image = np.roll(ground[number % 8], rng.integers(1600), axis=1).astype(np.uint8)
            mask = np.zeros(_SHAPE, dtype=bool)
            if number % 2:
                row, column = rng.integers(200), rng.integers(1500)
                mask[row : row + 40, column : column + 60] = True
                image[mask] = 240
            name = f"{number:06d}.jpg"
            Image.fromarray(image).save(root / "train_images" / name, quality=60)
            if number % 2:
                table.writerow([name, 1, rle.encode(mask)])


def _config(*, is_light: bool) -> dict[str, object]:
    options = load_config("demo-scratch").model.options if is_light else {}
    return {
        "dataset": "steel",
        "pool_size": 4300,
        "pool_prevalence": 0.1,
        "test_size": 400,
        "query_size": 86,
        "cycles": 2,
        "strategies": ["core-set"],
        "model": {"options": options},
        "training": {"steps": 10, "batch_size": 8},
    }


def _watch(what: str, home: Path, arguments: list[str]) -> None:
    begun = time.perf_counter()
    process = subprocess.Popen(
        [sys.executable, "-m", "alcore", *arguments],
        cwd=ROOT,
        env=os.environ | {"ALCORE_HOME": str(home)},
        stderr=subprocess.DEVNULL,
    )
    followed = psutil.Process(process.pid)
    resident = own = 0
    while process.poll() is None:
        try:
            memory = followed.memory_info()
            resident, own = max(resident, memory.rss), max(own, memory.rss - memory.shared)
        except psutil.Error:
            break
        time.sleep(0.2)
    assert process.wait() == 0, f"{what} failed"
    seconds = time.perf_counter() - begun
    print(
        f"{what}: {seconds:.0f} s, {resident >> 20} MB resident at most, {own >> 20} MB of them its own",
        flush=True,
    )


if __name__ == "__main__":
    main()
