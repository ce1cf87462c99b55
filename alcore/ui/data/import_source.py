"""Where an import reads from: an uploaded zip or folder, or a folder of the server's below a root."""

from __future__ import annotations

import itertools
import re
import unicodedata
from collections.abc import Collection, Mapping
from pathlib import Path, PurePosixPath

import streamlit as st

from alcore.access.roles import Action
from alcore.data.importing.data_roots import data_roots, listed_below, place_below
from alcore.data.importing.opened_source import open_source
from alcore.data.importing.source_files import ZipSource, relative_names
from alcore.errors import DataError
from alcore.server.uploads import Content
from alcore.ui import problems
from alcore.ui.permitted import permission

_ZIP, _FOLDER, _SERVER = "Zip file", "Folder", "On the server"
_HERE, _UP = "(this folder)", "(one up)"
_PLACE = "import_place"
_LONGEST = 60
"""Of a proposed name, which may get a number behind it."""


def choose_source() -> Content | None:
    """The widgets of a source; None until one is chosen."""
    roots = data_roots()
    kinds = [_ZIP, _FOLDER, *[_SERVER] * bool(roots)]
    may = permission(Action.IMPORT_DATA)  # or somebody who may not import would fill the server's memory
    kind = st.segmented_control("From", kinds, default=_ZIP, required=True, key="import_kind")
    if kind == _SERVER:
        return _browse(roots)
    if kind == _FOLDER:
        files = st.file_uploader("Folder", accept_multiple_files="directory", key="upload_folder", **may)
        return {file.name: file for file in files} if files else None
    return st.file_uploader("Zip file", type="zip", key="upload", **may)


def name_of(content: Content) -> str:
    """What a source is called where it comes from: a zip file without its ending, or a folder."""
    if isinstance(content, Path):
        return content.name
    if isinstance(content, Mapping):
        return PurePosixPath(next(iter(content), "")).parts[0] if content else ""
    return PurePosixPath(getattr(content, "name", "")).stem


def free_name(wanted: str, taken: Collection[str]) -> str:
    """A name that a data set can have, as near to the wanted one as may be, and none of those taken."""
    ascii_only = unicodedata.normalize("NFKD", wanted).encode("ascii", "ignore").decode()
    name = re.sub(r"[^A-Za-z0-9._-]+", "-", ascii_only).strip("._-")[:_LONGEST] or "data"
    numbered = (f"{name}-{number}" for number in itertools.count(2))
    return next(one for one in itertools.chain([name], numbered) if one not in taken)


def names_in(content: Content) -> list[str]:
    """Relative names of a source's files; DataError where it cannot be used."""
    if isinstance(content, Path):
        return _names_on_disk(str(content))
    if isinstance(content, dict):
        return relative_names(content)
    return _names_in_zip(content.file_id, content)  # type: ignore[union-attr]  # an upload has an id


@st.cache_data(max_entries=4, show_spinner=False)
def _names_in_zip(file_id: str, _content: object) -> list[str]:
    return ZipSource(_content, "the upload").names  # type: ignore[arg-type]  # a binary file


@st.cache_data(max_entries=4, ttl=60, show_spinner="Listing files")
def _names_on_disk(path: str) -> list[str]:
    return open_source(Path(path)).names


def _browse(roots: dict[str, Path]) -> Path | None:
    """Folders below the roots that the command line named, one step at a time."""
    name = st.selectbox("Root", list(roots), key="import_root", on_change=_go, args=("",))
    root, place = roots[name], st.session_state.get(_PLACE, "")
    try:
        found = place_below(root, place)
        inside = listed_below(root, place) if found.is_dir() else []
    except DataError as problem:
        problems.tell(problem)
        return None
    choices, key = [_HERE, *[_UP] * bool(place), *inside], f"import_step-{name}-{place}"
    st.selectbox(f"In {name}/{place}", choices, key=key, on_change=_step, args=(name, place))
    return found


def _step(root: str, place: str) -> None:
    chosen = st.session_state[f"import_step-{root}-{place}"]
    if chosen == _UP:
        _go(place.rstrip("/").rpartition("/")[0])
    elif chosen != _HERE:
        _go(f"{place.rstrip('/')}/{chosen}".strip("/"))


def _go(place: str) -> None:
    st.session_state[_PLACE] = place
