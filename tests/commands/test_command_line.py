import json

import numpy as np
import pytest

from alcore.compute import events
from alcore.data.feature_shelf import kept_stores, open_store
from alcore.data.features import FeatureKey, MapLayout, row_type
from alcore.data.importing import import_events
from tests.conftest import SMALL
from tests.data.test_importers import make_folder
from tests.following import alcore


def write_config(path, **changes):
    path.write_text(json.dumps(SMALL | changes))
    return str(path)


def test_a_run_from_a_file(tmp_path):
    result = alcore("run", write_config(tmp_path / "c.json", cycles=2), "--out", str(tmp_path / "run"))
    assert result.returncode == 0, result.stderr
    assert {"config.json", "metrics.csv", "selections.csv", "counts.parquet", "operating.csv"} <= {
        path.name for path in (tmp_path / "run").iterdir()
    }
    assert "finished" in result.stderr
    again = alcore("run", write_config(tmp_path / "c.json"), "--out", str(tmp_path / "run"))
    assert again.returncode == 2
    assert "already holds a run" in again.stderr


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"dataset": "synthetik"}, "did you mean 'synthetic'"),
        ({"strategies": ["random", "entropi"]}, "did you mean 'entropy'"),
        ({"model": {"architecture": "uned"}}, "did you mean 'unet'"),
        ({"model": {"encoder": "resnet19"}}, "did you mean 'resnet"),
        ({"pool_size": 11000}, "largest pool at this π₀ has"),
        ({"poolsize": 3}, "did you mean 'pool_size'"),
        ({"pool_prevalence": 7}, "above 0 and at most 1"),
        ({"cycles": 50}, "but the pool has 80"),
        ({"device": "cuda:9"}, "no device"),
    ],
)
def test_bad_input_is_one_line_exit_2_and_nothing_left(tmp_path, changes, words):
    result = alcore("run", write_config(tmp_path / "c.json", **changes), "--out", str(tmp_path / "run"))
    assert result.returncode == 2, result.stderr
    assert words in result.stderr
    assert len(result.stderr.strip().splitlines()) == 1
    assert not (tmp_path / "run").exists()


def test_what_is_not_json_and_what_is_not_there(tmp_path):
    (tmp_path / "c.json").write_text("{'dataset': 1}")
    for config, words in ((str(tmp_path / "c.json"), "not JSON"), ("papper", "did you mean 'paper'")):
        result = alcore("run", config, "--out", str(tmp_path / "run"))
        assert (result.returncode, len(result.stderr.strip().splitlines())) == (2, 1)
        assert words in result.stderr
    result = alcore("resume", str(tmp_path))
    assert result.returncode == 2
    assert "no run" in result.stderr


def test_importing_listing_and_deleting_data(tmp_path):
    source = make_folder(tmp_path / "in")
    result = alcore("data", "import", str(source), "--name", "mine", "--patch", "48x64")
    assert result.returncode == 0, result.stderr
    assert "30 patches, 10 defective" in result.stdout
    assert "mine: 30 patches of 48x64 grey, 10 defective" in alcore("data", "list").stdout
    assert alcore("data", "import", str(source), "--name", "mine").returncode == 2
    assert alcore("data", "import", str(source), "--name", "x", "--patch", "big").returncode == 2
    assert alcore("data", "delete", "mine").returncode == 0
    assert alcore("data", "delete", "mine").returncode == 2
    assert "mine" not in alcore("data", "list").stdout


@pytest.mark.parametrize(
    "arguments", [("data", "import", "SOURCE", "--name", "mine"), ("dashboard", "--server.headless=true")]
)
def test_a_home_that_cannot_be_written_is_one_line(tmp_path, arguments):
    source = str(make_folder(tmp_path / "in"))
    arguments = [source if argument == "SOURCE" else argument for argument in arguments]
    result = alcore(*arguments, ALCORE_HOME="/dev/null/home")
    assert result.returncode == 2
    assert "cannot be written" in result.stderr
    assert len(result.stderr.strip().splitlines()) == 1


def test_an_architecture_that_cannot_take_the_patches_is_refused_before_anything_is_written(tmp_path):
    config = write_config(tmp_path / "c.json", model={"architecture": "pan", "encoder": "resnet18"})
    result = alcore("run", config, "--out", str(tmp_path / "run"))
    assert result.returncode == 2
    assert "cannot take patches of 64x64" in result.stderr
    assert not (tmp_path / "run").exists()


def test_surfaces_are_made_and_shown(home):
    made = alcore("data", "create", "hide", "--family", "leather", "--count", "200")
    assert made.returncode == 0, made.stderr
    shown = alcore("data", "show", "hide")
    assert "hide: 200 patches, 100 defective (50 %)" in shown.stdout
    assert "train: 160 patches" in shown.stdout
    assert alcore("data", "create", "other", "--family", "lether").returncode == 2
    assert alcore("data", "show", "nowhere").returncode == 2


def test_a_run_for_scripts_prints_one_object_per_line(tmp_path):
    config = write_config(tmp_path / "c.json", cycles=2)
    result = alcore("run", config, "--out", str(tmp_path / "run"), "--json")
    assert result.returncode == 0, result.stderr
    received = [events.from_line(line) for line in result.stdout.splitlines()]
    kept = [event for event in received if event.event == "record"]
    assert [(event.finished, event.records) for event in kept] == [(number, 6) for number in range(1, 7)]
    shares = [event.share for event in received if event.event == "progress"]
    assert shares == sorted(shares)
    assert received[-1] == events.Ended("finished")


def test_an_import_for_scripts_says_how_it_ended(tmp_path):
    source = make_folder(tmp_path / "in")
    arguments = ("data", "import", str(source), "--name", "mine", "--patch", "48x64", "--json")
    received = [import_events.from_line(line) for line in alcore(*arguments).stdout.splitlines()]
    assert received[-1] == import_events.ImportEnded(
        "finished",
        name="mine",
        patches=30,
        defective=10,
        notes=[
            "layout: images and masks, which explains all 60 files",
            "masks read: 20 empty, 10 with 0 and 255",
            "defective: above 127, by the values of the masks",
            "whole images are resized to 48x64, as some images are smaller than a tile",
        ],
        warnings=[
            "patches of 48x64, whole images resized: 10 of 30 defective, a prevalence of 33.3 %",
            "split: train 24 (8 defective), validation 3 (1 defective), test 3 (1 defective)",
            "all images are of 40x48",
        ],
    )
    assert received[-2] == import_events.ImportProgress(30, 30, "reading", share=1.0, left=received[-2].left)
    again = alcore(*arguments)
    assert again.returncode == 2
    (ended,) = map(import_events.from_line, again.stdout.splitlines())
    assert ended.status == "failed"
    assert f"error: {ended.message}" == again.stderr.strip()


def test_a_run_that_cannot_start_says_so_to_scripts(tmp_path):
    result = alcore("run", "papper", "--out", str(tmp_path / "run"), "--json")
    assert result.returncode == 2
    (ended,) = map(events.from_line, result.stdout.splitlines())
    assert (ended.event, ended.status) == ("ended", "failed")
    assert "did you mean 'paper'" in ended.message


def test_kept_features_are_listed_and_removed(home):
    key = FeatureKey("data", "tu-x", "weights", "image", MapLayout((1,)))
    kind = row_type([(3, 4, 4)], pooled=2)
    with open_store(key, kind, patches=9, name="tiles") as store:
        compute = lambda views: np.ones(views.size, dtype=kind)  # noqa: E731
        store.fill(np.arange(9), compute, follow=lambda *_: None, has_room=lambda _: True)
        busy = alcore("data", "features", "remove", key.digest)
        assert busy.returncode == 2
        assert "are in use; stop the runs" in busy.stderr
    listed = alcore("data", "features", "list").stdout.splitlines()
    assert listed[0].startswith(f"{key.digest}: tiles, tu-x, 9 patches, ")
    assert listed[1].endswith("of at most 20.0 GB (feature_bytes in limits.json)")
    assert alcore("data", "features", "remove", "nothing").returncode == 2
    assert "are free again" in alcore("data", "features", "remove").stdout
    assert kept_stores() == []
