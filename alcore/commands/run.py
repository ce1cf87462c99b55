"""Running in a terminal, with a progress bar."""

from __future__ import annotations

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn

from alcore.runs.execution import execute
from alcore.runs.run_store import RunStore
from alcore.runs.tables import RunTables
from alcore.wording import clock


def run_with_progress(store: RunStore) -> None:
    """Execute a run in this process and show where it is; raises as `execute` does."""
    console = Console(stderr=True)
    columns = (TextColumn("{task.description:<44}"), BarColumn(), MofNCompleteColumn(), TimeElapsedColumn())
    with Progress(*columns, TextColumn("{task.fields[left]}"), console=console) as bar:
        task = bar.add_task("starting", total=None, left="")

        def show(event: dict[str, object]) -> None:
            if event["event"] == "record":
                bar.update(task, completed=event["finished"], total=event["records"])
                return
            left = "" if event["left"] is None else f"about {clock(event['left'])} left"
            words = f"cycle {event['cycle']}, {event['phase']} {event['strategy']}"
            if store.config.repetitions > 1:
                words = f"repetition {event['repetition']}, {words}"
            bar.update(
                task, description=words, completed=event["finished"], total=event["records"], left=left
            )

        execute(store, emit=show)
        bar.update(task, description="finished", left="")
    _print_result(store, console)


def _print_result(store: RunStore, console: Console) -> None:
    metrics = RunTables(store).metrics()
    last = metrics[metrics["cycle"] == store.config.cycles]
    for (prevalence, strategy), rows in last.groupby(["prevalence", "strategy"], sort=False):
        console.print(
            f"{strategy:>12}  IoU {rows['iou'].mean():.3f} at prevalence {prevalence:.1%}", highlight=False
        )
    console.print(f"written to {store.directory}", highlight=False)
