"""A study, or a run, as one HTML file that acts without a server: π₁ slider, metric, strategies, images."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import numpy as np

from alcore.data.collection import open_dataset
from alcore.data.patches import Patches
from alcore.errors import AlcoreError, StoreError
from alcore.presentation.imaging import jpeg, mosaic
from alcore.presentation.live_chart.curves import live_curves, live_run
from alcore.presentation.live_chart.page import Picture, Section, interactive_page
from alcore.presentation.sentences import basis
from alcore.runs.evidence import gather
from alcore.runs.records import RunRecords
from alcore.runs.run_store import RunStore
from alcore.statistics.estimands import Evidence
from alcore.study.plan import Cell
from alcore.study.reader import StudyReader, describe_slice
from alcore.wording import percent, plural

_STEPS = tuple(float(f"{share:.3g}") for share in np.geomspace(0.001, 1, 91))
_SHOWN, _SIDE = 12, 56  # patches of a query, and their pixels


def interactive_file(directory: Path, *, metric: str = "iou", prevalence: float | None = None) -> str:
    """The file of a study's or of a run's directory.

    Args:
        metric: that is shown at first; prevalence: π₁ at first, by default the config's.
    Raises:
        StoreError: it is neither, or nothing of it is finished yet.
    """
    if (directory / "study.json").exists():
        sections = list(_of_study(StudyReader.open(directory), metric, prevalence))
    else:
        sections = list(_of_run(RunStore(directory), metric, prevalence))
    if not sections:
        raise StoreError(f"nothing in {directory} is finished, so there is nothing to show")
    introduction = (
        "Choose the metric, and with the slider the share of defects where the model is used: curves and "
        "95 % bands follow. A click on a name in the legend hides or shows a strategy."
    )
    return interactive_page(directory.resolve().name, introduction, sections)


def _of_study(reader: StudyReader, metric: str, prevalence: float | None) -> Iterator[Section]:
    for slice_, cells in reader.slices.items():
        if not reader.has_results(cells):
            continue
        for pool, evidence in reader.evidence_by_pool(cells).items():
            if not isinstance(evidence, Evidence):
                raise StoreError("imported logs hold no counts, so that no π₁ but theirs can be shown")
            cell = next(one for one in cells if one.config.pool_prevalence == pool)
            where = f"{describe_slice(slice_)}, " if slice_ else ""
            yield _section(
                f"{where}π₀ = {percent(pool)}, {plural(evidence.repetitions, 'repetition')}",
                evidence,
                metric,
                prevalence or cell.config.test_prevalence,
                tuple(_study_pictures(reader, cell)),
            )


def _of_run(store: RunStore, metric: str, prevalence: float | None) -> Iterator[Section]:
    records = RunRecords(store)
    evidence = gather(records)
    if evidence is None:
        return
    config = store.config
    yield _section(
        basis(evidence),
        evidence,
        metric,
        prevalence or config.test_prevalence,
        tuple(_run_pictures(records, len(evidence.cycles))),
    )


def _run_pictures(records: RunRecords, cycles: int) -> Iterator[Picture]:
    patches = _data(records.config.dataset, records.store.data_fingerprint())
    if patches is None:
        return
    for key in records.committed():
        if key.repetition == 1 and key.cycle == min(2, cycles):
            yield _picture(patches, key.strategy, key.cycle, records[key].items, records[key].defective)


def _section(
    title: str, evidence: Evidence, metric: str, prevalence: float, pictures: tuple[Picture, ...]
) -> Section:
    steps = sorted({*_STEPS, prevalence})
    curves = live_curves([live_run(evidence)], test_prevalence=prevalence, steps=steps, metric=metric)
    return Section(title, curves, pictures)


def _study_pictures(reader: StudyReader, cell: Cell) -> Iterator[Picture]:
    results = reader.results(cell.id)
    patches = _data(cell.config.dataset, reader.data_fingerprint(cell))
    if results is None or patches is None:
        return
    cycle = min(2, cell.config.cycles)  # the first is random for all
    for row, strategy in enumerate(cell.config.strategies):
        items, defective = (part[0, row, cycle - 1] for part in (results.items, results.defective))
        yield _picture(patches, strategy, cycle, items, defective)


def _data(name: str, made_with: str | None) -> Patches | None:
    """The data set, where it is on this machine and still the same."""
    try:
        patches = open_dataset(name)
    except AlcoreError:
        return None
    return patches if made_with in (None, patches.fingerprint) else None


def _picture(
    patches: Patches, strategy: str, cycle: int, items: np.ndarray, defective: np.ndarray
) -> Picture:
    shown, marked = items[:_SHOWN], defective[:_SHOWN]
    sheet = mosaic(patches.images(shown), marked, columns=len(shown), side=_SIDE)
    caption = f"{strategy}, query {cycle}: {int(defective.sum())} of {len(items)} defective (framed)"
    alt = "; ".join(f"patch {item}, {'defective' if bad else 'clean'}" for item, bad in zip(shown, marked))
    return Picture(jpeg(sheet), caption, alt)
