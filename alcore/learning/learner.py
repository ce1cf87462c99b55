"""One strategy's model through the cycles: fit, evaluate, look at the pool."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import numpy as np
import torch

from alcore.config import RunConfig
from alcore.data.patches import Patches
from alcore.learning.assembly import assemble
from alcore.learning.devices import memory_watch, resolve_runtime
from alcore.learning.inference import (
    NOTHING_JUDGED,
    Evaluation,
    embed,
    judge,
    quantised_probability,
    sweep,
)
from alcore.learning.network_base import Output
from alcore.learning.training import OnStep, train
from alcore.thresholds import narrowest

Weights = dict[str, torch.Tensor]
OnPatches = Callable[[int, int], None]
"""Called with (patches done, patches in all) before each batch; it may block, or raise to stop."""

_SHRINK, _NOISE = 0.6, 0.01  # Ash & Adams 2020, On warm-starting neural network training, arXiv:1910.08475


def ignore_progress(_done: int, _total: int) -> None:
    """The callback of those who do not follow."""


class Learner:
    """A network with its data, device and training settings.

    Two learners made from equal arguments and trained with equal generators hold equal weights.
    """

    def __init__(self, config: RunConfig, patches: Patches, *, seed: int) -> None:
        """Build the network on the configured device.

        Args:
            seed: for the initial weights.
        Raises:
            ConfigError, ModelError, DeviceError: as `assemble` and `resolve_runtime` do.
        """
        self.config, self.patches = config, patches
        self.runtime = resolve_runtime(config.device, config.precision)
        network, self._source = assemble(config, patches, self.runtime, seed=seed)
        with memory_watch(self.runtime, config.training.batch_size):
            self._network = network.to(self.runtime.device).eval()
        self._initial, self._is_initial = self.weights(), True

    def weights(self) -> Weights:
        """A copy of all weights and buffers that training may change, in host memory."""
        state = self._network.trained_state()
        return {name: value.detach().to("cpu", copy=True).contiguous() for name, value in state.items()}

    def load(self, weights: Weights) -> None:
        """Take over `weights`, as `weights()` of an equal learner gave them."""
        self._network.load_trained_state(weights)
        self._is_initial = False

    def start_over(self) -> None:
        """Restore the initial weights."""
        self.load(self._initial)
        self._is_initial = True

    def fit(self, labelled: np.ndarray, *, rng: np.random.Generator, on_step: OnStep) -> None:
        """Train one cycle on (n,) labelled ids, from where the config's `start` says.

        Initial weights hold nothing of a last cycle, so they are neither shrunk nor perturbed.
        """
        start = self.config.training.start
        if start == "cold":
            self.start_over()
        elif start == "shrink-perturb" and not self._is_initial:
            self._shrink_and_perturb(rng)
        self._is_initial = False
        with memory_watch(self.runtime, self.config.training.batch_size):
            self._source.prepare(labelled, self.config.training.flips, ignore_progress)
            train(
                self._network,
                self._source,
                self.patches,
                labelled,
                self.config.training,
                runtime=self.runtime,
                rng=rng,
                on_step=on_step,
            )

    def prepare(self, items: np.ndarray, *, on_patches: OnPatches) -> None:
        """Compute and keep what a frozen encoder gives for (n,) ids; nothing with any other network."""
        with memory_watch(self.runtime, self.config.training.batch_size):
            self._source.prepare(items, (), on_patches)

    def unkept(self, items: np.ndarray) -> tuple[int, int]:
        """How many of (n,) ids `prepare` would compute, and the bytes that they would take on disk."""
        return self._source.unkept(items)

    def look(
        self,
        items: np.ndarray,
        *,
        flipped: bool = False,
        dropping: np.random.Generator | None = None,
        on_patches: OnPatches = ignore_progress,
    ) -> Iterator[tuple[np.ndarray, Output]]:
        """Forward (n,) ids in eval mode; yields (batch ids, outputs) in the given order.

        With `dropping`, which draws what is dropped, outputs are thinned. With `flipped`, they have views.
        Flips are those that training uses, because a model contradicts itself on flips that it was not
        trained on; where training uses none, the horizontal one.
        """
        batch_size = 2 * self.config.training.batch_size
        done = 0
        with memory_watch(self.runtime, self.config.training.batch_size):
            for batch, output in sweep(
                self._network,
                self._source,
                items,
                batch_size=batch_size,
                runtime=self.runtime,
                flips=(self.config.training.flips or ("horizontal",)) if flipped else (),
                dropping=dropping,
            ):
                on_patches(done, items.size)
                yield batch, output
                done += batch.size
        on_patches(items.size, items.size)

    def embed(
        self, items: np.ndarray, *, on_patches: OnPatches = ignore_progress
    ) -> Iterator[tuple[np.ndarray, torch.Tensor]]:
        """As `look`, but (batch ids, features), for which no decoder computes anything."""
        batch_size = 2 * self.config.training.batch_size
        done = 0
        with memory_watch(self.runtime, self.config.training.batch_size):
            for batch, features in embed(
                self._network, self._source, items, batch_size=batch_size, runtime=self.runtime
            ):
                on_patches(done, items.size)
                yield batch, features
                done += batch.size
        on_patches(items.size, items.size)

    def evaluate(self, items: np.ndarray, *, on_patches: OnPatches = ignore_progress) -> Evaluation:
        """Per-patch counts, at probability ½ and between thresholds, and largest probability of (T,) ids."""
        parts = [
            judge(output.logits, self.patches.masks(batch), self.patches.ignored(batch))
            for batch, output in self.look(items, on_patches=on_patches)
        ]
        counts, peaks, histogram, units = map(np.concatenate, zip(*parts or [NOTHING_JUDGED], strict=True))
        height, width, _ = self.patches.shape
        defective = self.patches.defective[items]
        sums = [units[members].sum(axis=0) / 2**16 for members in (~defective, defective)]
        return Evaluation(counts, peaks, histogram.astype(narrowest(height * width)), np.stack(sums))

    def peaks(self, images: np.ndarray) -> np.ndarray:
        """(n, H, W, C) uint8 of no data set -> (n,) float32, largest defect probability of each."""
        found = []
        with memory_watch(self.runtime, self.config.training.batch_size), torch.inference_mode():
            for start in range(0, len(images), 2 * self.config.training.batch_size):
                inputs = self._source.inputs_of(images[start:][: 2 * self.config.training.batch_size])
                with self.runtime.autocast():
                    logits = self._network(inputs)
                found.append(logits.float().amax(dim=(1, 2, 3)).sigmoid().cpu().numpy())
        return np.concatenate(found) if found else np.zeros(0, dtype=np.float32)

    def probabilities(self, items: np.ndarray) -> np.ndarray:
        """(n,) ids -> (n, H, W) uint8 defect probability, 255 for one."""
        maps = [quantised_probability(output.logits) for _, output in self.look(items)]
        return np.concatenate(maps) if maps else np.zeros((0, *self.patches.shape[:2]), dtype=np.uint8)

    def _shrink_and_perturb(self, rng: np.random.Generator) -> None:
        generator = torch.Generator().manual_seed(int(rng.integers(2**62)))
        with torch.no_grad():
            for parameter in self._network.trainable:
                noise = torch.randn(parameter.shape, generator=generator)
                parameter.mul_(_SHRINK).add_(noise.to(parameter.device), alpha=_NOISE)
