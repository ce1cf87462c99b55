"""A run's device and precision, and the message when memory runs out."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager, nullcontext
from dataclasses import dataclass

import torch
from threadpoolctl import threadpool_limits

from alcore.errors import DeviceError

_HALF_AT_SPEED = ("AVX512", "AMX", "SVE256")
"""What torch calls the instructions of CPUs that compute bfloat16 about as fast as float32, or faster."""


@dataclass(frozen=True)
class Runtime:
    """A resolved device with its precision.

    `autocast_dtype` is None for plain float32; bfloat16 where the device has it, else float16 with
    gradient scaling.
    """

    device: torch.device
    autocast_dtype: torch.dtype | None

    def autocast(self) -> AbstractContextManager:
        """The context in which forward passes run."""
        if self.autocast_dtype is None:
            return nullcontext()
        return torch.autocast(self.device.type, self.autocast_dtype)

    @property
    def scales_gradients(self) -> bool:
        """Whether float16 gradients need scaling to survive."""
        return self.autocast_dtype is torch.float16


def available_devices() -> list[str]:
    """Names of the devices found, the one that `auto` takes first."""
    found = [f"cuda:{index}" for index in range(torch.cuda.device_count())]
    if torch.backends.mps.is_available():
        found.append("mps")
    return [*found, "cpu"]


def resolve_runtime(device: str, precision: str) -> Runtime:
    """Turn a config's device and precision into what torch runs on.

    Args:
        device: auto, cpu, mps, cuda or cuda:N.
        precision: auto (mixed on CUDA, float32 elsewhere), float32 or mixed.
    Raises:
        DeviceError: the device is not on this machine.
    """
    found = available_devices()
    name = found[0] if device == "auto" else "cuda:0" if device == "cuda" else device
    if name not in found:
        raise DeviceError(f"this machine has no device {device!r}; use auto or one of {', '.join(found)}")
    chosen = torch.device(name)
    mixed = precision == "mixed" or (precision == "auto" and chosen.type == "cuda")
    if not mixed:
        return Runtime(chosen, None)
    half = torch.float16 if chosen.type == "mps" else torch.bfloat16
    if chosen.type == "cuda" and not torch.cuda.is_bf16_supported():
        half = torch.float16
    return Runtime(chosen, half)


def slow_precision(runtime: Runtime) -> str:
    """What to say before a run that computes in half precision on a CPU not made for it; '' for any other.

    On CPUs with AVX2 alone, a step of the demo's network in bfloat16 takes 6.9 times as long as in float32.
    """
    capability = torch.backends.cpu.get_cpu_capability()
    if runtime.device.type != "cpu" or runtime.autocast_dtype is None or capability in _HALF_AT_SPEED:
        return ""
    return (
        "this CPU computes bfloat16 many times slower than float32, and precision is set to mixed; "
        "stop the run and set precision to auto or float32"
    )


def compute_on_one_thread() -> None:
    """Let torch and numpy compute on one CPU thread in this process, from now on.

    With two, sums are split where the machine pleases: of 28 equal runs with two threads 3 differed, of 11
    with one thread none. Two cores are better used by two cycles side by side.
    """
    os.environ["OMP_NUM_THREADS"] = "1"  # for what is loaded later, such as scikit-learn's own OpenMP
    torch.set_num_threads(1)
    threadpool_limits(1)


@contextmanager
def memory_watch(runtime: Runtime, batch_size: int) -> Iterator[None]:
    """Turn the device's out-of-memory error into one sentence that says what to lower."""
    try:
        yield
    except (MemoryError, RuntimeError) as error:
        if not _is_out_of_memory(error):
            raise
        raise DeviceError(
            f"{runtime.device} ran out of memory; lower training.batch_size (now {batch_size}), "
            "the patch size or the network"
        ) from None


def _is_out_of_memory(error: Exception) -> bool:
    """CUDA has its own class for it; the CPU allocator says it in a plain RuntimeError."""
    return isinstance(error, (torch.OutOfMemoryError, MemoryError)) or any(
        words in str(error) for words in ("can't allocate memory", "out of memory")
    )
