"""The Data page's second part: your own files become a data set."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Literal

import streamlit as st

from alcore.access.roles import Action
from alcore.data.collection import dataset_names
from alcore.data.importing.data_roots import data_roots
from alcore.server.uploads import Content
from alcore.ui import acting_on_data, problems
from alcore.ui.data.import_jobs import import_queue, show_jobs
from alcore.ui.data.import_options import (
    Cutting,
    Patterns,
    Reading,
    choose_cutting,
    choose_patterns,
    choose_reading,
    show_found,
)
from alcore.ui.data.import_source import choose_source, free_name, name_of
from alcore.ui.permitted import permission

_PROBLEM = "import"
_NOTHING_YET = "Choose a zip file or a folder first."
_WAYS = (("Preview", True, ":material/preview:"), ("Import", False, ":material/upload:"))


def show() -> None:
    """On the left the source and how to cut it into patches; on the right how imports are going."""
    left, right = st.columns([3, 7], gap="large")
    with left:
        content = choose_source()
        proposed = "" if content is None else free_name(name_of(content), dataset_names())
        name = st.text_input(
            "Name",
            key="import_name",
            placeholder=proposed,
            help="Its name in the Lab: letters, digits, dots, _ and -. By default after the source.",
        )
        cutting = choose_cutting()
        buttons = st.container(horizontal=True)
        with st.expander("Masks and more"):
            reading = choose_reading()
        with st.expander("Your own layout"):
            patterns = choose_patterns()
        if not data_roots():
            st.caption(
                "`alcore dashboard --data-root DIR` offers folders of the server, too; "
                "`alcore data import DIR --name NAME` imports any."
            )
    with right:
        problem, going = st.container(), st.container()
        if content is None:
            st.info(
                "Choose a zip file or a folder. **Preview** then shows 12 of its images here, with masks, "
                "counts, the prevalence at this patch size and what would be lost. "
                "Nothing is kept before **Import**."
            )
        else:
            show_found(content, patterns)
    for title, is_preview, icon in _WAYS:
        kind: Literal["primary", "secondary"] = "primary" if is_preview else "secondary"
        # Not in a callback: that would act on what the fields held before the last of them was left.
        may = permission(Action.IMPORT_DATA, help=None if content else _NOTHING_YET, disabled=not content)
        if buttons.button(title, type=kind, icon=icon, key=f"start-{title.lower()}", **may):
            fields = (cutting, reading, patterns)
            problems.attempt(_PROBLEM, _start, content, name.strip() or proposed, fields, is_preview)
    with problem:
        problems.show(_PROBLEM)
    with going:
        show_jobs()


def _start(content: Content, name: str, fields: tuple[Cutting, Reading, Patterns], is_preview: bool) -> None:
    cutting, read, patterns = fields
    acting_on_data.import_data(
        import_queue(),
        name,
        content,
        _size(content),
        read(cutting, patterns),
        format_name=cutting.format,
        is_preview=is_preview,
    )


def _size(content: Content) -> int:
    """Bytes that were uploaded; none where the source is on the server already."""
    if isinstance(content, Path):
        return 0
    files = content.values() if isinstance(content, Mapping) else [content]
    return sum(getattr(file, "size", 0) for file in files)
