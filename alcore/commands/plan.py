"""The command line's planner: how many repetitions are needed to see a difference?"""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from alcore.commands.options import MetricName

if TYPE_CHECKING:
    import pandas as pd

    from alcore.statistics.comparison import Question
    from alcore.statistics.estimands import Evidence
    from alcore.storage.run_store import RunStore


def plan(
    directory: Annotated[Path, typer.Argument(help="A pilot run's directory, of two repetitions or more.")],
    difference: Annotated[
        float, typer.Option(min=0.001, max=1.0, help="The smallest true difference in AUBC that matters.")
    ] = 0.02,
    metric: MetricName = "iou",
    prevalence: Annotated[
        float | None, typer.Option(min=0.001, max=1.0, help="π₁; by default the run's own.")
    ] = None,
    baseline: Annotated[str, typer.Option(help="The strategy that the others are compared with.")] = "random",
    as_json: Annotated[bool, typer.Option("--json", help="Print one JSON object.")] = False,
) -> None:
    """Plan how many repetitions detect a difference with a probability of 80 %, and how long they take."""
    from alcore.compute.measured_time import seconds_per_repetition
    from alcore.statistics.comparison import Question
    from alcore.statistics.planning import pilots
    from alcore.statistics.planning import plan as planned_for
    from alcore.storage.run_store import RunStore

    store = RunStore(directory)
    question = Question(metric, prevalence or store.config.test_prevalence, baseline)
    evidence = _pilot(store, question)
    curves = evidence.curves_with_shared_error(question.metric, question.test_prevalence)
    planned = _Planned(
        planned_for(pilots(curves, baseline), difference),
        question,
        evidence.repetitions,
        difference,
        seconds_per_repetition(store),
    )
    if as_json:
        typer.echo(_line(planned))
    else:
        _print(planned)


@dataclass(frozen=True)
class _Planned:
    """rows: `PlanRow`s. pilot: repetitions of the run they come from. seconds: each took, None if unknown."""

    rows: pd.DataFrame
    question: Question
    pilot: int
    difference: float
    seconds: float | None


def _pilot(store: RunStore, question: Question) -> Evidence:
    """The run as it stands; AlcoreError where nothing can be planned from it."""
    from alcore.errors import ConfigError
    from alcore.storage.evidence import gather
    from alcore.storage.run_records import RunRecords

    strategies = store.config.strategies
    if question.baseline not in strategies:
        raise ConfigError(f"the run has no {question.baseline!r} to compare with ({', '.join(strategies)})")
    evidence = gather(RunRecords(store))
    if evidence is None or evidence.repetitions < 2:
        raise ConfigError(
            f"the spread between repetitions is known from the second one on, and {store.directory} has "
            "finished fewer; use a run of three or more as a pilot"
        )
    return evidence


def _print(planned: _Planned) -> None:
    from alcore.presentation.labels import METRIC_TITLES
    from alcore.presentation.repetition_sentences import limits_of_a_plan, plan_table
    from alcore.wording import clock, percent

    question = planned.question
    where = f"{METRIC_TITLES[question.metric]} at π₁ = {percent(question.test_prevalence)}"
    typer.echo(
        f"To see a difference of {planned.difference:.3f} in AUBC ({where}) from {question.baseline}:\n"
    )
    typer.echo(plan_table(planned.rows, question.baseline, planned.seconds).to_string(index=False) + "\n")
    for sentence in limits_of_a_plan(planned.rows, planned.pilot, planned.difference):
        typer.echo(sentence)
    if planned.seconds is not None:
        typer.echo(f"Measured on this run: {clock(planned.seconds)} per repetition of all its strategies.")


def _line(planned: _Planned) -> str:
    """One JSON object; null for what is not known, and for repetitions that are never enough."""
    rows, question = planned.rows, planned.question
    finite = rows.where(rows.notna() & (rows != float("inf")), None)
    event = {
        "event": "plan",
        "metric": question.metric,
        "prevalence": question.test_prevalence,
        "baseline": question.baseline,
        "difference_wanted": planned.difference,
        "pilot": planned.pilot,
        "seconds_per_repetition": planned.seconds,
        "strategies": finite.to_dict("records"),
    }
    return json.dumps(event, allow_nan=False)
