"""All strategies against each other, at π₀ = 1, 5 and 20 % on the built-in surfaces.

    make bench-baselines                              the whole plan: about 70 minutes on one core
    python -m tests.benchmarks.baselines --work DIR   the same, into DIR, from where it stopped there
    … --plan FILE --work DIR                          another plan: prints its tables, keeps nothing

The plan is tests/benchmarks/plans/baselines.json: every strategy but the people, warm starts, a pool of 600,
6 cycles of 20 labels, 5 repetitions. What is kept of it goes to assets/recorded/baselines, and its tables to
docs/results.md.
"""

from __future__ import annotations

import argparse
from pathlib import Path

from alcore.study.plan import load_study
from alcore.study.reader import StudyReader
from tests.benchmarks.ranks import NAME, STUDY, ranks_text
from tests.benchmarks.recorded import PLANS, run, take_over
from tests.benchmarks.results import write_documents


def main() -> None:
    """Run, take over, write."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--work", type=Path, default=Path(".alcore/recorded"), help="where the study runs")
    parser.add_argument("--workers", type=int, help="runs side by side")
    parser.add_argument("--plan", type=Path, help="another plan, of which nothing is kept")
    chosen = parser.parse_args()
    done = run(load_study(chosen.plan or PLANS / f"{NAME}.json"), chosen.work / NAME, chosen.workers)
    if chosen.plan is None:
        take_over(done, STUDY)
        write_documents()
    print(ranks_text(StudyReader.open(done)))


if __name__ == "__main__":
    main()
