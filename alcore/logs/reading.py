"""Reading logs: a folder with one CSV per strategy, and one per query."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path

import numpy as np
import pandas as pd

from alcore.config import RunConfig, make_config
from alcore.errors import DataError
from alcore.logs.columns import POOL, USE, meanings
from alcore.logs.logged_evidence import LoggedEvidence
from alcore.logs.published import STRATEGIES, is_published, log_folders, widen
from alcore.metrics import METRICS
from alcore.wording import shortened

_SELECTED = re.compile(r"selected_items_(.+)_(\d+)_(\d+)\.csv")
_ORDER = ("random", "entropy", "core-set")


@dataclass(frozen=True)
class LogSettings:
    """Settings that the logs do not contain: the pool's size, π₀, and π₁ of the second test set."""

    pool_size: int
    pool_prevalence: float
    test_prevalence: float

    def check(self) -> None:
        """Raise DataError unless all three are numbers that a run may have."""
        shares = self.pool_prevalence, self.test_prevalence
        if not all(isinstance(share, float | int) and 0 < share <= 1 for share in shares):
            raise DataError(f"prevalences must be above 0 and at most 1, got {shares[0]} and {shares[1]}")
        if type(self.pool_size) is not int or self.pool_size < 2:
            raise DataError(f"the pool's size must be a whole number above 1, got {self.pool_size}")


@dataclass(frozen=True)
class Log:
    """One folder's logs. values: strategy, repetition, cycle, labelled, METRIC_pi0, METRIC_pi1 where known.

    selections: strategy, repetition, cycle, rank, item, and defective where known; it may be empty.
    notes: what was decided while reading, a sentence each.
    """

    name: str
    settings: LogSettings
    values: pd.DataFrame
    selections: pd.DataFrame
    notes: tuple[str, ...] = ()

    @property
    def strategies(self) -> tuple[str, ...]:
        """The strategies of the logs, those of the paper first."""
        names = self.values["strategy"].unique()
        return tuple(
            sorted(
                names,
                key=lambda name: (name not in _ORDER, _ORDER.index(name) if name in _ORDER else 0, name),
            )
        )

    @property
    def config(self) -> RunConfig:
        """As much of a run's config as logs tell; network and training are not known."""
        labelled = sorted(self.values["labelled"].unique())
        return make_config(
            {
                "dataset": self.name,
                "pool_size": self.settings.pool_size,
                "pool_prevalence": self.settings.pool_prevalence,
                "test_prevalence": self.settings.test_prevalence,
                **_query_sizes([int(count) for count in labelled]),
                "cycles": len(labelled),
                "repetitions": int(self.values["repetition"].nunique()),
                "strategies": self.strategies,
            },
            origin=f"the logs {self.name}",
        )

    @property
    def evidence(self) -> LoggedEvidence:
        """For statistics: repetitions and cycles that all strategies have."""
        counts = self.values.groupby(["repetition", "cycle"])["strategy"].nunique().unstack()
        whole = counts[(counts == len(self.strategies)).all(axis=1)].index
        if not len(whole):
            raise DataError(f"the logs {self.name} have no repetition with all strategies and cycles")
        frame = self.values[self.values["repetition"].isin(whole)]
        shape = len(whole), len(self.strategies), frame["cycle"].nunique()
        order = pd.Categorical(frame["strategy"], self.strategies, ordered=True)
        frame = frame.assign(strategy=order).sort_values(["repetition", "strategy", "cycle"])
        values = {}
        for test, prevalence in ((USE, self.settings.test_prevalence), (POOL, self.settings.pool_prevalence)):
            for metric in METRICS:
                if f"{metric}_{test}" in frame:
                    values[metric, prevalence] = frame[f"{metric}_{test}"].to_numpy(float).reshape(shape)
        return LoggedEvidence(
            strategies=self.strategies,
            cycles=np.arange(1, shape[2] + 1),
            labelled=np.sort(frame["labelled"].unique()),
            pool_size=self.settings.pool_size,
            pool_prevalence=self.settings.pool_prevalence,
            values=values,
            query_share=self._query_share(list(whole)),
        )

    def _query_share(self, repetitions: list[int]) -> np.ndarray:
        shares = np.full((len(repetitions), len(self.strategies)), np.nan)
        if "defective" not in self.selections:
            return shares
        later = self.selections[self.selections["cycle"] > 1]
        for (name, repetition), rows in later.groupby(["strategy", "repetition"]):
            if repetition in repetitions and name in self.strategies:
                shares[repetitions.index(repetition), self.strategies.index(name)] = rows["defective"].mean()
        return shares


def _query_sizes(labelled: list[int]) -> dict[str, int]:
    """A config's sizes of queries, from the labels bought by each cycle; about, where queries differ."""
    later = {after - before for before, after in pairwise(labelled)}
    if len(later) != 1:
        return {"query_size": max(1, labelled[-1] // len(labelled))}
    (size,) = later
    return {"query_size": size} | ({} if labelled[0] == size else {"first_query": labelled[0]})


def read_log(
    folders: Path | Sequence[Path], name: str, settings: LogSettings, given: Mapping[str, str] | None = None
) -> Log:
    """Read logs of one π₀.

    Args:
        folders: those that hold logs, or the root of a tree of them.
        given: what columns mean that are not understood by their names.
    Raises:
        DataError: no logs there, or a file that cannot be understood; says what it holds.
    """
    given = given or {}
    places = tuple(log_folders(folders)) if isinstance(folders, Path) else tuple(folders)
    if not places:
        raise DataError(f"there is no dict_STRATEGY.csv in {folders}")
    folder = places[0]
    files = [file for place in places for file in sorted(place.glob("dict_*.csv"))]
    if len({file.name for file in files}) < len(files):
        raise DataError(f"{folder} and another folder of the same π₀ hold logs of the same strategy")
    notes: list[str] = []
    values = pd.concat([_read_values(file, given, notes) for file in files], ignore_index=True)
    selected = [
        (match, file)
        for place in places
        for file in sorted(place.iterdir())
        if (match := _SELECTED.fullmatch(file.name))
    ]
    parts = [_read_selection(file, match, given) for match, file in selected]
    selections = pd.concat(parts, ignore_index=True) if parts else pd.DataFrame()
    numbered = _numbered(values, selections)
    labelled = numbered[0].groupby("cycle")["labelled"]
    if labelled.nunique().max() > 1 or not labelled.first().is_monotonic_increasing:
        raise DataError(
            f"{folder}: each cycle must have one number of labels, the same for all strategies and rising"
        )
    if labelled.first().nunique() < labelled.ngroups:
        raise DataError(f"{folder}: two cycles have the same number of labels")
    return Log(name, settings, *numbered, tuple(notes))


def _numbered(values: pd.DataFrame, selections: pd.DataFrame) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Repetitions and cycles counted from 1, the same in all files; what is paired there is paired here."""
    for column in ("repetition", "cycle"):
        found = {*values[column], *(selections[column] if len(selections) else ())}
        places = {number: place for place, number in enumerate(sorted(found), start=1)}
        values = values.assign(**{column: values[column].map(places)})
        if len(selections):
            selections = selections.assign(**{column: selections[column].map(places)})
    return values, selections


def _read(file: Path) -> pd.DataFrame:
    try:
        frame = pd.read_csv(file, sep=";")
    except (OSError, ValueError) as error:
        raise DataError(f"{file} cannot be read as a table with semicolons: {error}") from None
    unnamed = [column for column in frame if str(column).startswith("Unnamed")]
    return frame.drop(columns=unnamed).dropna(how="all")


def _read_values(file: Path, given: Mapping[str, str], notes: list[str]) -> pd.DataFrame:
    frame = _read(file)
    if is_published(list(frame.columns)):
        frame, again = widen(frame, str(file))
        given = {}
        if again:
            notes.append(f"{file.name}: {again} repeated rows; the last of each counts")
    names = meanings(frame.columns, given, origin=file.name)
    measured = [meaning for meaning in names.values() if meaning.rsplit("_", 1)[0] in METRICS]
    if not measured or frame.empty:
        raise DataError(
            f"{file} has no column that is recognised as a metric (name one with --column "
            f"'NAME=iou_pi0'); it has {shortened(', '.join(map(repr, frame.columns)), 1000)}"
        )
    frame = frame[list(names)].rename(columns=names)
    for column in frame:
        frame[column] = _numbers(frame[column], file)
    for column in measured:
        _check_range(frame[column], column, file)
    if "cycle" not in frame:
        if "labelled" not in frame:
            raise DataError(f"{file} has neither a column for the cycle nor one for the number of labels")
        frame["cycle"] = frame["labelled"].rank(method="dense")
    if "repetition" not in frame:  # cycles begin again with each
        frame["repetition"] = (frame["cycle"].diff().fillna(-1) <= 0).cumsum()
    if "labelled" not in frame:
        raise DataError(f"{file} has no column for the number of labels (--column 'NAME=labelled')")
    for column in ("repetition", "cycle", "labelled"):
        if not (frame[column] % 1 == 0).all():  # NaN is not either
            raise DataError(f"{file}: the column for the {column} contains values that are not whole numbers")
        frame[column] = frame[column].astype(int)
    if frame.duplicated(["repetition", "cycle"]).any():
        raise DataError(f"{file} has a cycle of a repetition twice")
    strategy = _strategy(file.stem.removeprefix("dict_"))
    return frame[["repetition", "cycle", "labelled", *measured]].assign(strategy=strategy)


def _check_range(values: pd.Series, column: str, file: Path) -> None:
    """Metrics are shares; an empty cell is one that is not known."""
    outside = values[values.notna() & ~values.between(0, 1)]
    if len(outside):
        raise DataError(f"{file}: {column} must lie between 0 and 1, found {outside.iloc[0]:g}")


def _strategy(name: str) -> str:
    return STRATEGIES.get(name, name)


def _numbers(column: pd.Series, file: Path) -> pd.Series:
    """As numbers, whether decimals stand after a point or a comma."""
    if not pd.api.types.is_numeric_dtype(column):
        column = column.astype(str).str.strip().str.replace(",", ".", regex=False)
    try:
        return pd.to_numeric(column)
    except ValueError:
        raise DataError(f"{file}: the column {column.name!r} contains values that are not numbers") from None


def _read_selection(file: Path, match: re.Match, given: Mapping[str, str]) -> pd.DataFrame:
    frame = _read(file)
    if "aldataset_name" in frame:  # ids are relative to what was left of the pool, so paths name the patches
        kept = [column for column in ("aldataset_name", "defective") if column in frame]
        frame = frame[kept].rename(columns={"aldataset_name": "item"})
    names = meanings(frame.columns, given, origin=file.name)
    items = [column for column, meaning in names.items() if meaning == "item"] or list(frame.columns[-1:])
    if not items:
        raise DataError(f"{file} has no column")
    table = pd.DataFrame({"item": frame[items[0]].astype(str)})
    flags = [column for column, meaning in names.items() if meaning == "defective"]
    if flags and flags[0] != items[0]:
        table["defective"] = (
            _numbers(frame[flags[0]].replace({True: 1, False: 0, "True": 1, "False": 0}), file) > 0
        )
    return table.assign(
        strategy=_strategy(match[1]),
        cycle=int(match[2]),
        repetition=int(match[3]),
        rank=np.arange(1, len(table) + 1),
    )
