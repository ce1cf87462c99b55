"""What was labelled by each cycle, from records and true masks."""

import numpy as np

from alcore.experiment.cycle_key import CycleKey
from alcore.statistics.budget_units import outline_pixels
from alcore.storage.outlines import gather_labelling, gather_validation
from alcore.storage.run_records import RunRecords
from alcore.storage.run_store import RunStore


def test_all_patches_of_all_queries_are_counted_with_their_masks(small_run, surfaces, monkeypatch):
    monkeypatch.setattr("alcore.storage.outlines._AT_ONCE", 7)  # of which a query may hold some
    records = RunRecords(RunStore(small_run))
    found = gather_labelling(records, surfaces)
    config = records.config
    row = config.strategies.index("entropy")
    labelled = []
    for cycle in range(1, config.cycles + 1):
        labelled += records[CycleKey(1, cycle, "entropy")].items.tolist()
        masks = surfaces.masks(np.array(labelled))
        at = (0, row, cycle - 1)
        assert found.images[at] == len(labelled)
        assert found.defective[at] == surfaces.defective[labelled].sum()
        assert found.pixels[at] == masks.sum()
        assert found.outline[at] == outline_pixels(masks).sum()


def test_what_was_labelled_to_tune_on_is_added_to_every_cycle(small_run, surfaces):
    records = RunRecords(RunStore(small_run))
    items = records[records.committed()[0]].validation.items
    bought, tuned_on = gather_labelling(records, surfaces), gather_validation(records, surfaces)
    assert tuned_on.images.shape == (bought.images.shape[0], 1, 1)
    both = bought.and_validation(tuned_on)
    assert (both.images - bought.images == len(items)).all()
    assert (both.defective - bought.defective == surfaces.defective[items].sum()).all()
    assert (both.pixels - bought.pixels == surfaces.masks(items).sum()).all()
