"""The training loop: one, visible, with one callback to follow it. It knows nothing of strategies."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import numpy as np
import torch
from torch import Tensor

from alcore.config import TrainingConfig
from alcore.data.patches import Patches
from alcore.errors import TrainingError
from alcore.learning.devices import Runtime
from alcore.learning.network_base import Network
from alcore.learning.optimizers import make_optimizer
from alcore.learning.sources import InputSource, draw_flips, flip
from alcore.learning.tensors import to_masks

OnStep = Callable[[int, int], None]
"""Called before each optimiser step with (steps done, steps in all); it may block, or raise to stop."""

_STEPS_BETWEEN_LOOKS = 20
"""At the loss on a GPU, which has to be waited for; scaled gradients may be infinite now and then."""


def train(
    network: Network,
    source: InputSource,
    patches: Patches,
    labelled: np.ndarray,
    config: TrainingConfig,
    *,
    runtime: Runtime,
    rng: np.random.Generator,
    on_step: OnStep,
) -> None:
    """Train `network` in place on the labelled patches.

    Args:
        source: of what the network takes; patches: of the masks.
        labelled: (n,) int64 ids.
        rng: draws batches, flips and the seed of dropout; equal generators give equal weights.
    Raises:
        TrainingError: the loss or the weights are no longer finite.
    """
    steps = config.steps_for(labelled.size)
    optimizer = make_optimizer(network, config)
    schedule = _make_schedule(optimizer, config, steps)
    scaler = torch.amp.GradScaler(runtime.device.type, enabled=runtime.scales_gradients)
    batches = _batches(labelled, config.batch_size, rng)
    with torch.random.fork_rng(devices=_cuda_index(runtime)):
        torch.manual_seed(int(rng.integers(2**62)))
        network.train()
        on_cpu, watches_loss = runtime.device.type == "cpu", not runtime.scales_gradients
        for step in range(steps):
            on_step(step, steps)
            items = next(batches)
            flips = draw_flips(items.size, config.flips, rng)
            inputs = source.inputs(items, flips)
            masks, known = _masks(patches, items, flips, runtime)
            with runtime.autocast():
                logits = network(inputs)
            loss = network.loss(logits.float(), masks, known)
            if watches_loss and (on_cpu or step % _STEPS_BETWEEN_LOOKS == 0) and not torch.isfinite(loss):
                raise _diverged(f"the loss is not finite at step {step + 1} of {steps}", config)
            optimizer.zero_grad(set_to_none=True)
            scaler.scale(loss).backward()  # type: ignore[no-untyped-call]  # torch leaves it untyped
            scaler.step(optimizer)
            scaler.update()
            schedule.step()
        network.eval()
    if not all(torch.isfinite(value).all() for value in network.state_dict().values()):
        raise _diverged(f"after {steps} steps the weights are not finite", config)
    on_step(steps, steps)


def _diverged(what: str, config: TrainingConfig) -> TrainingError:
    return TrainingError(
        f"the training diverged: {what}; lower training.learning_rate (now {config.learning_rate:g}), "
        "or set precision to float32"
    )


def _make_schedule(
    optimizer: torch.optim.Optimizer, config: TrainingConfig, steps: int
) -> torch.optim.lr_scheduler.LRScheduler:
    if config.schedule == "constant" or steps < 4:  # a cycle needs a rise and a fall
        return torch.optim.lr_scheduler.ConstantLR(optimizer, factor=1.0)
    return torch.optim.lr_scheduler.OneCycleLR(optimizer, max_lr=config.learning_rate, total_steps=steps + 1)


def _batches(labelled: np.ndarray, batch_size: int, rng: np.random.Generator) -> Iterator[np.ndarray]:
    """Endless batches: pass after pass over the labelled ids, each in a new order.

    The last batch of a pass is topped up from the pass's start when it would be a single patch, which
    batch normalisation cannot take.
    """
    while True:
        order = rng.permutation(labelled)
        for start in range(0, order.size, batch_size):
            batch = order[start : start + batch_size]
            yield batch if batch.size > 1 else np.append(batch, order[0])


def _masks(
    patches: Patches, items: np.ndarray, flips: np.ndarray, runtime: Runtime
) -> tuple[Tensor, Tensor | None]:
    """(b,) ids -> masks (b, 1, H, W), and 0 where they count for nothing; flipped as (b, 2) `flips` says."""
    masks, ignored = patches.masks(items), patches.ignored(items)
    flip(masks, flips)
    if ignored is not None:
        flip(ignored, flips)
    known = None if ignored is None else to_masks(~ignored, runtime.device)
    return to_masks(masks, runtime.device), known


def _cuda_index(runtime: Runtime) -> list[int]:
    return [runtime.device.index or 0] if runtime.device.type == "cuda" else []
