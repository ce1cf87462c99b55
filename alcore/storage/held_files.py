"""A directory as it stands at one moment, to be copied at leisure while others write to it.

Files here are written whole and moved into place, so a second name (a hard link) keeps what a file is now,
whatever takes its place or removes it; where the disk has no links, the file is copied. Runs need an order: a
strategy's latest weights are replaced with each cycle, and without those of its last record it cannot go on.
"""

from __future__ import annotations

import os
import shutil
from collections import defaultdict
from contextlib import suppress
from pathlib import Path

from alcore.errors import ConfigError, StoreError
from alcore.experiment.cycle_key import CycleKey
from alcore.storage.run_store import RunStore

_MOST_TRIES = 1000
_RECORDS, _WEIGHTS = "records", "weights"


def hold(directory: Path, target: Path) -> bool:
    """Fill a new directory with what is in another one now; false where that has gone.

    Each run in it can go on from the last record that is held.
    """
    target.mkdir(parents=True)
    for weights in sorted(directory.rglob(_WEIGHTS)):
        _hold_weights(weights, target / weights.relative_to(directory))
    for root, folders, names in os.walk(directory):
        if Path(root).name == _WEIGHTS:
            continue
        folders.sort()
        place = target / Path(root).relative_to(directory)
        place.mkdir(parents=True, exist_ok=True)
        for name in names:
            _second_name(Path(root, name), place / name)
    for records in sorted(target.rglob(_RECORDS)):
        _drop_records_without_weights(records.parent)
    return directory.is_dir()


def _hold_weights(weights: Path, place: Path) -> None:
    """All models that a folder has at one moment: a model that goes meanwhile has its successor beside it."""
    for _ in range(_MOST_TRIES):
        shutil.rmtree(place, ignore_errors=True)
        place.mkdir(parents=True)
        with suppress(FileNotFoundError):
            if all(_second_name(path, place / path.name) for path in list(weights.iterdir())):
                return
        if not weights.is_dir():
            return
    raise StoreError(f"{weights} changes faster than it can be read; stop the run, or try again")


def _second_name(path: Path, place: Path) -> bool:
    """Whether the file was still there; links and what is no file are left out."""
    if path.is_symlink() or (path.exists() and not path.is_file()):
        return True
    try:
        try:
            os.link(path, place)
        except FileNotFoundError:
            raise
        except OSError:  # another disk, or one without links
            shutil.copyfile(path, place)
    except FileNotFoundError:
        return False
    except OSError as error:
        raise StoreError(f"{path} cannot be read: {error.strerror or error}") from None
    return True


def _drop_records_without_weights(run: Path) -> None:
    """A strategy's records after the last one whose weights are held go, unless they are all there are."""
    try:
        store = RunStore(run)
    except (StoreError, ConfigError):  # a damaged run is held as it is
        return
    chains: defaultdict[tuple[int, str], list[CycleKey]] = defaultdict(list)
    for key in store.committed():
        chains[key.repetition, key.strategy].append(key)
    for keys in chains.values():
        if keys[-1].cycle == store.config.cycles:
            continue
        for key in reversed(keys):
            if store.weights_path(key).exists():
                break
            store.record_path(key).unlink()
