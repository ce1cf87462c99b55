"""Running the loop into a run's directory: the one code path of the page, the worker and the command line."""

from __future__ import annotations

import platform
import sys
import time
from collections.abc import Callable, Container
from dataclasses import asdict
from itertools import islice

import numpy as np
import torch
from filelock import Timeout
from safetensors import SafetensorError
from safetensors.torch import load, save

from alcore import __version__
from alcore.acquisition import get_strategy
from alcore.config import RunConfig
from alcore.data.collection import open_dataset
from alcore.data.patches import Patches
from alcore.errors import AlcoreError, StoreError
from alcore.experiment.ceiling import train_ceiling
from alcore.experiment.cycle_key import FULL_POOL, CycleKey, keys_in_order
from alcore.experiment.cycle_record import CycleRecord
from alcore.experiment.loop import Progress, ResumeState, run
from alcore.experiment.pool_map import Axes
from alcore.experiment.repetition import draw_repetition
from alcore.learning.devices import resolve_runtime
from alcore.learning.networks import try_network
from alcore.runs.clock import Clock
from alcore.runs.events import Emit, RecordCommitted, RunProgress
from alcore.runs.files import write_whole
from alcore.runs.records import ceiling_to_arrays, to_arrays
from alcore.runs.run_control import RunControl, Stopped
from alcore.runs.run_store import RunStore
from alcore.runs.tables import RunTables


def check(config: RunConfig) -> Patches:
    """Open and check all that a run needs, before anything is written.

    Raises:
        AlcoreError: an unknown data set, strategy, network or device, or a pool that cannot be built.
    """
    for name in config.strategies:
        get_strategy(name)
    patches = open_dataset(config.dataset)
    draw_repetition(config, patches, 1)
    resolve_runtime(config.device, config.precision)
    try_network(config.model, shape=patches.shape)
    return patches


def execute(store: RunStore, *, control: RunControl | None = None, emit: Emit = lambda _: None) -> None:
    """Run, or continue, the run in `store` until it is finished.

    Raises:
        Stopped: a stop was requested.
        AlcoreError: an input of the run cannot be used.
    """
    control = control or RunControl()
    try:
        with store.lock().acquire(timeout=0):
            _execute(store, check(store.config), control, emit)
    except Timeout:
        raise StoreError(f"{store.directory} is being run by another process") from None


def _execute(store: RunStore, patches: Patches, control: RunControl, emit: Emit) -> None:
    config = store.config
    store.sweep()
    store.note_environment(_environment(config, patches))
    tables = RunTables(store)
    finished = store.committed()
    clock = Clock(config, finished=len(finished))

    def obey() -> None:
        arrived = time.monotonic()
        control.wait()
        clock.held(time.monotonic() - arrived)

    def report(progress: Progress) -> None:
        obey()
        clock.tick(progress.phase, progress.done / max(progress.total, 1))
        emit(_progress_event(progress, clock))

    try:
        for record in run(config, patches, report=report, resume=_resume_state(store, finished)):
            keep(store, record)
            clock.record_finished()
            emit(RecordCommitted(**asdict(record.key), finished=clock.finished, records=clock.records))
            if record.key.strategy == config.strategies[-1]:
                tables.write()
                control.cycle_finished()
            if clock.finished < clock.records:
                obey()
        if store.wants_ceiling:
            _train_ceilings(store, patches, report, clock)
    finally:
        tables.write()


def execute_repetition(
    store: RunStore, patches: Patches, repetition: int, *, on_record: Callable[[CycleKey], None]
) -> None:
    """Run, or continue, a single repetition; the caller must own the store. No tables are written.

    Args:
        on_record: called after each commit; it may raise to leave.
    Raises:
        AlcoreError: an input of the run cannot be used.
    """
    config = store.config
    store.note_environment(_environment(config, patches))
    finished = [key for key in store.committed() if key.repetition == repetition]
    resume = _resume_state(store, finished, repetitions=[repetition])
    for record in run(config, patches, resume=resume, repetitions=[repetition]):
        keep(store, record)
        on_record(record.key)


def _train_ceilings(
    store: RunStore, patches: Patches, report: Callable[[Progress], None], clock: Clock
) -> None:
    """Those of all repetitions that lack one.

    A stop or an error withdraws the request, so that the run, whose cycles are all done, is finished again.
    """
    config, finished = store.config, store.ceilings()
    try:
        for repetition in range(1, config.repetitions + 1):
            if repetition not in finished:
                clock.ceiling_begun(repetition)
                key = CycleKey(repetition, config.cycles, FULL_POOL)
                ceiling = train_ceiling(
                    config, patches, repetition, lambda *progress, key=key: report(Progress(key, *progress))
                )
                store.commit_ceiling(repetition, ceiling_to_arrays(ceiling))
    except Stopped:
        store.withdraw_ceiling()
    except AlcoreError:
        store.withdraw_ceiling()
        raise


def keep(store: RunStore, record: CycleRecord) -> None:
    """Commit one record: first the weights that a resumed run would need, then the record itself."""
    key = record.key
    if key.cycle < store.config.cycles:
        write_whole(store.weights_path(key), lambda file: file.write(save(record.weights)))
    store.commit(key, to_arrays(record))
    store.drop_older_weights(key)


def _resume_state(
    store: RunStore, keys: list[CycleKey], repetitions: Container[int] | None = None
) -> ResumeState:
    expected = keys_in_order(store.config)
    if repetitions is not None:
        expected = (key for key in expected if key.repetition in repetitions)
    if keys != list(islice(expected, len(keys))):
        raise StoreError(f"a record is missing in {store.directory / 'records'}; start a new run")
    queries = {key: store.record(key).items for key in keys}

    def weights_after(key: CycleKey) -> dict[str, torch.Tensor]:
        path = store.weights_path(key)
        try:
            return load(path.read_bytes())
        except (OSError, SafetensorError):
            raise StoreError(
                f"{path} is missing or damaged, so the run cannot continue; start a new run"
            ) from None

    def axes_of(key: CycleKey) -> Axes | None:
        return store.record(key).axes  # None where an earlier version began this run

    return ResumeState(queries, weights_after, axes_of)


def _progress_event(progress: Progress, clock: Clock) -> RunProgress:
    return RunProgress(
        **asdict(progress.key),
        phase=progress.phase,
        done=progress.done,
        total=progress.total,
        finished=clock.finished,
        records=clock.records,
        share=clock.share,
        elapsed=clock.elapsed,
        left=clock.left,
    )


def _environment(config: RunConfig, patches: Patches) -> dict[str, object]:
    runtime = resolve_runtime(config.device, config.precision)
    return {
        "alcore": __version__,
        "data": patches.fingerprint,
        "device": str(runtime.device),
        "precision": str(runtime.autocast_dtype or torch.float32).removeprefix("torch."),
        "torch": torch.__version__,
        "numpy": np.__version__,
        "python": sys.version.split()[0],
        "platform": platform.platform(),
    }
