"""What every view of the Compare page draws."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

import pandas as pd
import streamlit as st

from alcore.presentation.figures import budgets as figures
from alcore.presentation.figures.layout import trace_name
from alcore.presentation.labels import METRIC_TITLES
from alcore.presentation.sentences import judged_at
from alcore.statistics.comparison import Question, by_budget, summarise
from alcore.statistics.estimands import Estimate
from alcore.ui.compare.compared_run import ComparedRun

PREVALENCE_KEY, METRIC_KEY = "pi1", "judge"
"""Keys of π₁ and of the metric, in the session and in the page's address."""


@dataclass(frozen=True)
class View:
    """What a view draws: at least one run, all with evidence, and what is asked of them."""

    runs: list[ComparedRun]
    question: Question
    align: str

    @property
    def title(self) -> str:
        """The metric and where it is judged, for axes."""
        return judged_at(self.question.metric, self.question.test_prevalence)

    def name(self, run: ComparedRun, strategy: str) -> str:
        """What a strategy of a run is called."""
        return trace_name(run.name, strategy, len(self.runs))

    @cached_property
    def summary(self) -> pd.DataFrame:
        """All runs' `summarise` rows, with columns run, title and name before them."""
        parts = []
        for run in self.runs:
            frame = summarise(run.evidence, self.question)
            names = [self.name(run, strategy) for strategy in frame["strategy"]]
            parts.append(frame.assign(run=run.name, title=run.title, name=names))
        first = ["run", "title", "name"]
        frame = pd.concat(parts, ignore_index=True)
        return frame[[*first, *frame.columns.difference(first, sort=False)]]

    def rows_of(self, run: ComparedRun) -> pd.DataFrame:
        """One run's part of the summary."""
        return self.summary[self.summary["run"] == run.name]

    @cached_property
    def budgets(self) -> list[pd.DataFrame]:
        """Each run's `by_budget` rows."""
        return [by_budget(run.evidence, self.question) for run in self.runs]

    @property
    def curves(self) -> list[figures.RunCurves]:
        """Each run's part of figures over the budget."""
        return [
            figures.RunCurves(run.name, rows, self._ceiling(run))
            for run, rows in zip(self.runs, self.budgets, strict=True)
        ]

    def _ceiling(self, run: ComparedRun) -> Estimate | None:
        if run.ceiling is None:
            return None
        curves = run.ceiling.curves(self.question.metric, self.question.test_prevalence)
        return Estimate.of(curves.mean[0, 0], curves.replicates[:, 0, 0])


def tell(view: View, run: ComparedRun, sentences: list[str]) -> None:
    """Sentences about one of the runs, named where there are several; that it lacks the baseline, instead."""
    baseline = view.question.baseline
    said = [sentence for sentence in sentences if sentence]
    if baseline not in run.evidence.strategies:
        said = [f"This run has no {baseline} baseline to compare with."]
    if said:
        lead = "" if len(view.runs) == 1 else f"**Run {run.name}.** "
        st.markdown(lead + "  \n".join(said))


def why_no_advantage(view: View) -> str:
    """Why no strategy of any run has an advantage to show."""
    metric, baseline = METRIC_TITLES[view.question.metric], view.question.baseline
    if all(len(run.evidence.labelled) < 2 for run in view.runs):
        return "An area under the curve needs at least two finished cycles."
    if all(len(run.evidence.strategies) < 2 for run in view.runs):
        return f"There is no other strategy to compare with {baseline} in the same run."
    return (
        f"{metric} is undefined at some budget of every strategy here, so there is no area under its curve."
    )
