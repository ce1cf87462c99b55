"""The Study page's tabs of finished cells: three questions, each with the views that answer it."""

from __future__ import annotations

from functools import partial

import numpy as np
import pandas as pd
import streamlit as st

from alcore.presentation.figures import budgets, study_maps
from alcore.presentation.figures.in_words import in_words
from alcore.presentation.labels import METRIC_TITLES, display_name
from alcore.presentation.sentences import NO_BUDGET_WON, basis, effective_patches
from alcore.presentation.study_sentences import (
    counterfactual_claims,
    gain_claims,
    loss_in_short,
    worst_losses,
)
from alcore.statistics.frames import each_row
from alcore.study import analysis
from alcore.study.report import bounded, color_limit
from alcore.ui.downloads import show_figure
from alcore.ui.question_tabs import Part, QuestionTab
from alcore.ui.stage import show_chart
from alcore.ui.study.cell_view import ONE_CELL, show_cell, take_click
from alcore.ui.study.report_view import show_report
from alcore.ui.study.rules_view import show_rules
from alcore.ui.study.study_view import StudyView
from alcore.wording import percent, plural

_WITHIN_REACH = "found, of what was possible"


def _answer_where_it_pays(view: StudyView) -> None:
    prevalence = view.question.test_prevalence
    here = view.grid[np.isclose(view.grid["prevalence"], prevalence)]
    claims = gain_claims(here, view.question.baseline, where=f"π₁ = {percent(prevalence)}")
    st.markdown("  \n".join(claims))


def _show_map(view: StudyView) -> None:
    grid = view.grid
    strategies = list(grid["strategy"].unique())
    if grid["advantage"].isna().all():
        st.info(
            f"There is no advantage over {view.question.baseline} to show: that needs another strategy, at "
            "least two cycles, and a metric that is defined in all of them."
        )
        return
    maps = st.container()  # above the switch, so that they are in sight as a whole
    limit, marks_alone = color_limit(grid), _asks_alone()
    columns = maps.columns(min(2, len(strategies)))
    for index, strategy in enumerate(strategies):
        figure = study_maps.advantage_map(
            grid, strategy, title=view.advantage, limit=limit, marks_alone=marks_alone
        )
        with columns[index % len(columns)]:
            show_chart(
                figure,
                f"map-{strategy}",
                alt=in_words(figure),
                on_point=partial(take_click, f"map-{strategy}"),
                fits_window=False,
            )
    st.caption(
        f"**Advantage over {view.question.baseline}** where defects are π₀ of the pool and π₁ of what the "
        f"model is used on. **Bold**: clear of zero{_judged(marks_alone)}; with † by a t test of fewer "
        "than six repetitions, which no exact test could confirm. *Italic* ○: not clear. "
        "Framed: no shift. Click a cell for its curves and images."
    )


def _show_imbalance(view: StudyView) -> None:
    gain = analysis.gain_without_shift(view.by_pool, view.question.metric, view.question.baseline)
    if gain["advantage"].isna().all():
        st.info(f"There is no other strategy to compare with {view.question.baseline} yet.")
        return
    st.markdown("**Does it pay where defects are rare?** The models are used where π₁ = π₀: no shift.")
    show_figure(study_maps.over_pool(gain, "advantage", title=view.advantage), "study-gain")
    st.markdown("  \n".join(gain_claims(gain, view.question.baseline)))
    st.caption(_basis(view))


def _answer_what_shift_costs(view: StudyView) -> None:
    st.markdown("  \n".join(loss_in_short(view.loss, view.question.test_prevalence).values()))


def _show_shift(view: StudyView) -> None:
    baseline = view.question.baseline
    if view.loss["loss"].isna().all():
        st.info(f"There is no other strategy to compare with {baseline} yet.")
        return
    at = f"π₁ = {percent(view.question.test_prevalence)}"
    figure = study_maps.over_pool(view.loss, "loss", title=f"change of advantage at {at}")
    show_figure(figure, "study-loss")
    st.markdown(
        f"The same models, used at {at} instead of at the pool's π₀: how their advantage over {baseline} "
        "changes. Below zero, shift took part of the gain."
    )
    worst = [f"**{display_name(strategy)}**: {said}" for strategy, said in worst_losses(view.loss).items()]
    st.markdown("  \n".join(worst))
    st.caption(_basis(view))


def _show_counterfactual(view: StudyView) -> None:
    metric, test_prevalence = view.question.metric, view.question.test_prevalence
    frame = analysis.counterfactual(view.by_pool, metric, test_prevalence, target=view.question.target)
    if frame["aubc"].isna().all():
        st.info("No area under a curve is defined here yet.")
        return
    at = f"π₁ = {percent(test_prevalence)}"
    st.markdown(
        f"Models from pools at each π₀, all used at {at} after the same number of labels: the dotted line "
        "marks the "
        "pool that looks like deployment."
    )
    area = f"{view.area} at {at}"
    show_figure(study_maps.counterfactual(frame, test_prevalence, title=area), "study-counterfactual")
    st.markdown("  \n".join(counterfactual_claims(frame, test_prevalence)))
    target = frame["target"].iloc[0]
    st.markdown(
        f"**Labels to reach {METRIC_TITLES[metric]} {target:.3f}** at {at}, half of the best final one."
    )
    title = f"labels to {target:.3f}"
    show_figure(study_maps.labels_to_target(frame, test_prevalence, title=title), "study-labels-needed")
    st.caption("A point at the whole budget means that it was not reached.")


def _asks_alone() -> bool:
    return st.toggle(
        "Judge each cell alone",
        key="study_marks_alone",
        help="By its own 95 % interval. Among many cells, some are then marked by chance.",
        persist_state="page",
    )


def _judged(marks_alone: bool) -> str:
    return (
        " by the cell's own 95 % interval" if marks_alone else " with at most 5 % false marks among all cells"
    )


def _show_labels(view: StudyView) -> None:
    summary = _summary(view)
    st.markdown(
        "**Enrichment**: how many times more defective patches the queries contained than random ones would."
    )
    figure = study_maps.over_pool(
        bounded(summary, "enrichment"), "enrichment", title="enrichment (×)", zero=1.0
    )
    show_figure(figure, "study-enrichment")
    attained = bounded(summary, "attained").dropna(subset=["attained"])
    if len(attained):
        st.markdown(
            "**Of the defects within reach**: enrichment ends when no defects are left, which is sooner "
            "in poor pools; this share can reach 100 % everywhere."
        )
        show_figure(
            study_maps.over_pool(attained, "attained", title=_WITHIN_REACH, zero=None), "study-attained"
        )
    budget = max(int(evidence.labelled[-1]) for evidence in view.by_pool.values())
    saved = bounded(summary, "saved", limit=budget).dropna(subset=["saved"])
    at = f"π₁ = {percent(view.question.test_prevalence)}"
    st.markdown(
        f"**Labels saved** against {view.question.baseline} at {at}: labels that the baseline needs "
        "to reach its own final value, minus the strategy's."
    )
    if saved.empty:
        st.info("No number of labels saved is known here.")
        return
    show_figure(study_maps.over_pool(saved, "saved", title=f"labels saved at {at}"), "study-saved")
    censored = summary[summary["saved_bound"] != ""]
    if len(censored):
        words = [
            f"{display_name(row.strategy)} at π₀ {percent(row.pool_prevalence)} ({row.saved_bound})"
            for row in each_row(censored)
        ]
        st.caption(f"Only bounds are known for {'; '.join(words)}: one of the two never gets there.")


def _show_ranks(view: StudyView) -> None:
    at = f"π₁ = {percent(view.question.test_prevalence)}"
    st.markdown(f"**Rank** by {view.area} at {at}; 1 is the best.")
    show_figure(study_maps.rank_map(analysis.ranks(_summary(view))), "study-ranks")
    matrix, names = analysis.penalties(view.by_pool, view.question.metric, view.question.test_prevalence)
    if len(names) < 2:
        return
    st.markdown(
        "**Who beats whom.** Share of budgets at which the row's strategy is significantly above the "
        f"column's, added up over {plural(len(view.by_pool), 'cell')}; all pairs, budgets and cells are "
        "one family."
    )
    names = [display_name(name) for name in names]
    show_figure(budgets.penalty_heatmap(matrix, names, runs=len(view.by_pool)), "study-penalties")
    if not matrix.any():
        st.caption(NO_BUDGET_WON)


def _summary(view: StudyView) -> pd.DataFrame:
    question = view.question
    return analysis.summaries(view.by_pool, question.metric, question.baseline, question.test_prevalence)


def _basis(view: StudyView) -> str:
    counts = np.array([evidence.repetitions for evidence in view.by_pool.values()])
    if (counts == 1).any():
        return "Where a cell has one repetition, its interval is over test patches alone: too narrow."
    evidence = next(iter(view.by_pool.values()))
    sizes = effective_patches(evidence, view.question.test_prevalence)
    if counts.min() < counts.max():
        few = plural(int(counts.min()), "repetition")
        return f"Cells have {few} to {counts.max()}. The first one's: {basis(evidence)} {sizes}".strip()
    return f"{basis(evidence)} {sizes}".strip()


TABS: dict[str, QuestionTab[StudyView]] = {
    "Where does it pay?": QuestionTab(
        {
            "Map": Part(_show_map),
            ONE_CELL: Part(show_cell, "the curves of a π₀, and the images that its strategies chose"),
            "Imbalance": Part(_show_imbalance, "without shift: does it pay where defects are rare?"),
            "Labels": Part(_show_labels, "labels saved, enrichment, defects within reach"),
            "Ranks": Part(_show_ranks, "the order of the strategies, and who beats whom"),
        },
        _answer_where_it_pays,
    ),
    "What does shift cost?": QuestionTab(
        {
            "Shift": Part(_show_shift),
            "Which pool?": Part(_show_counterfactual, "which would have been the better one for this π₁"),
            "Thresholds": Part(show_rules, "how much of the loss is only a threshold"),
        },
        _answer_what_shift_costs,
    ),
    "Export": QuestionTab({"Report": Part(show_report)}),
}
"""By title. Views are named as when each was a tab: addresses hold these names."""

AT_ALL_PREVALENCES = {"Where does it pay?"}
"""Tabs whose picture shows every π₁ of the study."""
