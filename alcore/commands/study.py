"""Conducting a study in a terminal: what it will take, a progress bar, and how it ended."""

from __future__ import annotations

import contextlib
import signal
from collections.abc import Iterator

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn

from alcore.config import RunConfig
from alcore.errors import StoreError
from alcore.study.engines.engine import Engine
from alcore.study.estimate import estimate
from alcore.study.plan import StudyPlan
from alcore.study.scheduler import StudyProgress, run_study
from alcore.study.study_store import StudyStore
from alcore.wording import clock, plural, size_in_words


def print_plan(plan: StudyPlan, engine: Engine) -> None:
    """Calibrate, and say what the study will take and what each axis adds."""
    console = Console(highlight=False)
    config = plan.cells[0].config
    console.print(size_of(plan, config))
    console.print("measuring two cycles ...")
    whole = estimate(plan, workers=engine.workers_for(config))
    console.print(
        f"one run takes about {clock(whole.total().seconds / plan.runs)}; all of them about "
        f"{clock(whole.seconds)} with {plural(whole.workers, 'worker')} ({engine.describe()}), "
        f"and {size_in_words(whole.total().bytes)} on disk"
    )
    for row in whole.axes().itertuples():
        added = f"{plural(row.added_runs, 'run')}, about {clock(row.added_seconds)}" if row.added_runs else ""
        console.print(f"one more value of {row.axis} adds {added or 'no run'}")


def size_of(plan: StudyPlan, config: RunConfig) -> str:
    """'6 cells x 5 repetitions = 30 runs ...'."""
    return (
        f"{plural(len(plan.cells), 'cell')} x {plural(config.repetitions, 'repetition')} = "
        f"{plural(plan.runs, 'run')} of {plural(len(config.strategies), 'strategy')} and "
        f"{plural(config.cycles, 'cycle')}"
    )


def run_study_with_progress(store: StudyStore, engine: Engine, *, rehearsal: bool = False) -> bool:
    """Conduct the study and show how far it is; Ctrl-C or SIGTERM lets the cycles in hand finish first.

    Returns:
        Whether all is done; false where the study was asked to stop before.
    Raises:
        StoreError: some runs failed; all others were done first.
    """
    console = Console(stderr=True, highlight=False)
    console.print(f"{size_of(store.plan, store.plan.cells[0].config)} on {engine.describe()}")
    columns = (TextColumn("runs"), BarColumn(), MofNCompleteColumn(), TimeElapsedColumn())
    with Progress(*columns, TextColumn("{task.fields[left]}"), console=console) as bar:
        task = bar.add_task("", total=store.plan.runs, left="")

        def show(standing: StudyProgress) -> None:
            left = "" if standing.left is None else f"about {clock(standing.left)} left"
            failed = f", {standing.failed} failed" if standing.failed else ""
            bar.update(task, completed=standing.finished, left=left + failed)

        with _stopping_gently(store, console):
            standing = run_study(store, engine, rehearsal=rehearsal, follow=show)
        show(standing)
    if standing.failed:
        cell, repetition, message = store.ledger().failures(1)[0]
        raise StoreError(
            f"{plural(standing.failed, 'run')} of {standing.tasks} failed, such as repetition {repetition} "
            f"in {store.run_directory(cell)}: {message.splitlines()[0]} (the same command tries them again)"
        )
    is_done = standing.finished == standing.tasks
    if rehearsal:
        console.print("rehearsed; nothing was trained")
    elif is_done:
        console.print(f"written to {store.directory / 'cells.csv'}")
    else:
        console.print("stopped; finished cycles are kept, and the same command goes on")
    return is_done


@contextlib.contextmanager
def _stopping_gently(store: StudyStore, console: Console) -> Iterator[None]:
    """The first signal asks the study to stop, the second leaves at once."""

    def handle(*_: object) -> None:
        if store.is_asked_to_stop:
            raise KeyboardInterrupt
        store.ask_to_stop()
        console.print("finishing the cycles in hand; press Ctrl-C again to leave at once")

    before = {number: signal.signal(number, handle) for number in (signal.SIGINT, signal.SIGTERM)}
    try:
        yield
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)
