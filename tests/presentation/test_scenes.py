"""Scenes: every file opens, every field of its texts is known, and its records carry what it claims."""

import json
import operator

import pytest

from alcore.errors import ConfigError
from alcore.presentation import scenes as scenes_module
from alcore.presentation.scenes import fields, filled, scenes
from alcore.server.recorded import DEMO, recorded_directory, recorded_rows
from alcore.storage.evidence import gather
from alcore.storage.run_records import RunRecords
from alcore.storage.run_store import RunStore

NAMES = list(scenes())
HOLDS = {"<": operator.lt, ">": operator.gt, "=": operator.eq}


def run_of_scene(scene):
    """The config and the evidence of a scene's run."""
    records = RunRecords(RunStore(recorded_directory(f"recorded-{scene.run}")))
    return records.config, gather(records)


def broken_claims(scene, config, evidence):
    """Claims of the scene that the run's records contradict."""
    known = fields(config, evidence)

    def value(side):
        return float(side if isinstance(side, int | float) else f"{{{side}}}".format_map(known))

    return [claim for claim in scene.claims if not HOLDS[claim[1]](value(claim[0]), value(claim[2]))]


def test_there_are_six_in_an_order():
    assert [scene.order for scene in scenes().values()] == [1, 2, 3, 4, 5, 6]


@pytest.mark.parametrize("name", NAMES)
def test_the_records_carry_what_a_scene_claims(name):
    scene = scenes()[name]
    config, evidence = run_of_scene(scene)
    assert scene.claims, "an answer in words claims something"
    assert broken_claims(scene, config, evidence) == []
    assert 1 <= scene.asks_after < config.cycles, "there is something left to see after the question"
    texts = [filled(text, config, evidence) for text in (scene.story, scene.question, scene.answer)]
    assert not any("{" in text or "undefined" in text for text in texts)
    assert texts[1].endswith("?")
    assert 0 < len(scene.terms) <= 6


def test_a_claim_that_does_not_hold_is_found():
    scene = scenes()["rare-defects"]
    config, evidence = run_of_scene(scene)
    false = ("random.found", ">", "entropy.found")
    assert broken_claims(scene.model_copy(update={"claims": [false]}), config, evidence) == [false]


def test_an_answer_in_figures_follows_the_records():
    scene = scenes()["rare-defects"]
    config, evidence = run_of_scene(scene)
    found = evidence.found[0, evidence.strategies.index("random"), -1]
    assert filled(scene.answer, config, evidence).startswith(f"{found} of 60.")


def test_a_file_that_is_no_scene_is_refused_in_a_sentence(tmp_path, monkeypatch):
    (tmp_path / "scenes").mkdir()
    (tmp_path / "scenes" / "odd.json").write_text(json.dumps({"title": "no story"}))
    monkeypatch.setattr(scenes_module, "ASSETS", tmp_path)
    scenes.cache_clear()
    try:
        with pytest.raises(ConfigError, match=r"odd\.json is no scene"):
            scenes()
    finally:
        scenes.cache_clear()


def test_a_fresh_install_has_recorded_runs_the_demo_first():
    assert next(iter(recorded_rows())) == DEMO
    assert recorded_directory("recorded-../../x") is None
