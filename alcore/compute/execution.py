"""Running into a run's directory: the one code path of page, worker, command line and study."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import asdict

from filelock import Timeout

from alcore.compute.clock import Clock
from alcore.compute.crew import Crew, Lost, crew_for
from alcore.compute.events import Emit, Note, RecordCommitted
from alcore.compute.jobs import Checked, CheckJob, Failed
from alcore.compute.run_control import RunControl, Stopped
from alcore.compute.walk import Walk
from alcore.config import RunConfig
from alcore.data.patches import Patches
from alcore.errors import AlcoreError, StoreError
from alcore.experiment.cycle_key import CycleKey
from alcore.storage.run_store import RunStore
from alcore.storage.tables import RunTables
from alcore.wording import plural

_SECONDS_BETWEEN_LOOKS = 1.0


def check_with(crew: Crew, config: RunConfig) -> Checked:
    """Let a worker open and check all that a run needs, before anything is written.

    Raises:
        AlcoreError: an unknown data set, strategy, network or device, or a pool that cannot be built.
    """
    crew.begin(CheckJob(config))
    while True:
        for _, heard in crew.listen(_SECONDS_BETWEEN_LOOKS):
            match heard:
                case Checked():
                    return heard
                case Failed(error):
                    raise error
                case Lost():
                    raise StoreError("a worker died while it checked the run; is there enough memory?")


def execute(
    store: RunStore,
    *,
    control: RunControl | None = None,
    emit: Emit = lambda _: None,
    crew: Crew | None = None,
    is_live: bool = False,
) -> None:
    """Run, or continue, the run in `store` until it is finished.

    Args:
        crew: computes it, and is left to the caller; by default one that is made for the run.
        is_live: only watched, and likely to be dropped: tables are written at its end alone.
    Raises:
        Stopped: a stop was requested.
        AlcoreError: an input of the run cannot be used.
    """
    control = control or RunControl()
    try:
        with store.lock().acquire(timeout=0):
            if crew is not None:
                _execute(store, crew, control, emit, is_live=is_live)
                return
            with crew_for(store.config) as own:
                _execute(store, own, control, emit, is_live=is_live)
    except Timeout:
        raise StoreError(f"{store.directory} is in use by another process") from None


def _execute(store: RunStore, crew: Crew, control: RunControl, emit: Emit, *, is_live: bool) -> None:
    store.sweep()
    checked = check_with(crew, store.config)
    store.note_environment(checked.environment)
    for note in (missing_class(store.config), *checked.notes):
        if note:
            emit(Note(note))
    if checked.most_workers is not None and checked.most_workers < crew.size:
        crew.size = checked.most_workers
        emit(Note(f"the GPU's memory has room for {plural(crew.size, 'worker')} side by side"))
    tables = RunTables(store)
    clock = Clock(store.config, store.committed())

    def tell(key: CycleKey) -> None:
        emit(RecordCommitted(**asdict(key), finished=clock.finished, records=clock.records))

    def write() -> None:
        if not is_live:
            tables.write()

    try:
        walk = Walk(store, crew, control=control, clock=clock, emit=emit, on_record=tell, on_stage=write)
        if checked.unkept:
            walk.encode()
        walk.cycles()
        if store.wants_ceiling:
            _train_ceilings(store, walk)
    except BaseException:  # whatever it is: what is finished can be looked at
        write()
        raise
    tables.write()


def missing_class(config: RunConfig) -> str:
    """What to change where a pool has patches of one class alone; '' for any other."""
    defective = round(config.pool_size * config.pool_prevalence)
    if 0 < defective < config.pool_size:
        return ""
    kind, way = ("clean", "lower") if defective else ("defective", "raise")
    return (
        f"the pool has no {kind} patch, so every query is alike; {way} pool_prevalence or enlarge pool_size"
    )


def _train_ceilings(store: RunStore, walk: Walk) -> None:
    """A stop or an error withdraws the request, so that the run, whose cycles are done, is finished again."""
    try:
        walk.ceilings()
    except Stopped:
        store.withdraw_ceiling()
    except AlcoreError:
        store.withdraw_ceiling()
        raise


def execute_repetition(
    store: RunStore, patches: Patches, repetition: int, *, on_record: Callable[[CycleKey], None]
) -> None:
    """Run, or continue, a single repetition; the caller must own the store. No tables are written.

    Args:
        on_record: called after each commit; it may raise to leave.
    Raises:
        AlcoreError: an input of the run cannot be used.
    """
    with Crew.of_thread(patches) as crew:
        store.note_environment(check_with(crew, store.config).environment)
        Walk(
            store,
            crew,
            control=RunControl(),
            clock=Clock(store.config, store.committed()),
            emit=lambda _: None,
            on_record=on_record,
            repetitions=[repetition],
        ).cycles()
