"""Reading logs: a folder with one CSV per strategy, and one per query."""

from __future__ import annotations

import json
import re
import shutil
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path

import numpy as np
import pandas as pd

from alcore.config import RunConfig, make_config
from alcore.errors import DataError
from alcore.home import home
from alcore.json_object import read_json_object
from alcore.logs.columns import POOL, USE, meanings
from alcore.logs.logged_evidence import LoggedEvidence
from alcore.metrics import METRICS
from alcore.runs.files import make_directory, write_text

_SELECTED = re.compile(r"selected_items_(.+)_(\d+)_(\d+)\.csv")
_ORDER = ("random", "entropy", "core-set")


@dataclass(frozen=True)
class LogSettings:
    """What the logs do not say of themselves: the pool's size, π₀, and π₁ of the second test set."""

    pool_size: int
    pool_prevalence: float
    test_prevalence: float


@dataclass(frozen=True)
class Log:
    """One folder's logs. values: strategy, repetition, cycle, labelled, METRIC_pi0, METRIC_pi1 where known.

    selections: strategy, repetition, cycle, rank, item, and defective where known; it may be empty.
    """

    name: str
    settings: LogSettings
    values: pd.DataFrame
    selections: pd.DataFrame

    @property
    def strategies(self) -> tuple[str, ...]:
        """Those of the paper first."""
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
                "query_size": max(1, int(labelled[-1] // len(labelled))),
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


def read_log(folder: Path, name: str, settings: LogSettings, given: Mapping[str, str] | None = None) -> Log:
    """Read a folder of logs.

    Args:
        given: what columns mean that are not understood by their names.
    Raises:
        DataError: no logs there, or a file that cannot be understood; says what it holds.
    """
    files = sorted(folder.glob("dict_*.csv")) if folder.is_dir() else []
    if not files:
        raise DataError(f"there is no dict_STRATEGY.csv in {folder}")
    values = pd.concat([_read_values(file, given or {}) for file in files], ignore_index=True)
    selected = [
        (match, file) for file in sorted(folder.iterdir()) if (match := _SELECTED.fullmatch(file.name))
    ]
    parts = [_read_selection(file, match, given or {}) for match, file in selected]
    selections = pd.concat(parts, ignore_index=True) if parts else pd.DataFrame()
    numbered = _numbered(values, selections)
    labelled = numbered[0].groupby("cycle")["labelled"]
    if labelled.nunique().max() > 1 or not labelled.first().is_monotonic_increasing:
        raise DataError(
            f"{folder}: the number of labels must be one in each cycle, for all strategies, and rise"
        )
    if labelled.first().nunique() < labelled.ngroups:
        raise DataError(f"{folder}: two cycles have the same number of labels")
    return Log(name, settings, *numbered)


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


def _read_values(file: Path, given: Mapping[str, str]) -> pd.DataFrame:
    frame = _read(file)
    names = meanings(frame.columns, given, origin=file.name)
    measured = [meaning for meaning in names.values() if meaning.rsplit("_", 1)[0] in METRICS]
    if not measured or frame.empty:
        raise DataError(
            f"{file} has no column that is understood as a metric (say what one means with --column "
            f"'NAME=iou_pi0'); it has {', '.join(map(repr, frame.columns))}"
        )
    frame = frame[list(names)].rename(columns=names)
    for column in frame:
        frame[column] = _numbers(frame[column], file)
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
            raise DataError(f"{file}: the column for the {column} holds more than whole numbers")
        frame[column] = frame[column].astype(int)
    if frame.duplicated(["repetition", "cycle"]).any():
        raise DataError(f"{file} has a cycle of a repetition twice")
    strategy = file.stem.removeprefix("dict_")
    return frame[["repetition", "cycle", "labelled", *measured]].assign(strategy=strategy)


def _numbers(column: pd.Series, file: Path) -> pd.Series:
    """As numbers, whether decimals stand after a point or a comma."""
    if not pd.api.types.is_numeric_dtype(column):
        column = column.astype(str).str.strip().str.replace(",", ".", regex=False)
    try:
        return pd.to_numeric(column)
    except ValueError:
        raise DataError(f"{file}: the column {column.name!r} holds more than numbers") from None


def _read_selection(file: Path, match: re.Match, given: Mapping[str, str]) -> pd.DataFrame:
    frame = _read(file)
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
        strategy=match[1], cycle=int(match[2]), repetition=int(match[3]), rank=np.arange(1, len(table) + 1)
    )


def logs_directory() -> Path:
    """ALCORE_HOME/logs: one folder per import, with one folder in it for each imported one."""
    return home() / "logs"


def import_logs(
    folders: Sequence[Path],
    name: str,
    settings: Sequence[LogSettings],
    given: Mapping[str, str] | None = None,
) -> list[Log]:
    """Copy logs into ALCORE_HOME, once they have been understood.

    Args:
        folders: one per setting; settings: of each.
    Raises:
        DataError: a name that is taken or cannot be one, or logs that cannot be understood.
    """
    if not re.fullmatch(r"[A-Za-z0-9][A-Za-z0-9._-]{0,63}", name):
        raise DataError(f"{name!r} cannot name logs; take up to 64 letters, digits, dots, _ and -")
    place = logs_directory() / name
    if place.exists():
        raise DataError(f"logs called {name!r} exist; take another name, or remove {place}")
    if len({setting.pool_prevalence for setting in settings}) < len(settings):
        raise DataError("two folders have the same π₀; import them under separate names")
    logs = [read_log(folder, name, setting, given) for folder, setting in zip(folders, settings, strict=True)]
    for log in logs:
        _ = log.config, log.evidence  # both must be computable
    try:
        for number, (folder, setting) in enumerate(zip(folders, settings, strict=True), start=1):
            copy = place / f"{number:03d}"
            make_directory(copy)
            for file in (*folder.glob("dict_*.csv"), *folder.glob("selected_items_*.csv")):
                shutil.copyfile(file, copy / file.name)
            about = {"settings": asdict(setting), "columns": dict(given or {}), "source": str(folder)}
            write_text(copy / "log.json", json.dumps(about, indent=2) + "\n")
    except OSError as error:
        shutil.rmtree(place, ignore_errors=True)
        raise DataError(f"{place} cannot be written: {error.strerror or error}") from None
    return logs


def imported_logs() -> dict[str, list[Path]]:
    """Folders of all imported logs, by name."""
    found = {
        path.name: sorted(file.parent for file in path.glob("*/log.json"))
        for path in logs_directory().glob("*")
    }
    return {name: folders for name, folders in sorted(found.items()) if folders}


def open_log(folder: Path) -> Log:
    """One imported folder; DataError where it is damaged."""
    try:
        about = read_json_object(folder / "log.json", error=DataError)
        settings = LogSettings(**about["settings"])
    except (DataError, ValueError, KeyError, TypeError) as error:
        raise DataError(f"{folder} holds no logs that can be read ({error}); import them again") from None
    return read_log(folder, folder.parent.name, settings, about["columns"])
