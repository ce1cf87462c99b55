"""Images in use, scored by the last model of a run's strategy: the input of the prevalence meter.

A finished run keeps no weights, but everything that determines them. So a missing model is trained again: the
same labelled patches, initial weights and random numbers, no query. Its validation patches are
scored by that very model too, since another device may round otherwise than the one that made the records.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from alcore.compute.events import ScoringPhase
from alcore.compute.jobs import cycles_before
from alcore.data.collection import open_dataset
from alcore.data.importing.unlabelled import MOST_PATCHES, Cutting, Unlabelled, open_unlabelled
from alcore.data.patches import Patches
from alcore.errors import DataError, StoreError, did_you_mean
from alcore.experiment.cycle import initial_learner, train_cycle
from alcore.experiment.cycle_key import CycleKey
from alcore.home import ASSETS
from alcore.learning.devices import compute_on_one_thread
from alcore.learning.learner import Learner
from alcore.statistics.priors import Scored
from alcore.storage.files import write_bytes
from alcore.storage.run_store import RunStore
from alcore.storage.sealed_weights import open_weights, seal_weights

REPETITION = 1
"""Whose models score images; every repetition has models of its own."""

Follow = Callable[[ScoringPhase, int, int], None]
"""Called with (phase, done, total)."""


@dataclass(frozen=True)
class ScoredImages:
    """The scores of some images.

    key: of the cycle after which the model scores. validation: the same model's scores of validation patches.
    scores: (n,) of the images' patches. images: how many files could be used; skipped: why others could not;
    notes: how their levels compare with those of the training images, one sentence each.
    """

    key: CycleKey
    validation: Scored
    scores: np.ndarray
    images: int
    skipped: dict[str, str]
    notes: list[str]


def last_key(store: RunStore, strategy: str) -> CycleKey:
    """The last finished cycle of a strategy in the first repetition.

    Raises:
        StoreError: the run has no such strategy, or no finished cycle of it.
    """
    names = store.config.strategies
    if strategy not in names:
        raise StoreError(
            f"the run has no strategy {strategy!r}{did_you_mean(strategy, names)} (it has {', '.join(names)})"
        )
    done = [key for key in store.committed() if (key.strategy, key.repetition) == (strategy, REPETITION)]
    if not done:
        raise StoreError(f"{strategy} has not finished a cycle, so there is no model; let the run continue")
    return done[-1]


def score_images(store: RunStore, strategy: str, paths: Sequence[Path], follow: Follow) -> ScoredImages:
    """Score image files, folders and zips with the last model of a run's strategy.

    Raises:
        AlcoreError: no model, another data set than the run's, no validation patches, or no usable image.
    """
    compute_on_one_thread()
    key = last_key(store, strategy)
    validation = store.record(key).validation
    if validation is None:
        raise StoreError(
            "the run kept no validation patches, which are needed to interpret scores; start a new run on "
            "a data set "
            "whose validation split has defective and clean patches"
        )
    patches = _dataset_of(store)
    unlabelled = open_unlabelled(paths, Cutting.of(patches))
    learner = last_model(store, patches, key, follow)
    known = learner.evaluate(
        validation.items, on_patches=lambda done, total: follow(ScoringPhase.VALIDATION, done, total)
    )
    scores, images = _score(learner, unlabelled, follow)
    return ScoredImages(
        key,
        Scored(known.max_probability, validation.defective),
        scores,
        images,
        unlabelled.skipped,
        unlabelled.notes(),
    )


def _dataset_of(store: RunStore) -> Patches:
    patches = open_dataset(store.config.dataset)
    if store.data_fingerprint() not in (None, patches.fingerprint):
        raise DataError(
            f"the data set {patches.name!r} has been replaced since this run, so its model cannot be "
            "trained again; start a new run"
        )
    return patches


def last_model(
    store: RunStore, patches: Patches, key: CycleKey, follow: Follow, *, device: str = "auto"
) -> Learner:
    """The model after a cycle: as it was kept, or trained again from what the records say was labelled.

    Args:
        device: to train on; by default what this machine has, since the run's own may be another's.
    """
    config = store.config.model_copy(update={"device": device})
    learner = initial_learner(config, patches, key.repetition)
    kept = store.weights_path(key)
    if kept.exists():
        try:
            learner.load(open_weights(store.weights(key)))
        except StoreError as error:
            raise StoreError(f"{kept} is {error}; remove it, and the model is trained again") from None
        return learner
    keys = [*cycles_before(key), key]
    queries = [store.record(one).items for one in keys]
    first = len(keys) if config.training.start == "cold" else 1  # a cold cycle needs none before it
    learner.start_over()
    cycles = range(first, len(keys) + 1)
    labelled = {cycle: np.concatenate(queries[:cycle]) for cycle in cycles}
    steps = {cycle: config.training.steps_for(labelled[cycle].size) for cycle in cycles}
    done, total = 0, sum(steps.values())
    for cycle in cycles:

        def on_step(step: int, _: int, before: int = done) -> None:
            follow(ScoringPhase.TRAINING, before + step, total)

        train_cycle(learner, keys[cycle - 1], labelled[cycle], on_step)
        done += steps[cycle]
    _keep(store, key, learner)
    return learner


def _keep(store: RunStore, key: CycleKey, learner: Learner) -> None:
    """Keep the model with its run, for the next time; those that came with the package are left alone."""
    if not store.directory.resolve().is_relative_to(ASSETS.resolve()):
        store.weights_path(key).parent.mkdir(exist_ok=True)
        write_bytes(store.weights_path(key), seal_weights(learner.weights()))


def _score(learner: Learner, unlabelled: Unlabelled, follow: Follow) -> tuple[np.ndarray, int]:
    """(n,) scores of all patches, and how many images they are of."""
    found: list[np.ndarray] = []
    patches = 0
    for number, batch in enumerate(unlabelled.patches()):
        follow(ScoringPhase.IMAGES, number, len(unlabelled))
        patches += len(batch)
        if patches > MOST_PATCHES:
            raise DataError(f"the images make more than {MOST_PATCHES:,} patches; use fewer of them")
        if len(batch):
            found.append(learner.peaks(batch))
    follow(ScoringPhase.IMAGES, len(unlabelled), len(unlabelled))
    if not found:
        name, reason = next(iter(unlabelled.skipped.items()))
        raise DataError(f"no image can be used; {reason if name in reason else f'{name}: {reason}'}")
    return np.concatenate(found), len(found)
