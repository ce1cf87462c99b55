"""The Compare page's view of stopping: rules replayed over a run, compared with hindsight."""

from __future__ import annotations

import pandas as pd
import streamlit as st

from alcore.presentation.figures.stops_on_curves import stops_on_curve
from alcore.presentation.labels import METRIC_TITLES, display_name
from alcore.presentation.sentences import judged_at
from alcore.presentation.stop_sentences import HOW_RULES_WORK, best_rule
from alcore.statistics.comparison import Question, curve_frame
from alcore.statistics.frames import each_row
from alcore.statistics.stopping import Histories, replayed
from alcore.storage.stop_histories import gather_histories
from alcore.ui.choices import counts_validation
from alcore.ui.compare.compared_run import ComparedRun, choose_one
from alcore.ui.downloads import show_figure
from alcore.ui.session import run_records

_PRICE = 0.02


def show_stopping(runs: list[ComparedRun], question: Question) -> None:
    """When each rule would have stopped, and what that loses; of several runs one at a time."""
    run = choose_one(runs, "stopping_of")
    if not run.has_counts:
        st.info("Logs do not say what was known after each cycle, so no rule can be replayed.")
        return
    histories = _histories(run.id, run.records, question.metric, question.test_prevalence)
    with st.container(horizontal=True):
        price = _ask_price(question.metric)
        charged = counts_validation()
        rows = replayed(histories, price / 100, charged=charged)
        known = [name for name in run.evidence.strategies if name in set(rows["strategy"])]
        strategy = _ask_strategy(known) if known else None
    if strategy is None:
        st.info(f"{METRIC_TITLES[question.metric]} is undefined at some budget of every strategy here.")
        return
    own = rows[rows["strategy"] == strategy]
    curve = curve_frame(run.evidence, question.metric, question.test_prevalence)
    title = judged_at(question.metric, question.test_prevalence)
    show_figure(stops_on_curve(curve[curve["strategy"] == strategy], own, title=title), "stops-on-curve")
    st.markdown(best_rule(own, run.config.budget))
    st.dataframe(_table(own), hide_index=True)
    st.caption(
        f"A stop is worth {METRIC_TITLES[question.metric]} on the test patches minus {price:g} per 100 "
        "labels. Regret: the loss against the best cycle of each repetition, known only with hindsight, "
        "with 95 % intervals over repetitions; hindsight profits from luck as well. Horizontal bars: the "
        f"earliest and the latest stop. {HOW_RULES_WORK}{_of_validation(histories, charged=charged)}"
    )


@st.cache_resource(max_entries=16, show_spinner=False)
def _histories(run_id: str, records: int, metric: str, prevalence: float) -> Histories:
    histories = gather_histories(run_records(run_id), metric, prevalence)
    assert histories is not None, "only asked for where there is evidence"
    return histories


def _ask_price(metric: str) -> float:
    return st.number_input(
        f"{METRIC_TITLES[metric]} that 100 labels must bring",
        0.0,
        1.0,
        _PRICE,
        0.01,
        format="%.3f",
        key="label_price",
        help="The price of labels: stop when 100 more would bring less than that.",
        persist_state="page",
        width=260,
    )


def _ask_strategy(known: list[str]) -> str:
    return st.selectbox(
        "Strategy shown",
        known,
        min(1, len(known) - 1),
        format_func=display_name,
        key="stopped_strategy",
        persist_state="page",
        width=260,
    )


def _table(rows: pd.DataFrame) -> pd.DataFrame:
    return pd.DataFrame(
        {
            "rule": rows["rule"],
            "labels": [
                f"{row.labels:.0f} ({row.earliest} to {row.latest})"
                if row.earliest < row.latest
                else f"{row.labels:.0f}"
                for row in each_row(rows)
            ],
            "metric then": [_bounded(row.metric, row.metric_low, row.metric_high) for row in each_row(rows)],
            "regret": [_bounded(row.regret, row.regret_low, row.regret_high) for row in each_row(rows)],
            "never said stop": rows["open_share"].map("{:.0%}".format),
        }
    )


def _bounded(value: float, low: float, high: float) -> str:
    return f"{value:.3f}" if pd.isna(low) else f"{value:.3f} ({low:.3f} to {high:.3f})"


def _of_validation(histories: Histories, *, charged: bool) -> str:
    if histories.validation is not None:
        pays = "pays for them here" if charged else "does not pay for them here"
        return f" The plateau looks at {histories.validation_labels} labelled validation patches, and {pays}."
    return " This run keeps no validation patches, so the two rules that need them never say stop."
