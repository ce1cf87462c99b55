"""The training loop: one, visible, with one callback to follow it. It knows nothing of strategies."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import numpy as np
import segmentation_models_pytorch as smp
import torch
from torch import Tensor, nn
from torch.nn import functional

from alcore.config import TrainingConfig
from alcore.data.patches import Patches
from alcore.errors import TrainingError
from alcore.learning.devices import Runtime
from alcore.learning.tensors import Normaliser, to_images, to_masks

OnStep = Callable[[int, int], None]
"""Called before each optimiser step with (steps done, steps in all); it may block, or raise to stop."""

_SURELY_CLEAN = -1e4  # a logit whose probability is 0
_STEPS_BETWEEN_LOOKS = 20
"""At the loss on a GPU, which has to be waited for; scaled gradients may be infinite now and then."""

_dice = smp.losses.DiceLoss(mode="binary", from_logits=True)


def segmentation_loss(logits: Tensor, masks: Tensor, known: Tensor | None = None) -> Tensor:
    """Dice + binary cross-entropy of (B, 1, H, W) logits against {0, 1} masks; a scalar.

    known: (B, 1, H, W) float, 0 where a pixel counts for nothing; None where all count.
    """
    if known is None:
        return _dice(logits, masks) + functional.binary_cross_entropy_with_logits(logits, masks)
    entropy = functional.binary_cross_entropy_with_logits(logits, masks, weight=known, reduction="sum")
    # A pixel of probability 0 that is not in the mask is in neither sum of Dice.
    return _dice(logits.masked_fill(known == 0, _SURELY_CLEAN), masks * known) + entropy / known.sum()


def train(
    network: nn.Module,
    patches: Patches,
    labelled: np.ndarray,
    config: TrainingConfig,
    *,
    normalise: Normaliser,
    runtime: Runtime,
    rng: np.random.Generator,
    on_step: OnStep,
) -> None:
    """Train `network` in place on the labelled patches.

    Args:
        labelled: (n,) int64 ids.
        rng: draws batches, flips and the seed of dropout; equal generators give equal weights.
    Raises:
        TrainingError: the loss or the weights are no longer finite.
    """
    steps = config.steps_for(labelled.size)
    optimizer = _make_optimizer(network, config)
    schedule = _make_schedule(optimizer, config, steps)
    scaler = torch.amp.GradScaler(runtime.device.type, enabled=runtime.scales_gradients)
    batches = _batches(labelled, config.batch_size, rng)
    with torch.random.fork_rng(devices=_cuda_index(runtime)):
        torch.manual_seed(int(rng.integers(2**62)))
        network.train()
        on_cpu, watches_loss = runtime.device.type == "cpu", not runtime.scales_gradients
        for step in range(steps):
            on_step(step, steps)
            images, masks, known = _load(patches, next(batches), config, runtime, rng)
            with runtime.autocast():
                logits = network(normalise(images))
            loss = segmentation_loss(logits.float(), masks, known)
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


def _make_optimizer(network: nn.Module, config: TrainingConfig) -> torch.optim.Optimizer:
    kind = {"adamw": torch.optim.AdamW, "adam": torch.optim.Adam}[config.optimizer]
    trainable = [parameter for parameter in network.parameters() if parameter.requires_grad]
    return kind(trainable, lr=config.learning_rate, weight_decay=config.weight_decay, fused=True)


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


def _load(
    patches: Patches, items: np.ndarray, config: TrainingConfig, runtime: Runtime, rng: np.random.Generator
) -> tuple[Tensor, Tensor, Tensor | None]:
    """(b,) ids -> images (b, C, H, W) in grey levels, masks (b, 1, H, W), and 0 where they count for nothing;
    all flipped at random.
    """
    images, masks, ignored = patches.images(items), patches.masks(items), patches.ignored(items)
    for axis, name in ((1, "vertical"), (2, "horizontal")):
        if name in config.flips:
            flipped = rng.random(items.size) < 0.5
            images[flipped] = np.flip(images[flipped], axis)
            masks[flipped] = np.flip(masks[flipped], axis)
            if ignored is not None:
                ignored[flipped] = np.flip(ignored[flipped], axis)
    known = None if ignored is None else to_masks(~ignored, runtime.device)
    return to_images(images, runtime.device), to_masks(masks, runtime.device), known


def _cuda_index(runtime: Runtime) -> list[int]:
    return [runtime.device.index or 0] if runtime.device.type == "cuda" else []
