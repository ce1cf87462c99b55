"""What can go wrong, by name. Every message is one sentence that says what is wrong and what to do."""

from __future__ import annotations

import difflib
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path


class AlcoreError(Exception):
    """Base of all errors that a user can cause and fix; shown without a traceback."""


class ConfigError(AlcoreError):
    """A configuration that cannot be used."""


class DataError(AlcoreError):
    """A data set, or a file of one, that cannot be used."""


class PoolError(AlcoreError):
    """A pool or test set that the data set cannot fill."""


class AcquisitionError(AlcoreError):
    """A query that a strategy cannot answer."""


class MetricsError(AlcoreError):
    """An estimate that the counts do not determine."""


class ModelError(AlcoreError):
    """A network that cannot be built, or weights that cannot be downloaded."""


class DeviceError(AlcoreError):
    """A device that is absent, or out of memory."""


class TrainingError(AlcoreError):
    """A training that diverged: its loss or its weights are not finite."""


class AccessError(AlcoreError):
    """An action that the visitor may not take, or an invalid link."""


class LimitError(AlcoreError):
    """A request beyond the visitor's limits."""


class StoreError(AlcoreError):
    """A run directory that cannot be written, read or resumed."""


class DamagedFileError(StoreError, DataError):
    """A file of the home that does not hold what was written: cut short, flipped, of another kind.

    It is what a reader of runs or of data sets expects, whichever of the two the file belongs to.
    """

    def __init__(self, path: Path, fault: str, advice: str = "") -> None:
        """path: of the file; fault: goes on after it, such as 'is damaged'; advice: what to do."""
        super().__init__(path, fault, advice)  # as pickle gives them back, between processes
        self.path, self.fault, self.advice = path, fault, advice

    def __str__(self) -> str:
        sentence = f"{self.path} {self.fault}"
        return f"{sentence}; {self.advice}" if self.advice else sentence


class MissingExtraError(AlcoreError):
    """An optional package that is not installed."""


@contextmanager
def needs_extra(extra: str) -> Iterator[None]:
    """Around an optional import: turn its failure into a sentence that names the extra to install."""
    try:
        yield
    except ModuleNotFoundError as error:
        raise MissingExtraError(
            f"this needs {error.name}, which is not installed; run: pip install 'alcore[{extra}]'"
        ) from None


def did_you_mean(name: str, known: Iterable[str]) -> str:
    """'; did you mean X?' for the known name nearest to `name`, or '' where none is near."""
    near = difflib.get_close_matches(name, list(known), n=1, cutoff=0.5)
    return f"; did you mean {near[0]!r}?" if near else ""


def in_a_line(error: BaseException, most: int = 200) -> str:
    """What another library's exception says, as part of a sentence: its first line, or else its name."""
    line = str(error).strip().partition("\n")[0].strip()
    return (line if len(line) <= most else line[: most - 1] + "…") or type(error).__name__
