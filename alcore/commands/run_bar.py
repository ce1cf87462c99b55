"""Running in a terminal: a progress bar for people, or one JSON object per line for scripts."""

from __future__ import annotations

import sys

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn

from alcore.compute.crew import Crew
from alcore.compute.events import Ended, Event, EventWriter, Note, RecordCommitted, RunProgress
from alcore.compute.execution import execute
from alcore.presentation.collapse import collapse_sentences
from alcore.statistics.frames import grouped
from alcore.storage.run_store import RunStore
from alcore.storage.tables import RunTables
from alcore.wording import clock, percent


def run_with_progress(store: RunStore, crew: Crew) -> None:
    """Execute a run with these workers and show where it is; raises as `execute` does."""
    console = Console(stderr=True)
    columns = (TextColumn("{task.description:<44}"), BarColumn(), MofNCompleteColumn(), TimeElapsedColumn())
    with Progress(*columns, TextColumn("{task.fields[left]}"), console=console) as bar:
        task = bar.add_task("starting", total=None, left="")

        def show(event: Event) -> None:
            match event:
                case RecordCommitted():
                    bar.update(task, completed=event.finished, total=event.records)
                case Note():
                    console.print(event.message, highlight=False)
                case RunProgress():
                    words = f"cycle {event.cycle}, {event.phase} {event.strategy}"
                    if store.config.repetitions > 1:
                        words = f"repetition {event.repetition}, {words}"
                    left = "" if event.left is None else f"about {clock(event.left)} left"
                    bar.update(
                        task, completed=event.finished, total=event.records, description=words, left=left
                    )

        execute(store, emit=show, crew=crew)
        bar.update(task, description="finished", left="")
    _print_result(store, console)


def run_with_json(store: RunStore, crew: Crew) -> None:
    """Execute a run with these workers and print its events on stdout; raises as `execute` does."""
    emit = EventWriter(sys.stdout)
    execute(store, emit=emit, crew=crew)
    emit(Ended("finished"))


def _print_result(store: RunStore, console: Console) -> None:
    tables = RunTables(store)
    metrics = tables.metrics()
    last = metrics[metrics["cycle"] == store.config.cycles]
    for prevalence, at_it in grouped(last, "prevalence", float):
        for strategy, rows in grouped(at_it, "strategy", str):
            iou = f"IoU {rows['iou'].mean():.3f} at a prevalence of {percent(prevalence)}"
            console.print(f"{strategy:>15}  {iou}", highlight=False)
    for sentence in collapse_sentences(tables.evaluations()):
        console.print(sentence, highlight=False)
    console.print(f"written to {store.directory}", highlight=False)
