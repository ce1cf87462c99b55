"""A campaign is a run with people in the place of the oracle: the same records for the same labels."""

from __future__ import annotations

import os
import shutil
import signal
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from alcore.campaign.asking import finish, next_batch
from alcore.campaign.campaign import Campaign, Wishes, new_campaign
from alcore.campaign.campaign_patches import CampaignPatches, campaign_split
from alcore.campaign.campaign_settings import campaign_names
from alcore.campaign.live_stopping import says_stop
from alcore.campaign.standing import standing_of
from alcore.campaign.taking import take_labels
from alcore.compute.crew import Crew
from alcore.compute.execution import execute
from alcore.data.patches import Split
from alcore.errors import AlcoreError, ConfigError, DataError, StoreError
from alcore.storage.evidence import gather
from alcore.storage.run_records import RunRecords
from alcore.storage.run_store import RunStore
from tests.campaign.helpers import answered, begin, export, hidden_set, truth_of


class Truth:
    """The campaign's data set with all its true masks, as a simulated run has them."""

    name, fingerprint = "truth", "truth"

    def __init__(self, campaign: Campaign) -> None:
        self._base, self.shape, self.split = campaign.base, campaign.base.shape, campaign.split
        self._masks = np.array([truth_of(campaign, item) for item in range(self.split.size)])
        self.defective = self._masks.any(axis=(1, 2))

    def images(self, items):
        return self._base.images(items)

    def masks(self, items):
        return self._masks[items]

    def ignored(self, items):
        return None

    def describe(self, item):
        return str(item)


def simulated(campaign: Campaign, directory: Path) -> dict[str, bytes]:
    """The records of a run with the campaign's config and an oracle."""
    with Crew.of_thread(Truth(campaign)) as crew:
        execute(RunStore.create(directory, campaign.config), crew=crew)
    return records_in(directory)


def records_in(directory: Path) -> dict[str, bytes]:
    return {file.name: file.read_bytes() for file in sorted((directory / "records").iterdir())}


def label_all(campaign: Campaign, folder: Path, *tools: str) -> None:
    """Label batch after batch, each in another tool, until there is none."""
    for tool in tools:
        step = next_batch(campaign)
        masks = answered(campaign, step.batch)
        take_labels(campaign, export(tool, masks, folder / f"export-{step.batch}"))
    assert next_batch(campaign).state == "ended"


@pytest.mark.parametrize("labelled", [0, 12])
def test_labels_from_true_masks_give_the_records_of_a_simulated_run(tmp_path, labelled):
    campaign = begin(tmp_path, labelled=labelled)
    label_all(campaign, tmp_path, "label-studio", "coco", "cvat")
    expected = simulated(campaign, tmp_path / "simulated")
    assert len(expected) == 3 + bool(labelled)
    assert records_in(campaign.directory) == expected


def test_a_simulated_run_with_a_random_slice_has_tables_and_evidence(tmp_path):
    """Its test set grows, and may lack a class at first; nothing that reads runs may fall over it."""
    campaign = begin(tmp_path)
    simulated(campaign, tmp_path / "simulated")
    store = RunStore(tmp_path / "simulated")
    evidence = gather(RunRecords(store))
    assert evidence is not None
    assert evidence.labelled.tolist() == [8, 16, 24]
    sizes = [store.record(key).test_items.size for key in store.committed()]
    assert sizes == [campaign.config.sliced_after(cycle) for cycle in (1, 2, 3)] == [2, 3, 5]
    assert (tmp_path / "simulated" / "metrics.csv").exists()


def test_what_is_judged_is_never_trained_on(asked):
    key = asked.key(1)
    record, batch = asked.store.record(key), asked.log.read().asked[1]
    assert set(record.test_items.tolist()) == set(batch.slice)
    assert not set(record.items.tolist()) & set(batch.slice)
    assert (asked.split[record.test_items] == Split.TEST).all()
    assert record.labelled == len(batch.items) == 8


def test_a_mask_that_nobody_drew_cannot_be_read(asked):
    history = asked.log.read()
    patches = asked.patches(history)
    waiting = np.array(history.missing(2))
    with pytest.raises(DataError, match="has no label yet"):
        patches.masks(waiting[:1])
    known = np.array(history.asked[1].items)
    assert np.array_equal(patches.masks(known), [truth_of(asked, item) for item in known])
    assert patches.fingerprint != asked.base.fingerprint


def test_asking_again_gives_the_batch_that_waits(asked):
    images = sorted(file.name for file in asked.images_of(2).rglob("*"))
    before = (asked.directory / "log.jsonl").read_bytes()
    shutil.rmtree(asked.images_of(2))
    step = next_batch(asked)
    assert (step.state, step.batch) == ("waiting", 2)
    assert sorted(file.name for file in asked.images_of(2).rglob("*")) == images
    assert (asked.directory / "log.jsonl").read_bytes() == before


def test_late_labels_join_the_next_batch(asked, tmp_path):
    """Nothing waits for them, nothing is asked twice for them, and nothing of them is lost."""
    history = asked.log.read()
    late = history.asked[2].chosen[-2:]
    names = {f"{item:06d}" for item in late}
    masks = answered(asked, 2)
    early = {name: mask for name, mask in masks.items() if name[:6] not in names}
    taken = take_labels(asked, export("coco", early, tmp_path / "early"))
    assert [name[:6] for name in taken.missing] == [f"{item:06d}" for item in late]
    assert next_batch(asked).state == "waiting"
    assert next_batch(asked, without_missing=True).state == "asked"
    assert not set(late) & set(asked.store.record(asked.key(2)).items.tolist())
    take_labels(asked, export("coco", {n: m for n, m in masks.items() if n not in early}, tmp_path / "late"))
    take_labels(asked, export("coco", answered(asked, 3), tmp_path / "third"))
    next_batch(asked)
    trained = asked.store.record(asked.key(3)).items.tolist()
    assert set(late) <= set(trained)
    assert len(set(trained)) == len(trained)


def test_without_any_label_there_is_nothing_to_train_on(asked):
    with pytest.raises(StoreError, match="no label of batch 2"):
        next_batch(asked, without_missing=True)


def test_stopping_trains_on_what_is_whole_and_ends_it(asked, tmp_path):
    take_labels(asked, export("coco", answered(asked, 2), tmp_path / "second"))
    assert finish(asked, "enough").batch == 2
    assert asked.trained == 2
    for again in (lambda: next_batch(asked), lambda: finish(asked, "again")):
        with pytest.raises(StoreError, match="was stopped"):
            again()
    assert standing_of(asked).stopped == "enough"


def test_a_rule_that_says_stop_is_heard_unless_somebody_goes_on_anyway(asked, tmp_path):
    take_labels(asked, export("coco", answered(asked, 2), tmp_path / "second"))
    asked.settings = replace(asked.settings, rule="half of the budget")
    step = next_batch(asked)
    assert (step.state, step.batch) == ("ended", 2)
    assert "half of the budget" in step.why
    assert says_stop(asked)["half of the budget"]
    assert next_batch(asked, anyway=True).state == "asked"


def test_the_bill_counts_what_people_did(asked):
    stands = standing_of(asked)
    labels = asked.log.read().labels
    defective = sum(truth_of(asked, item).any() for item in labels)
    assert (stands.bought, stands.slice, stands.defective) == (8, 2, defective)
    outline = 2 * (8 + 9) - 4  # of a square of 8 by 9
    assert stands.clicks == pytest.approx(defective * (1 + outline / 4))
    assert stands.seconds == pytest.approx(8 + 2.4 * defective + 0.9 * defective * outline / 4)


class TestSplit:
    def test_related_patches_are_set_apart_together_and_labelled_ones_never(self, tmp_path):
        campaign = begin(tmp_path, labelled=12)
        base = campaign.base
        base.items["group"] = np.arange(len(base.items)) // 4
        split = campaign_split(base, share=0.2, seed=1)
        assert (split[:12] == Split.TRAIN).all()
        sides = [set(split[base.items["group"] == group]) for group in range(3, 15)]
        assert all(len(side) == 1 for side in sides)
        assert 10 <= (split == Split.TEST).sum() <= 13

    def test_every_patch_is_as_likely_to_be_set_apart(self, tmp_path):
        base = begin(tmp_path).base
        drawn = np.mean([campaign_split(base, share=0.2, seed=s) == Split.TEST for s in range(400)], axis=0)
        assert abs(drawn - 0.2).max() < 0.08  # four standard errors
        assert drawn.mean() == pytest.approx(0.2)

    def test_a_label_changes_neither_split_nor_fingerprint(self, asked):
        history = asked.log.read()
        bare = CampaignPatches(asked.base, asked.split, {})
        assert asked.patches(history).fingerprint == bare.fingerprint


class TestNew:
    def test_a_data_set_with_nothing_to_ask_for_is_refused(self):
        with pytest.raises(DataError, match="nothing to ask for"):
            new_campaign("one", Wishes("synthetic", strategy="entropy"))
        assert campaign_names() == []

    @pytest.mark.parametrize(
        ("wishes", "reason"),
        [
            ({"strategy": "oracle-balanced-33"}, "cannot lead a campaign"),
            ({"strategy": "you"}, "cannot lead a campaign"),
            ({"strategy": "entrpy"}, "entropy"),
            ({"share": 0.7}, "at most 0.5"),
            ({"rule": "tomorrow"}, "unknown stopping rule"),
            ({"batches": 90}, "labels, but the pool has"),
            ({"template": "nowhere"}, "no config file"),
        ],
    )
    def test_what_cannot_be_is_refused_and_leaves_nothing(self, tmp_path, wishes, reason):
        dataset = hidden_set(tmp_path)
        with pytest.raises(AlcoreError, match=reason):
            new_campaign(
                "one", Wishes(dataset, **{"strategy": "entropy", "template": "demo-scratch"} | wishes)
            )
        assert campaign_names() == []

    def test_a_template_with_several_strategies_needs_a_choice(self, tmp_path):
        with pytest.raises(ConfigError, match="--strategy"):
            new_campaign("one", Wishes(hidden_set(tmp_path)))

    def test_a_name_is_taken_once(self, tmp_path):
        begin(tmp_path)
        with pytest.raises(StoreError, match="exists"):
            new_campaign("line-1", Wishes("line", strategy="entropy"))
        with pytest.raises(StoreError, match=r"did you mean 'line-1'"):
            Campaign("line-2")


def test_two_processes_do_not_work_on_one_campaign(asked):
    with asked.held(), pytest.raises(StoreError, match="another process"):
        next_batch(Campaign("line-1"))


def killed_at(step: int, work) -> bool:
    """Do the work in a process that is killed when it syncs for the so manieth time; whether it was."""
    child = os.fork()
    if child == 0:
        left = [step]

        def counting(original):
            def instead(*args, **kwargs):
                left[0] -= 1
                if left[0] == 0:
                    os.kill(os.getpid(), signal.SIGKILL)
                return original(*args, **kwargs)

            return instead

        os.fsync, Path.replace, Path.rename = map(counting, (os.fsync, Path.replace, Path.rename))
        try:
            work()
            os._exit(0)
        finally:
            os._exit(1)
    status = os.waitpid(child, 0)[1]
    assert os.WIFSIGNALED(status) or os.WEXITSTATUS(status) == 0
    return os.WIFSIGNALED(status)


@pytest.mark.slow
def test_a_kill_at_any_moment_loses_nothing(asked, tmp_path):
    """Labels are taken, a model trained and a batch asked for, in a process that dies before each sync."""
    answer = export("label-studio", answered(asked, 2), tmp_path / "second")
    begun = shutil.copytree(asked.directory, tmp_path / "begun")

    def work() -> None:
        campaign = Campaign("line-1")
        if campaign.log.read().missing(2):
            take_labels(campaign, answer)
        next_batch(campaign)

    def outcome() -> tuple[object, ...]:
        history = Campaign("line-1").log.read()
        folder = sorted(file.name for file in asked.images_of(3).rglob("*"))
        return records_in(asked.directory), history.asked, history.labels, history.versions, folder

    work()
    expected, step = outcome(), 0
    is_killed = True
    while is_killed:
        step += 1
        shutil.rmtree(asked.directory)
        shutil.copytree(begun, asked.directory)
        is_killed = killed_at(step, work)
        work()
        assert outcome() == expected, f"after a kill at sync {step}"
        assert not [*asked.directory.rglob(".partial-*"), *asked.directory.rglob(".unfinished-*")]
    assert step > 8
