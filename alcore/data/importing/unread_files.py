"""Files of a source that no import reads, counted by kind: the truth may be in them."""

from __future__ import annotations

from collections import Counter
from weakref import WeakKeyDictionary

from alcore.data.images import SUFFIXES
from alcore.data.importing.source_files import Source, suffix

_NO_TRUTH = frozenset({".md", ".pdf", ".html", ".py", ".m", ".sh", ".ini", ".log", ".zip"})
"""Kinds of files that lie beside images and are no annotations."""
_MOST_KINDS = 4
_kinds: WeakKeyDictionary[Source, str] = WeakKeyDictionary()


def not_read(source: Source) -> str:
    """'320 .npy, 2 .json'; '' where there is none that may hold the truth. Counted once."""
    if source not in _kinds:
        kinds = Counter(suffix(name) for name in source.names)
        counts = {kind: n for kind, n in kinds.items() if kind and kind not in SUFFIXES | _NO_TRUTH}
        most = sorted(counts.items(), key=lambda item: (-item[1], item[0]))[:_MOST_KINDS]
        _kinds[source] = ", ".join(f"{n} {kind}" for kind, n in most)
    return _kinds[source]
