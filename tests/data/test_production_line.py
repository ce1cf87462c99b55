"""Lines and what is kept of them: the realised π₀ of each rule against its formula."""

import numpy as np
import pytest
from typer.testing import CliRunner

from alcore.__main__ import app
from alcore.config import make_config
from alcore.data.anomaly_score import anomaly_scores, appearance
from alcore.data.collection import dataset_names, dataset_path, make_surfaces, open_dataset
from alcore.data.importing.importer import import_dataset
from alcore.data.importing.options import ImportOptions
from alcore.data.keep_rules import KEEP_RULES, keep, represented
from alcore.data.line_pool import write_pool
from alcore.data.patches import Split, items_of
from alcore.data.production_line import LineSettings, ProductionLine
from alcore.data.synthetic import SurfaceSettings
from alcore.errors import DataError
from alcore.experiment.repetition import draw_repetition
from tests.conftest import SMALL
from tests.data.helpers import SIZE, folder_files, write_folder
from tests.data.trees import TREES


class Squares:
    """20,000 patches of 12x12, half of them with a brighter square of 2 to 8 pixels; drawn from their ids."""

    name, fingerprint, shape = "squares", "squares", (12, 12, 1)

    def __init__(self, count=20_000):
        rng = np.random.default_rng(8)
        self.defective = np.arange(count) % 2 == 1
        self.split = np.zeros(count, dtype=np.uint8)
        self.split[-200:-100], self.split[-100:] = 1, 2
        self.sides = rng.integers(2, 9, count)

    def images(self, items):
        noise = np.random.default_rng(4).normal(0, 6, (1009, 12, 12, 1))
        return (100 + noise[items % 1009] + 25 * self.masks(items)[..., None]).astype(np.uint8)

    def masks(self, items):
        place = np.arange(12)
        inside = place < (self.sides[items] * self.defective[items])[:, None]
        return inside[:, :, None] & inside[:, None, :]

    def ignored(self, items):
        return None

    def describe(self, item):
        return f"square {item}"


LINE = LineSettings(defect_rate=0.04, images_per_hour=1000, hours=5, storage=500, sees=0.9, false_press=0.03)


@pytest.fixture(scope="module")
def squares():
    return Squares()


def lines(squares, **changes):
    """Six shifts of one line."""
    settings = {name: getattr(LINE, name) for name in LineSettings.__dataclass_fields__} | changes
    return [ProductionLine(squares, LineSettings(**settings | {"seed": seed})) for seed in range(6)]


@pytest.mark.parametrize("rule", KEEP_RULES)
@pytest.mark.parametrize("rate", [0.01, 0.1])
def test_the_realised_prevalence_is_that_of_the_formula(squares, rule, rate):
    """Six shifts together, within four standard errors of counting, and a tenth for kept neighbours."""
    kept = [keep(line, rule) for line in lines(squares, defect_rate=rate)]
    total = sum(one.items.size for one in kept)
    realised = sum(one.defective for one in kept) / total
    expected = np.mean([one.expected for one in kept])
    error = np.sqrt(expected * (1 - expected) / total)
    assert abs(realised - expected) < 4 * error + 0.002, (realised, expected)
    assert all(one.items.size <= LINE.storage for one in kept)
    assert all(np.unique(one.items).size == one.items.size for one in kept)


def test_rules_that_look_at_images_keep_more_defects_than_those_that_do_not(squares):
    (line, *_) = lines(squares)
    found = {rule: keep(line, rule).prevalence for rule in KEEP_RULES}
    assert max(found["all"], found["every-nth"]) < 0.07
    assert found["anomalous"] > 0.2
    assert found["operator"] > found["ring-buffer"] > 0.05
    assert found["balanced"] > 0.4


def test_every_nth_takes_n_times_as_long(squares):
    (line, *_) = lines(squares, every=5)
    every, everything = keep(line, "every-nth"), keep(line, "all")
    assert (every.positions % 5 == 4).all()
    assert (everything.hours, every.hours) == (0.5, 2.5)


def test_a_ring_buffer_keeps_what_is_around_an_alarm(squares):
    (line, *_) = lines(squares, storage=10_000, before=2, after=3)
    kept, alarms = keep(line, "ring-buffer").positions, np.flatnonzero(line.pressed)
    distance = kept[:, None] - alarms[None]
    assert ((distance >= -2) & (distance <= 3)).any(axis=1).all()
    expected = set()
    for alarm in alarms:
        expected |= set(range(max(alarm - 2, 0), min(alarm + 4, line.items.size)))
    assert kept.tolist() == sorted(expected)


def test_balanced_keeps_half_of_each_class_as_far_as_they_last(squares):
    (line, *_) = lines(squares, defect_rate=0.3)
    assert keep(line, "balanced").prevalence == 0.5
    (line, *_) = lines(squares, defect_rate=0.01)
    kept = keep(line, "balanced")
    assert kept.defective == line.defective.sum() < 250
    assert kept.items.size == kept.defective + 250


def test_an_operator_sees_large_defects_sooner(squares):
    (line, *_) = lines(squares, defect_rate=0.3)
    table = represented(line, keep(line, "operator")).set_index("group")
    assert table.loc["large defects", "factor"] > 1.2
    assert table.loc["small defects", "factor"] < 0.8
    assert table["line"].sum() == pytest.approx(1)
    assert table["kept"].sum() == pytest.approx(1)
    fair = represented(line, keep(line, "all")).set_index("group")
    assert fair["factor"].between(0.7, 1.3).all()


def test_one_seed_is_one_line_and_no_image_is_shown_twice(squares):
    one, same = (ProductionLine(squares, LINE) for _ in range(2))
    other = ProductionLine(squares, LineSettings(seed=1))
    assert np.array_equal(one.items, same.items)
    assert not np.array_equal(one.items[:100], other.items[:100])
    assert np.unique(one.items).size == one.items.size == 5000
    assert np.array_equal(squares.defective[one.items], one.defective)


def test_a_line_ends_when_the_data_set_has_no_more_to_show(squares):
    line = ProductionLine(squares, LineSettings(defect_rate=0.5, images_per_hour=10_000, hours=8))
    assert line.ran_out
    assert 18_000 < line.items.size < 19_800
    assert not ProductionLine(squares, LINE).ran_out


def test_the_score_is_high_where_an_image_differs():
    usual = np.random.default_rng(0).normal(120, 5, (300, 16, 16, 1)).astype(np.uint8)
    odd = usual[:4].copy()
    odd[0, 4:8, 4:8] += 60
    odd[1] //= 2
    scores = anomaly_scores(appearance(odd), appearance(usual))
    assert min(scores[:2]) > 10 * max(scores[2:])


@pytest.mark.parametrize(
    "changes", [{"defect_rate": 0}, {"storage": 1}, {"sees": 1.5}, {"every": 0}, {"hours": 0}, {"before": -1}]
)
def test_settings_out_of_range_are_a_sentence(changes):
    with pytest.raises(DataError, match="must be from"):
        LineSettings(**changes)


def imported(tmp_path, name, files):
    source = write_folder(tmp_path / name, files)
    import_dataset(source, dataset_path(name), options=ImportOptions(SIZE))
    return open_dataset(name)


def test_what_a_line_kept_of_an_imported_set_is_a_data_set(tmp_path):
    import_dataset(
        write_folder(tmp_path / "in", folder_files(150)), dataset_path("mine"), options=ImportOptions(SIZE)
    )
    before = open_dataset("mine")
    line = ProductionLine(before, LineSettings(defect_rate=0.2, storage=40, images_per_hour=10))
    kept = keep(line, "all")
    info = write_pool(dataset_path("kept"), line, kept)
    after = open_dataset("kept")
    train = items_of(after, Split.TRAIN)
    assert train.size == 40
    assert after.defective[train].sum() == kept.defective
    assert np.array_equal(after.images(train), before.images(kept.items))
    assert np.array_equal(after.masks(train), before.masks(kept.items))
    for side in (Split.VALIDATION, Split.TEST):
        assert np.array_equal(after.images(items_of(after, side)), before.images(items_of(before, side)))
    assert after.describe(0) == before.describe(int(kept.items[0]))
    assert info.format == "stream"
    assert "π₀ = " in info.notes[-1]
    table = represented(line, kept)
    assert table["group"].tolist()[:3] == ["small defects", "medium defects", "large defects"]


def test_ignored_pixels_and_series_go_with_the_patches(tmp_path):
    for name in ("LoveDA", "KolektorSDD"):
        import_dataset(
            write_folder(tmp_path / name, TREES[name][1]()), dataset_path(name), options=ImportOptions(SIZE)
        )
        before = open_dataset(name)
        line = ProductionLine(before, LineSettings(defect_rate=0.4, storage=10, images_per_hour=100))
        kept = keep(line, "all")
        write_pool(dataset_path(f"{name}-kept"), line, kept)
        after = open_dataset(f"{name}-kept")
        items = np.arange(kept.items.size)
        if name == "LoveDA":
            assert np.array_equal(after.ignored(items), before.ignored(kept.items))
        else:
            assert after.items["series"][items].tolist() == before.items["series"][kept.items].tolist()


def test_the_command_makes_a_pool_of_surfaces_that_a_run_can_take():
    make_surfaces("few", SurfaceSettings(count=600))
    arguments = ["--from", "few", "--rule", "operator", "--defect-rate", "0.3", "--storage", "50"]
    done = CliRunner().invoke(app, ["data", "create-stream", "kept", *arguments])
    assert done.exit_code == 0, done.output
    assert "rule: operator presses (sees 0.9, false press 0.01)" in done.output
    assert "large defects:" in done.output
    patches = open_dataset("kept")
    train = items_of(patches, Split.TRAIN)
    prevalence = float(patches.defective[train].mean())
    config = make_config(SMALL | {"dataset": "kept", "pool_size": 50, "pool_prevalence": prevalence})
    split = draw_repetition(config, patches, 0)
    assert np.array_equal(split.pool, train)
    again = CliRunner().invoke(app, ["data", "create-stream", "kept"])
    assert "exists" in str(again.exception)
    unknown = CliRunner().invoke(app, ["data", "create-stream", "other", "--rule", "operater"])
    assert "did you mean 'operator'" in str(unknown.exception)
    assert dataset_names() == ["synthetic", "few", "kept"]
