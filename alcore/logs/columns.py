"""Which column of a log means what. Names differ between versions of such code, so many are understood."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping

from alcore.errors import DataError
from alcore.metrics import METRICS
from alcore.wording import shortened

POOL, USE = "pi0", "pi1"
"""Which test set a value is from: at the pool's prevalence, or at the deployment prevalence π₁."""

_KEYS = {
    "repetition": r"(n_?)?(rep(etition)?s?|run|seed|trial|experiment)(_?(id|nr|number))?",
    "cycle": r"(al_?|n_?)?(cycles?|rounds?|steps?|iterations?)(_?(id|nr|number))?",
    "labelled": r"(n|nb|number)?_?(of_)?(labell?ed|labels|train(ing)?)(_?(images|samples|size))?|budget",
    "defective": r"(is_?|has_?)?(defective|defect|anomal(y|ous)|label|class|target)",
    "item": r"(selected_?)?(item|id|idx|index|image|name|path|file(name)?)s?(_?(id|name|path))?",
}
_OTHER_NAMES = {"iou": "jaccard", "dice": "f1", "recall": "sensitivity"}
_OF_USE = r"pi_?1|π_?1|π₁|shift|ood|test_?1|deploy"
_OF_POOL = r"pi_?0|π_?0|π₀|iid|test_?0|noshift|no_shift"


def meanings(columns: Iterable[str], given: Mapping[str, str], *, origin: str) -> dict[str, str]:
    """Column -> meaning: repetition, cycle, labelled, item, defective, or METRIC_pi0 and METRIC_pi1.

    A metric that names no test set is taken to be at the pool's prevalence.

    Args:
        given: meanings that the user states, by column.
    Raises:
        DataError: two columns mean the same, or a stated column or meaning does not exist.
    """
    columns = list(columns)
    for column, meaning in given.items():
        if column in columns and meaning not in known_meanings():
            raise DataError(f"no column can mean {meaning!r} (known: {', '.join(known_meanings())})")
    found: dict[str, str] = {}
    for column in columns:
        meaning = given.get(column) or _guess(column)
        if meaning in found.values():
            other = shortened(next(name for name, known in found.items() if known == meaning))
            this = shortened(column)
            raise DataError(
                f"{origin}: the columns {other!r} and {this!r} both seem to be {meaning}; say which with "
                f"--column '{this}={meaning}' or leave one out"
            )
        if meaning:
            found[column] = meaning
    return found


def known_meanings() -> list[str]:
    """Every meaning that a column can have."""
    return [*_KEYS, *(f"{metric}_{test}" for metric in METRICS for test in (POOL, USE)), "ignored"]


def _guess(column: str) -> str:
    name = re.sub(r"[\s./-]+", "_", column.strip().lower())
    for metric in METRICS:
        if metric in name or _OTHER_NAMES.get(metric, metric) in name:
            test = USE if re.search(_OF_USE, name) and not re.search(_OF_POOL, name) else POOL
            return f"{metric}_{test}"
    return next((meaning for meaning, pattern in _KEYS.items() if re.fullmatch(pattern, name)), "")
