"""A report's part about thresholds: what shift costs at ½, how much of it is a threshold; thresholds.csv."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import pandas as pd

from alcore.presentation.figures.by_threshold import recovery_forest
from alcore.presentation.threshold_sentences import REMEDY_WARNING, recovery_claims, remedies_in_words
from alcore.statistics.frames import grouped
from alcore.study.plan import Cell
from alcore.study.reader import StudyReader
from alcore.study.report_parts import Heading, Part, Picture, Table, Text
from alcore.study.threshold_table import FILE, METRIC
from alcore.wording import percent

_COLUMNS = (
    *(
        "pool_prevalence",
        "strategy",
        "rule",
        "validation_labels",
        "aubc",
        "aubc_low",
        "aubc_high",
        "threshold",
    ),
    *("loss", "gain", "gain_low", "gain_high"),
    *("tuned_loss", "tuned_loss_low", "tuned_loss_high", "share", "share_low", "share_high"),
)


def rules_parts(reader: StudyReader, cells: Sequence[Cell], prevalence: float, tag: str) -> Iterator[Part]:
    """For models from each pool that kept counts at other thresholds: the remedies, and their table."""
    rows = reader.thresholds_of(cells, prevalence)
    if rows.empty:
        return
    yield Heading(3, f"What is a threshold worth at π₁ = {percent(prevalence)}?")
    for pool, own in grouped(rows.sort_values("pool_prevalence", kind="stable"), "pool_prevalence", float):
        claims = own.dropna(subset=["gain"])
        text = " ".join(_claims(claims, pool, prevalence))
        yield Text(f"Models from pools at π₀ = {percent(pool)}, always by IoU. {text}")
        name = f"shift-loss-recovered{tag}-{100 * pool:.3g}"
        yield Picture(recovery_forest(claims, title="AUBC (IoU)"), name)
    yield Text(REMEDY_WARNING)
    yield Text(f"The rows of {FILE} at this π₁; bounds are of 95 % intervals.")
    yield Table(rows[[name for name in _COLUMNS if name in rows]])


def _claims(claims: pd.DataFrame, pool: float, prevalence: float) -> list[str]:
    return [*recovery_claims(claims, METRIC, pool, prevalence), *remedies_in_words(claims)]
