"""A run as one zip file, to be shown elsewhere or imported into another home without trusting it."""

from __future__ import annotations

import re
import secrets
import time
from collections.abc import Iterator
from pathlib import Path

from alcore.errors import DamagedFileError, StoreError
from alcore.experiment.cycle_key import CycleKey
from alcore.storage.archive import Readable, beside, opened_zip, take_out, write_zip
from alcore.storage.records import StoredRecord
from alcore.storage.run_store import RunStore
from alcore.storage.tables import RunTables

_TAKEN = re.compile(r"(config|environment)\.json|records/r\d{5}-c\d{5}-[\w-]+\.npz|ceiling/r\d{5}\.npz")
"""Files taken from an archive. Tables are written again; models are left out: they could be anything."""
_TABLES = ("metrics.csv", "selections.csv", "counts.parquet", "operating.csv", "ceiling.csv")
_MOST_BYTES = 20 * 10**9


def export_run(directory: Path, file: Path, extras: dict[str, bytes]) -> int:
    """Write a run's config, environment, records and tables into a zip file; returns its size.

    Args:
        extras: more to put in, by name, such as figures and the text for a methods section.
    Raises:
        StoreError: there is no run, it is being run, or the file cannot be written.
    """
    store = RunStore(directory)
    if store.is_being_run():
        raise StoreError(f"{directory} is running; stop it first, or wait")

    def members() -> Iterator[tuple[str, Readable | bytes]]:
        single = [directory / name for name in ("config.json", "environment.json", *_TABLES)]
        folders = [sorted((directory / folder).glob("r*.npz")) for folder in ("records", "ceiling")]
        for path in (*single, *folders[0], *folders[1]):
            if path.exists():
                with path.open("rb") as opened:
                    yield path.relative_to(directory).as_posix(), opened
        yield from extras.items()

    return write_zip(file, members())


def import_run(file: Path, runs: Path) -> str:
    """Bring a run in, as a new folder of `runs`; returns its id.

    Config, environment and every record are read and checked, and tables are made of them; nothing else of
    the archive is kept. A run that was not finished cannot be continued here, because it has no models.

    Raises:
        AlcoreError: the archive, or something in it, cannot be used.
    """
    run_id = f"{time.strftime('%Y%m%d-%H%M%S')}-{secrets.token_hex(2)}"
    with opened_zip(file) as archive, beside(runs / run_id) as scratch:
        names = take_out(archive, scratch, lambda name: bool(_TAKEN.fullmatch(name)), most=_MOST_BYTES)
        if "config.json" not in names:
            raise StoreError(f"{file} holds no run (no config.json)")
        (scratch / "records").mkdir(exist_ok=True)
        (scratch / "weights").mkdir()
        _check(RunStore(scratch), names)
        RunTables(RunStore(scratch)).write()
    return run_id


def _check(store: RunStore, names: list[str]) -> None:
    """Check that all extracted files belong to the run that the config describes."""
    config, found = store.config, store.committed()
    if len(found) != sum(name.startswith("records/") for name in names):
        raise StoreError("the archive holds records of strategies that its config does not name")
    for key in found:
        before = CycleKey(key.repetition, key.cycle - 1, key.strategy)
        is_in_order = key.cycle == 1 or before in found
        if not 1 <= key.repetition <= config.repetitions or not 1 <= key.cycle <= config.cycles:
            raise StoreError(f"the archive's record {key.stem} belongs to no cycle of its config")
        if not is_in_order:
            raise StoreError(f"the archive lacks the record {before.stem}, which came before another")
        _check_record(store.record(key), config.chosen_in(key.cycle))
    if any(not 1 <= repetition <= config.repetitions for repetition in store.ceilings()):
        raise StoreError("the archive holds a ceiling of no repetition of its config")
    environment = store.environment()
    if any(not isinstance(value, str) or len(value) > 1000 for value in environment.values()):
        raise StoreError("the archive's environment.json contains something other than names and versions")


def _check_record(record: StoredRecord, query_size: int) -> None:
    name = record.key.stem
    try:
        kinds = record.counts.dtype.kind + record.items.dtype.kind + record.test_defective.dtype.kind
        if record.items.size != query_size or not re.fullmatch("[iu]{2}b", kinds):
            raise StoreError(f"the archive's record {name} is not of this config")
        both = record.test_defective.any() and not record.test_defective.all()
        if not both or (record.counts < 0).any():
            raise StoreError(f"the archive's record {name} holds counts that cannot be")
        _ = record.class_means, record.candidates, record.probability, record.pool_map, record.axes
        _ = record.threshold_histogram, record.validation
    except DamagedFileError as error:
        raise StoreError(f"the archive's record {name} {error.fault}") from None
