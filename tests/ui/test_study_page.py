"""The Study page by AppTest; its charts and clicks are seen in the browser test."""

import json
import shutil

import pytest

from alcore.config import load_config
from alcore.errors import StoreError
from alcore.study.plan import make_study, prepared_plans
from alcore.study.reader import RECORDED, StudyReader, known_studies, studies_directory
from alcore.study.scheduler import run_study
from alcore.study.study_events import PlanReport
from alcore.study.study_store import StudyStore
from alcore.ui import acting
from alcore.ui.study import study_form
from alcore.ui.study.study_views import TABS
from tests.study.helpers import OneByOne, plan_of
from tests.ui.helpers import open_page, texts

VIEWS = [view for tab in TABS.values() for view in tab.parts]


def make_own(name="mine", plan=None, *, stop_after=None):
    """A study in the home, run up to the given point."""
    store = StudyStore.create(studies_directory() / name, plan or plan_of())
    count = 0

    def stop(task):
        nonlocal count
        count += 1
        if stop_after is not None and count >= stop_after:
            store.ask_to_stop()

    run_study(store, OneByOne(before=stop))
    return store


@pytest.fixture
def own_study(home, finished_study):
    shutil.copytree(finished_study, home / "studies" / "mine")
    return "mine"


@pytest.mark.parametrize("view", [*VIEWS, "Progress"])
def test_a_first_visitor_finds_a_recorded_study_in_every_view(view):
    app = open_page("pages/study.py", study_view=view)
    assert "Recorded study" in texts(app)
    assert not app.error
    expected = {
        "Map": "Click a cell",
        "Imbalance": "used where π₁ = π₀",
        "One cell": "The query in the order of choice",
        "Shift": "Below zero, shift took part of the gain",
        "Which pool?": "gives the largest AUBC at π₁",
        "Labels": "Of the defects within reach",
        "Ranks": "Who beats whom",
        "Thresholds": "What is a threshold worth?",
        "Report": "citation",
        "Progress": "the study is recorded",
    }
    assert expected[view] in texts(app)


@pytest.mark.parametrize("view", VIEWS)
def test_every_view_of_one_s_own_study_and_every_metric(own_study, view):
    app = open_page("pages/study.py", study_view=view, study=own_study)
    assert not app.error
    assert "Recorded study" not in texts(app)
    for metric in ("dice", "precision", "recall", "patch_iou"):
        app.button_group(key="study_metric").set_value(metric).run()
        assert not app.exception, metric
    app.selectbox(key="study_baseline").set_value("entropy").run()
    assert not app.exception


def test_a_cell_shows_its_curves_and_its_images(own_study):
    app = open_page("pages/study.py", study=own_study, study_view="One cell")
    assert app.selectbox(key="cell_pool").options == ["10 %", "30 %"]
    app.selectbox(key="cell_pool").set_value(0.3).run()
    app.slider(key="cell_cycle").set_value(1).run()
    assert "of 6 defective" in texts(app)
    assert "yellow outline: true mask" in texts(app)


def test_a_study_whose_data_set_is_gone_shows_its_numbers(home, finished_study):
    copy = home / "studies" / "theirs"
    (copy / "results").mkdir(parents=True)
    plan = make_study(json.loads((finished_study / "study.json").read_text()))
    elsewhere = make_study(
        {"base": {**plan.base, "dataset": "theirs"}, "grid": plan.grid, "test_prevalences": [0.1]}
    )
    (copy / "study.json").write_text(elsewhere.to_json())
    for mine, their in zip(plan.cells, elsewhere.cells, strict=True):
        (copy / "results" / f"{their.id}.npz").write_bytes(
            (finished_study / "results" / f"{mine.id}.npz").read_bytes()
        )
    app = open_page("pages/study.py", study="theirs", study_view="One cell")
    assert not app.error
    assert "the data set is not on this machine" in texts(app)


def test_axes_beside_the_pool_are_chosen_above(home):
    grid = {"pool_prevalence": [0.2], "training.start": ["warm", "cold"]}
    make_own("two", plan_of(grid, repetitions=1))
    app = open_page("pages/study.py", study="two", study_view="Imbalance")
    assert app.selectbox(key="slice-training.start").options == ["warm", "cold"]
    app.selectbox(key="slice-training.start").set_value("cold").run()
    assert not app.exception
    assert "too narrow" in texts(app)


def test_progress_of_a_study_that_rests(home):
    make_own("half", stop_after=3)
    app = open_page("pages/study.py", study="half", study_view="Progress")
    assert "2 of 4 repetitions" in texts(app)
    assert "paused" in texts(app)
    names = {button.label: button.disabled for button in app.button}
    assert (names["Pause"], names["Resume"], names["Add repetitions"]) == (True, False, True)
    app.number_input(key="study_repetitions").set_value(3).run()
    assert {button.label: button.disabled for button in app.button}["Add repetitions"] is False


@pytest.mark.parametrize(
    ("finished", "words"),
    [
        (1, "1 of 3 repetitions is finished"),
        (2, "after 2 of 3 repetitions, fixed interval"),
        (3, "The query in the order of choice"),
    ],
)
def test_a_cell_with_repetitions_to_come_calls_nobody_ahead_too_early(home, finished, words):
    make_own("part", plan_of({"pool_prevalence": [0.3]}, repetitions=3), stop_after=finished + 1)
    app = open_page("pages/study.py", study="part", study_view="One cell")
    assert words in texts(app)
    is_unbounded = "valid at any moment unbounded so far" in texts(app)
    assert (is_unbounded and "too early to say which is better" in texts(app)) == (finished == 2)
    assert not app.error


def test_a_study_without_a_result_says_so(home):
    StudyStore.create(studies_directory() / "new", plan_of())
    app = open_page("pages/study.py", study="new")
    assert "No repetition is finished here yet" in texts(app)


def test_the_form_makes_the_study_that_it_says(home, monkeypatch):
    started = []

    def launch(name, plan, **rest):
        started.append((name, plan, rest))
        StudyStore.create(studies_directory() / name, plan)

    monkeypatch.setattr(acting, "launch", launch)
    app = open_page("pages/study.py", study_view="New study")
    assert "6 cells × 5 repetitions = 30 runs" in texts(app)
    app.multiselect(key="study_pools").set_value([0.1, 0.5]).run()
    app.number_input(key="study_reps").set_value(2).run()
    app.button_group(key="study_starts").set_value(["warm", "cold"]).run()
    assert "4 cells × 2 repetitions = 8 runs" in texts(app)
    app.text_input(key="study_name").set_value("tried").run()
    next(button for button in app.button if button.label == "Start").click().run()
    [(name, plan, rest)] = started
    assert name == "tried"
    assert plan.grid == {"pool_prevalence": (0.1, 0.5), "training.start": ("warm", "cold")}
    assert rest == {"engine": "local", "address": "", "owner": ""}
    config = plan.cells[0].config
    assert (config.model, config.training) == (load_config("demo").model, load_config("demo").training)
    assert not app.exception
    assert app.selectbox(key="study").value == "tried"
    assert "0 of 8 repetitions" in texts(app), "the page turned to its progress"


def test_the_form_refuses_what_cannot_run(home, own_study):
    app = open_page("pages/study.py", study_view="New study")
    app.number_input(key="study_pool").set_value(9000).run()
    assert "At π₀ = 1 %" in texts(app) or "At π₀" in texts(app)
    assert all(button.disabled for button in app.button if button.label == "Start")
    app.number_input(key="study_pool").set_value(600).run()
    app.multiselect(key="study_strategies").set_value([]).run()
    assert "strategies" in texts(app)
    app.multiselect(key="study_strategies").set_value(["random"]).run()
    app.text_input(key="study_name").set_value(own_study).run()
    next(button for button in app.button if button.label == "Start").click().run()
    assert "exists; choose another name" in texts(app)
    app.text_input(key="study_name").set_value("../up").run()
    next(button for button in app.button if button.label == "Start").click().run()
    assert "cannot be the name of a study" in texts(app)


REPORT = PlanReport(2, 5, 10, 3, 8, 2, "here", 61.0, 305.0, 2e6)


def test_an_estimate_is_shown_until_the_settings_change(home, monkeypatch):
    monkeypatch.setattr(acting, "measure_plan", lambda plan: REPORT)
    app = open_page("pages/study.py", study_view="New study")
    next(button for button in app.button if button.label.startswith("Estimate")).click().run()
    assert "one run takes about 1:01" in texts(app)
    app.number_input(key="study_seed").set_value(3).run()
    assert "one run takes about 1:01" not in texts(app)
    monkeypatch.setattr(acting, "measure_plan", _cannot)
    next(button for button in app.button if button.label.startswith("Estimate")).click().run()
    assert "no memory" in texts(app)


def _cannot(plan):
    raise StoreError("no memory")


def test_recorded_studies_are_whole_small_and_without_images():
    recorded = {name: path for name, path in known_studies().items() if path.parent == RECORDED}
    assert next(iter(recorded)) == "recorded: synthetic"
    for path in recorded.values():
        reader = StudyReader.open(path)
        for cell in reader.plan.cells:
            results = reader.results(cell.id)
            assert len(results.repetitions) == cell.config.repetitions
            assert results.config == cell.config
        assert reader.environment()["torch"]
        files = [file for file in path.rglob("*") if file.is_file()]
        assert {file.suffix for file in files} <= {".json", ".npz", ".csv"}
        assert sum(file.stat().st_size for file in files) < 3e6


def test_prepared_plans_fill_in_the_form_and_sizes_of_queries_are_axes(home, monkeypatch):
    made = []
    monkeypatch.setattr(study_form, "_show_buttons", lambda plan, **_: made.append(plan))
    plans = prepared_plans()
    assert [plan.title for plan in plans.values()] == [
        "Starting budget",
        "Query size",
        "Warm against cold start",
    ]
    app = open_page("pages/study.py", study_view="New study")
    for name, plan in plans.items():
        app.button_group(key="study_prepared").set_value(name).run()
        assert not app.exception
        assert not app.error
        assert plan.about in texts(app)
        assert {key: set(values) for key, values in made[-1].grid.items()} == {
            key: set(values) for key, values in plan.study.grid.items()
        }
        assert made[-1].cells[0].config.training.start == plan.study.cells[0].config.training.start
        assert made[-1].cells[0].config.budget == plan.study.cells[0].config.budget
        assert made[-1].test_prevalences == plan.study.test_prevalences
    app.multiselect(key="study_query").set_value([8, 16]).run()
    assert "12 cells" in texts(app), "three pools, two starts and two sizes"
