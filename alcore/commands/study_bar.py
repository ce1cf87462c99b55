"""A study in a terminal: what it will take, a progress bar or JSON lines, and how it ended."""

from __future__ import annotations

import contextlib
import signal
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn

from alcore.errors import StoreError
from alcore.study.adoption import adoptions_in_words, find_adoptions
from alcore.study.engines.engine import Engine
from alcore.study.estimate import estimate
from alcore.study.plan import StudyPlan
from alcore.study.scheduler import Follow, run_study
from alcore.study.study_events import StudyEnded, StudyProgress, to_line
from alcore.study.study_store import StudyStore
from alcore.wording import clock, plural


def show_plan(plan: StudyPlan, engine: Engine, out: Path, *, as_json: bool) -> None:
    """Calibrate, and say what the study will take, what each axis adds, and what lies in `out` already."""
    if not as_json:
        Console(stderr=True, highlight=False).print("measuring two cycles ...")
    report = estimate(plan, workers=engine.workers_for(plan.cells[0].config)).report(engine.describe())
    report = replace(report, kept=adoptions_in_words(find_adoptions(out, plan)))
    print(to_line(report) if as_json else "\n".join(report.sentences()), flush=True)


def show_study(store: StudyStore, engine: Engine, *, rehearsal: bool, as_json: bool) -> StudyEnded:
    """Run the study and show how far it is; Ctrl-C or SIGTERM lets the current cycles finish first.

    Returns:
        How it ended: finished, or stopped where it was asked to.
    Raises:
        StoreError: some runs failed; all others were done first.
    """
    console = Console(stderr=True, highlight=False, quiet=as_json)
    follower = _json_lines() if as_json else _bar(store, engine, console)
    with follower as follow, _stopping_gently(store, console):
        progress = run_study(store, engine, rehearsal=rehearsal, follow=follow)
        follow(progress)
    if progress.failed:
        raise _failure(store, progress)
    ended = StudyEnded("finished" if progress.finished == progress.tasks else "stopped")
    store.note_outcome(ended)
    if as_json:
        print(to_line(ended), flush=True)
    elif rehearsal:
        console.print("rehearsed; nothing was trained")
    elif ended.status == "finished":
        console.print(f"written to {store.directory / 'cells.csv'}")
    else:
        console.print("stopped; finished cycles are kept, and the same command continues")
    return ended


@contextlib.contextmanager
def _json_lines() -> Iterator[Follow]:
    yield lambda progress: print(to_line(progress), flush=True)


@contextlib.contextmanager
def _bar(store: StudyStore, engine: Engine, console: Console) -> Iterator[Follow]:
    plan = store.plan
    size = f"{plural(len(plan.cells), 'cell')}, {plural(plan.runs, 'run')}"
    console.print(f"{size} on {engine.describe()}")
    for sentence in adoptions_in_words(find_adoptions(store.directory, plan)):
        console.print(sentence)
    columns = (TextColumn("runs"), BarColumn(), MofNCompleteColumn(), TimeElapsedColumn())
    with Progress(*columns, TextColumn("{task.fields[left]}"), console=console) as bar:
        task = bar.add_task("", total=plan.runs, left="")

        def show(progress: StudyProgress) -> None:
            left = "" if progress.left is None else f"about {clock(progress.left)} left"
            failed = f", {progress.failed} failed" if progress.failed else ""
            bar.update(task, completed=progress.finished, left=left + failed)

        yield show


def _failure(store: StudyStore, progress: StudyProgress) -> StoreError:
    cell, repetition, message = store.ledger().failures(1)[0]
    return StoreError(
        f"{plural(progress.failed, 'run')} of {progress.tasks} failed, such as repetition {repetition} in "
        f"{store.run_directory(cell)}: {message.splitlines()[0]} (the same command tries them again)"
    )


@contextlib.contextmanager
def _stopping_gently(store: StudyStore, console: Console) -> Iterator[None]:
    """The first signal asks the study to stop, the second leaves at once."""

    def handle(*_: object) -> None:
        if store.is_asked_to_stop:
            raise KeyboardInterrupt
        store.ask_to_stop()
        console.print("finishing the current cycles; press Ctrl-C again to stop at once")

    before = {number: signal.signal(number, handle) for number in (signal.SIGINT, signal.SIGTERM)}
    try:
        yield
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)
