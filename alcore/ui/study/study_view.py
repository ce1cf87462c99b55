"""What every view of the Study page draws."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

import pandas as pd

from alcore.presentation.labels import METRIC_TITLES
from alcore.statistics.comparison import Question
from alcore.study import analysis
from alcore.study.analysis import EvidenceByPool
from alcore.study.plan import Cell
from alcore.study.reader import StudyReader


@dataclass(frozen=True)
class StudyView:
    """What a view draws: cells that differ in π₀ alone, those with results, and what is asked of them."""

    reader: StudyReader
    cells: list[Cell]
    by_pool: EvidenceByPool
    question: Question

    @property
    def area(self) -> str:
        """The name of the area under a curve."""
        return f"AUBC ({METRIC_TITLES[self.question.metric]})"

    @property
    def advantage(self) -> str:
        """The name on axes of what a strategy's area is above the baseline's."""
        return f"{self.area} minus {self.question.baseline}'s"

    def cell_at(self, pool: float) -> Cell:
        """The cell of this view's column at a π₀."""
        return next(cell for cell in self.cells if cell.config.pool_prevalence == pool)

    @property
    def test_prevalences(self) -> tuple[float, ...]:
        """All π₁ of the study, rising."""
        return tuple(sorted(self.reader.plan.test_prevalences))

    @cached_property
    def grid(self) -> pd.DataFrame:
        """`alcore.study.analysis.advantage_grid` at all π₁."""
        question = self.question
        return analysis.advantage_grid(
            self.by_pool, question.metric, question.baseline, self.test_prevalences
        )

    @cached_property
    def loss(self) -> pd.DataFrame:
        """`alcore.study.analysis.loss_under_shift` rows."""
        question = self.question
        return analysis.loss_under_shift(
            self.by_pool, question.metric, question.baseline, question.test_prevalence
        )
