"""The next batch: train on what is labelled, rank the rest, and write what people are to label.

Every step leaves the campaign as it was or with the step done, so a process may be killed anywhere and the
same call be made again: a query is computed again from the same numbers, a record appears whole, and a line
of the log is there or not.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from functools import cached_property
from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from alcore.campaign.batch_folder import write_batch
from alcore.campaign.campaign import Campaign
from alcore.campaign.campaign_log import History
from alcore.campaign.campaign_patches import CampaignPatches
from alcore.campaign.live_stopping import verdict
from alcore.errors import StoreError
from alcore.experiment.cycle_record import Selection
from alcore.experiment.repetition import draw_repetition
from alcore.storage.files import write_bytes
from alcore.storage.records import npz_of, read_selection, selection_to_arrays, to_arrays

if TYPE_CHECKING:
    from alcore.experiment.cycle import CycleStart, Progress, Workbench

Follow = Callable[["Progress"], None]


class Step(NamedTuple):
    """What came of asking for a batch.

    state: asked (a new batch), waiting (for the labels of one), or ended (the budget is spent, or the rule
    says so); batch: its number, or the last one; why: a sentence where it ended.
    """

    state: str
    batch: int
    why: str = ""


def next_batch(
    campaign: Campaign,
    *,
    without_missing: bool = False,
    anyway: bool = False,
    follow: Follow = lambda _: None,
) -> Step:
    """Train on the batch whose labels are there, and ask for the next.

    Args:
        without_missing: do not wait for labels that are missing; they are taken whenever they come.
        anyway: go on though the stopping rule says stop.
        follow: hears how far training and ranking are.
    Raises:
        AlcoreError: the campaign is stopped, or something of it cannot be used.
    """
    with campaign.held():
        return _Asking(campaign, follow).go_on(without_missing=without_missing, anyway=anyway)


def finish(campaign: Campaign, why: str, *, follow: Follow = lambda _: None) -> Step:
    """Stop for good. A last batch that is labelled whole is trained on first; any other is left as it is.

    Raises:
        AlcoreError: it is stopped already, or something of it cannot be used.
    """
    with campaign.held():
        asking = _Asking(campaign, follow)
        batch = campaign.trained + 1
        if batch in asking.history.asked and not asking.history.missing(batch):
            asking.learn(batch)
        campaign.log.append("stopped", why=why)
        return Step("ended", campaign.trained, why)


class _Asking:
    """One call: the history as it stands, and a workbench once something has to be computed."""

    def __init__(self, campaign: Campaign, follow: Follow) -> None:
        self.campaign, self._follow = campaign, follow
        self.history: History = campaign.log.read()
        if self.history.stopped is not None:
            raise StoreError(
                f"the campaign {campaign.name} was stopped ({self.history.stopped}); its labels and records "
                "stay, and a new one can begin with them"
            )

    def go_on(self, *, without_missing: bool, anyway: bool) -> Step:
        """As `next_batch`."""
        while (batch := self.campaign.trained + 1) <= self.campaign.config.cycles:
            if batch not in self.history.asked:
                why = "" if anyway else verdict(self.campaign)
                if why:
                    return Step("ended", batch - 1, why)
                self._ask(batch)
                if self.history.missing(batch):
                    return Step("asked", batch)
            elif self.history.missing(batch) and not without_missing:
                write_batch(self.campaign, batch, self.history)
                return Step("waiting", batch)
            self.learn(batch)
        return Step("ended", self.campaign.trained, "all batches that were planned are labelled")

    def learn(self, batch: int) -> None:
        """Train on a batch and all before, and keep the record; labels that came late join in."""
        from alcore.storage.sealed_weights import seal_weights

        selection, axes = read_selection(self.campaign.selection_of(batch))
        selection = _as_labelled(selection, self.history, self._late(batch))
        if not selection.items.size:
            raise StoreError(f"no label of batch {batch} has come in, so there is nothing to train on")
        start = replace(self._start(batch), judged=self._judged(batch))
        self.campaign.log.append("training", batch=batch)
        record = self._bench.learn(start, selection, axes, self._follow)
        weights = seal_weights(record.weights)
        self.campaign.store.commit(start.key, npz_of(to_arrays(record)), weights=weights)

    def _ask(self, batch: int) -> None:
        """Choose a batch, and keep the choice: the line in the log is what makes it one."""
        start, late = self._start(batch), self._late(batch)
        if late.size:  # labelled meanwhile, so no candidates; they join the training of this batch
            start = replace(start, queries=(*start.queries, late))
        selection, axes = self._bench.select(start, self._follow)
        write_bytes(self.campaign.selection_of(batch), npz_of(selection_to_arrays(selection, axes)))
        config, order = self.campaign.config, draw_repetition(self.campaign.config, self._patches, 1).test
        drawn = order[config.sliced_after(batch - 1) : config.sliced_after(batch)]
        is_given = batch == 1 and config.first_items  # which nobody has to be asked for
        chosen = [] if is_given else selection.items.tolist()
        self.campaign.log.append("asked", batch=batch, chosen=chosen, slice=drawn.tolist())
        self.history = self.campaign.log.read()
        if self.history.asked[batch].items:
            write_batch(self.campaign, batch, self.history)

    def _start(self, batch: int) -> CycleStart:
        from alcore.experiment.cycle import CycleStart
        from alcore.storage.sealed_weights import open_weights

        store, key = self.campaign.store, self.campaign.key(batch)
        before = [self.campaign.key(number) for number in range(1, batch)]
        if not before:
            return CycleStart(key)
        queries = tuple(store.record(one).items for one in before)
        axes = store.record(before[1]).axes if len(before) > 1 else None
        return CycleStart(key, queries, open_weights(store.weights(before[-1])), axes)

    def _late(self, batch: int) -> np.ndarray:
        """(n,) ids chosen for earlier batches whose labels came after those were trained on."""
        trained = [self.campaign.store.record(self.campaign.key(n)).items for n in range(1, batch)]
        earlier = [self.history.asked[n].chosen for n in range(1, batch)]
        labelled = [item for chosen in earlier for item in chosen if item in self.history.labels]
        return np.setdiff1d(
            np.array(labelled, dtype=np.int64), np.concatenate([*trained, []]).astype(np.int64)
        )

    def _judged(self, batch: int) -> np.ndarray:
        """(t,) ids of the random slice that are labelled, in the order in which they were drawn."""
        drawn = [item for n in range(1, batch + 1) for item in self.history.asked[n].slice]
        return np.array([item for item in drawn if item in self.history.labels], dtype=np.int64)

    @cached_property
    def _patches(self) -> CampaignPatches:
        return self.campaign.patches(self.history)

    @cached_property
    def _bench(self) -> Workbench:
        """With the data and the pretrained weights that the campaign began with; StoreError for others."""
        from alcore.compute.job_worker import environment_of
        from alcore.experiment.cycle import Workbench

        self.campaign.store.note_environment(environment_of(self.campaign.config, self._patches))
        return Workbench(self.campaign.config, self._patches)


def _as_labelled(selection: Selection, history: History, late: np.ndarray) -> Selection:
    """A query without what nobody labelled, and with what came late; as it is where it is labelled whole.

    Given labels, which are in no log, are all there.
    """
    is_there = np.isin(selection.items, list(history.labels)) | ~np.isin(selection.items, list(history.known))
    late = np.setdiff1d(late, selection.items)
    if is_there.all() and not late.size:
        return selection
    rows, more = np.flatnonzero(is_there), late.size
    seen = selection.probability[rows] if len(selection.probability) else selection.probability
    blank = np.zeros((more * bool(len(seen)), *seen.shape[1:]), dtype=np.uint8)
    return replace(
        selection,
        items=np.concatenate([selection.items[rows], late]),
        scores=np.concatenate([selection.scores[rows], np.full(more, np.nan, dtype=np.float32)]),
        probability=np.concatenate([seen, blank]),
        defective=np.zeros(rows.size + more, dtype=bool),
    )
