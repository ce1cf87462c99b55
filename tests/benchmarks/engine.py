"""How fast the engine is: ratios within one run, so that two machines can be compared.

    python -m tests.benchmarks.engine [--quick] [--device cpu]

Prints one Markdown table. Run it while nothing else runs. --quick takes two minutes and leaves out the
largest core-set query, the whole demo and most of the equal runs.
"""

from __future__ import annotations

import argparse
import hashlib
import resource
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

import numpy as np
import torch

from alcore.acquisition import get_strategy, k_center_greedy
from alcore.compute.crew import Crew
from alcore.compute.execution import execute
from alcore.config import RunConfig, load_config, make_config
from alcore.data.collection import open_dataset
from alcore.experiment.pool_view import sweep_pool
from alcore.learning.devices import compute_on_one_thread
from alcore.learning.learner import Learner, ignore_progress
from alcore.learning.optimizers import make_optimizer
from alcore.learning.tensors import to_masks
from alcore.machine import usable_cores
from alcore.storage.run_store import RunStore

_SIZES = [(4300, 860, 1000, 86), (20_000, 1000, 512, 200), (100_000, 2000, 512, 500)]
"""Pool, labelled, features and picks of core-set queries."""

_EQUAL = {
    "dataset": "synthetic",
    "pool_size": 80,
    "pool_prevalence": 0.2,
    "test_size": 24,
    "query_size": 6,
    "cycles": 4,
    "model": {"architecture": "unet", "encoder": "tu-resnet10t"},
    "training": {"steps": 4, "batch_size": 4},
    "device": "cpu",
}
"""A run whose like differed between two threads: U-Net on resnet10t, 4 cycles, 3 strategies."""


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--quick", action="store_true")
    parser.add_argument("--device", default="cpu")
    options = parser.parse_args()
    print("| what | measured |\n| --- | --- |", flush=True)
    compute_on_one_thread()
    config = load_config("demo-scratch").model_copy(update={"device": options.device})
    _report("training step against the bare step on preloaded tensors", _training_share(config))
    _report("entropy and features of a pool against the bare forward pass", _scoring_share(config))
    _report("evaluation against the bare forward pass", _evaluation_share(config))
    for size in _SIZES[: 2 if options.quick else 3]:
        _report("core-set query, {} pool, {} labelled, {} features, {} picks".format(*size), _query(size))
    cycles = 3 if options.quick else config.cycles
    _report(
        f"demo-scratch, {cycles} cycles, against one worker",
        _speed_up(config.model_copy(update={"cycles": cycles})),
    )
    _report("equal runs that differ", _differing(6 if options.quick else 50))


def _report(what: str, measured: str) -> None:
    print(f"| {what} | {measured} |", flush=True)


def _seconds(*works: Callable[[], object], repeats: int = 7) -> list[float]:
    """The least time of each, taken in turns, so that a busy moment hits all alike."""
    times: list[list[float]] = [[] for _ in works]
    for _ in range(repeats):
        for work, own in zip(works, times, strict=True):
            begun = time.perf_counter()
            work()
            own.append(time.perf_counter() - begun)
    return [min(own) for own in times]


def _training_share(config: RunConfig) -> str:
    patches, steps, size = open_dataset(config.dataset), config.training.steps, config.training.batch_size
    learner = Learner(config, patches, seed=0)
    items = np.arange(192)
    device, network = learner.runtime.device, learner._network
    images = learner._source.inputs(items[:size])
    masks = to_masks(patches.masks(items[:size]), device)

    def bare() -> None:
        optimizer = make_optimizer(network, config.training)
        network.train()
        for _ in range(steps):
            with learner.runtime.autocast():
                logits = network(images)
            loss = network.loss(logits.float(), masks, None)
            optimizer.zero_grad(set_to_none=True)
            loss.backward()
            optimizer.step()
        _finish(device)

    def whole() -> None:
        learner.fit(items, rng=np.random.default_rng(0), on_step=ignore_progress)
        _finish(device)

    return _share(bare, whole, images=steps * size)


def _scoring_share(config: RunConfig) -> str:
    patches, items = open_dataset(config.dataset), np.arange(config.pool_size)
    learner = Learner(config, patches, seed=0)
    strategies = [get_strategy("entropy"), get_strategy("core-set")]

    def whole() -> None:
        rng = np.random.default_rng(0)
        sweep_pool(learner, strategies, items, wanted=items, rng=rng, follow=ignore_progress)

    return _share(_bare_forward(learner, items), whole, images=items.size)


def _evaluation_share(config: RunConfig) -> str:
    patches, items = open_dataset(config.dataset), np.arange(config.test_size)
    learner = Learner(config, patches, seed=0)
    return _share(_bare_forward(learner, items), lambda: learner.evaluate(items), images=items.size)


def _bare_forward(learner: Learner, items: np.ndarray) -> Callable[[], None]:
    device, size = learner.runtime.device, 2 * learner.config.training.batch_size
    batches = [learner._source.inputs(items[first : first + size]) for first in range(0, items.size, size)]

    def forward() -> None:
        with torch.inference_mode(), learner.runtime.autocast():
            for batch in batches:
                learner._network(batch)
        _finish(device)

    learner._network.eval()
    return forward


def _finish(device: torch.device) -> None:
    if device.type == "cuda":
        torch.cuda.synchronize(device)


def _share(bare: Callable[[], None], whole: Callable[[], None], *, images: int) -> str:
    fastest, taken = _seconds(bare, whole)
    return f"{fastest / taken:.2f} ({images / taken:.0f} of {images / fastest:.0f} images/s)"


def _query(size: tuple[int, int, int, int]) -> str:
    pool, labelled, dimensions, picks = size
    rng = np.random.default_rng(0)
    features = np.abs(rng.normal(size=(pool + labelled, dimensions)).astype(np.float32))
    features /= np.linalg.norm(features, axis=1, keepdims=True)

    def query() -> None:
        k_center_greedy(features[:pool], features[pool:], query_size=picks, rng=np.random.default_rng(1))

    def differences() -> None:
        for center in features[:3]:
            np.linalg.norm(features[:pool] - center, axis=1)

    taken, three = _seconds(query, differences, repeats=2)
    plain = three / 3 * picks
    memory = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 2**20
    return f"{taken:.2f} s; a difference for each pick alone {plain:.2f} s; process {memory:.2f} GB at most"


def _speed_up(config: RunConfig) -> str:
    seconds = {}
    for workers in (1, usable_cores()):
        with tempfile.TemporaryDirectory() as folder, Crew.of_processes(workers) as crew:
            crew.warm_up()
            begun = time.perf_counter()
            execute(RunStore.create(Path(folder) / "run", config), crew=crew)
            seconds[workers] = time.perf_counter() - begun
    most = max(seconds)
    return f"{seconds[1] / seconds[most]:.2f} ({seconds[1]:.1f} s with 1, {seconds[most]:.1f} s with {most})"


def _differing(runs: int) -> str:
    """Equal runs, with one to four workers in turn."""
    found = []
    for number in range(runs):
        workers = 1 + number % 4
        with tempfile.TemporaryDirectory() as folder, Crew.of_processes(workers) as crew:
            store = RunStore.create(Path(folder) / "run", make_config(_EQUAL))
            execute(store, crew=crew)
            files = sorted((store.directory / "records").iterdir())
            found.append(hashlib.sha256(b"".join(file.read_bytes() for file in files)).hexdigest())
    return f"{sum(digest != found[0] for digest in found)} of {runs}, with 1 to 4 workers"


if __name__ == "__main__":
    main()
