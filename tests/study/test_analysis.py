"""Frames, claims and reports, from evidence whose answers are known."""

import re
import shutil
from dataclasses import replace

import numpy as np
import pandas as pd
import pytest

from alcore.errors import StoreError
from alcore.presentation.study_sentences import counterfactual_claims, gain_claims, loss_claims
from alcore.statistics.comparison import Question, summarise
from alcore.statistics.estimands import Evidence
from alcore.statistics.frames import GridRow, LossRow
from alcore.study import analysis
from alcore.study.reader import RECORDED, StudyReader
from alcore.study.report import as_html, color_limit, parts_of, write_markdown
from alcore.study.report_rules import rules_parts
from alcore.study.study_store import StudyStore
from tests.study.helpers import plan_of

BUDGETS = 4


def evidence_of(recalls, pool, *, repetitions=4, false_alarms=(0.0, 0.0), noise=0.01):
    """Two strategies, random and entropy, that find a known share of the defect and mark clean images.

    recalls, false_alarms: of the strategies; a clean patch gets `false_alarms` wrong pixels of 100.
    """
    rng = np.random.default_rng(0)
    means = np.zeros((repetitions, 2, BUDGETS, 2, 5))
    for row, (recall, alarm) in enumerate(zip(recalls, false_alarms, strict=True)):
        shape = means.shape[:1] + means.shape[2:3]
        found = 100 * np.clip(recall + rng.normal(0, noise, shape), 0, 1)
        means[:, row, :, 1, 0], means[:, row, :, 1, 2] = found, 100 - found
        means[:, row, :, 0, 1] = alarm
    share = np.tile([pool, 2 * pool], (repetitions, 1))
    labelled = np.arange(1, BUDGETS + 1) * 10
    cycles = np.arange(1, BUDGETS + 1)
    return Evidence(("random", "entropy"), cycles, labelled, 1000, pool, means, None, share)


COLUMN = {
    0.1: evidence_of((0.3, 0.5), 0.1),
    0.5: evidence_of((0.5, 0.5), 0.5),
}


def test_the_map_has_known_advantages_and_says_which_are_clear():
    grid = analysis.advantage_grid(COLUMN, "iou", "random", (0.1, 0.5))
    assert len(grid) == 4
    rare, even = (grid[grid["pool_prevalence"] == pool] for pool in COLUMN)
    assert rare["advantage"].tolist() == pytest.approx([0.2, 0.2], abs=0.02)
    assert rare["is_clear"].all()
    assert even["advantage"].tolist() == pytest.approx([0, 0], abs=0.02)
    assert (even["low"] < even["advantage"]).all()
    assert color_limit(grid) == pytest.approx(0.2, abs=0.02)


def test_the_gain_is_judged_at_the_pool_s_own_prevalence():
    gain = analysis.gain_without_shift(COLUMN, "iou", "random")
    assert gain["prevalence"].tolist() == [0.1, 0.5]
    [claim] = gain_claims(gain, "random")
    assert claim.startswith(
        "**entropy** is above random at π₀ = 10 %; not distinguishable from random at π₀ = 50 %"
    )


def test_shift_takes_from_a_strategy_that_marks_clean_images():
    alarms = {0.5: evidence_of((0.5, 0.7), 0.5, false_alarms=(0.0, 20.0))}
    loss = analysis.loss_under_shift(alarms, "iou", "random", 0.02)
    [row] = loss.to_dict("records")
    before = 0.7 * 50 / (50 + 0.5 * 20) - 0.5
    after = 0.7 * 2 / (2 + 0.98 * 20) - 0.5
    assert row["loss"] == pytest.approx(after - before, abs=0.02)
    assert row["high"] < 0
    assert row["factor"] == pytest.approx((after + 0.5) / (before + 0.5), abs=0.02)
    assert row["factor_low"] <= row["factor"] <= row["factor_high"] < 1
    [claim] = loss_claims(loss, 0.02)
    assert "clearly smaller at π₀ = 50 %" in claim
    [unmoved] = loss_claims(analysis.loss_under_shift(COLUMN, "iou", "random", 0.02), 0.02)
    assert "does not change distinguishably" in unmoved


def with_areas(evidence, recalls):
    """The same evidence, of whose strategies each repetition finds a given share of the defect.

    recalls: (R, S).
    """
    means = evidence.means.copy()
    means[..., 1, 0] = 100 * np.asarray(recalls)[:, :, None]
    means[..., 1, 2] = 100 - means[..., 1, 0]
    return replace(evidence, means=means)


def test_where_one_repetition_of_five_learned_there_is_no_factor():
    plain = evidence_of((0.5, 0.7), 0.5, repetitions=5, false_alarms=(5.0, 10.0))
    one_learned = np.zeros((5, 2))
    one_learned[0] = 0.4, 0.6
    loss = analysis.loss_under_shift({0.5: with_areas(plain, one_learned)}, "iou", "random", 0.02)
    assert loss["factor"].isna().all()
    assert loss["factor_dropped"].isna().all()
    assert "no factor is given, as an area is not clear of zero" in loss_claims(loss, 0.02)[0]
    only_one_side = np.full((5, 2), 0.5) + np.linspace(-0.05, 0.05, 5)[:, None]
    only_one_side[1:, 0] = 0
    loss = analysis.loss_under_shift({0.5: with_areas(plain, only_one_side)}, "iou", "random", 0.02)
    assert loss["factor"].isna().all(), "the baseline's area is not clear of zero"


def test_dropped_replicates_of_a_factor_are_counted_and_said():
    [*rows] = analysis.loss_under_shift(COLUMN, "iou", "random", 0.02).to_dict("records")
    assert all(row["factor_dropped"] == 0 for row in rows)
    frame = analysis.loss_under_shift(COLUMN, "iou", "random", 0.02).assign(factor_dropped=0.02)
    assert "without the 2 % of replicates that have no ratio)" in loss_claims(frame, 0.02)[0]


def test_a_factor_seldom_leaves_out_1_where_few_repetitions_learn():
    """With two of five learning on average it did in 44 % of such runs, in which nothing differs."""
    rng, wrong, plain = np.random.default_rng(0), 0, evidence_of((0.5, 0.5), 0.5, repetitions=5)
    for _ in range(60):
        learned = rng.random((5, 1)) < 0.4
        recalls = learned * np.clip(rng.normal(0.4, 0.05, (5, 2)), 0.01, 1)
        cells = {0.5: with_areas(plain, recalls)}
        row = analysis.loss_under_shift(cells, "iou", "random", 0.02).iloc[0]
        wrong += bool(row["factor_low"] > 1 or row["factor_high"] < 1)
    assert wrong <= 6


def test_claims_say_where_no_interval_is_known():
    nan = float("nan")
    rows = [
        (0.1, "entropy", 0.1, 0.2, nan, nan, nan, False, 5, nan, False, False),
        (0.5, "entropy", 0.5, 0.2, 0.1, 0.3, 0.01, False, 5, 0.02, True, True),
    ]
    [claim] = gain_claims(pd.DataFrame(rows, columns=GridRow._fields), "random")
    assert "above random at π₀ = 50 %; without an interval against random at π₀ = 10 %" in claim
    loss = pd.DataFrame([(0.1, "entropy", -0.2, *[nan] * 7, 5, nan, False, False)], columns=LossRow._fields)
    assert loss_claims(loss, 0.02) == ["**entropy**: no interval is known."]


def test_shift_to_where_one_already_is_costs_nothing():
    loss = analysis.loss_under_shift({0.1: COLUMN[0.1]}, "iou", "random", 0.1)
    assert (loss[["loss", "low", "high"]] == 0).all(axis=None)


def test_a_fall_that_is_only_arithmetic_leaves_the_factor_at_one():
    """Both strategies mark clean images alike; the difference of two falling IoUs falls with them."""
    alike = {0.5: evidence_of((0.3, 0.6), 0.5, false_alarms=(40.0, 40.0), noise=0.001)}
    row = analysis.loss_under_shift(alike, "iou", "random", 0.01).iloc[0]
    assert row["loss"] < -0.15
    assert row["is_clear"]
    assert 0.8 < row["factor"] < 1.3


def test_many_cells_without_an_effect_are_seldom_marked():
    """Each cell judged alone marked something in most such maps."""
    rng, marked, alone = np.random.default_rng(0), 0, 0
    for _ in range(60):
        cells = {}
        for pool in (0.01, 0.05, 0.1, 0.2, 0.5):
            evidence = evidence_of((0.5, 0.5), pool)
            means = evidence.means.copy()
            means[..., 1, 0] = 50 + rng.normal(0, 5, size=means.shape[:3])
            means[..., 1, 2] = 100 - means[..., 1, 0]
            cells[pool] = replace(evidence, means=means)
        gain = analysis.gain_without_shift(cells, "iou", "random")
        marked, alone = marked + gain["is_clear"].any(), alone + gain["is_clear_alone"].any()
    assert marked / 60 < 0.05 + 3 * np.sqrt(0.05 * 0.95 / 60)
    assert alone > 2 * marked


def test_the_counterfactual_compares_pools_where_the_model_is_used():
    cells = {
        0.01: evidence_of((0.1, 0.2), 0.01),
        0.5: evidence_of((0.4, 0.1), 0.5),
    }
    frame = analysis.counterfactual(cells, "iou", 0.01, target=0.15)
    rows = frame.set_index(["pool_prevalence", "strategy"])
    assert rows.loc[(0.5, "random"), "difference"] == pytest.approx(0.3, abs=0.02)
    assert rows.loc[(0.5, "entropy"), "difference"] == pytest.approx(-0.1, abs=0.02)
    assert rows.loc[0.01]["difference"].isna().all(), "a pool is not compared with itself"
    assert rows["is_reached"].tolist() == [False, True, True, False]
    assert rows.loc[(0.01, "random"), "labels"] == 40, "the whole budget stands for never"
    assert rows.loc[(0.01, "entropy"), "labels"] == 10
    random, entropy = counterfactual_claims(frame, 0.01)
    assert "π₀ = 50 % gives the largest" in random
    assert "clearly better at π₀ = 50 %" in random
    assert "clearly worse at π₀ = 50 %" in entropy


def test_without_a_pool_at_deployment_there_is_no_counterfactual_difference():
    frame = analysis.counterfactual({0.5: evidence_of((0.4, 0.1), 0.5)}, "iou", 0.01)
    assert frame["difference"].isna().all()
    assert frame["aubc"].notna().all()
    assert "a pool at" not in counterfactual_claims(frame, 0.01)[0]


@pytest.fixture(scope="module", params=["synthetic", "magnetic-tile"])
def recorded(request):
    """Evidence by π₀ of a recorded study."""
    reader = StudyReader.open(RECORDED / request.param)
    return reader.evidence_by_pool(reader.plan.cells)


@pytest.mark.parametrize("prevalence", [0.01, 0.5])
def test_no_recorded_value_lies_outside_its_own_interval(recorded, prevalence):
    summary = analysis.summaries(recorded, "iou", "random", prevalence)
    for name in ("aubc", "aubc_pool", "shift", "final", "advantage", "saved", "enrichment", "attained"):
        rows = summary.dropna(subset=[name, f"{name}_low"])
        assert (rows[f"{name}_low"] <= rows[name] + 1e-12).all(), name
        assert (rows[f"{name}_high"] >= rows[name] - 1e-12).all(), name
    assert "at least" not in set(summary["saved_bound"]), "the baseline reaches its own final value"


def test_places_and_penalties_add_up_over_cells():
    summary = analysis.summaries(COLUMN, "iou", "random", 0.1)
    places = analysis.ranks(summary)
    assert places.loc["entropy", 0.1] == 1
    assert places.index[0] == "entropy"
    assert (places.drop(columns="mean").sum() == 3).all()
    matrix, names = analysis.penalties(COLUMN, "iou", 0.1)
    assert names == ["random", "entropy"]
    assert matrix[1, 0] == pytest.approx(1.0, abs=0.34)
    assert matrix[0, 1] == 0
    direct = summarise(COLUMN[0.1], Question("iou", 0.1, "random"))
    assert summary[summary["pool_prevalence"] == 0.1]["aubc"].tolist() == direct["aubc"].tolist()


def test_without_the_baseline_there_is_no_loss_and_no_advantage():
    assert analysis.loss_under_shift(COLUMN, "iou", "core-set", 0.1).empty
    assert analysis.advantage_grid(COLUMN, "iou", "core-set", (0.1,)).empty
    assert analysis.gain_without_shift({}, "iou", "random").empty


@pytest.fixture(scope="module")
def study(finished_study, tmp_path_factory):
    copy = shutil.copytree(finished_study, tmp_path_factory.mktemp("report") / "mine")
    return StudyReader.open(copy)


QUESTION = Question("iou", 0.05, "random")


def test_the_html_report_stands_alone(study):
    text = as_html(study, QUESTION)
    assert not re.findall(r'(?:src|href)="https?://', text.split("</script>")[-1])
    assert text.count("plotly.js v") == 1
    for words in ("Study mine", "arXiv:2601.06209", "&quot;grid&quot;", "&quot;torch&quot;", "seed"):
        assert words in text, words
    assert len(
        [part for part in parts_of(study, QUESTION) if type(part).__name__ == "Picture"]
    ) == text.count('class="plotly-graph-div"')


def test_the_markdown_report_has_its_pictures(study, tmp_path):
    write_markdown(study, QUESTION, tmp_path / "report")
    text = (tmp_path / "report" / "report.md").read_text()
    names = re.findall(r"!\[.*?\]\((.+?)\)", text)
    assert len(names) >= 6
    for name in names:
        assert (tmp_path / "report" / name).read_bytes().startswith(b"\x89PNG"), name
    assert "nan" not in text.split("## All numbers")[1].split("## Methods")[0]


def test_a_study_without_results_has_no_report(tmp_path):
    store = StudyStore.create(tmp_path / "study", plan_of())
    with pytest.raises(StoreError, match="nothing to report"):
        as_html(StudyReader.open(store.directory), QUESTION)


def test_a_reader_sees_new_results_as_they_come(finished_study, tmp_path):
    store = StudyStore.create(tmp_path / "study", plan_of())
    reader = StudyReader.open(store.directory)
    cells = next(iter(reader.slices.values()))
    before = reader.version(cells)
    assert reader.evidence_by_pool(cells) == {}
    shutil.copytree(finished_study, store.directory, dirs_exist_ok=True)
    assert list(reader.evidence_by_pool(cells)) == [0.1, 0.3]
    assert reader.version(cells) != before
    assert isinstance(reader.table(), pd.DataFrame)
    assert len(reader.table()) == 8


def test_a_report_has_the_thresholds_table_and_what_remedies_regain():
    reader = StudyReader.open(RECORDED / "synthetic")
    question = Question("iou", 0.01, "random")
    parts = list(rules_parts(reader, reader.plan.cells, 0.01, ""))
    heading, text, picture, warning, _, table = parts
    assert heading.text == "What is a threshold worth at π₁ = 1 %?"
    assert "**validation at π₁** helps random, entropy, core-set." in text.text
    assert picture.name == "shift-loss-recovered-50"
    assert "calibrated" in warning.text
    assert set(table.frame["rule"]) >= {"validation at π₁", "prior corrected"}
    page = as_html(reader, question)
    assert "What is a threshold worth at π₁ = 1 %?" in page
    assert list(rules_parts(reader, reader.plan.cells, 0.33, "")) == [], "no row at that prevalence"
