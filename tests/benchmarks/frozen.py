"""What freezing an encoder saves: a cold cycle at 128 px, whole, on kept maps, by the light head.

    python -m tests.benchmarks.frozen

Prints a Markdown table of processor seconds on one thread, for 36 steps of 16 patches and a look at 240.
Features are kept before the clock starts, as they are in every cycle but a run's first.
"""

from __future__ import annotations

import os
import tempfile
import time

from alcore.config import HYPERCOLUMN, RunConfig, make_config
from alcore.data.synthetic import SurfaceSettings, SyntheticPatches
from alcore.experiment.cycle import CycleStart, Workbench
from alcore.experiment.cycle_key import CycleKey

_ENCODER = {"encoder": "tu-tf_efficientnet_lite0", "encoder_weights": "imagenet"}
_MODELS = {
    "U-Net on EfficientNet-Lite0, all trained": _ENCODER | {"architecture": "unet"},
    "the same, encoder frozen": _ENCODER | {"architecture": "unet", "freeze_encoder": True},
    "the light head": _ENCODER | {"architecture": HYPERCOLUMN, "freeze_encoder": True},
}


def main() -> None:
    """Measure and print."""
    patches = SyntheticPatches(SurfaceSettings(size=128, count=2000), name="large")
    seconds: dict[str, float] = {}
    with tempfile.TemporaryDirectory() as home:
        os.environ["ALCORE_HOME"] = home
        print("| a cold cycle at 128 px | processor seconds | of the first |\n| --- | --- | --- |")
        for name, model in _MODELS.items():
            seconds[name] = taken = _cycle(_config(model), patches)
            whole = next(iter(seconds.values()))
            print(f"| {name} | {taken:.1f} | 1 / {whole / taken:.1f} |", flush=True)


def _config(model: dict[str, object]) -> RunConfig:
    training = {"steps": 36, "batch_size": 16, "start": "cold"}
    sizes = {"pool_size": 300, "test_size": 120, "query_size": 48, "cycles": 2}
    return make_config(
        {"dataset": "synthetic", "model": model, "training": training, "device": "cpu"} | sizes
    )


def _cycle(config: RunConfig, patches: SyntheticPatches) -> float:
    """Processor seconds of a first cycle, the second time that it is computed."""
    bench, start = Workbench(config, patches), CycleStart(CycleKey(1, 1, config.strategies[0]))
    bench.cycle(start, lambda _: None)
    begun = time.process_time()
    bench.cycle(start, lambda _: None)
    return time.process_time() - begun


if __name__ == "__main__":
    main()
