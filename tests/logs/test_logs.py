"""Logs of the paper's code: reading them in their variants, and writing a run as such."""

import io
import zipfile

import numpy as np
import pandas as pd
import pytest

from alcore.compute.execution import execute
from alcore.config import make_config
from alcore.errors import DataError
from alcore.logs.columns import meanings
from alcore.logs.imported import import_logs, imported_logs, open_log
from alcore.logs.reading import LogSettings, read_log
from alcore.logs.writing import export_log
from alcore.logs.zipped import unpack_log, zip_log
from alcore.storage.evidence import gather
from alcore.storage.run_store import RunStore
from alcore.storage.tables import RunTables
from alcore.study.reader import known_studies, open_study
from tests.conftest import SMALL
from tests.following import alcore

SETTINGS = LogSettings(pool_size=80, pool_prevalence=0.2, test_prevalence=0.05)

_METRICS = ("MeanIoU", "MulticlassF1Score", "MulticlassRecall", "MulticlassPrecision", "DiceScore")
HEADER = ";".join(
    [
        *("", "Test/Loss", "Test/MulticlassF1Score", "Test/MeanIoU", "Test/MulticlassRecall"),
        *("Test/MulticlassPrecision", "Test/DiceScore"),
        *(f"Test/{metric} {which}" for metric in _METRICS for which in ("BG", "defect")),
        *("cycle", "rep", "budget", "labeled_items", "dataloader_idx"),
    ]
)


@pytest.fixture(scope="module")
def run(tmp_path_factory):
    config = make_config(SMALL | {"repetitions": 2, "test_prevalence": 0.05})
    store = RunStore.create(tmp_path_factory.mktemp("run") / "run", config)
    execute(store)
    return RunTables(store)


@pytest.fixture
def exported(run, tmp_path):
    export_log(run, tmp_path / "logs")
    return tmp_path / "logs"


def write_dict(folder, strategy="random", *, rows=6, **columns):
    """A small dict_STRATEGY.csv: two repetitions of three cycles."""
    folder.mkdir(exist_ok=True)
    values = {
        "repetition": np.repeat([0, 1], rows // 2),
        "cycle": np.tile(np.arange(rows // 2), 2),
        "labelled": np.tile(np.arange(1, rows // 2 + 1) * 6, 2),
        "iou_pi0": np.linspace(0.1, 0.6, rows),
    } | columns
    values = {name: column for name, column in values.items() if column is not None}
    pd.DataFrame(values).to_csv(folder / f"dict_{strategy}.csv", sep=";")
    return folder


def test_a_run_written_and_read_again_has_the_same_evidence(run, exported):
    names = {path.name for path in exported.rglob("*.csv")}
    assert "dict_deepcoresetSampling.csv" in names
    assert "selected_items_entropySampling_2_1.csv" in names
    assert len(names) == 3 + 3 * 3 * 2
    evidence, logged = gather(run.records), read_log(exported, "again", SETTINGS).evidence
    assert logged.strategies == evidence.strategies
    assert logged.labelled.tolist() == evidence.labelled.tolist()
    for metric in ("iou", "dice", "precision", "recall"):
        for prevalence in (0.2, 0.05):
            ours, theirs = (e.curves(metric, prevalence).values for e in (evidence, logged))
            assert np.allclose(ours, theirs, equal_nan=True), (metric, prevalence)
    assert np.allclose(logged.query_share, evidence.query_share)
    assert np.isnan(logged.curves("iou", 0.5).values).all()
    assert np.isnan(logged.curves("patch_iou", 0.2).values).all()


@pytest.mark.parametrize(
    ("column", "meaning"),
    [
        ("IoU", "iou_pi0"),
        ("test_jaccard_pi1", "iou_pi1"),
        ("iou shift", "iou_pi1"),
        ("F1-score", "dice_pi0"),
        ("recall_test_1", "recall_pi1"),
        ("n_rep", "repetition"),
        ("AL_cycle", "cycle"),
        ("nb_labeled", "labelled"),
        ("train_size", "labelled"),
        ("image_name", "item"),
        ("has_defect", "defective"),
        ("loss", None),
    ],
)
def test_columns_are_understood_by_many_names(column, meaning):
    assert meanings([column], {}, origin="x").get(column) == meaning


def test_cycles_from_0_without_repetitions_and_decimal_commas(tmp_path):
    iou = [f"{value:.3f}".replace(".", ",") for value in np.linspace(0.1, 0.6, 6)]
    folder = write_dict(tmp_path / "a", repetition=None, iou_pi0=iou)
    evidence = read_log(folder, "a", SETTINGS).evidence
    assert evidence.repetitions == 2
    assert evidence.cycles.tolist() == [1, 2, 3]
    assert evidence.curves("iou", 0.2).values[1, 0].tolist() == pytest.approx([0.4, 0.5, 0.6])


def test_a_column_may_be_named_by_hand(tmp_path):
    folder = write_dict(tmp_path / "a", iou_pi0=None, value=np.linspace(0, 1, 6))
    with pytest.raises(DataError, match="'value'"):
        read_log(folder, "a", SETTINGS)
    evidence = read_log(folder, "a", SETTINGS, {"value": "iou_pi1"}).evidence
    assert evidence.prevalences == (0.05,)


@pytest.mark.parametrize(
    ("columns", "words"),
    [
        ({"jaccard": np.zeros(6)}, "both seem to be iou_pi0"),
        ({"labelled": None}, "number of labels"),
        ({"iou_pi0": ["a"] * 6}, "not numbers"),
        ({"cycle": [0, 0, 1, 0, 1, 2]}, "twice"),
        ({"cycle": [0, 1, None, 0, 1, 2]}, "not whole numbers"),
        ({"iou_pi0": [0.1, np.inf, 0.2, 0.3, 0.4, 0.5]}, "between 0 and 1, found inf"),
        ({"iou_pi0": [0.1, 5, 0.2, 0.3, 0.4, 0.5]}, "between 0 and 1, found 5"),
        ({"iou_pi0": [0.1, -3, 0.2, 0.3, 0.4, 0.5]}, "between 0 and 1, found -3"),
        ({"labelled": [6] * 6}, "same number of labels"),
        ({"labelled": [6, 12, 18, 6, 12, 19]}, "must have one number of labels"),
    ],
)
def test_logs_that_cannot_be_understood_are_refused_in_one_sentence(tmp_path, columns, words):
    folder = write_dict(tmp_path / "a", **columns)
    with pytest.raises(DataError, match=words) as caught:
        read_log(folder, "a", SETTINGS)
    assert "\n" not in str(caught.value)


def test_one_repetition_has_values_but_no_intervals(tmp_path):
    folder = tmp_path / "a"
    for strategy in ("random", "entropy"):
        write_dict(folder, strategy, repetition=[0] * 6, cycle=range(6), labelled=np.arange(1, 7) * 3)
    curves = read_log(folder, "a", SETTINGS).evidence.curves("iou", 0.2)
    assert not np.isnan(curves.mean).any()
    assert np.isnan(curves.replicates).all()


def test_importing_several_folders_by_the_command_line(exported, tmp_path, home):
    arguments = ("--name", "theirs", "--pool-size", "80", "--test-prevalence", "0.05")
    once = alcore("logs", "import", str(write_dict(tmp_path / "bare")), *arguments)
    assert (once.returncode, "does not say its settings" in once.stderr) == (2, True)
    done = alcore(
        *("logs", "import", str(exported), str(exported), *arguments),
        *("--pool-prevalence", "0.2", "--pool-prevalence", "0.4"),
    )
    assert done.returncode == 0, done.stderr
    assert "2 repetitions of 3 cycles" in done.stdout
    assert len(imported_logs()["theirs"]) == 2
    assert open_log(imported_logs()["theirs"][1]).settings.pool_prevalence == 0.4
    reader = open_study(known_studies()["logs: theirs"])
    assert list(reader.evidence_by_pool(next(iter(reader.slices.values())))) == [0.2, 0.4]
    assert reader.plan.test_prevalences == (0.05, 0.2, 0.4)
    again = alcore("logs", "import", str(exported), *arguments, "--pool-prevalence", "0.2")
    assert (again.returncode, len(again.stderr.strip().splitlines())) == (2, 1)
    assert "exist; choose another name" in again.stderr


def test_nothing_is_left_of_logs_that_were_refused(tmp_path, home):
    (tmp_path / "empty").mkdir()
    with pytest.raises(DataError, match=r"no dict_STRATEGY\.csv"):
        import_logs([tmp_path / "empty"], "mine", [SETTINGS])
    with pytest.raises(DataError, match="cannot be the name of logs"):
        import_logs([write_dict(tmp_path / "a")], "../up", [SETTINGS])
    assert imported_logs() == {}


def test_exporting_by_the_command_line(run, tmp_path):
    directory = str(run.store.directory)
    assert alcore("logs", "export", directory, "--out", str(tmp_path / "out")).returncode == 0
    (file,) = (tmp_path / "out").rglob("dict_randomSampling.csv")
    assert file.parent.name.startswith("epochs_")
    text = file.read_text().splitlines()
    assert text[0] == HEADER
    assert text[1].startswith("0_0;;")
    again = alcore("logs", "export", directory, "--out", str(tmp_path / "out"))
    assert (again.returncode, "not empty" in again.stderr) == (2, True)


def test_repetitions_are_paired_by_their_numbers_whatever_each_file_holds(tmp_path):
    folder = tmp_path / "a"
    third = np.repeat([1, 2, 3], 3)
    shared = {"cycle": np.tile(range(3), 3), "labelled": np.tile([6, 12, 18], 3)}
    write_dict(folder, "random", repetition=third, iou_pi0=third / 10, **shared)
    write_dict(
        folder,
        "entropy",
        **{name: values[3:] for name, values in shared.items()},
        repetition=third[3:],
        iou_pi0=third[3:] / 10,
    )
    text = (folder / "dict_random.csv").read_text()
    (folder / "dict_random.csv").write_text(text + ";;;;" + chr(10))
    evidence = read_log(folder, "a", SETTINGS).evidence
    assert evidence.repetitions == 2
    difference = evidence.curves("iou", 0.2).minus("random").values[:, 1]
    assert np.allclose(difference, 0)


def test_zipped_and_unpacked_again_whatever_folder_they_lie_in(run, tmp_path):
    folder = tmp_path / "out"
    folder.mkdir()
    unpack_log(io.BytesIO(zip_log(run)), folder)
    assert read_log(folder, "again", SETTINGS).evidence.repetitions == 2


@pytest.mark.parametrize(
    ("members", "words"),
    [
        (None, "cannot be read"),
        (["a/dict_random.csv", "b/dict_random.csv"], "several folders"),
    ],
)
def test_zip_files_that_cannot_be_used(tmp_path, members, words):
    buffer = io.BytesIO(b"no zip file")
    if members:
        with zipfile.ZipFile(buffer, "w") as archive:
            for member in members:
                archive.writestr(member, "x;y")
    with pytest.raises(DataError, match=words):
        unpack_log(buffer, tmp_path)


def test_members_that_are_no_logs_and_paths_that_leave_are_not_written(tmp_path):
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as archive:
        for member in ("../../dict_up.csv", "/etc/selected_items_random_1_1.csv", "evil.py", "../x.csv"):
            archive.writestr(member, "item" + chr(10) + "1")
    folder = tmp_path / "deep" / "folder"
    folder.mkdir(parents=True)
    unpack_log(buffer, folder)
    assert {path.name for path in folder.iterdir()} == {"dict_up.csv", "selected_items_random_1_1.csv"}
    assert {path.name for path in tmp_path.iterdir()} == {"deep"}
