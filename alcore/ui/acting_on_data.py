"""Everything that a visitor of a page can do to data sets and logs, through the one door of `acting`."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from alcore.access.limits import Allowance
from alcore.access.roles import Action, Visitor
from alcore.data.collection import (
    dataset_names,
    dataset_path,
    delete_dataset,
    make_surfaces,
    note_about,
    rename_dataset,
)
from alcore.data.feature_shelf import remove_store
from alcore.data.importing.options import ImportOptions
from alcore.data.keep_rules import Kept
from alcore.data.line_pool import write_pool
from alcore.data.production_line import ProductionLine
from alcore.data.synthetic import SurfaceSettings
from alcore.errors import DataError
from alcore.logs.imported import import_logs
from alcore.logs.reading import Log, LogSettings
from alcore.server.import_queue import ImportJob, ImportQueue
from alcore.server.uploads import Content
from alcore.ui.acting import do


def import_data(
    queue: ImportQueue,
    name: str,
    content: Content,
    size: int,
    options: ImportOptions,
    *,
    format_name: str = "auto",
    is_preview: bool = False,
) -> None:
    """Import a source, of so many bytes uploaded, as a data set of that name, in the background.

    Args:
        is_preview: preview it before it is kept.
    """

    def start(who: Visitor, allowance: Allowance) -> None:
        allowance.upload(size)
        allowance.data_set(have=len(dataset_names()) - 1)
        queue.take(
            name,
            content,
            options,
            format_name=format_name,
            is_preview=is_preview,
            owner=who.name,
            room=allowance.room(),
        )

    do(Action.IMPORT_DATA, name, start)


def keep_import(queue: ImportQueue, job: ImportJob) -> None:
    """Keep a previewed data set."""

    def keep(_: Visitor, allowance: Allowance) -> None:
        allowance.data_set(have=len(dataset_names()) - 1)
        queue.keep(job)

    do(Action.COMMAND_UPLOAD, f"{job.name} keep", keep, owner=lambda: job.owner)


def cancel_import(queue: ImportQueue, job: ImportJob) -> None:
    """End an import, or drop a preview."""
    do(Action.COMMAND_UPLOAD, f"{job.name} cancel", lambda *_: queue.cancel(job), owner=lambda: job.owner)


def make_pool(name: str, line: ProductionLine, kept: Kept) -> None:
    """Make a data set whose pool is the images that a production line's rule kept."""

    def make(_: Visitor, allowance: Allowance) -> None:
        allowance.data_set(have=len(dataset_names()) - 1)
        write_pool(dataset_path(name), line, kept)

    do(Action.MAKE_DATA, name, make)


def note_data(name: str, source: str, licence: str, note: str) -> None:
    """Change the notes on a data set."""
    do(Action.ANNOTATE_DATA, name, lambda *_: note_about(name, source=source, licence=licence, note=note))


def rename_data(name: str, new: str) -> None:
    """Rename a data set."""
    do(Action.ANNOTATE_DATA, f"{name} {new}", lambda *_: rename_dataset(name, new))


def make_data(name: str, settings: SurfaceSettings) -> None:
    """Make a data set of procedural surfaces."""

    def make(_: Visitor, allowance: Allowance) -> None:
        allowance.data_set(have=len(dataset_names()) - 1)
        make_surfaces(name, settings)

    do(Action.MAKE_DATA, name, make)


def delete_data(name: str) -> None:
    """Delete an imported or generated data set."""

    def delete(*_: object) -> None:
        try:
            delete_dataset(name)
        except OSError as error:
            raise DataError(f"{name} cannot be deleted: {error.strerror or error}") from None

    do(Action.DELETE_DATA, name, delete)


def remove_features(data: str, store: str) -> None:
    """Remove the kept features of a data set."""
    do(Action.DELETE_DATA, data, lambda *_: remove_store(store))


def bring_in_logs(
    folders: Sequence[Path | Sequence[Path]], name: str, settings: Sequence[LogSettings], size: int
) -> list[Log]:
    """Copy logs, of so many bytes uploaded, into the home."""

    def bring_in(_: Visitor, allowance: Allowance) -> list[Log]:
        allowance.upload(size)
        return import_logs(folders, name, settings)

    return do(Action.IMPORT_LOGS, name, bring_in)
