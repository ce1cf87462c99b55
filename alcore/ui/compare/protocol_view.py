"""The paper's protocol beside the reweighted numbers: what test sets drawn at π₁ would have said."""

from __future__ import annotations

from collections.abc import Callable

import pandas as pd
import streamlit as st

from alcore.presentation.labels import METRIC_TITLES
from alcore.statistics.comparison import Question
from alcore.statistics.drawn_tests import PAPER_SIZE, by_protocol
from alcore.storage.evidence import gather_models
from alcore.ui.compare.compared_run import ComparedRun
from alcore.ui.session import run_records
from alcore.wording import percent


def show_protocol(
    runs: list[ComparedRun], question: Question, name_of: Callable[[ComparedRun, str], str]
) -> None:
    """What drawn test sets would have said of the last models."""
    runs = [run for run in runs if run.has_counts]
    if not runs:
        st.info("Logs hold no counts of each test patch, so no test set can be drawn from them.")
        return
    metric, prevalence = question.metric, question.test_prevalence
    parts = []
    for run in runs:
        frame = _protocol(run.id, run.records, int(run.evidence.cycles[-1]), metric, prevalence)
        frame = frame[frame["strategy"].isin(run.evidence.strategies)]
        parts.append(frame.assign(name=[name_of(run, strategy) for strategy in frame["strategy"]]))
    rows = pd.concat(parts, ignore_index=True)
    ranges = zip(rows["low"], rows["high"], strict=True)
    table = pd.DataFrame(
        {
            "strategy": rows["name"],
            "reweighted": rows["reweighted"],
            "drawn, on average": rows["drawn"],
            "drawn, 95 of 100": [
                "undefined" if pd.isna(low) else f"{low:.3f} to {high:.3f}" for low, high in ranges
            ],
        }
    )
    number = st.column_config.NumberColumn(format="%.3f")
    st.dataframe(table, column_config={"reweighted": number, "drawn, on average": number}, hide_index=True)
    st.caption(
        f"{METRIC_TITLES[metric]} at π₁ = {percent(prevalence)} of the last models. Elsewhere all test "
        "patches are used and reweighted to π₁: the same expected counts with less noise. A drawn set has "
        f"{rows['defects'].iloc[0]} defective patches of {PAPER_SIZE}; the range is that of one drawn "
        "set, averaged over repetitions, for these models. Patches are drawn "
        f"without replacement while they last.{_undefined(rows['undefined'].max())}"
    )


def _undefined(share: float) -> str:
    return f" On up to {percent(round(share, 3))} of drawn sets the metric is undefined." if share > 0 else ""


@st.cache_data(max_entries=32, show_spinner=False)
def _protocol(run_id: str, records: int, cycle: int, metric: str, prevalence: float) -> pd.DataFrame:
    models = gather_models(run_records(run_id), cycle)
    assert models is not None, "the cycle is finished"
    return by_protocol(models, metric, prevalence)
