"""What freezing an encoder saves: a cold cycle at 128 px, all trained, on kept maps, by the light head.

    python -m tests.benchmarks.frozen

Prints a Markdown table of processor seconds on one thread, for 12 steps of 16 patches and a look at 80.
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
_HALF = {"options": {"decoder_channels": [128, 64, 32, 16, 8]}}
_QUARTER = {"options": {"decoder_channels": [64, 32, 16, 8, 4]}}
_FROZEN = {"freeze_encoder": True}
_MODELS: dict[str, dict[str, dict[str, object]]] = {
    "U-Net on EfficientNet-Lite0": {
        "all trained": _ENCODER | {"architecture": "unet"},
        "encoder frozen": _ENCODER | {"architecture": "unet"} | _FROZEN,
    },
    "the same, decoder half as wide": {
        "all trained": _ENCODER | {"architecture": "unet"} | _HALF,
        "encoder frozen": _ENCODER | {"architecture": "unet"} | _HALF | _FROZEN,
        "the light head instead": _ENCODER | {"architecture": HYPERCOLUMN} | _FROZEN,
    },
    "the same, decoder a quarter as wide": {
        "all trained": _ENCODER | {"architecture": "unet"} | _QUARTER,
        "encoder frozen": _ENCODER | {"architecture": "unet"} | _QUARTER | _FROZEN,
    },
}
"""By what they are compared with: the first of each."""
_STEPS, _LOOKED_AT = 12, 80


def main() -> None:
    """Measure and print."""
    patches = SyntheticPatches(SurfaceSettings(size=128, count=2000), name="large")
    with tempfile.TemporaryDirectory() as home:
        os.environ["ALCORE_HOME"] = home
        print("| a cold cycle at 128 px | | processor seconds | of all trained |\n| --- | --- | --- | --- |")
        for network, ways in _MODELS.items():
            whole: float | None = None
            for way, model in ways.items():
                taken = _cycle(_config(model), patches)
                whole = whole or taken
                print(f"| {network} | {way} | {taken:.1f} | 1 / {whole / taken:.1f} |", flush=True)


def _config(model: dict[str, object]) -> RunConfig:
    training = {"steps": _STEPS, "batch_size": 16, "start": "cold"}
    sizes = {"pool_size": 300, "test_size": _LOOKED_AT // 2, "query_size": 48, "cycles": 2}
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
