"""`alcore campaign`: one sentence for people, one object for scripts, and exit code 2 for what cannot be."""

from __future__ import annotations

import json
import re
import shlex
import sys

import pytest

from alcore.__main__ import main
from alcore.campaign.campaign import Campaign
from alcore.campaign.campaign_events import from_line
from tests.campaign.helpers import SETTINGS, SIDE, answered, export, hidden_set, images_in
from tests.conftest import ROOT


@pytest.fixture
def alcore(monkeypatch, capsys):
    """Runs a command line; returns its exit code, and its lines on stdout and on stderr."""

    def run(*words: str) -> tuple[int, list[str], list[str]]:
        monkeypatch.setattr(sys, "argv", ["alcore", *words])
        with pytest.raises(SystemExit) as left:
            main()
        said = capsys.readouterr()
        return left.value.code or 0, said.out.splitlines(), said.err.splitlines()

    return run


def test_a_campaign_from_its_beginning_to_its_end(alcore, tmp_path):
    template = tmp_path / "template.json"
    template.write_text(json.dumps(SETTINGS))
    made = ("campaign", "new", "line-1", "--dataset", hidden_set(tmp_path), "--from", str(template))
    assert alcore(*made, "--batches", "1", "--random-slice", "0.2")[0] == 0
    code, lines, _ = alcore("campaign", "next", "line-1", "--json")
    asked = from_line(lines[-1])
    assert (code, asked.state, asked.batch, asked.images, len(asked.missing)) == (0, "asked", 1, 8, 8)
    assert alcore("campaign", "next", "line-1")[1][0].startswith("line-1: batch 1 waits for 8 labels")
    file = export("cvat", answered(Campaign("line-1"), 1), tmp_path / "first")
    code, lines, _ = alcore("campaign", "take", "line-1", str(file))
    assert (code, lines[0]) == (0, "line-1: 8 new, 0 changed, 0 as they were")
    code, lines, _ = alcore("campaign", "next", "line-1", "--json")
    events = [from_line(line) for line in lines]
    assert {event.phase for event in events[:-2]} == {"training", "evaluating"}
    assert (events[-2].state, events[-1].trained, events[-1].bought) == ("ended", 1, 8)
    assert any("by the random slice alone" in line for line in alcore("campaign", "show", "line-1")[1])
    assert alcore("campaign", "stop", "line-1", "--why", "enough")[0] == 0
    assert alcore("campaign", "show")[1][-1] == "stopped: enough"


@pytest.mark.parametrize(
    "words",
    [
        ("new", "one", "--dataset", "synthetic", "--strategy", "entropy"),
        ("new", "one", "--dataset", "nowhere", "--strategy", "entropy"),
        ("next", "nothing"),
        ("take", "nothing", "export.json"),
        ("show", "nothing"),
        ("stop", "nothing"),
    ],
)
def test_what_cannot_be_is_one_sentence_and_exit_code_2(alcore, words):
    code, lines, errors = alcore("campaign", *words, "--json")
    assert (code, len(errors)) == (2, 1)
    assert errors[0].startswith("error: ")
    assert from_line(lines[-1]).message == errors[0].removeprefix("error: ")


def test_the_walk_through_of_the_document_works(alcore, tmp_path):
    """Its commands, one after the other, with a small data set and a small network in their places."""
    blocks = re.findall(r"```sh\n(.*?)```", (ROOT / "docs" / "campaigns.md").read_text(), re.DOTALL)
    commands = [shlex.split(line, comments=True)[1:] for block in blocks for line in block.splitlines()]
    template = tmp_path / "template.json"
    template.write_text(json.dumps(SETTINGS | {"strategies": ["random", "entropy"]}))
    images = images_in(tmp_path / "images", range(60))
    small = {"IMAGES": str(images), "64x64": f"{SIDE}x{SIDE}", "demo": str(template), "40": "8", "5": "2"}
    done = []
    for words in commands:
        if "SOURCE" in words:
            continue  # the same data set, with labels
        if "take" in words:
            waiting = Campaign("line-1").log.read()
            masks = answered(Campaign("line-1"), max(waiting.asked))
            small["EXPORT"] = str(export("label-studio", masks, tmp_path / "exported"))
        code, _, errors = alcore(*[small.get(word, word) for word in words])
        assert code == 0, (words, errors)
        done.append(words[1])
    assert done == ["import", "new", "next", "take", "next", "show", "stop"]
