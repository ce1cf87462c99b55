"""Cells whose number of cycles has changed: the records that earlier runs of the same study already have.

A cycle depends on the config, the data and earlier cycles, not on how many cycles follow. So a run of eight
cycles is the beginning of one of twelve, and holds one of five. Only strategies that use the number of cycles
(`Needs.CYCLE`) choose differently, from their first choice in cycle 2 on.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

from alcore.acquisition import Needs, get_strategy
from alcore.config import RunConfig
from alcore.data.collection import open_dataset
from alcore.errors import AlcoreError
from alcore.experiment.cycle_key import CycleKey
from alcore.experiment.run_identity import decisive_settings, hash_of
from alcore.storage.files import write_bytes
from alcore.storage.run_store import RunStore
from alcore.study.plan import Cell, StudyPlan
from alcore.wording import plural


@dataclass(frozen=True)
class Adoption:
    """What a new cell takes over: records of another run of the study, in the loop's order."""

    cell: Cell
    donor: RunStore
    keys: tuple[CycleKey, ...]

    @property
    def chosen_again(self) -> list[str]:
        """Strategies whose queries are chosen again."""
        return [name for name in self.cell.config.strategies if _looks_at_cycles(name)]


def find_adoptions(directory: Path, plan: StudyPlan) -> list[Adoption]:
    """What the cells of a plan could take over in a study's directory; nothing where there is none."""
    donors = _donors(directory, plan)
    if not donors:
        return []
    found = []
    for cell in plan.cells:
        donor = donors.get(_kind(cell.config))
        if donor is None or (directory / "runs" / cell.id / "config.json").exists():
            continue
        if keys := tuple(_shared(donor, cell.config)):
            found.append(Adoption(cell, donor, keys))
    return found


def adopt(directory: Path, found: Iterable[Adoption]) -> None:
    """Begin cells with copies of what they take over; the runs that made it stay."""
    for adoption in found:
        cell, donor = adoption.cell, adoption.donor
        run = RunStore.create(directory / "runs" / cell.id, cell.config)
        run.note_environment(donor.environment())
        for key in adoption.keys:  # in this order, so that what a kill leaves is a beginning too
            if donor.weights_path(key).exists() and key.cycle < run.config.cycles:
                write_bytes(run.weights_path(key), donor.weights_path(key).read_bytes())
            write_bytes(run.record_path(key), donor.record_path(key).read_bytes())


def adoptions_in_words(found: Sequence[Adoption]) -> list[str]:
    """What is taken over, and what is computed again for all that; one sentence for each number of cycles."""
    by_cycles: dict[tuple[int, int], list[Adoption]] = {}
    for one in found:
        by_cycles.setdefault((one.donor.config.cycles, one.cell.config.cycles), []).append(one)
    return [
        _sentence(*cycles, group) for cycles, group in sorted(by_cycles.items(), key=lambda item: item[0])
    ]


def _sentence(before: int, now: int, group: Sequence[Adoption]) -> str:
    records = plural(sum(len(one.keys) for one in group), "record")
    parts = [
        f"kept for {plural(len(group), 'cell')} of {plural(now, 'cycle')}: {records} of runs of "
        f"{plural(before, 'cycle')}"
    ]
    if now > before:
        parts.append("their last models are trained again, without queries and evaluations")
    if now > 1:
        again = dict.fromkeys(name for one in group for name in one.chosen_again)
        parts += [
            f"{name} depends on the number of cycles: it is computed again from cycle 2 on" for name in again
        ]
    return "; ".join(parts)


def _donors(directory: Path, plan: StudyPlan) -> dict[str, RunStore]:
    """Runs that are no cell of the plan, by what they have in common with cells; the fullest of each kind."""
    ids = {cell.id for cell in plan.cells}
    found: dict[str, RunStore] = {}
    for path in sorted((directory / "runs").glob("*/config.json")):
        if path.parent.name in ids:
            continue
        with suppress(AlcoreError):  # what cannot be read, or was made with other data, is left where it is
            store = RunStore(path.parent)
            if store.data_fingerprint() != open_dataset(store.config.dataset).fingerprint:
                continue
            kind = _kind(store.config)
            if kind not in found or len(store.committed()) > len(found[kind].committed()):
                found[kind] = store
    return found


def _kind(config: RunConfig) -> str:
    return hash_of(decisive_settings(config, besides=("repetitions", "device", "cycles")), digits=16)


def _shared(donor: RunStore, config: RunConfig) -> Iterator[CycleKey]:
    """Records of the donor that a run of this config would make too, in the loop's order.

    A repetition is only begun where all strategies have its first cycle.
    """
    committed = donor.committed()
    begun = Counter(key.repetition for key in committed if key.cycle == 1)
    for key in committed:
        is_within = key.repetition <= config.repetitions and key.cycle <= config.cycles
        is_begun = begun[key.repetition] == len(config.strategies)
        if is_within and is_begun and (key.cycle == 1 or not _looks_at_cycles(key.strategy)):
            yield key


def _looks_at_cycles(strategy: str) -> bool:
    return Needs.CYCLE in get_strategy(strategy).needs
