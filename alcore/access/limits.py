"""How much one member may use at a time. An owner is limited only by the machine."""

from __future__ import annotations

import os
import time
from dataclasses import asdict, dataclass
from pathlib import Path

from alcore.access.roles import Role, Visitor
from alcore.config import RunConfig
from alcore.errors import LimitError
from alcore.home_files import damage_reported
from alcore.json_object import read_json_object
from alcore.wording import plural, size_in_words

_FILE = "limits.json"
_SECONDS_KNOWN = 60
_sizes: dict[Path, tuple[float, int]] = {}


@dataclass(frozen=True)
class Limits:
    """Of one member, but feature_bytes, home_bytes, data_sets and studies, which are of all together.

    runs: that wait or work; patches: that a run, or all of a study, looks at and trains on (`work_of`);
    upload_bytes: of one upload; studies: that are being run; feature_bytes: of kept features, which
    bind an owner too.
    """

    runs: int = 5
    patches: int = 12_000_000
    upload_bytes: int = 512 * 10**6
    home_bytes: int = 100 * 10**9
    data_sets: int = 30
    studies: int = 2
    feature_bytes: int = 20 * 10**9


def limits_of(home: Path) -> Limits:
    """The limits in limits.json, which may name any of them; DamagedFileError if it cannot be used."""
    file = home / _FILE
    if not file.exists():
        return Limits()
    values = read_json_object(file, advice=f"it may name {', '.join(asdict(Limits()))}")
    with damage_reported(file, f"it may name {', '.join(asdict(Limits()))}"):
        limits = Limits(**values)
        if not all(type(value) is int and value >= 0 for value in asdict(limits).values()):
            raise ValueError("no whole number")
    return limits


class Allowance:
    """What one visitor may still use; each method raises LimitError beyond the limit."""

    def __init__(self, visitor: Visitor, home: Path) -> None:
        self._is_bounded = visitor.role != Role.OWNER
        self._home = home
        self._limits = limits_of(home) if self._is_bounded else Limits()

    def run(self, config: RunConfig, *, have: int) -> None:
        """One more run, where `have` of theirs wait or work already."""
        if self._is_bounded and have >= self._limits.runs:
            raise LimitError(f"you have {plural(have, 'run')} waiting or active; stop one, or wait")
        self._work(work_of(config), "lower the pool, the training steps, the cycles or the repetitions")
        self.disk()

    def study(self, work: int, *, running: int) -> None:
        """One more study of so much work (see `work_of`), where `running` are being run already."""
        if self._is_bounded and running >= self._limits.studies:
            raise LimitError(f"{plural(running, 'study')} are being run here; wait for one to end")
        self._work(work, "take fewer cells or repetitions")
        self.disk()

    def upload(self, size: int) -> None:
        """Check an upload of so many bytes."""
        if self._is_bounded and size > self._limits.upload_bytes:
            most = size_in_words(self._limits.upload_bytes)
            raise LimitError(f"the upload has {size_in_words(size)}, and a member's may have {most}")
        self.disk()

    def data_set(self, *, have: int) -> None:
        """One more data set, where there are `have`."""
        if self._is_bounded and have >= self._limits.data_sets:
            raise LimitError(f"there are {have} data sets here already; ask the owner to delete some")
        self.disk()

    def room(self) -> int | None:
        """Bytes that may still come into the home, as counted now; None for no bound."""
        return max(0, self._limits.home_bytes - count_bytes(self._home)) if self._is_bounded else None

    def disk(self) -> None:
        """Anything more in the home at all."""
        if self._is_bounded and bytes_of(self._home) >= self._limits.home_bytes:
            most = size_in_words(self._limits.home_bytes)
            raise LimitError(f"the home of this server has reached {most}; delete runs, or ask its owner")

    def _work(self, work: int, advice: str) -> None:
        if self._is_bounded and work > self._limits.patches:
            raise LimitError(
                f"that is {work:,} patches to score and to train on, in all cycles, repetitions and "
                f"strategies, and a member may request {self._limits.patches:,}; {advice}"
            )


def work_of(config: RunConfig) -> int:
    """Patches that a run looks at, about: the pool and what its steps train on, once per record."""
    training = config.training
    if training.epochs is None:
        trained = config.cycles * training.steps * training.batch_size
    else:  # each epoch is once all that is labelled, which grows evenly from cycle to cycle
        trained = training.epochs * config.cycles * (config.labelled_after(1) + config.budget) // 2
    return config.repetitions * len(config.strategies) * (config.cycles * config.pool_size + trained)


def bytes_of(directory: Path) -> int:
    """Bytes of all files below a directory, as counted within the last minute."""
    now = time.monotonic()
    known = _sizes.get(directory)
    if known is None or now - known[0] > _SECONDS_KNOWN:
        known = _sizes[directory] = (now, count_bytes(directory))
    return known[1]


def count_bytes(directory: Path) -> int:
    """Bytes of all files below a directory, counted now."""
    total = 0
    for root, _, names in os.walk(directory):
        for name in names:
            try:
                total += Path(root, name).lstat().st_size
            except OSError:  # it has just gone
                continue
    return total
