"""What goes with a run that is sent elsewhere: its curves as a page of their own, and its methods text."""

from __future__ import annotations

from pathlib import Path

from alcore.presentation.methods_text import BIBTEX, CITATION, methods_paragraph
from alcore.statistics.comparison import Question
from alcore.storage.evidence import gather
from alcore.storage.run_records import RunRecords
from alcore.storage.run_store import RunStore
from alcore.study.interactive import interactive_page
from alcore.study.summary import BASELINE


def extras_of(directory: Path) -> dict[str, bytes]:
    """Files by name; none before the run's first cycle is finished.

    Raises:
        StoreError: there is no run, or a record is damaged.
    """
    store = RunStore(directory)
    evidence = gather(RunRecords(store))
    if evidence is None:
        return {}
    config = store.config
    baseline = BASELINE if BASELINE in config.strategies else config.strategies[0]
    question = Question("iou", config.test_prevalence, baseline)
    device = str(store.environment().get("device", "an unknown device"))
    text = methods_paragraph(config, evidence, question, device=device)
    return {
        "figures.html": interactive_page(directory).encode(),
        "methods.md": f"{text}\n\n{CITATION}\n\n```bibtex\n{BIBTEX}\n```\n".encode(),
    }
