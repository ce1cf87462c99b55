"""How fast surfaces are drawn: 10,000 patches of 64x64 of each material, in one thread.

python -m tests.benchmarks.surfaces
"""

from __future__ import annotations

import time

import numpy as np

from alcore.data.grounds import FAMILIES
from alcore.data.synthetic import SurfaceSettings, SyntheticPatches

_COUNT = 10_000


def main() -> None:
    """Draw and print."""
    for family in FAMILIES:
        patches = SyntheticPatches(SurfaceSettings(family=family, count=_COUNT))
        begun = time.perf_counter()
        patches.images(np.arange(_COUNT))
        print(f"{family}: {time.perf_counter() - begun:.1f} s", flush=True)


if __name__ == "__main__":
    main()
