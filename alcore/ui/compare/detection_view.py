"""The Compare page's image-level view: detection, false alarms and precision as the threshold moves."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pandas as pd
import streamlit as st

from alcore.presentation.figures.shift import operating_curves
from alcore.presentation.labels import FLAGGING_TITLES
from alcore.statistics.detection import Peaks, along_threshold, at_threshold, rates_along
from alcore.storage.evidence import gather_peaks
from alcore.ui.compare.compared_run import ComparedRun
from alcore.ui.downloads import show_figure
from alcore.ui.session import run_records
from alcore.wording import percent

_THRESHOLDS = (
    *(0.001, 0.002, 0.005, 0.01, 0.02, 0.05, 0.1, 0.15, 0.2, 0.25, 0.3, 0.35, 0.4, 0.45, 0.5, 0.55),
    *(0.6, 0.65, 0.7, 0.75, 0.8, 0.85, 0.9, 0.95, 0.98, 0.99, 0.995, 0.998, 0.999),
)
_OF = {"detection": "defective", "false_alarms": "clean", "precision": "flagged"}
"""The patches that a share is of."""

Namer = Callable[[ComparedRun, str], str]


def show_inspection(runs: list[ComparedRun], test_prevalence: float, name_of: Namer) -> None:
    """Two charts along the threshold and a table at the chosen one."""
    cycle, threshold = _choose(runs)
    found = [(position, run, _peaks(run.id, cycle, run.records)) for position, run in enumerate(runs)]
    found = [(position, run, peaks) for position, run, peaks in found if peaks is not None]
    curves, points = [], []
    for position, run, peaks in found:
        curve = along_threshold(peaks.strategies, _rates(run.id, cycle, run.records), test_prevalence)
        curve = curve[curve["strategy"].isin(run.evidence.strategies)]
        nearest = _nearest(curve["threshold"], threshold)
        names = {strategy: name_of(run, strategy) for strategy in peaks.strategies}
        curves.append(curve.assign(run=position, name=curve["strategy"].map(names), is_chosen=nearest))
        point = at_threshold(peaks, test_prevalence, threshold)
        point = point[point["strategy"].isin(run.evidence.strategies)]
        points.append(point.assign(name=point["strategy"].map(names)))
    frame = pd.concat(curves, ignore_index=True)
    st.markdown(
        "A patch is flagged where its largest pixel probability is at least the threshold. "
        f"Precision is for π₁ = {percent(test_prevalence)}: of the flagged patches, the share that is "
        "defective."
    )
    left, right = st.columns(2, gap="medium")
    with left:
        show_figure(
            operating_curves(
                frame,
                x="false_alarms",
                y="detection",
                x_title=FLAGGING_TITLES["false_alarms"],
                y_title=FLAGGING_TITLES["detection"],
            ),
            "detection-false-alarms",
        )
    with right:
        show_figure(
            operating_curves(
                frame,
                x="detection",
                y="precision",
                x_title=FLAGGING_TITLES["detection"],
                y_title=FLAGGING_TITLES["precision"],
            ),
            "precision-detection",
        )
    _show_table(pd.concat(points, ignore_index=True))


def _choose(runs: list[ComparedRun]) -> tuple[int, float]:
    last = min(int(run.evidence.cycles[-1]) for run in runs)
    threshold = st.sidebar.select_slider(
        "Threshold on the largest probability",
        _THRESHOLDS,
        0.5,
        format_func=lambda value: f"{value:g}",
        key="threshold",
        bind="query-params",
    )
    if last == 1:
        st.sidebar.caption("After cycle 1")
        return 1, threshold
    most = min(run.config.cycles for run in runs)
    cycle = st.sidebar.slider("After cycle", 1, most, last, key="inspected_cycle", persist_state="page")
    if cycle > last:
        st.sidebar.caption(f"Not all runs have reached that cycle; showing cycle {last}.")
    return min(cycle, last), threshold


@st.cache_resource(max_entries=16, show_spinner=False)
def _peaks(run_id: str, cycle: int, records: int) -> Peaks | None:
    return gather_peaks(run_records(run_id), cycle)


@st.cache_resource(max_entries=16, show_spinner=False)
def _rates(run_id: str, cycle: int, records: int) -> tuple[np.ndarray, np.ndarray]:
    """Rates at all thresholds: they depend neither on π₁ nor on the threshold chosen."""
    return rates_along(_peaks(run_id, cycle, records))


def _nearest(thresholds: pd.Series, wanted: float) -> pd.Series:
    """Which rows have the threshold that lies nearest on the logit scale."""
    distance = (np.log(thresholds / (1 - thresholds)) - np.log(wanted / (1 - wanted))).abs()
    return distance == distance.min()


def _show_table(points: pd.DataFrame) -> None:
    table = pd.DataFrame({"strategy": points["name"]})
    for column, title in FLAGGING_TITLES.items():
        table[title] = 100 * points[column]
        bounds = zip(points[f"{column}_low"], points[f"{column}_high"], strict=True)
        table[f"95 % interval, {_OF[column]}"] = [
            "undefined" if np.isnan(low) else f"{100 * low:.1f} to {100 * high:.1f} %" for low, high in bounds
        ]
    number = st.column_config.NumberColumn(format="%.1f %%")
    config = dict.fromkeys(FLAGGING_TITLES.values(), number)
    st.dataframe(table, column_config=config, hide_index=True)
    if points["precision"].isna().any():
        st.caption("Precision is undefined where no patch is flagged.")
