"""Importing in a terminal: a progress bar for people, or one JSON object per line for scripts."""

from __future__ import annotations

import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING

from alcore.wording import clock

if TYPE_CHECKING:
    from alcore.data.importing.import_events import ImportEvent, ImportProgress

_INTERRUPTED = 130
_LINES_A_SECOND = 10
_SECONDS_A_LINE = 10.0
"""Between two lines where no bar can be drawn, as in a job's log."""
_WORDS = {"looking": "looking at masks", "reading": "reading images"}  # by `ImportPhase`, which loads pandas


@contextmanager
def following(*, as_json: bool) -> Iterator[Callable[[ImportEvent], None]]:
    """What an import reports to. Ctrl-C ends it with a sentence: an import is all or nothing."""
    try:
        if as_json:
            yield _json_lines()
        elif sys.stderr.isatty():
            with _bar() as report:
                yield report
        else:
            yield plain_lines(lambda line: print(line, file=sys.stderr, flush=True))
    except KeyboardInterrupt:
        print("interrupted; nothing was imported", file=sys.stderr)
        sys.exit(_INTERRUPTED)


def _json_lines() -> Callable[[ImportEvent], None]:
    """Prints events, of progress ten per second at most."""
    from alcore.data.importing.import_events import ImportProgress, to_line

    last = 0.0

    def report(event: ImportEvent) -> None:
        nonlocal last
        now = time.monotonic()
        is_passing = isinstance(event, ImportProgress) and event.done < event.total
        if is_passing and now - last < 1 / _LINES_A_SECOND:
            return
        last = now
        print(to_line(event), flush=True)

    return report


def plain_lines(
    write: Callable[[str], None], *, now: Callable[[], float] = time.monotonic
) -> Callable[[ImportEvent], None]:
    """Writes a line of progress every ten seconds, the first one after ten; so a short import has none."""
    from alcore.data.importing.import_events import ImportProgress

    last = now()

    def report(event: ImportEvent) -> None:
        nonlocal last
        if isinstance(event, ImportProgress) and now() - last >= _SECONDS_A_LINE:
            last = now()
            left = _left(event)
            write(f"{_WORDS[event.phase]}, {event.done} of {event.total}{left and f', {left}'}")

    return report


def _left(event: ImportProgress) -> str:
    return "" if event.left is None else f"about {clock(event.left)} left"


@contextmanager
def _bar() -> Iterator[Callable[[ImportEvent], None]]:
    from rich.console import Console
    from rich.progress import BarColumn, Progress, TextColumn, TimeElapsedColumn

    from alcore.data.importing.import_events import ImportProgress

    columns = (TextColumn("{task.description:<32}"), BarColumn(), TimeElapsedColumn())
    console = Console(stderr=True)
    left_column = TextColumn("{task.fields[left]}")
    # A thread that draws the bar would be in the way of workers that are forked.
    with Progress(*columns, left_column, console=console, transient=True, auto_refresh=False) as bar:
        task = bar.add_task("listing files", total=None, left="")
        bar.refresh()
        last = 0.0

        def report(event: ImportEvent) -> None:
            nonlocal last
            now = time.monotonic()
            if isinstance(event, ImportProgress) and now - last > 1 / _LINES_A_SECOND:
                last = now
                description = f"{_WORDS[event.phase]}, {event.done} of {event.total}"
                bar.update(
                    task,
                    completed=event.share,
                    total=1,
                    description=description,
                    left=_left(event),
                    refresh=True,
                )

        yield report
