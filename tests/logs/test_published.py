"""Logs in the published code's own form: a made tree, true to form, read without any option."""

import pandas as pd
import pytest

from alcore.errors import DataError
from alcore.logs.imported import imported_logs, open_log
from alcore.logs.published import FolderName, grouped, log_folders
from alcore.logs.reading import LogSettings, read_log
from tests.following import alcore

FOLDER = (
    "epochs_40_cycles_2_reps_2_budget_0.02_strat_{strategy}_bias_{bias}_cstSteps_-1_dataset_severstal_patches"
    "_runid_0_seed_{seed}_test_0"
)


def value_of(cycle, rep, test_set):
    """A different IoU for every row."""
    return 0.1 + 0.2 * cycle + 0.05 * rep + 0.01 * test_set


def row(cycle, rep, test_set, iou):
    both = {f"Test/{name}": 0.99 for name in ("MeanIoU", "MulticlassF1Score", "DiceScore")}
    return both | {
        "Test/Loss": 0.5,
        "Test/MeanIoU BG": 0.97,
        "Test/MeanIoU defect": iou,
        "Test/DiceScore defect": 2 * iou / (1 + iou),
        "cycle": cycle,
        "rep": rep,
        "budget": 86,
        "labeled_items": 86 * (cycle + 1),
        "dataloader_idx": test_set,
    }


def write_tree(root, strategy="randomSampling", *, bias=0.1, seed=30, before=()):
    folder = root / FOLDER.format(strategy=strategy, bias=bias, seed=seed)
    folder.mkdir(parents=True)
    rows = [*before]
    rows += [row(c, r, t, value_of(c, r, t)) for r in (0, 1) for c in (0, 1) for t in (0, 1)]
    index = [f"{line['cycle']}_{line['rep']}" for line in rows]
    pd.DataFrame(rows, index=index).to_csv(folder / f"dict_{strategy}.csv", sep=";")
    chosen = {"repetition": 1, "cycle": 0, "ids": [7, 2], "scores": -1.0}
    chosen |= {"aldataset_name": ["severstal_patches/data/7_1.jpg", "severstal_patches/data/2_4.jpg"]}
    pd.DataFrame(chosen | {"strat": strategy}).to_csv(folder / f"selected_items_{strategy}_0_1.csv", sep=";")
    return folder


def test_a_tree_of_folders_imports_without_any_option(tmp_path, home):
    for strategy in ("randomSampling", "entropySampling"):
        for bias in (0.1, 0.2):
            write_tree(tmp_path / "their" / "logs", strategy, bias=bias)
    done = alcore("logs", "import", str(tmp_path / "their"), "--name", "theirs")
    assert done.returncode == 0, done.stderr
    logs = [open_log(folder) for folder in imported_logs()["theirs"]]
    assert [log.settings for log in logs] == [LogSettings(4300, 0.1, 0.05), LogSettings(4300, 0.2, 0.05)]
    for log in logs:
        assert log.strategies == ("random", "entropy")
        for test_set, prevalence in enumerate((log.settings.pool_prevalence, 0.05)):
            curves = log.evidence.curves("iou", prevalence)
            expected = [[value_of(c, r, test_set) for c in (0, 1)] for r in (0, 1)]
            assert curves.values[:, 0] == pytest.approx(pd.DataFrame(expected).to_numpy())
        assert log.evidence.labelled.tolist() == [86, 172]
        picked = log.selections.query("strategy == 'random'")
        assert picked["item"].tolist()[0] == "severstal_patches/data/7_1.jpg"
        assert picked["repetition"].unique().tolist() == [2]


def test_of_rows_that_stand_twice_the_last_counts_and_that_is_said(tmp_path):
    write_tree(tmp_path, before=[row(0, 0, 0, 0.9), row(0, 0, 1, 0.9)])
    log = read_log(tmp_path, "theirs", LogSettings(4300, 0.1, 0.05))
    assert log.evidence.curves("iou", 0.1).values[0, 0, 0] == pytest.approx(value_of(0, 0, 0))
    assert log.notes == ("dict_randomSampling.csv: 2 repeated rows; the last of each counts",)


def test_folders_that_do_not_belong_together_are_refused(tmp_path):
    write_tree(tmp_path)
    write_tree(tmp_path, "entropySampling", seed=31)
    with pytest.raises(DataError, match="differ in data set, budget or seed"):
        grouped(list(log_folders(tmp_path)))


def test_a_folders_name_is_read_as_it_is_written():
    text = FOLDER.format(strategy="entropySampling", bias=0.05, seed=30)
    name = FolderName.parse(text)
    assert (name.pool_prevalence, name.budget, name.seed) == (0.05, 0.02, 30)
    assert (name.strategy, name.dataset) == ("entropySampling", "severstal_patches")
    assert str(name) == text
    assert FolderName.parse("results") is None
    assert FolderName.parse(text.replace("bias_0.05", "bias_5")) is None
