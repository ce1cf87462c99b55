"""A run that starts from labels that there are."""

import json

import numpy as np
import pytest

from alcore.config import load_config, make_config
from alcore.errors import AlcoreError, ConfigError, PoolError
from alcore.experiment.first_labels import with_first_labels
from alcore.experiment.loop import run
from alcore.experiment.repetition import draw_repetition
from tests.conftest import SMALL

VALUES = {key: one for key, one in SMALL.items() if key != "first_query"}


def given(surfaces, defective, clean):
    """Ids of the training side, so many of each class."""
    train = np.flatnonzero(surfaces.split == 0)
    bad, good = (train[surfaces.defective[train] == kind] for kind in (True, False))
    return [*bad[:defective].tolist(), *good[:clean].tolist()]


@pytest.mark.parametrize("repetition", [1, 2])
def test_given_labels_are_the_first_query_of_a_pool_at_its_prevalence(surfaces, repetition):
    items = given(surfaces, 5, 20)
    config = make_config(VALUES | {"first_items": items})
    split = draw_repetition(config, surfaces, repetition)
    assert split.first_query.tolist() == items
    assert set(items) <= set(split.pool.tolist())
    assert split.pool.size == 80 == np.unique(split.pool).size
    assert surfaces.defective[split.pool].sum() == 16
    assert [config.labelled_after(cycle) for cycle in (1, 2, 3)] == [25, 31, 37]


def test_a_run_begins_with_them(surfaces):
    items = given(surfaces, 2, 6)
    config = make_config(VALUES | {"first_items": items, "cycles": 2, "strategies": ["random", "entropy"]})
    records = list(run(config, surfaces))
    assert [record.selection.items.tolist() for record in records[:2]] == [items] * 2
    assert [record.labelled for record in records] == [8, 8, 14, 14]


@pytest.mark.parametrize(("defective", "clean"), [(17, 0), (0, 65)])
def test_a_pool_that_has_no_room_for_them_is_refused(surfaces, defective, clean):
    config = make_config(VALUES | {"first_items": given(surfaces, defective, clean), "cycles": 1})
    with pytest.raises(PoolError, match="no room"):
        draw_repetition(config, surfaces, 1)


def test_a_patch_of_the_test_side_is_none_of_them(surfaces):
    outside = int(np.flatnonzero(surfaces.split == 2)[0])
    with pytest.raises(PoolError, match=f"patch {outside}"):
        draw_repetition(make_config(VALUES | {"first_items": [outside]}), surfaces, 1)


@pytest.mark.parametrize(
    "values",
    [
        {"first_items": [3, 3]},
        {"first_items": [-1]},
        {"first_items": [3], "first_query": 5},
        {"random_slice": 0.7},
    ],
)
def test_what_contradicts_itself_is_refused(values):
    with pytest.raises(ConfigError):
        make_config(VALUES | values)


def test_a_config_without_them_keeps_its_bytes():
    written = json.loads(make_config(VALUES).to_json())
    assert not {"first_items", "random_slice", "first_query"} & written.keys()
    assert make_config(json.loads(make_config(VALUES | {"first_items": [4, 2]}).to_json())).first_items == (
        4,
        2,
    )


def test_a_file_names_them(surfaces, tmp_path):
    items = given(surfaces, 1, 2)
    names = [surfaces.describe(items[0]), "", *map(str, items[1:]), str(items[1])]
    (tmp_path / "names.txt").write_text("\n".join(names))
    (tmp_path / "config.json").write_text(json.dumps(VALUES | {"first_query": "names.txt"}))
    config = load_config(
        tmp_path / "config.json", prepare=lambda values: with_first_labels(values, folder=tmp_path)
    )
    assert config.first_items == tuple(items)
    assert config.first_query is None


@pytest.mark.parametrize(
    ("content", "reason"), [("nobody.png", "nobody.png"), ("", "no image"), (None, "cannot be read")]
)
def test_a_file_that_names_nothing_is_refused(tmp_path, content, reason):
    if content is not None:
        (tmp_path / "names.txt").write_text(content)
    with pytest.raises(AlcoreError, match=reason):
        with_first_labels(VALUES | {"first_query": "names.txt"}, folder=tmp_path)
    with pytest.raises(ConfigError, match="begin a campaign"):
        with_first_labels(VALUES | {"first_query": "labelled"})
