"""Evidence from logs: the metrics as they were measured, at two prevalences and no other."""

from __future__ import annotations

from collections.abc import Container, Mapping
from dataclasses import dataclass, replace

import numpy as np

from alcore.statistics.estimands import Curves
from alcore.statistics.resampling import repetition_replicates


@dataclass(frozen=True)
class LoggedEvidence:
    """What `estimands.Evidence` is for a run, for logs of R repetitions, S strategies and C cycles.

    values: by (metric, prevalence), (R, S, C); the rest as in `Evidence`.
    """

    strategies: tuple[str, ...]
    cycles: np.ndarray
    labelled: np.ndarray
    pool_size: int
    pool_prevalence: float
    values: Mapping[tuple[str, float], np.ndarray]
    query_share: np.ndarray

    @property
    def repetitions(self) -> int:
        """R, the number of repetitions."""
        return len(self.query_share)

    @property
    def prevalences(self) -> tuple[float, ...]:
        """Where something was measured, ascending."""
        return tuple(sorted({prevalence for _, prevalence in self.values}))

    def only(self, strategies: Container[str]) -> LoggedEvidence:
        """The same of some strategies, in the logs' order."""
        rows = [row for row, name in enumerate(self.strategies) if name in strategies]
        return replace(
            self,
            strategies=tuple(self.strategies[row] for row in rows),
            values={key: block[:, rows] for key, block in self.values.items()},
            query_share=self.query_share[:, rows],
        )

    @property
    def found(self) -> None:
        """None: logs do not say which patches of a query were defective in every cycle."""
        return

    def curves_with_shared_error(self, metric: str, prevalence: float) -> Curves:
        """As `curves`: logs do not say which test patches repetitions share."""
        return self.curves(metric, prevalence)

    def curves(self, metric: str, prevalence: float) -> Curves:
        """One metric at one prevalence; NaN throughout where it was not measured.

        With one repetition there is nothing to resample, so replicates are NaN: no interval is known.
        """
        shape = self.repetitions, len(self.strategies), len(self.cycles)
        values = np.full(shape, np.nan)
        for (name, measured), block in self.values.items():
            if name == metric and np.isclose(measured, prevalence, rtol=1e-6):
                values = block
        several = self.repetitions > 1
        replicates = repetition_replicates(values) if several else np.full((1, *shape[1:]), np.nan)
        return Curves(self.strategies, self.labelled, self.pool_size, values, replicates)
