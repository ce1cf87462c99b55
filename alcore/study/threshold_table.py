"""thresholds.csv: what operating rules give in a study's cells, and how much of a shift's loss they save."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pandas as pd

from alcore.statistics.operating import by_rule, recovered
from alcore.storage.evidence import gather_operating
from alcore.storage.run_records import RunRecords
from alcore.storage.run_store import RunStore
from alcore.study.plan import Cell, StudyPlan
from alcore.study.summary import of_cell, read_rows

FILE = "thresholds.csv"
METRIC = "iou"
"""What the table is about, as cells.csv."""


def threshold_rows(cell: Cell, store: RunStore, prevalences: tuple[float, ...]) -> pd.DataFrame:
    """The rows of a finished cell, for IoU.

    Columns: the grid's keys, cell, test_prevalence, strategy, rule, repetitions, and those of
    `alcore.statistics.operating.by_rule` and `recovered`.

    None at all where the run keeps no counts at other thresholds than ½, or has nothing to tune on.
    """
    operating = gather_operating(RunRecords(store))
    if operating is None:
        return pd.DataFrame()
    frames = [
        by_rule(operating, METRIC, prevalence)
        .merge(recovered(operating, METRIC, prevalence), on=["strategy", "rule"], how="left")
        .assign(test_prevalence=prevalence)
        for prevalence in prevalences
    ]
    return of_cell(frames, cell, repetitions=operating.evidence.repetitions, leading=("strategy", "rule"))


def read_thresholds(file: Path, plan: StudyPlan) -> pd.DataFrame:
    """thresholds.csv, see `read_rows`.

    Tables from before thresholds were tuned at both ends have that loss, and its share, made from their
    areas, where these are known at π₀ too; such numbers have no bounds.
    """
    table = read_rows(file, plan, texts=("strategy", "rule"))
    if table.empty or "tuned_loss" in table:
        return table
    homes = {cell.id: cell.config.pool_prevalence for cell in plan.cells}
    keys = ["cell", "strategy", "rule"]
    at_home = table[np.isclose(table["test_prevalence"], table["cell"].map(homes).astype(float))]
    pooled = table[keys].merge(at_home[[*keys, "aubc"]], on=keys, how="left")["aubc"].to_numpy()
    tuned = np.where(table["loss"].isna(), np.nan, pooled - table["aubc"])
    with np.errstate(divide="ignore", invalid="ignore"):
        share = np.where(table["loss_low"] > 0, 1 - tuned / table["loss"], np.nan)
    unknown = dict.fromkeys(("tuned_loss_low", "tuned_loss_high", "share_low", "share_high"), np.nan)
    return table.assign(tuned_loss=tuned, share=share, **unknown)
