"""One run's directory: the committed cycles, and the tables made of them.

    config.json             what was run
    environment.json        with which data, device and versions
    records/                one .npz per cycle of a strategy: its file appearing is the commit
    weights/                each strategy's latest model, to continue from
    ceiling/                if asked for: one .npz per repetition, of a model trained on its full pool
    metrics.csv, selections.csv, counts.parquet, operating.csv, and ceiling.csv if there is one

The records are the truth; the tables are made from them after each cycle and can be made again at any time.
"""

from __future__ import annotations

import json
import re
import shutil
from collections.abc import Mapping
from pathlib import Path

from filelock import FileLock, Timeout

from alcore.config import RunConfig, parse_config
from alcore.errors import StoreError
from alcore.experiment.cycle_key import CycleKey
from alcore.json_object import read_json_object
from alcore.storage.files import make_directory, write_bytes, write_text
from alcore.storage.records import StoredRecord

_NEW_RUN = "the run's results can still be seen, but to continue it start a new run"
_RECORD_NAME = re.compile(r"r(\d+)-c(\d+)-(.+)\.npz")


class RunStore:
    """A run's directory. Records are written once and never change."""

    def __init__(self, directory: Path) -> None:
        """Open an existing run.

        Raises:
            StoreError: there is no run in the directory.
            ConfigError: its config.json cannot be used.
        """
        self.directory = Path(directory)
        config_file = self.directory / "config.json"
        if not config_file.is_file():
            raise StoreError(f"there is no run in {self.directory} (no config.json)")
        try:
            text = config_file.read_text(encoding="utf-8")
        except (OSError, UnicodeDecodeError) as error:
            raise StoreError(f"{config_file} cannot be read ({error}); start a new run") from None
        self.config = parse_config(text, origin=str(config_file))

    @classmethod
    def create(cls, directory: Path, config: RunConfig) -> RunStore:
        """Make a new run's directory.

        Raises:
            StoreError: the directory holds something already, or cannot be written.
        """
        directory = Path(directory)
        if (directory / "config.json").exists():
            raise StoreError(f"{directory} already holds a run; resume it, or give another directory")
        if directory.exists() and (not directory.is_dir() or any(directory.iterdir())):
            raise StoreError(f"{directory} is not an empty directory; give a new one")
        try:
            make_directory(directory / "records")
            make_directory(directory / "weights")
            write_text(directory / "config.json", config.to_json())
        except StoreError:
            shutil.rmtree(directory, ignore_errors=True)
            raise
        return cls(directory)

    def lock(self) -> FileLock:
        """The lock held by the process that runs the loop; the system frees it when that process dies."""
        return FileLock(self.directory / ".lock")

    def is_being_run(self) -> bool:
        """Whether some living process holds the lock."""
        return is_locked(self.lock())

    def committed(self) -> list[CycleKey]:
        """Keys of the committed records, in the loop's order."""
        order = {name: rank for rank, name in enumerate(self.config.strategies)}
        found = [_RECORD_NAME.fullmatch(path.name) for path in (self.directory / "records").glob("r*.npz")]
        keys = [CycleKey(int(m[1]), int(m[2]), m[3]) for m in found if m and m[3] in order]
        return sorted(keys, key=lambda key: (key.repetition, key.cycle, order[key.strategy]))

    def commit(self, key: CycleKey, record: bytes, *, weights: bytes = b"") -> None:
        """Keep a finished cycle, whole or not at all: the weights that the next one needs, then the record.

        Args:
            record: `alcore.storage.records.npz_of` its arrays; weights: as a .safetensors file holds them.
        """
        if weights and key.cycle < self.config.cycles:
            write_bytes(self.weights_path(key), weights)
        write_bytes(self.record_path(key), record)
        self.drop_older_weights(key)

    def commit_ceiling(self, repetition: int, record: bytes) -> None:
        """Keep one repetition's ceiling, given as a record is, whole or not at all."""
        write_bytes(self.ceiling_path(repetition), record)

    def record(self, key: CycleKey) -> StoredRecord:
        """A committed record; to read many of them, use `RunRecords`."""
        return StoredRecord(key, self.record_path(key))

    def request_ceiling(self) -> None:
        """Ask the process that runs the loop to train on the full pool too, once the cycles are done."""
        make_directory(self.directory / "ceiling")
        write_text(self.directory / "ceiling" / "requested", "")

    def withdraw_ceiling(self) -> None:
        """Ask no more; ceilings that are committed stay."""
        (self.directory / "ceiling" / "requested").unlink(missing_ok=True)

    @property
    def wants_ceiling(self) -> bool:
        """Whether a ceiling was requested."""
        return (self.directory / "ceiling" / "requested").exists()

    def ceilings(self) -> list[int]:
        """Repetitions whose ceiling is committed, ascending."""
        return sorted(int(path.stem[1:]) for path in (self.directory / "ceiling").glob("r?????.npz"))

    def weights_path(self, key: CycleKey) -> Path:
        """Where the model after that cycle is kept while it is the strategy's latest."""
        return self.directory / "weights" / f"{key.stem}.safetensors"

    def weights(self, key: CycleKey) -> bytes:
        """The model after that cycle, while it is the strategy's latest.

        Raises:
            StoreError: it cannot be read.
        """
        try:
            return self.weights_path(key).read_bytes()
        except OSError:
            raise StoreError(
                f"{self.weights_path(key)} is missing, so the run cannot continue; start a new run"
            ) from None

    def drop_older_weights(self, key: CycleKey) -> None:
        """Remove the strategy's models of this repetition but the one of `key`."""
        pattern = f"r{key.repetition:05d}-c?????-{key.strategy}.safetensors"
        for path in (self.directory / "weights").glob(pattern):
            if path != self.weights_path(key):
                path.unlink()

    def note_environment(self, environment: Mapping[str, object]) -> None:
        """Write environment.json, or check it against the one written before.

        Raises:
            StoreError: data set or pretrained weights are no longer those that the run began with.
        """
        path = self.directory / "environment.json"
        if path.exists():
            before = read_json_object(path, advice=_NEW_RUN)
            if before.get("data") != environment["data"]:
                raise StoreError(
                    f"the data set {self.config.dataset!r} has changed since this run began; start a new run"
                )
            if before.get("encoder_digest") not in (None, environment.get("encoder_digest")):
                raise StoreError(
                    "the ImageNet weights are no longer those that this run began with "
                    f"({before.get('encoder_weights')}); install them again, or start a new run"
                )
            return
        write_text(path, json.dumps(environment, indent=2) + "\n")

    def environment(self) -> dict[str, object]:
        """What `note_environment` wrote; empty before the run began; StoreError where it is damaged."""
        path = self.directory / "environment.json"
        return read_json_object(path, advice=_NEW_RUN) if path.exists() else {}

    def data_fingerprint(self) -> str | None:
        """The fingerprint of the data set that the run began with; None before it began."""
        found = self.environment().get("data")
        return None if found is None else str(found)

    def sweep(self) -> None:
        """Remove what a killed process left half-written; only for the holder of the lock."""
        for path in self.directory.rglob(".partial-*"):
            path.unlink()

    def record_path(self, key: CycleKey) -> Path:
        """Where the record of that cycle is, once it is committed."""
        return self.directory / "records" / f"{key.stem}.npz"

    def ceiling_path(self, repetition: int) -> Path:
        """Where the ceiling of that repetition is, once it is committed."""
        return self.directory / "ceiling" / f"r{repetition:05d}.npz"


def record_key(path: Path) -> CycleKey:
    """The key in the name of a record's file; StoreError where it is none."""
    match = _RECORD_NAME.fullmatch(path.name)
    if not match:
        raise StoreError(f"{path} is not named like a record")
    return CycleKey(int(match[1]), int(match[2]), match[3])


def delete_run(directory: Path) -> None:
    """Remove a run's directory, damaged or not; StoreError while some process works on it."""
    try:
        if is_locked(FileLock(directory / ".lock")):
            raise StoreError("the run is in use; stop it before deleting it")
        shutil.rmtree(directory)
    except OSError as error:
        raise StoreError(f"{directory} cannot be removed: {error.strerror or error}") from None


def move_run(directory: Path, target: Path) -> None:
    """Move a run's directory, damaged or not, if there is one; StoreError while some process works on it."""
    if not directory.exists():
        return
    if is_locked(FileLock(directory / ".lock")):
        raise StoreError("the run is in use; stop it first")
    make_directory(target.parent)
    try:
        directory.rename(target)
    except OSError as error:
        raise StoreError(f"{directory} cannot be moved: {error.strerror or error}") from None


def is_locked(lock: FileLock) -> bool:
    """Whether some living process holds the lock."""
    try:
        with lock.acquire(timeout=0):
            return False
    except Timeout:
        return True
