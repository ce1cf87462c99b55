"""operating.csv, and what it is made of: counts at all thresholds, of test and validation patches."""

from __future__ import annotations

import zipfile
from dataclasses import replace

import numpy as np
import pandas as pd
import pytest

from alcore.config import make_config
from alcore.data.patches import Split
from alcore.errors import StoreError
from alcore.experiment.loop import run
from alcore.experiment.repetition import draw_repetition
from alcore.metrics import counts_at_prevalence, metrics_from_counts
from alcore.presentation.sentences import basis
from alcore.statistics.operating import AT_HALF, BEST, CHOSEN, HERE, HOME
from alcore.storage.evidence import gather, gather_operating
from alcore.storage.records import npz_of, to_arrays
from alcore.storage.run_archive import export_run, import_run
from alcore.storage.run_check import check_run
from alcore.storage.run_records import RunRecords
from alcore.storage.run_store import RunStore
from alcore.storage.tables import RunTables
from alcore.thresholds import COUNT, HALF, PROBABILITIES, counts_at_thresholds
from alcore.wording import percent
from tests.conftest import SMALL

TWO_TIMES = {"cycles": 2, "repetitions": 2, "strategies": ["random", "entropy"]}
SOURCE = ["strategy", "repetition", "cycle", "labelled", "prevalence"]


@pytest.fixture(scope="module")
def made(surfaces):
    """The records of a run of two cycles and two repetitions."""
    return list(run(make_config(SMALL | TWO_TIMES), surfaces))


@pytest.fixture
def store(tmp_path, made):
    store = RunStore.create(tmp_path / "run", make_config(SMALL | TWO_TIMES))
    for record in made:
        store.commit(record.key, npz_of(to_arrays(record)))
    return store


def test_operating_csv_is_written_with_the_run_and_half_is_what_metrics_csv_says(small_run):
    operating = pd.read_csv(small_run / "operating.csv")
    assert list(operating) == [*SOURCE, "rule", "threshold", "iou", "precision", "recall"]
    metrics = pd.read_csv(small_run / "metrics.csv")
    assert operating["rule"].tolist() == ["half", "validation", "best"] * len(metrics)
    half = operating[operating["rule"] == "half"].reset_index(drop=True)
    assert (half["threshold"] == 0.5).all()
    columns = [*SOURCE, "iou", "precision", "recall"]
    pd.testing.assert_frame_equal(half[columns], metrics[columns], check_exact=True)
    wide = operating.pivot_table(index=SOURCE, columns="rule", values="iou")
    assert (wide["best"] >= wide[["half", "validation"]].max(axis=1)).all()
    assert operating["threshold"].isin(PROBABILITIES).all()


def test_a_rule_is_applied_as_it_says(store, made):
    """Each row is computed again here from the records' histograms, threshold by threshold."""
    rows = RunTables(store).operating((0.05,)).itertuples()
    for record in made:
        test = counts_at_thresholds(record.threshold_histogram.histogram)
        validation = counts_at_thresholds(record.validation.histogram)

        def iou(counts, defective, index):
            return float(metrics_from_counts(counts_at_prevalence(counts[:, index], defective, 0.05))["iou"])

        on_test = [iou(test, record.test_defective, index) for index in range(COUNT)]
        tuned = [iou(validation, record.validation.defective, index) for index in range(COUNT)]
        half, chosen, best = next(rows), next(rows), next(rows)
        assert half.iou == on_test[HALF]
        assert best.iou == max(on_test)
        index = PROBABILITIES.tolist().index(chosen.threshold)
        assert tuned[index] == max(tuned)
        assert chosen.iou == on_test[index]


def test_counts_at_half_are_the_records_own(made):
    for record in made:
        assert np.array_equal(
            counts_at_thresholds(record.threshold_histogram.histogram)[:, HALF], record.counts
        )


def test_validation_patches_come_from_the_validation_split_and_are_few(surfaces, small):
    split = draw_repetition(small, surfaces, 1)
    assert (surfaces.split[split.validation] == Split.VALIDATION).all()
    assert split.validation.size == small.test_size
    assert np.array_equal(split.validation, draw_repetition(small, surfaces, 1).validation)
    assert not np.array_equal(split.validation, draw_repetition(small, surfaces, 2).validation)


def test_how_much_pools_overlap_is_computed_and_said(store, surfaces):
    pools = [draw_repetition(store.config, surfaces, repetition).pool for repetition in (1, 2)]
    evidence = gather(RunRecords(store))
    assert evidence.pool_overlap == np.intersect1d(*pools).size / store.config.pool_size
    assert f"any two share {percent(round(evidence.pool_overlap, 3))} of their patches" in basis(evidence)
    for known, share in zip((False, True), evidence.pool_overlap_by_class, strict=True):
        of_class = [pool[surfaces.defective[pool] == known] for pool in pools]
        whole = np.intersect1d(*of_class).size / of_class[0].size
        assert abs(share - whole) < 0.35, "estimated from the few that were labelled"
    alone = replace(evidence, pool_overlap=None)
    assert "Pools come from one data set; no interval" in basis(alone)


class WithoutValidation:
    """The surfaces, whose validation split has no defect."""

    def __init__(self, patches):
        self._patches = patches
        self.split = patches.split.copy()
        self.split[(self.split == Split.VALIDATION) & patches.defective] = Split.TRAIN

    def __getattr__(self, name):
        return getattr(self._patches, name)


def test_a_split_without_defects_to_validate_on_has_the_other_rules(tmp_path, surfaces):
    config = make_config(SMALL | {"cycles": 1, "strategies": ["random"]})
    record = next(iter(run(config, WithoutValidation(surfaces))))
    assert record.validation is None
    store = RunStore.create(tmp_path / "run", config)
    store.commit(record.key, npz_of(to_arrays(record)))
    assert RunTables(store).operating((0.1,))["rule"].tolist() == ["half", "best"]
    assert gather_operating(RunRecords(store)) is None


def test_a_run_from_before_thresholds_opens_without_them(tmp_path, store, made):
    for record in made:
        kept = {
            name: value
            for name, value in to_arrays(record).items()
            if not name.startswith("validation_") and name not in ("test_histogram", "test_confidence")
        }
        store.commit(record.key, npz_of(kept))
    records = RunRecords(store)
    assert records[made[0].key].threshold_histogram is None
    assert gather(records) is not None
    assert gather_operating(records) is None
    RunTables(store).write()
    assert (store.directory / "metrics.csv").exists()
    assert not (store.directory / "operating.csv").exists()


def test_gathered_rules_give_what_the_table_says(store):
    """Evidence under a rule, judged like any other, has the means of operating.csv over repetitions."""
    operating = gather_operating(RunRecords(store))
    table = RunTables(store).operating((0.02,))
    for rule, name in ((AT_HALF, "half"), (HERE, "validation"), (BEST, "best")):
        curves = operating.evidence_at(operating.chosen_by(rule, 0.02)).curves_with_shared_error("iou", 0.02)
        rows = table[table["rule"] == name].groupby(["strategy", "cycle"], sort=False)["iou"].mean()
        for (strategy, cycle), value in rows.items():
            assert curves.mean[curves.row(strategy), cycle - 1] == pytest.approx(value, abs=1e-12)


def test_at_half_nothing_changes_and_elsewhere_shared_patches_count_as_before(store):
    operating = gather_operating(RunRecords(store))
    assert operating.evidence_at(operating.chosen_by(AT_HALF, 0.02)) is operating.evidence
    again = operating.evidence_at(operating.chosen_by(CHOSEN, 0.02, HALF + 1))
    assert (again.shared is None) == (operating.evidence.shared is None)
    home = operating.chosen_by(HOME, 0.02)
    assert np.array_equal(home, operating.chosen_by(HERE, operating.evidence.pool_prevalence))


def test_records_are_read_again_as_they_were_made(store, made):
    for record in made:
        stored = store.record(record.key)
        for name in ("histogram", "confidence"):
            assert np.array_equal(
                getattr(stored.threshold_histogram, name), getattr(record.threshold_histogram, name)
            )
        for name in ("items", "defective", "max_probability", "histogram"):
            assert np.array_equal(getattr(stored.validation, name), getattr(record.validation, name))
    assert made[0].threshold_histogram.histogram.dtype == np.uint16, "4096 pixels fit"


@pytest.mark.parametrize(
    ("name", "spoilt"),
    [
        ("test_histogram", lambda values: values[:, :, :-1]),
        ("test_histogram", lambda values: values + np.uint16(1)),
        ("test_histogram", lambda values: values.astype(float)),
        ("test_confidence", lambda values: values * np.nan),
        ("test_confidence", lambda values: None),
        ("validation_histogram", lambda values: values[1:]),
        ("validation_defective", np.zeros_like),
        ("validation_max_probability", lambda values: values + 2),
        ("validation_items", lambda values: None),
    ],
)
def test_counts_at_thresholds_that_cannot_be_are_damage_in_a_sentence(store, made, name, spoilt):
    arrays = to_arrays(made[0])
    value = spoilt(arrays.pop(name))
    if value is not None:
        arrays[name] = value
    store.commit(made[0].key, npz_of(arrays))
    with pytest.raises(StoreError, match="do not fit each other"):
        RunTables(store).operating()
    messages = []
    check_run(store.directory, messages.append, messages.append)
    assert any(made[0].key.stem in sentence for sentence in messages)


def test_a_run_that_is_carried_elsewhere_has_its_operating_csv_again(tmp_path, store):
    RunTables(store).write()
    export_run(store.directory, tmp_path / "run.zip", {})
    with zipfile.ZipFile(tmp_path / "run.zip") as archive:
        assert "operating.csv" in archive.namelist()
    (tmp_path / "runs").mkdir()
    again = tmp_path / "runs" / import_run(tmp_path / "run.zip", tmp_path / "runs")
    assert (again / "operating.csv").read_bytes() == (store.directory / "operating.csv").read_bytes()
    (again / "operating.csv").write_text("nothing\n")
    messages = []
    check_run(again, pytest.fail, messages.append)
    assert any("operating.csv differed from the records" in sentence for sentence in messages)
