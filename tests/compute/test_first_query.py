"""A first query of another size than the rest, from the draw to every table and file."""

import numpy as np
import pandas as pd
import pytest

from alcore.acquisition import k_center_greedy
from alcore.compute.clock import share_done
from alcore.config import make_config, parse_config
from alcore.errors import ConfigError
from alcore.experiment.cycle import initial_learner
from alcore.experiment.cycle_key import CycleKey
from alcore.experiment.loop import run
from alcore.experiment.repetition import draw_repetition
from alcore.experiment.run_identity import run_fingerprint
from alcore.logs.reading import LogSettings, read_log
from alcore.logs.writing import export_log
from alcore.presentation.figures.learning_curves import query_shares
from alcore.presentation.narration import narrate
from alcore.presentation.sentences import settings_in_short
from alcore.storage.evidence import gather
from alcore.storage.run_archive import export_run, import_run
from alcore.storage.run_records import RunRecords
from alcore.storage.run_store import RunStore
from alcore.storage.tables import RunTables
from alcore.streams import Purpose, stream
from alcore.study.results import CellResults, collect
from tests.conftest import SMALL, train

SETTINGS = SMALL | {"first_query": 10, "query_size": 4, "strategies": ["random", "entropy"]}
SETTINGS |= {"training": {"steps": 2, "batch_size": 6}}
LABELLED = [10, 14, 18]


@pytest.fixture(scope="module")
def store(tmp_path_factory):
    """A finished run whose first query has ten patches and the others four."""
    path = tmp_path_factory.mktemp("first") / "run"
    train(path, SETTINGS)
    return RunStore(path)


def test_records_tables_and_statistics_count_labels_as_they_were_bought(store):
    metrics = RunTables(store).metrics()
    assert sorted(metrics["labelled"].unique()) == LABELLED
    sizes = RunTables(store).selections().groupby(["strategy", "cycle"]).size()
    assert sizes["entropy"].to_list() == [10, 4, 4]
    evidence = gather(RunRecords(store))
    assert evidence.labelled.tolist() == LABELLED
    assert share_done(store.config, store.committed()) == 1
    assert "of 10 defective" in narrate(evidence, store.config, prevalence=0.1, cycle=1)
    assert "of 4 defective" in narrate(evidence, store.config, prevalence=0.1, cycle=2)
    assert "10 + 2 × 4 labels" in settings_in_short(store.config)
    first, other = query_shares(RunTables(store).selections(), store.config).layout.shapes[:2]
    assert (first.x1, other.x0) == (1.5, 1.5)
    assert first.y1 - first.y0 < other.y1 - other.y0, "chance spreads less over more patches"


def test_a_larger_first_query_is_drawn_from_the_same_pool_and_judged_on_the_same_test_set(surfaces):
    few, many = (
        draw_repetition(make_config(SETTINGS | {"first_query": size}), surfaces, 1) for size in (4, 10)
    )
    assert np.array_equal(few.pool, many.pool)
    assert np.array_equal(few.test, many.test)
    assert (few.first_query.size, many.first_query.size) == (4, 10)


def test_a_study_keeps_its_queries_and_its_evidence_is_the_run_s(store, tmp_path):
    collect(store, [1]).save(tmp_path / "cell.npz")
    results = CellResults.load(tmp_path / "cell.npz")
    whole = gather(RunRecords(store))
    for name in ("labelled", "means", "query_share", "found"):
        assert np.array_equal(getattr(results.evidence, name), getattr(whole, name), equal_nan=True), name
    for cycle in (1, 2, 3):
        record = store.record(CycleKey(1, cycle, "entropy"))
        items, defective = results.query(0, 1, cycle)
        assert np.array_equal(items, record.items)
        assert np.array_equal(defective, record.defective)


def test_logs_of_it_have_each_query_s_size_and_are_read_with_the_same_labels(store, tmp_path):
    export_log(RunTables(store), tmp_path / "logs")
    (file,) = (path for path in (tmp_path / "logs").rglob("dict_*.csv") if "ntropy" in path.name)
    rows = pd.read_csv(file, sep=";", index_col=0).drop_duplicates("cycle").sort_values("cycle")
    assert rows["budget"].to_list() == [10, 4, 4]
    assert rows["labeled_items"].to_list() == LABELLED
    log = read_log(file.parent, "mine", LogSettings(80, 0.2, 0.02))
    assert log.evidence.labelled.tolist() == LABELLED
    assert (log.config.first_count, log.config.query_count, log.config.budget) == (10, 4, 18)


def test_it_goes_from_home_to_home(store, tmp_path):
    export_run(store.directory, tmp_path / "run.zip", {})
    run_id = import_run(tmp_path / "run.zip", tmp_path / "runs")
    assert RunStore(tmp_path / "runs" / run_id).config.first_count == 10


PRETRAINED = SMALL | {
    "strategies": ["random", "entropy"],
    "cycles": 2,
    "training": {"steps": 1, "batch_size": 4},
    "model": SMALL["model"] | {"encoder": "tu-tf_efficientnet_lite0", "encoder_weights": "imagenet"},
}


def first_query_of(surfaces, **changes):
    """The records of a first cycle, and the pool that it chose from."""
    config = make_config(PRETRAINED | changes)
    records = [record for record in run(config, surfaces) if record.key.cycle == 1]
    return records, draw_repetition(config, surfaces, 1).pool


def test_it_may_cover_the_pool_by_a_pretrained_encoder_s_features(surfaces):
    records, pool = first_query_of(surfaces, first_query_by="core-set")
    chosen = [record.selection.items for record in records]
    assert np.array_equal(*chosen), "one for all strategies"
    assert np.isin(chosen[0], pool).all()
    assert np.isnan(records[0].selection.scores).all(), "a strategy's scores are its own alone"
    config = make_config(PRETRAINED | {"first_query_by": "core-set"})
    pool = np.sort(pool)
    outputs = [output for _, output in initial_learner(config, surfaces, 1).look(pool)]
    features = np.concatenate([output.features.numpy() for output in outputs])
    rng = stream(config.seed, Purpose.FIRST_QUERY, 1, "core-set")
    rows, _ = k_center_greedy(features, features[:0], query_size=config.first_count, rng=rng)
    assert np.array_equal(chosen[0], pool[rows])


def test_it_may_be_typical_and_is_random_unless_something_else_is_said(surfaces):
    (typical, *_), pool = first_query_of(surfaces, first_query_by="typiclust")
    (drawn, *_), same_pool = first_query_of(surfaces)
    assert np.array_equal(pool, same_pool)
    assert set(typical.selection.items) != set(drawn.selection.items)
    config = make_config(PRETRAINED)
    assert np.array_equal(drawn.selection.items, draw_repetition(config, surfaces, 1).first_query)


def test_a_choice_by_features_needs_a_pretrained_encoder_and_old_configs_keep_their_bytes():
    with pytest.raises(ConfigError, match=r"features of a pretrained encoder; set model\.encoder_weights"):
        make_config(SMALL | {"first_query_by": "typiclust"})
    plain, chosen = make_config(PRETRAINED), make_config(PRETRAINED | {"first_query_by": "core-set"})
    assert "first_query_by" not in plain.to_json()
    assert run_fingerprint(plain) != run_fingerprint(chosen)
    assert parse_config(chosen.to_json()) == chosen
