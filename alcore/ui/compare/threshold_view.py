"""The Compare page's view of thresholds: the value of a threshold other than ½, from kept counts."""

from __future__ import annotations

import numpy as np
import pandas as pd
import streamlit as st

from alcore.metrics import metric_at
from alcore.presentation.figures import by_threshold as figures
from alcore.presentation.labels import FLAGGING_TITLES, METRIC_TITLES
from alcore.statistics.calibration import (
    IMAGES,
    PIXELS,
    areas,
    calibration,
    image_parts,
    pixel_parts,
    precision_recall_frame,
    reliability_frame,
)
from alcore.statistics.comparison import Question
from alcore.statistics.detection import at_false_alarms
from alcore.statistics.operating import Operating, by_rule, recovered
from alcore.storage.evidence import gather_operating, gather_peaks, gather_validation_peaks
from alcore.thresholds import COUNT, HALF, PROBABILITIES
from alcore.ui.choices import counts_validation
from alcore.ui.compare.compared_run import ComparedRun, choose_one
from alcore.ui.downloads import show_figure
from alcore.ui.recovery import show_recovery
from alcore.ui.session import run_records
from alcore.wording import percent

_RATES = (0.0, 0.005, 0.01, 0.02, 0.03, 0.05, 0.1, 0.15, 0.2, 0.3, 0.5)


def show_thresholds(runs: list[ComparedRun], question: Question) -> None:
    """A run's models at other thresholds than ½; of several runs one at a time."""
    run = choose_one(runs, "thresholds_of")
    operating = _operating(run.id, run.records) if run.has_counts else None
    if operating is None:
        st.info(
            f"{'Run ' + run.name if len(runs) > 1 else 'This run'} keeps no counts at thresholds other "
            "than ½: it is older than that, is known only from logs, or has no validation patches to "
            "tune on. A new run has them."
        )
        return
    operating = operating.only({*run.evidence.strategies})
    threshold, cycle, rate = _choose(operating)
    _show_rules(run, operating, question, threshold, cycle, charged=counts_validation())
    _show_quality(run, operating, question.test_prevalence, threshold, cycle)
    _show_inspection(run, operating, question.test_prevalence, cycle, rate)


@st.cache_resource(max_entries=3, show_spinner=False)
def _operating(run_id: str, records: int) -> Operating | None:
    return gather_operating(run_records(run_id))


def _choose(operating: Operating) -> tuple[int, int, float]:
    """The reader's threshold, the cycle after which curves are drawn, and the false-alarm rate."""
    pixels, cycles, alarms = st.columns(3, gap="medium")
    with pixels:
        threshold = st.select_slider(
            "Threshold on each pixel",
            range(COUNT),
            HALF,
            format_func=lambda index: f"{PROBABILITIES[index]:.4g}",
            key="pixel_threshold",
            help=(
                "A pixel is called defective from this probability on. Everything is computed from saved "
                "counts."
            ),
            persist_state="page",
        )
    last = int(operating.evidence.cycles[-1])
    cycle = last
    with cycles:
        if last > 1:
            cycle = st.slider("After cycle", 1, last, last, key="threshold_cycle", persist_state="page")
    with alarms:
        rate = st.select_slider(
            "False alarms allowed",
            _RATES,
            0.05,
            format_func=percent,
            key="false_alarm_rate",
            help="Share of clean images that may be flagged; the threshold for it is chosen on validation.",
            persist_state="page",
        )
    return threshold, cycle, rate


def _show_rules(
    run: ComparedRun, operating: Operating, question: Question, threshold: int, cycle: int, *, charged: bool
) -> None:
    metric, prevalence = question.metric, question.test_prevalence
    own = None if threshold == HALF else threshold
    strategies = operating.evidence.strategies
    at = f"{METRIC_TITLES[metric]} at π₁ = {percent(prevalence)}"
    left, right = st.columns(2, gap="medium")
    with left:
        values = metric_at(operating.test[:, :, cycle - 1].mean(axis=0), metric, prevalence)  # (S, 33)
        marks = {"½": HALF} | ({} if own is None else {"chosen": threshold})
        figure = figures.metric_along_threshold(values, strategies, title=f"{at}, cycle {cycle}", marks=marks)
        show_figure(figure, "metric-along-threshold")
    rows = _rules(run.id, run.records, strategies, metric, prevalence, own, charged=charged)
    is_area = bool(rows["aubc"].notna().any())
    with right:
        title = f"AUBC ({at})" if is_area else at
        show_figure(
            figures.rules_forest(rows, "aubc" if is_area else "final", title=title), "operating-rules"
        )
    claims = _recovered(run.id, run.records, strategies, metric, prevalence)
    pool_prevalence = operating.evidence.pool_prevalence
    show_recovery(claims, metric, pool_prevalence, prevalence, name="recovered", area=is_area)
    st.caption(
        "Rules choose, for each model, the threshold with the highest IoU on validation patches reweighted "
        "to π₁ or to π₀; all are evaluated on the test patches. The best on the test patches themselves "
        "cheats. "
        "Along the threshold, counts are averaged over repetitions. "
        f"{_of_validation(run, operating, charged=charged)}"
    )


@st.cache_data(max_entries=64, show_spinner=False)
def _rules(
    run_id: str,
    records: int,
    strategies: tuple[str, ...],
    metric: str,
    prevalence: float,
    threshold: int | None,
    *,
    charged: bool,
) -> pd.DataFrame:
    operating = _operating(run_id, records)
    assert operating is not None, "only asked for where there is one"
    return by_rule(operating.only({*strategies}), metric, prevalence, threshold, charged=charged)


def _of_validation(run: ComparedRun, operating: Operating, *, charged: bool) -> str:
    """How many labels tuning takes, and whether the budget here counts them."""
    labels, budget = operating.validation_labels, int(run.evidence.labelled[-1])
    tuning = f"Tuning uses {labels} labelled validation patches beside a budget of {budget} labels"
    if not charged:
        return f"{tuning}, which does not count them here."
    if labels >= budget:
        return f"{tuning}: where these count, a tuned model is never bought within the budget."
    return f"{tuning}; rules are compared over the same labels in all."


@st.cache_data(max_entries=64, show_spinner=False)
def _recovered(
    run_id: str, records: int, strategies: tuple[str, ...], metric: str, prevalence: float
) -> pd.DataFrame:
    operating = _operating(run_id, records)
    assert operating is not None, "only asked for where there is one"
    return recovered(operating.only({*strategies}), metric, prevalence)


def _show_quality(
    run: ComparedRun, operating: Operating, prevalence: float, threshold: int, cycle: int
) -> None:
    """Precision against recall, and reliability, after a cycle."""
    strategies = operating.evidence.strategies
    left, right = st.columns(2, gap="medium")
    with left:
        st.markdown(f"**Precision and recall of pixels** at π₁ = {percent(prevalence)}, after cycle {cycle}")
        frame = precision_recall_frame(operating, cycle, prevalence)
        chosen = None if threshold == HALF else threshold
        show_figure(figures.precision_recall_curves(frame, chosen=chosen), "precision-recall")
    with right:
        level = st.segmented_control(
            "Do probabilities mean what they say?",
            [PIXELS, IMAGES],
            default=PIXELS,
            required=True,
            key="reliability_of",
            persist_state="page",
        )
        parts = {PIXELS: pixel_parts(operating, cycle), IMAGES: _parts_of_images(run, operating, cycle)}
        figure = figures.reliability_diagram(reliability_frame(strategies, level, parts[level], prevalence))
        show_figure(figure, "reliability")
    table = pd.DataFrame({"strategy": strategies})
    area = areas(operating, cycle, prevalence)
    table["area under precision-recall"] = [*map(_bounded, area["area"], area["low"], area["high"])]
    for level, own in parts.items():
        error = calibration(strategies, level, own, prevalence)
        table[f"calibration error, {level}"] = [*map(_bounded, error["error"], error["low"], error["high"])]
    st.dataframe(table, hide_index=True)
    st.caption(
        "Areas step from threshold to threshold (average precision). The calibration error is the mean gap "
        "between predicted probability and observed share (ECE); an image's probability is that of its "
        f"surest pixel. {_what_intervals_cover(operating)}"
    )


def _what_intervals_cover(operating: Operating) -> str:
    """Said of the table of areas and calibration errors, whose intervals know less than others."""
    if operating.evidence.repetitions == 1:
        return "Intervals of areas are over the test patches; errors have none, as there is one repetition."
    text = "Intervals in this table are over repetitions alone"
    if operating.evidence.shared is None:
        return f"{text}, which have no test patch in common."
    return (
        f"{text}. They leave out the error of the test patches that repetitions have in common, which "
        "more repetitions would not reduce: the true intervals are wider. Those of the rules above include "
        "it."
    )


def _parts_of_images(run: ComparedRun, operating: Operating, cycle: int) -> np.ndarray:
    peaks = gather_peaks(run_records(run.id), cycle)
    assert peaks is not None, "the cycle is finished"
    return image_parts(peaks.only(operating.evidence.strategies))


def _bounded(value: float, low: float, high: float) -> str:
    return f"{value:.3f}" if pd.isna(low) else f"{value:.3f} ({low:.3f} to {high:.3f})"


def _show_inspection(
    run: ComparedRun, operating: Operating, prevalence: float, cycle: int, rate: float
) -> None:
    records = run_records(run.id)
    peaks, tuned_on = gather_peaks(records, cycle), gather_validation_peaks(records, cycle)
    if peaks is None or tuned_on is None:
        return
    names = operating.evidence.strategies
    rows = at_false_alarms(tuned_on.only(names), peaks.only(names), prevalence, rate)
    st.markdown(
        f"**Images found at {percent(rate)} false alarms.** The threshold on an image's surest pixel is "
        "chosen on validation; its effect is measured on the test patches, at "
        f"π₁ = {percent(prevalence)}."
    )
    table = pd.DataFrame({"strategy": rows["strategy"], "threshold": rows["threshold"].map("{:.4g}".format)})
    for column, title in FLAGGING_TITLES.items():
        parts = zip(rows[column], rows[f"{column}_low"], rows[f"{column}_high"], strict=True)
        table[title] = [
            "undefined" if pd.isna(value) else f"{value:.1%} ({low:.1%} to {high:.1%})"
            for value, low, high in parts
        ]
    st.dataframe(table, hide_index=True)
