"""uint8 patches -> normalised tensors, the same way for training and for everything else."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import torch
from torch import Tensor
from torch.nn import functional

from alcore.config import ModelConfig, TrainingConfig
from alcore.learning.weights_packages import PACKAGES, timm_name

Normaliser = Callable[[Tensor], Tensor]

_GREY_LEVELS = 8.0  # keeps nearly flat patches from being blown up to full contrast


def per_image(images: Tensor) -> Tensor:
    """(B, C, H, W) grey levels -> each patch minus its mean, over its deviation plus 8 grey levels."""
    mean = images.mean(dim=(1, 2, 3), keepdim=True)
    deviation = images.std(dim=(1, 2, 3), keepdim=True, correction=0)
    return (images - mean) / (deviation + _GREY_LEVELS)


def normalisation_of(model: ModelConfig, training: TrainingConfig) -> str:
    """'image' or 'encoder'; `auto` is the encoder's with pretrained weights, else per image."""
    if training.normalisation != "auto":
        return training.normalisation
    return "encoder" if model.encoder_weights == "imagenet" else "image"


def per_image_at_once(images: Tensor) -> Tensor:
    """As `per_image` but over √(variance + 8²): one pass, a quarter of its time."""
    return functional.layer_norm(images, images.shape[1:], eps=_GREY_LEVELS**2)


def make_normaliser(model: ModelConfig, training: TrainingConfig, *, channels: int) -> Normaliser:
    """The function that normalises grey levels as the config says."""
    if normalisation_of(model, training) == "image":
        return per_image
    mean, deviation = (torch.tensor(values) * 255 for values in _encoder_statistics(model))
    if channels == 1:
        mean, deviation = mean.mean(dim=0, keepdim=True), deviation.mean(dim=0, keepdim=True)

    def fixed(images: Tensor) -> Tensor:
        return (images - mean.to(images.device)[:, None, None]) / deviation.to(images.device)[:, None, None]

    return fixed


def _encoder_statistics(model: ModelConfig) -> tuple[list[float], list[float]]:
    """Mean and deviation by colour, in [0, 1], of the images that the encoder's pretrained weights saw."""
    package = PACKAGES.get(timm_name(model.encoder))
    if package is not None:
        return [package.mean] * 3, [package.deviation] * 3
    from alcore.learning.pretrained import downloaded_statistics  # with the libraries of networks: seconds

    return downloaded_statistics(model)


def to_floats(maps: Tensor) -> Tensor:
    """(B, C, h, w) in half precision -> float32, channels last in memory."""
    return maps.to(torch.float32, memory_format=torch.channels_last)


def to_images(images: np.ndarray, device: torch.device) -> Tensor:
    """(B, H, W, C) uint8 -> (B, C, H, W) float32 grey levels on the device, channels last in memory."""
    return torch.from_numpy(images).to(device, non_blocking=True).permute(0, 3, 1, 2).float()


def to_masks(masks: np.ndarray, device: torch.device) -> Tensor:
    """(B, H, W) bool -> (B, 1, H, W) float32 on the device."""
    return torch.from_numpy(masks).to(device, non_blocking=True).unsqueeze(1).float()
