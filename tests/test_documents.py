"""What documents point at is there: links, anchors, make targets, commands and options, recorded results."""

from __future__ import annotations

import re
import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

import numpy as np
import pandas as pd
import pytest
import typer

from alcore.__main__ import app
from alcore.statistics.operating import AT_HALF
from alcore.study.reader import RECORDED, StudyReader
from tests.benchmarks.results import DOCUMENT, STUDIES, recorded_tables, with_blocks
from tests.conftest import ROOT

README = ROOT / "README.md"
DOCUMENTS = [
    README,
    ROOT / "CONTRIBUTING.md",
    ROOT / "CHANGELOG.md",
    *sorted((ROOT / "docs").glob("*.md")),
]
COMMANDS = typer.main.get_command(app)

_FENCE = re.compile(r"^```(\w*)\n(.*?)^```$", re.MULTILINE | re.DOTALL)
_LINK = re.compile(r"\[[^\]]*\]\(([^)\s]+)\)")
_CALL = re.compile(r"(?:^|\s)(?:\S*python -m )?alcore[ \t]+(.+)")


class Call(NamedTuple):
    """`alcore WORDS`, as a document has it."""

    document: str
    words: tuple[str, ...]


def text_of(document: Path) -> str:
    return document.read_text(encoding="utf-8")


def prose_of(document: Path) -> str:
    """A document without its code blocks."""
    return _FENCE.sub("", text_of(document))


def code_of(document: Path) -> Iterator[str]:
    """Lines of shell and text blocks without their comments, and spans of code in the prose."""
    for language, block in _FENCE.findall(text_of(document)):
        if language in ("sh", "text"):
            lines = block.replace("\\\n", " ").splitlines()
            yield from (re.sub(r"(^|\s)#.*", "", line).strip() for line in lines)
    for span in re.findall(r"`([^`]+)`", prose_of(document)):
        yield " ".join(span.split())


def anchors_of(document: Path) -> list[str]:
    """The anchors of a document's headings, as GitHub makes them."""
    headings = re.findall(r"^#+ (.+)$", prose_of(document), re.MULTILINE)
    return [re.sub(r"[^\w\- ]", "", heading.lower()).replace(" ", "-") for heading in headings]


def calls() -> list[Call]:
    """Every call of the command line in every document."""
    return [
        Call(document.name, tuple(match[1].split()))
        for document in DOCUMENTS
        for line in code_of(document)
        if (match := _CALL.search(line))
    ]


def options_of(command) -> set[str]:
    """A command's long options, and those of the commands below it."""
    own = {option for one in command.params for option in (*one.opts, *one.secondary_opts)}
    below = (options_of(one) for one in getattr(command, "commands", {}).values())
    return own.union(*below)


@pytest.mark.parametrize("document", DOCUMENTS, ids=lambda path: path.name)
def test_links_lead_somewhere(document):
    for target in _LINK.findall(prose_of(document)):
        if target.startswith(("https://", "http://")):
            continue
        path, _, anchor = target.partition("#")
        file = (document.parent / path).resolve() if path else document
        assert file.exists(), f"{document.name} links to {target}"
        assert file.is_relative_to(ROOT), f"{document.name} links out of the repository: {target}"
        assert not anchor or anchor in anchors_of(file), f"{document.name} links to {target}"


def test_paths_in_code_exist():
    written_elsewhere = {"alcore/bundle/"}  # a wheel alone has it
    paths = {
        line
        for document in DOCUMENTS
        for line in code_of(document)
        if re.fullmatch(r"(alcore|tests|pages|docs|assets)/[a-z_./-]+", line)
    }
    assert len(paths) > 10
    assert not {path for path in paths - written_elsewhere if not (ROOT / path).exists()}


@pytest.mark.parametrize(
    "document", [path for path in DOCUMENTS if path.parent != ROOT], ids=lambda p: p.name
)
def test_every_document_can_be_found_from_the_readme(document):
    assert document.relative_to(ROOT).as_posix() in _LINK.findall(re.sub(r"#[\w-]+\)", ")", text_of(README)))


def test_the_readme_is_short():
    assert len(text_of(README).splitlines()) <= 150


def test_make_targets_exist():
    found = {
        match[1]
        for document in DOCUMENTS
        for line in code_of(document)
        if (match := re.match(r"make ([a-z][a-z-]*)", line))
    }
    database = ["make", "--print-data-base", "--question", "--no-print-directory"]
    printed = subprocess.run(database, cwd=ROOT, capture_output=True, text=True, check=False).stdout
    targets = set(re.search(r"^\.PHONY: (.*)$", printed, re.MULTILINE)[1].split())
    assert found >= {"run", "test"}
    assert not found - targets


def test_commands_exist_and_have_the_options_that_documents_give_them():
    found = calls()
    assert {call.words[0] for call in found} >= {
        "run",
        "resume",
        "ceiling",
        "data",
        "study",
        "report",
        "logs",
    }
    for document, words in found:
        command, rest = COMMANDS, list(words)
        while hasattr(command, "commands"):
            assert rest, f"{document}: alcore {' '.join(words)} is no complete command"
            assert rest[0] in command.commands, f"{document}: alcore {' '.join(words)}"
            command = command.commands[rest.pop(0)]
        if command.context_settings.get("ignore_unknown_options"):
            continue  # they are streamlit's
        for option in re.findall(r"(?<![\w-])--?[a-z][\w-]*", " ".join(rest)):
            assert option in options_of(command), f"{document}: alcore {' '.join(words)}"


def test_options_that_stand_alone_are_of_some_command():
    known = options_of(COMMANDS)
    for document in DOCUMENTS:
        for line in code_of(document):
            if line.startswith("--") and not line.startswith("--server."):
                for option in re.findall(r"--[a-z][\w-]*", line):
                    assert option in known, f"{document.name}: {line}"


def test_commands_of_the_command_line_are_documented():
    documented = {call.words[0] for call in calls()}
    assert not {name for name, command in COMMANDS.commands.items() if not command.hidden} - documented


def test_the_tables_of_results_are_those_of_the_recorded_studies():
    assert with_blocks(text_of(DOCUMENT)) == text_of(DOCUMENT), "python -m tests.benchmarks.results --write"


def test_the_recorded_tables_are_those_of_their_results():
    for name in STUDIES:
        reader = StudyReader.open(RECORDED / name)
        for file, frame in recorded_tables(reader).items():
            written = pd.read_csv(reader.directory / file, keep_default_na=False, na_values=[""])
            assert list(written.columns) == list(frame.columns), file
            for column in frame.select_dtypes("number"):
                assert np.allclose(written[column].astype(float), frame[column], equal_nan=True), (
                    file,
                    column,
                )


def test_the_recorded_thresholds_are_of_the_recorded_models():
    for name in STUDIES:
        reader = StudyReader.open(RECORDED / name)
        thresholds, keys = reader.thresholds(), ["cell", "test_prevalence", "strategy"]
        half = thresholds[thresholds["rule"] == AT_HALF]
        assert len(half)
        summary = reader.table()
        both = half.merge(summary, on=keys, suffixes=("_half", ""), validate="one_to_one")
        assert len(both) == len(half)
        for column in ("aubc", "aubc_low", "aubc_high", "final"):
            assert np.allclose(both[f"{column}_half"], both[column], atol=1e-12), (name, column)
