"""Where a study's tasks run: `local` (a process pool) or `ray` (a cluster)."""

from __future__ import annotations

from alcore.errors import ConfigError, did_you_mean, needs_extra
from alcore.study.engines.engine import Engine

ENGINES = ("local", "ray")


def make_engine(
    name: str, *, address: str | None = None, workers: int | None = None, **sizes: float
) -> Engine:
    """An engine by name.

    Args:
        address: of a Ray cluster, or auto; by default one is started on this machine.
        workers: tasks side by side on this machine, by default what it has room for.
        sizes: gpu_share, the part of a GPU that a task takes.
    Raises:
        ConfigError: an unknown name, or an option that the engine does not have.
    """
    if name == "local":
        from alcore.study.engines.local import LocalEngine

        if address is not None:
            raise ConfigError("--address is for --engine ray; the local engine has none")
        return LocalEngine(workers=workers, **sizes)
    if name == "ray":
        with needs_extra("ray"):
            from alcore.study.engines.cluster import RayEngine  # takes a second to import

        return RayEngine(address=address, workers=workers, **sizes)
    raise ConfigError(f"unknown engine {name!r}{did_you_mean(name, ENGINES)} (known: {', '.join(ENGINES)})")
