"""The optimisers of torch, without torch's compiler.

Nothing here is compiled, yet the first optimiser that torch makes, and its first step, load the compiler,
only to be left alone by it. That takes 1.5 s, longer than a whole run of a light head trains.
"""

from __future__ import annotations

import inspect
from typing import Any

import torch

from alcore.config import TrainingConfig
from alcore.learning.network_base import Network


def _uncompiled(kind: type[torch.optim.Optimizer]) -> type[torch.optim.Optimizer]:
    """The same optimiser, its methods as they were before torch decorated them."""
    methods = {name: inspect.unwrap(getattr(kind, name)) for name in ("add_param_group", "zero_grad")}
    step = torch.no_grad()(inspect.unwrap(kind.step))
    return type(kind.__name__, (kind,), methods | {"step": step})


_KINDS = {"adamw": _uncompiled(torch.optim.AdamW), "adam": _uncompiled(torch.optim.Adam)}


def make_optimizer(network: Network, config: TrainingConfig) -> torch.optim.Optimizer:
    """The configured optimiser of all that trains."""
    kind: Any = _KINDS[config.optimizer]  # whose arguments torch declares in its classes alone
    made: torch.optim.Optimizer = kind(
        network.trainable, lr=config.learning_rate, weight_decay=config.weight_decay, fused=True
    )
    return made
