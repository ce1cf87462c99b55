"""Every page by AppTest; what it cannot see (charts, ticks) is tested in the browser."""

from pathlib import Path
from types import SimpleNamespace

import pandas as pd
import pytest

from alcore.acquisition import strategy_names
from alcore.data.collection import dataset_names, dataset_path, make_surfaces, open_dataset, read_about
from alcore.data.feature_shelf import kept_stores, open_store
from alcore.data.features import FeatureKey, MapLayout, row_type
from alcore.data.importing.importer import import_dataset
from alcore.data.importing.options import ImportOptions
from alcore.data.synthetic import SurfaceSettings
from alcore.server.index import RunIndex
from alcore.ui.data import upload
from alcore.ui.data.import_source import free_name, name_of
from alcore.ui.session import manager
from alcore.wording import as_plain_markdown
from tests.data.helpers import SIZE, folder_files, write_folder
from tests.ui.helpers import open_page, texts


@pytest.mark.parametrize(
    ("path", "words"),
    [
        ("pages/lab.py", "the same settings as the shown run"),
        ("pages/samples.py", "entropy**, query 2: 24 patches, 24 defective"),
        ("pages/runs.py", "start one in the Lab"),
        ("pages/compare.py", "resampled test patches"),
        ("pages/meter.py", "How many of the images in use are defective?"),
        ("pages/decide.py", "What is a model worth in use?"),
        ("pages/methods.py", "trapezoid rule"),
        ("pages/data.py", "Pools come from train"),
    ],
)
def test_an_empty_page_says_what_to_do(path, words):
    assert words in texts(open_page(path))


def test_the_pool_follows_the_sliders():
    app = open_page("pages/lab.py")
    assert "Pool 600" not in texts(app), "a fresh page shows the recorded demo, the pool's line folded"
    app.toggle(key="live").set_value(False).run()
    app.select_slider(key="pi0").set_value(0.005).run()
    assert "3 defective (0.5 %)" in texts(app)
    app.number_input(key="pool").set_value(1000).run()
    assert "5 defective (0.5 %)" in texts(app)
    app.number_input(key="query").set_value(10).run()
    assert "first query 10" in texts(app)


@pytest.mark.parametrize(
    ("key", "value", "words"),
    [
        ("pool", 20_000, "the largest pool at this π₀ has"),
        ("cycles", 100, "use at most 25 cycles"),
    ],
)
def test_settings_that_cannot_be_run_switch_run_off(key, value, words):
    app = open_page("pages/lab.py")
    app.number_input(key=key).set_value(value).run()
    assert not app.exception
    assert words in texts(app)
    assert app.button(key="run_button").disabled


def test_no_strategy_switches_run_off():
    app = open_page("pages/lab.py")
    app.button_group(key="strategies").set_value([]).run()
    assert not app.exception
    assert "Choose at least one strategy" in texts(app)
    assert "No pool" not in texts(app)
    assert app.button(key="run_button").disabled


def test_the_lab_offers_the_papers_strategies_and_the_others_behind_a_button():
    app = open_page("pages/lab.py", strategies="malls")
    pills = app.button_group(key="strategies")
    assert pills.options == ["random", "entropy", "core-set", "malls"], "what a link asks for is offered"
    assert pills.value == ["malls"]
    app.button(key="more_strategies").click().run()
    assert app.button_group(key="strategies").options == strategy_names()
    assert app.button_group(key="strategies").value == ["malls"]
    app.button_group(key="strategies").set_value(["random", "badge"]).run()
    app.button(key="more_strategies").click().run()
    offered = {"random", "entropy", "core-set", "badge", "malls"}
    assert set(app.button_group(key="strategies").options) == offered, "as a link asked for malls"
    assert app.button_group(key="strategies").value == ["random", "badge"]


def test_a_run_that_was_deleted_meanwhile_is_not_replaced_in_silence(finished_runs, home):
    one, three = finished_runs
    name = next(row.name for row in RunIndex(home).rows() if row.id == one)
    app = open_page("pages/lab.py", run=one)
    assert "is not here" not in texts(app)
    RunIndex(home).rename(three, "another")
    manager().delete(one)
    app.run()
    assert f"The run *{as_plain_markdown(name)}* is not here" in texts(app)
    app.run()
    assert "is not here" in texts(app), "until another run is chosen"
    assert "*never\\-was* is not here" in texts(open_page("pages/samples.py", run="never-was"))
    compared = open_page("pages/compare.py", runs=["never-was", three])
    assert "Not compared, as deleted or without a finished cycle: never\\-was" in texts(compared)


def test_a_run_can_be_named_before_it_is_started(home, monkeypatch):
    started = []
    monkeypatch.setattr(
        type(manager()), "submit", lambda *given, **_: started.append(given[2]) or "recorded-demo"
    )
    app = open_page("pages/lab.py")
    app.text_input(key="new_run_name").set_value(" tiles at dawn ").run()
    app.button(key="run_button").click().run()
    assert started == ["tiles at dawn"]
    assert app.text_input(key="new_run_name").value == "", "the next run gets its own"


def test_the_lab_shows_a_finished_run(finished_run):
    app = open_page("pages/lab.py", run=finished_run)
    assert "Just picked" in texts(app)
    assert "3 of 3 cycles finished (3 strategies)" in app.get("progress")[0].proto.text
    assert "**entropy**" in texts(app)
    assert app.button(key="stop_button").disabled


def test_the_lab_gives_both_intervals_while_repetitions_are_to_come(three_of_fifteen):
    shown = texts(open_page("pages/lab.py", run=three_of_fifteen))
    assert "IoU, fixed interval" in shown
    assert "valid at any moment unbounded so far (3 of 15 repetitions)" in shown
    assert " is ahead" not in shown


def test_an_unknown_run_in_the_address_is_no_error():
    assert "the same settings as the shown run" in texts(open_page("pages/lab.py", run="../../etc"))


def test_samples_of_a_run(finished_run):
    app = open_page("pages/samples.py")
    assert "**core-set**, query 2: 6 patches, 2 defective" in texts(app), "where two differ most"
    assert "**random**, query 2: 6 patches, 1 defective" in texts(app)
    app.selectbox(key=f"samples_first-{finished_run}").set_value("entropy").run()
    app.selectbox(key=f"samples_second-{finished_run}").set_value("core-set").run()
    assert "picks are the same in both" in texts(app)
    for overlay in ("entropy", "plain"):
        app.button_group(key="samples_overlay").set_value(overlay).run()
        assert not app.exception
    for sort in ("score", "size"):
        app.button_group(key="samples_sort").set_value(sort).run()
        assert not app.exception
    app.slider(key=f"samples_cycle-{finished_run}").set_value(1).run()
    assert not app.exception


def test_the_model_is_watched_learning(finished_run):
    app = open_page("pages/samples.py", samples_view="Watch the model learn")
    assert "**core-set** after 18 labels" in texts(app), "it opens on the last cycle"
    assert "**random** after 18 labels" in texts(app), "side by side with another"
    app.slider(key=f"learn_cycle-{finished_run}").set_value(2).run()
    assert "**core-set** after 12 labels" in texts(app)
    app.selectbox(key=f"learn_second-{finished_run}").set_value("entropy").run()
    assert "**entropy** after 12 labels" in texts(app)
    app.toggle(key=f"learn_play-{finished_run}").set_value(True).run()
    assert "**core-set** after 18 labels" in texts(app), "Play turns to the next"


def test_why_shows_the_covering_radius_and_plays(finished_run):
    app = open_page("pages/samples.py", samples_view="Why this one?")
    assert "Covering radius" in texts(app)
    app.slider(key=f"why_cycle-{finished_run}").set_value(3).run()
    assert not app.exception
    app.selectbox(key=f"why_strategy-{finished_run}").set_value("random").run()
    assert "random gives no scores" in texts(app)
    app.toggle(key=f"why_play-{finished_run}").set_value(True).run()
    assert not app.exception
    assert "Stop playing to select patches" in texts(app)


def test_moving_the_deployment_prevalence_moves_the_curves_of_a_finished_run(finished_run, monkeypatch):
    open_page("pages/lab.py", run=finished_run)  # the chart's module needs a page to be loaded in
    shown = []
    monkeypatch.setattr(
        "alcore.ui.lab.charts.show_curves", lambda curves, key, **_hooks: shown.append(curves)
    )
    app = open_page("pages/lab.py", run=finished_run)
    assert shown[-1].test_prevalence == 0.02
    app.select_slider(key="pi1").set_value(0.001).run()
    assert not app.exception
    assert shown[-1].test_prevalence == 0.001
    assert shown[-1].runs[0].means == shown[0].runs[0].means, "no model is evaluated again"


def test_a_patch_opens_large_with_its_history(finished_run):
    app = open_page("pages/samples.py")
    app.selectbox(key=f"samples_first-{finished_run}").set_value("entropy").run()
    app.button(key="open-r00001-c00002-entropy-0").click().run()
    assert not app.exception
    assert "defective" in texts(app) or "clean" in texts(app)


def test_runs_can_be_renamed_and_deleted(finished_run, home):
    app = open_page("pages/runs.py")
    assert "3 of 3 cycles finished (3 strategies)" in texts(app)
    app.text_input(key=f"name-{finished_run}").set_value("for *Monday*").run()
    assert RunIndex(home).get(finished_run).name == "for *Monday*"
    app.text_input(key=f"name-{finished_run}").set_value("   ").run()
    assert "cannot be empty" in texts(app)
    app.button(key=f"delete-{finished_run}").click().run()
    assert RunIndex(home).rows() == []
    assert not (home / "runs" / finished_run).exists()


def test_a_run_whose_files_are_gone_troubles_no_page_and_can_be_deleted(finished_run, home):
    (home / "runs" / finished_run / "config.json").unlink()
    lab = open_page("pages/lab.py", run=finished_run)
    assert "cannot be shown" in texts(lab)
    assert "Pool 600" in texts(lab)
    assert "query 2: 24 patches" in texts(open_page("pages/samples.py")), "the recorded demo's"
    runs = open_page("pages/runs.py")
    assert "no run in" in texts(runs)
    runs.button(key=f"delete-{finished_run}").click().run()
    assert RunIndex(home).rows() == []


def test_a_damaged_record_is_one_sentence(finished_run, home):
    record = home / "runs" / finished_run / "records" / "r00001-c00002-entropy.npz"
    record.write_bytes(record.read_bytes()[:500])
    for path in ("pages/lab.py", "pages/samples.py"):
        assert "damaged" in texts(open_page(path))


@pytest.fixture
def imported(home, tmp_path):
    source = write_folder(tmp_path / "in", folder_files())
    import_dataset(source, dataset_path("mine"), options=ImportOptions(SIZE))
    return "mine"


def test_a_data_set_is_looked_at_and_deleted(imported):
    app = open_page("pages/data.py")
    app.selectbox(key="set").set_value(imported).run()
    assert [metric.value for metric in app.metric][:3] == ["30", "10", "20"]
    app.button_group(key="browse_kind").set_value("clean").run()
    assert "20 patches; outlined in yellow" in texts(app)
    app.button_group(key="browse_view").set_value("Data card").run()
    app.button(key="delete-data-mine").click().run()
    assert not app.exception
    assert dataset_names() == ["synthetic"]


def test_a_name_in_an_upload_is_never_markup(imported, home):
    table = dataset_path("mine") / "items.parquet"
    items = pd.read_parquet(table)
    items.assign(source="![x](http://127.0.0.1/x.png)<b>.png").to_parquet(table, index=False)
    table.with_name("checksums.json").unlink()  # it is not what was imported any more
    app = open_page("pages/data.py")
    app.selectbox(key="set").set_value("mine").run()
    assert "![x](" not in texts(app)
    assert "\\!\\[x" in texts(app)


def test_an_import_waits_for_a_file_and_says_so():
    """Pressed while an upload was on its way, the button found nothing, and the click was lost."""
    app = open_page("pages/data.py", data_view="Import")
    for key in ("start-preview", "start-import"):
        button = app.button(key=key)
        assert button.disabled
        assert button.help == "Choose a zip file or a folder first."


def test_surfaces_are_made_as_they_were_seen():
    app = open_page("pages/data.py", data_view="Make surfaces")
    app.selectbox(key="surface_family").set_value("woven").run()
    app.select_slider(key="defect_size").set_value(0.5).run()
    assert "stain 40 %" in texts(app)
    app.text_input(key="surface_name").set_value("cloth").run()
    app.button[0].click().run()
    assert not app.exception
    assert "cloth" in dataset_names()
    assert open_dataset("cloth").settings.defect_size == 0.5
    app.button[0].click().run()
    assert "exists" in texts(app)


def test_a_line_is_played_with_and_its_pool_goes_to_the_lab():
    make_surfaces("few", SurfaceSettings(count=300))
    app = open_page("pages/data.py", data_view="Line", line_set="few")
    app.number_input(key="line_storage").set_value(60)
    app.selectbox(key="line_rule").set_value("ring-buffer").run()
    app.number_input(key="line_after").set_value(9).run()
    assert not app.exception
    assert [metric.label for metric in app.metric] == [
        *(
            "images made",
            "defective",
            "kept",
            "of them defective",
            "π₀ of the pool",
            "kept until",
        ),
    ]
    assert "A ring buffer" in texts(app)
    assert "has no more images to show" in texts(app)
    app.text_input(key="line_name").set_value("alarms").run()
    app.button(key="make-pool").click().run()
    assert not app.exception
    assert "alarms is ready" in "".join(box.value for box in app.success)
    kept = open_dataset("alarms")
    assert int((kept.split == 0).sum()) == int(app.metric[2].value)
    app.button(key="make-pool").click().run()
    assert "exists" in texts(app)


def test_a_data_card_takes_notes_and_a_new_name(imported):
    app = open_page("pages/data.py", set="mine")
    app.button_group(key="browse_view").set_value("Data card").run()
    assert "Half of the defects cover" in texts(app)
    app.text_input(key="about-licence-mine").set_value("CC0")
    app.button(key="FormSubmitter:about-mine-Save notes").click().run()
    assert read_about("mine").licence == "CC0"
    app.text_input(key="rename-to-mine").set_value("plates").run()
    app.button(key="rename-data-mine").click().run()
    assert not app.exception
    assert dataset_names() == ["synthetic", "plates"]
    assert app.selectbox(key="set").value == "plates"
    assert open_dataset("mine").name == "mine"


def test_a_data_card_lists_what_is_kept_of_its_patches_and_removes_it(imported):
    key = FeatureKey(open_dataset("mine").fingerprint, "tu-x", "weights", "image", MapLayout((1,)))
    open_store(key, row_type([(3, 4, 4)], pooled=2), patches=9, name="mine").close()
    app = open_page("pages/data.py", set="mine")
    app.button_group(key="browse_view").set_value("Data card").run()
    assert app.expander[0].label.startswith("Kept features")
    app.button(key=f"remove-features-{key.digest}").click().run()
    assert not app.exception
    assert kept_stores() == []
    assert not app.expander


def test_patterns_show_the_pairs_that_they_find_below_a_root(tmp_path, monkeypatch):
    files = {name.replace("masks/", "marked/m-"): content for name, content in folder_files(9).items()}
    write_folder(tmp_path / "roots" / "line 7", files)
    (tmp_path / "roots" / "away").symlink_to(tmp_path)
    monkeypatch.setenv("ALCORE_DATA_ROOTS", str(tmp_path / "roots"))
    app = open_page("pages/data.py", data_view="Import")
    app.button_group(key="import_kind").set_value("On the server").run()
    step = app.selectbox(key="import_step-roots-")
    assert step.options == ["(this folder)", "line 7/"]
    step.set_value("line 7/").run()
    app.text_input(key="import_images").set_value("images/{id}.png")
    app.text_area(key="import_masks").set_value("marked/{id}.png").run()
    assert "0 images with masks; 9 without a mask, such as images/000" in texts(app).replace("\\", "")
    app.text_area(key="import_masks").set_value("marked/m-{id}.png").run()
    assert "9 images with masks." in texts(app)
    table = app.dataframe[0].value
    assert table["Image"][0] == "images/000.png"
    assert list(table["Masks"][0]) == ["marked/m-000.png"]
    app.text_input(key="import_images").set_value("images/*.png").run()
    assert "names nothing to pair by" in texts(app)
    app.selectbox(key="import_step-roots-line 7").set_value("(one up)").run()
    assert not app.exception
    assert app.selectbox(key="import_step-roots-").value == "(this folder)"


@pytest.mark.parametrize(
    ("content", "taken", "name"),
    [
        (SimpleNamespace(name="Größe (2).zip"), [], "Groe-2"),
        (SimpleNamespace(name="tiles.zip"), ["tiles", "tiles-2"], "tiles-3"),
        (SimpleNamespace(name="模型.zip"), [], "data"),
        (Path("/srv/sets/steel.v2"), [], "steel.v2"),
        ({"steel/images/1.png": None}, [], "steel"),
        (SimpleNamespace(name=f"{'long' * 30}.zip"), [], "long" * 15),
    ],
)
def test_a_name_is_proposed_after_the_source(content, taken, name):
    assert free_name(name_of(content), taken) == name
    assert dataset_path(name).name == name, "a data set can be called that"


def test_an_import_without_a_name_is_called_after_its_source(home, monkeypatch):
    started = []
    monkeypatch.setattr(upload, "choose_source", lambda: SimpleNamespace(name="steel plates.zip"))
    monkeypatch.setattr(upload, "show_found", lambda *_: None)
    monkeypatch.setattr(
        upload.acting_on_data, "import_data", lambda _, name, *__, **___: started.append(name)
    )
    app = open_page("pages/data.py", data_view="Import")
    assert app.text_input(key="import_name").placeholder == "steel-plates"
    app.button(key="start-preview").click().run()
    app.text_input(key="import_name").set_value("mine").run()
    app.button(key="start-import").click().run()
    assert started == ["steel-plates", "mine"]
