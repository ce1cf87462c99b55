"""Cells of the recorded studies, computed again from the raw counts with numpy alone.

By the formulas as papers have them: nothing of the package is used but its files.
"""

from __future__ import annotations

import csv
import json

import numpy as np
import pytest
from scipy import stats

from tests.conftest import ROOT

RECORDED = ROOT / "assets" / "recorded"


def area(values, labels):
    """Of (..., C) values over labels, by trapezoids, over the width."""
    steps = np.diff(labels) * (values[..., 1:] + values[..., :-1]) / 2
    return steps.sum(axis=-1) / (labels[-1] - labels[0])


def iou_and_influence(counts, defective, share):
    """IoU of (T, 4) tp, fp, fn, tn at a prevalence, and how far each patch moves it."""
    hits, union = counts[:, 0], counts[:, :3].sum(axis=1)
    parts = [(~defective, 1 - share), (defective, share)]
    top, bottom = (sum(w * x[members].mean() for members, w in parts) for x in (hits, union))
    if bottom == 0:
        return np.nan, np.zeros(len(counts))
    moved = np.zeros(len(counts))
    for members, weight in parts:
        own = weight * (hits - top / bottom * union)[members] / bottom
        moved[members] = (own - own.mean()) / np.sqrt(len(own) * (len(own) - 1))
    return top / bottom, moved


def advantage_of(study, pool, strategy, share):
    """AUBC minus random's, with its interval over repetitions and the test patches they share."""
    for file in (RECORDED / study / "results").glob("*.npz"):
        with np.load(file) as arrays:
            config = json.loads(arrays["config"].tobytes())
            if config["pool_prevalence"] == pool:
                counts, items = arrays["counts"].astype(float), arrays["test_items"].astype(int)
                defective = arrays["test_defective"]
                break
    names, query = config["strategies"], config["query_size"]
    labels = query * np.arange(1, config["cycles"] + 1)
    ious = np.zeros(counts.shape[:3])
    moved = np.zeros(counts.shape[:4])
    for place in np.ndindex(*ious.shape):
        ious[place], moved[place] = iou_and_influence(counts[place], defective[place[0]], share)
    row, base, runs = names.index(strategy), names.index("random"), len(ious)
    areas = area(ious, labels)
    differences = areas[:, row] - areas[:, base]
    influence = area((moved[:, row] - moved[:, base]).swapaxes(1, 2), labels)  # (R, T)
    own, common = differences.var(ddof=1) / runs, 0.0
    for patch in np.unique(items):  # the covariance of two repetitions through the patches that both have
        there = influence[items == patch]
        if len(there) > 1:
            weight = (len(there) - 1) * runs / (len(there) * (runs - 1))
            common += weight * (there.sum() / runs) ** 2
    freedom = (runs - 1) * ((own + common) / own) ** 2
    alone = stats.t.ppf(0.975, runs - 1) * np.sqrt(own)
    half = max(alone, stats.t.ppf(0.975, freedom) * np.sqrt(own + common))
    return differences.mean(), differences.mean() - half, differences.mean() + half


@pytest.mark.parametrize(
    ("study", "pool", "strategy", "share"),
    [
        ("synthetic", 0.05, "entropy", 0.05),
        ("synthetic", 0.2, "core-set", 0.01),
        ("magnetic-tile", 0.5, "entropy", 0.01),
    ],
)
def test_a_cell_is_what_its_raw_counts_say(study, pool, strategy, share):
    with (RECORDED / study / "cells.csv").open(encoding="utf-8", newline="") as opened:
        [row] = [
            row
            for row in csv.DictReader(opened)
            if (float(row["pool_prevalence"]), float(row["test_prevalence"])) == (pool, share)
            and row["strategy"] == strategy
        ]
    value, low, high = advantage_of(study, pool, strategy, share)
    assert float(row["aubc_minus_random"]) == pytest.approx(value, abs=1e-9)
    slack = 0.03 * (high - low)  # the file's common error is that of 4,000 draws
    assert float(row["low"]) == pytest.approx(low, abs=slack)
    assert float(row["high"]) == pytest.approx(high, abs=slack)
