"""A run's or a study's directory -> one interactive HTML file."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import numpy as np

from alcore.config import RunConfig
from alcore.data.collection import open_dataset
from alcore.data.patches import Patches
from alcore.errors import DataError, StoreError
from alcore.experiment.cycle_key import CycleKey
from alcore.presentation.imaging import mosaic, webp
from alcore.presentation.live_chart.page import PageRun, QueryPicture, live_page
from alcore.presentation.methods_text import BIBTEX, CITATION, methods_paragraph
from alcore.statistics.comparison import Question
from alcore.storage.evidence import gather
from alcore.storage.run_records import RunRecords
from alcore.storage.run_store import RunStore
from alcore.study.plan import Cell
from alcore.study.reader import StudyReader, describe_axis
from alcore.study.summary import BASELINE
from alcore.wording import plural

_SIDE, _COLUMNS, _MOST = 64, 10, 20


def interactive_page(directory: Path, *, metric: str = "iou", test_prevalence: float | None = None) -> str:
    """The HTML file of the run or the study in a directory.

    Args:
        metric, test_prevalence: shown first; by default at the first run's π₁.
    Raises:
        StoreError: nothing there is finished.
    """
    if (directory / "study.json").exists():
        runs = list(_of_study(StudyReader.open(directory)))
        if not runs:
            raise StoreError("no repetition of the study is finished, so there is nothing to report")
        return live_page(
            f"Study {directory.resolve().name}", runs, metric=metric, test_prevalence=test_prevalence
        )
    return live_page(
        f"Run {directory.resolve().name}",
        [_of_run(RunStore(directory))],
        metric=metric,
        test_prevalence=test_prevalence,
    )


def _of_run(store: RunStore) -> PageRun:
    records = RunRecords(store)
    evidence = gather(records)
    if evidence is None:
        raise StoreError("no cycle of the run is finished, so there is nothing to report")
    config, patches = records.config, _dataset(records.config, store.data_fingerprint())
    keys = [CycleKey(1, int(cycle), name) for cycle in evidence.cycles for name in config.strategies]
    queries = {(key.strategy, key.cycle): (records[key].items, records[key].defective) for key in keys}
    pictures = {key: _picture(patches, *query) for key, query in queries.items()} if patches else {}
    return PageRun(store.directory.resolve().name, config, evidence, pictures)


def _of_study(reader: StudyReader) -> Iterator[PageRun]:
    for cell in reader.plan.cells:
        results = reader.results(cell.id)
        if results is None:
            continue
        config = results.config
        patches = _dataset(config, reader.data_fingerprint(cell))
        pictures = {
            (name, cycle + 1): _picture(patches, *results.query(0, row, cycle + 1))
            for cycle in range(config.cycles)
            for row, name in enumerate(config.strategies)
            if patches is not None
        }
        yield PageRun(_title(cell), config, results.evidence, pictures)


def _title(cell: Cell) -> str:
    return ", ".join(f"{key} = {describe_axis(key, value)}" for key, value in cell.values.items()) or cell.id


def _dataset(config: RunConfig, made_with: str | None) -> Patches | None:
    """The data set whose images were chosen; None where it is gone or was replaced."""
    try:
        patches = open_dataset(config.dataset)
    except DataError:
        return None
    return patches if made_with in (None, patches.fingerprint) else None


def _picture(patches: Patches, items: np.ndarray, defective: np.ndarray) -> QueryPicture:
    """A query's first patches, the defective ones framed."""
    shown = items[:_MOST]
    sheet = mosaic(patches.images(shown), defective[:_MOST], columns=min(_COLUMNS, len(shown)), side=_SIDE)
    some = f", the first {_MOST} shown" if len(items) > _MOST else ""
    words = f"{int(defective.sum())} of {plural(len(items), 'patch')} defective (framed){some}"
    return QueryPicture(webp(sheet), words)


def extras_of(directory: Path) -> dict[str, bytes]:
    """Files by name; none before the run's first cycle is finished.

    Raises:
        StoreError: there is no run, or a record is damaged.
    """
    store = RunStore(directory)
    evidence = gather(RunRecords(store))
    if evidence is None:
        return {}
    config = store.config
    baseline = BASELINE if BASELINE in config.strategies else config.strategies[0]
    question = Question("iou", config.test_prevalence, baseline)
    device = str(store.environment().get("device", "an unknown device"))
    text = methods_paragraph(config, evidence, question, device=device)
    return {
        "figures.html": interactive_page(directory).encode(),
        "methods.md": f"{text}\n\n{CITATION}\n\n```bibtex\n{BIBTEX}\n```\n".encode(),
    }
