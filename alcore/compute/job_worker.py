"""A worker: one thread that processes jobs, in its own process or in a thread of another one.

Its connection carries the types of `alcore.compute.jobs`. When the other end is closed or its owner dies, the
worker leaves.
"""

from __future__ import annotations

import platform
import sys
import threading
import time
import traceback
from collections.abc import Iterator
from contextlib import contextmanager
from multiprocessing.connection import Connection

import numpy as np
import torch

from alcore import __version__
from alcore.acquisition import get_strategies
from alcore.compute.capacity import workers_on_device
from alcore.compute.jobs import (
    Alive,
    CeilingJob,
    Checked,
    CheckJob,
    CycleJob,
    Devices,
    Encoded,
    EncodeJob,
    Failed,
    FinishedCeiling,
    FinishedCycle,
    GaveUp,
    GiveUp,
    Hold,
    Job,
    JobProgress,
    Leave,
    Result,
)
from alcore.config import RunConfig
from alcore.data.collection import dataset_version, open_dataset
from alcore.data.patches import Patches
from alcore.errors import AlcoreError, StoreError
from alcore.experiment.ceiling import train_ceiling
from alcore.experiment.cycle import CycleStart, Progress, Workbench
from alcore.experiment.cycle_key import FULL_POOL, CycleKey
from alcore.experiment.repetition import draw_repetition
from alcore.home import features_directory
from alcore.learning.assembly import check_network, identify_encoder
from alcore.learning.devices import (
    available_devices,
    compute_on_one_thread,
    resolve_runtime,
    slow_precision,
)
from alcore.learning.learner import Learner, Weights, ignore_progress
from alcore.storage.records import ceiling_to_arrays, npz_of, to_arrays
from alcore.storage.sealed_weights import open_weights, seal_weights
from alcore.wording import plural, size_in_words

_SECONDS_BETWEEN_PROGRESS = 0.1
SECONDS_BETWEEN_BEATS = 2.0


class _Left(BaseException):
    """The worker was asked to leave while it worked. Not an `Exception`, so that no handler catches it."""


class _GivenUp(BaseException):
    """The worker was asked to give up its job; not an `Exception` either."""


def serve(connection: Connection, patches: Patches | None = None) -> None:
    """Process jobs until asked to leave.

    Args:
        patches: the data set of all jobs, where it is open already; by default each job's is opened by name.
    """
    compute_on_one_thread()
    try:
        line = _Line(connection)
        line.send(Devices(available_devices()))
        worker = _Worker(line, patches)
        while not isinstance(job := connection.recv(), Leave):
            if isinstance(job, GiveUp):
                worker.end_run()
            elif not isinstance(job, Hold):  # one that came too late for the job before
                with line.signs_of_life():
                    result = worker.answer(job)
                line.send(result)
    except (_Left, EOFError, BrokenPipeError, ConnectionResetError):
        return


class _Line:
    """The connection to the process that walks the run, which two threads write to: work and pulse."""

    def __init__(self, connection: Connection) -> None:
        self._connection, self._sending = connection, threading.Lock()
        self.poll, self.recv = connection.poll, connection.recv

    def send(self, message: Result | JobProgress | Devices | Alive) -> None:
        """Send a message whole, from either thread; OSError where the other end has gone."""
        with self._sending:
            self._connection.send(message)

    @contextmanager
    def signs_of_life(self) -> Iterator[None]:
        """Send them while the block runs."""
        is_over = threading.Event()

        def beat() -> None:
            while not is_over.wait(SECONDS_BETWEEN_BEATS):
                try:
                    self.send(Alive())
                except OSError:  # the other end has gone, as the working thread will find
                    return

        pulse = threading.Thread(target=beat, name="pulse", daemon=True)
        pulse.start()
        try:
            yield
        finally:
            is_over.set()
            pulse.join()


class _Worker:
    """What a worker keeps between jobs: an open data set, and a workbench for its run."""

    def __init__(self, connection: _Line, patches: Patches | None) -> None:
        self._connection, self._given = connection, patches
        self._bench: Workbench | None = None
        self._opened: tuple[str, Patches] | None = None
        self._last_progress: tuple[CycleKey, str, float] | None = None

    def answer(self, job: Job) -> Result:
        """Do the job; an error is an answer too."""
        try:
            return self._do(job)
        except _GivenUp:
            self.end_run()
            return GaveUp()
        except AlcoreError as error:
            return Failed(error)
        except Exception as error:  # noqa: BLE001  the process that walks the run decides what to do
            error.add_note(traceback.format_exc())
            return Failed(error)

    def _do(self, job: Job) -> Result:
        match job:
            case CheckJob(config):
                return self._check(config)
            case CycleJob():
                return self._cycle(job)
            case CeilingJob(config, repetition):
                return self._ceiling(config, repetition)
            case EncodeJob(config, key):
                self._bench_for(config).encode(key, self._report)
                return Encoded()

    def _check(self, config: RunConfig) -> Checked:
        patches = self._patches(config.dataset)
        if self._given is None:
            check(config, patches)
        self._bench = Workbench(config, patches)
        unkept, size = self._bench.unkept(1) if config.model.freeze_encoder else (0, 0)
        notes = [slow_precision(resolve_runtime(config.device, config.precision))]
        if unkept:
            notes.append(
                f"the frozen encoder's features for {plural(unkept, 'patch')} are computed first and kept: "
                f"{size_in_words(size)} in {features_directory()}, and more for flips and other repetitions"
            )
        return Checked(
            environment_of(config, patches),
            most_workers(config, patches),
            notes=[note for note in notes if note],
            unkept=unkept,
        )

    def _bench_for(self, config: RunConfig) -> Workbench:
        if self._bench is None or self._bench.config != config:
            self._bench = Workbench(config, self._patches(config.dataset))
        return self._bench

    def end_run(self) -> None:
        """The jobs of a run are over; the next run's data set is looked up again."""
        self._bench = None

    def _patches(self, name: str) -> Patches:
        """A run's data set, which stays open for the next run unless it was replaced by another."""
        if self._given is not None:
            return self._given
        version = f"{name} {dataset_version(name)}"
        if self._opened is None or self._opened[0] != version:
            self._opened = version, open_dataset(name)
        return self._opened[1]

    def _cycle(self, job: CycleJob) -> FinishedCycle:
        start = CycleStart(job.key, job.queries, _loaded(job), job.axes, job.chosen)
        record = self._bench_for(job.config).cycle(start, self._report)
        return FinishedCycle(record.selection.items, npz_of(to_arrays(record)), seal_weights(record.weights))

    def _ceiling(self, config: RunConfig, repetition: int) -> FinishedCeiling:
        key = CycleKey(repetition, config.cycles, FULL_POOL)
        ceiling = train_ceiling(
            config,
            self._bench_for(config).patches,
            repetition,
            lambda *progress: self._report(Progress(key, *progress)),
        )
        return FinishedCeiling(npz_of(ceiling_to_arrays(ceiling)))

    def _report(self, progress: Progress) -> None:
        """Obey, then tell: each phase when it begins, and then at most ten times per second."""
        self._obey()
        key, phase, now = progress.key, progress.phase, time.monotonic()
        if self._last_progress is not None:
            last_key, last_phase, last_time = self._last_progress
            if (last_key, last_phase) == (key, phase) and now - last_time < _SECONDS_BETWEEN_PROGRESS:
                return
        self._last_progress = (key, phase, now)
        self._connection.send(JobProgress(key, phase, progress.done, progress.total))

    def _obey(self) -> None:
        is_held = False
        while is_held or self._connection.poll():
            command = self._connection.recv()
            if isinstance(command, Leave):
                raise _Left
            if isinstance(command, GiveUp):
                raise _GivenUp
            is_held = isinstance(command, Hold) and command.still


def _loaded(job: CycleJob) -> Weights | None:
    if job.weights is None:
        return None
    try:
        return open_weights(job.weights)
    except StoreError as error:
        raise StoreError(
            f"the weights before {job.key.stem} are {error}, so the run cannot continue; start a new run"
        ) from None


def check(config: RunConfig, patches: Patches) -> None:
    """Check all that a run needs besides its data set, before anything is written.

    Raises:
        AlcoreError: an unknown strategy, network or device, or a pool that cannot be built.
    """
    get_strategies(config.strategies)
    draw_repetition(config, patches, 1)
    check_network(config, patches, resolve_runtime(config.device, config.precision))


def most_workers(config: RunConfig, patches: Patches) -> int | None:
    """How many workers fit into a GPU's memory, by a trial step and a batch of evaluation; None on a CPU."""
    device = resolve_runtime(config.device, config.precision).device
    if device.type != "cuda":
        return None
    free_before, _ = torch.cuda.mem_get_info(device)
    training = config.training.model_copy(update={"steps": 1, "epochs": None})
    learner = Learner(config.model_copy(update={"training": training}), patches, seed=0)
    some = np.arange(min(config.training.batch_size, len(patches.defective)))
    learner.fit(some, rng=np.random.default_rng(0), on_step=ignore_progress)
    learner.evaluate(some)
    free_after, _ = torch.cuda.mem_get_info(device)
    return workers_on_device(free_before=free_before, free_after=free_after)


def environment_of(config: RunConfig, patches: Patches) -> dict[str, object]:
    """With which data, pretrained weights, device and versions a run is made here."""
    runtime = resolve_runtime(config.device, config.precision)
    environment: dict[str, object] = {
        "alcore": __version__,
        "data": patches.fingerprint,
        "device": str(runtime.device),
        "precision": str(runtime.autocast_dtype or torch.float32).removeprefix("torch."),
        "torch": str(torch.__version__),  # a class of torch itself, which the receiver would have to load
        "numpy": np.__version__,
        "python": sys.version.split()[0],
        "platform": platform.platform(),
    }
    if config.model.encoder_weights == "none":
        return environment
    encoder = identify_encoder(config.model, channels=patches.shape[2])
    return environment | {"encoder_weights": encoder.source, "encoder_digest": encoder.digest}
