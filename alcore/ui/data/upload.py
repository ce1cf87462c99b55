"""The Data page's second part: an upload becomes a data set."""

from __future__ import annotations

from typing import BinaryIO

import streamlit as st

from alcore.data.collection import dataset_path
from alcore.data.importing.formats import FORMATS
from alcore.errors import DataError
from alcore.home import home
from alcore.runs.import_queue import ImportJob, ImportQueue
from alcore.ui import problems
from alcore.ui.rerun import rerun_when_changed
from alcore.wording import as_plain_markdown

_TICK = 1.0
_PROBLEM = "import"
_TITLES = {"auto": "Detect automatically"} | {name: form.title for name, form in FORMATS.items()}
_ICONS = {
    "running": ":material/hourglass:",
    "finished": ":material/check_circle:",
    "failed": ":material/error:",
}


@st.cache_resource(show_spinner=False)
def _import_queue() -> ImportQueue:
    return ImportQueue(home())


def show() -> None:
    """The upload, how to cut it into patches, and how imports went."""
    st.markdown(
        "Upload a **zip** of images and masks. A folder on this machine, or one too large to upload, is "
        "imported with `python -m alcore data import FOLDER --name NAME`."
    )
    with st.form("import", border=True):
        upload = st.file_uploader("Zip file", type="zip", key="upload")
        name = st.text_input(
            "Name", key="import_name", help="What the Lab will call it: letters, digits, dots, _ and -."
        )
        options = _options()
        if st.form_submit_button("Import", type="primary", icon=":material/upload:"):
            problems.attempt(_PROBLEM, _start, upload, name.strip(), options)
    problems.show(_PROBLEM)
    _show_jobs()


def _options() -> list[str]:
    """How to cut and read the images, as options of `python -m alcore data import`."""
    left, middle, right = st.columns(3, gap="medium")
    with left:
        cutting = _cutting()
    with middle:
        reading = _reading()
    with right:
        judging = _judging()
    return [*cutting, *reading, *judging, *_own_layout()]


def _cutting() -> list[str]:
    form = st.selectbox("Format", list(_TITLES), format_func=_TITLES.get, key="import_format")
    patch = st.text_input("Patch size", "64x64", key="import_patch", help="HEIGHTxWIDTH in pixels.")
    overlap = st.number_input("Overlap of tiles (px)", 0, 1000, 0, key="import_overlap")
    border = st.toggle(
        "Leave out images with a black border", key="import_border", help="As the paper does with steel."
    )
    options = [f"--format={form}", f"--patch={patch.strip()}", f"--overlap={overlap}"]
    return options + ["--drop-black-border"] * border


def _own_layout() -> list[str]:
    """Patterns of a layout that no format describes."""
    left, right = st.columns(2, gap="medium")
    images = left.text_input(
        "Own layout: images",
        key="import_images",
        placeholder="line {n}/{id}.jpg",
        help="{word} stands for any characters of a name, * for those that do not matter.",
    )
    masks = right.text_area(
        "Own layout: masks",
        key="import_masks",
        height=68,
        placeholder="marked/{n}_{id}.png",
        help="A mask belongs to the image whose words are the same. One pattern a line; several are joined.",
    )
    patterns = [line.strip() for line in masks.splitlines() if line.strip()]
    return [f"--images={images.strip()}"] * bool(images.strip()) + [f"--masks={line}" for line in patterns]


def _reading() -> list[str]:
    tile = st.toggle("Cut tiles", key="import_tile", help="Instead of resizing whole images.")
    rgb = st.toggle("Keep colours", key="import_rgb")
    threshold = st.number_input(
        "Mask threshold",
        0,
        254,
        None,
        key="import_threshold",
        placeholder="by their values",
        help="Mask values above it are defective. Left empty, the values of the masks decide.",
    )
    color = st.text_input(
        "Mask colour", key="import_color", placeholder="R,G,B", help="In a colour mask, what is defective."
    )
    options = [f"--color={color.replace(' ', '')}"]
    options += [] if threshold is None else [f"--threshold={threshold}"]
    return options + ["--tile"] * tile + ["--rgb"] * rgb


def _judging() -> list[str]:
    clean = st.toggle("A missing mask means clean", key="import_clean")
    skip = st.toggle("Skip files that cannot be used", key="import_skip", help="They are listed afterwards.")
    classes = st.text_input(
        "Mask classes", key="import_classes", placeholder="all", help="Mask values that are defective: 1,3."
    )
    area = st.number_input(
        "Smallest defect (px)", 1, 100_000, 1, key="import_area", help="A patch with less is clean."
    )
    options = [f"--classes={classes.replace(' ', '')}", f"--min-area={area}"]
    return options + ["--missing-mask-is-clean"] * clean + ["--skip-bad"] * skip


def _start(upload: BinaryIO | None, name: str, options: list[str]) -> None:
    if upload is None:
        raise DataError("choose a zip file first")
    if dataset_path(name).exists():
        raise DataError(f"a data set called {name} exists; delete it first, or take another name")
    _import_queue().upload(name, upload, options)


def _show_jobs() -> None:
    jobs = _import_queue().jobs
    if not jobs:
        return

    def running() -> int:
        return sum(job.state == "running" for job in jobs)

    def show_all(_: int) -> None:
        for job in jobs:
            _show_job(job)

    # The Lab and this page offer a new set as soon as it is there.
    rerun_when_changed(running, every=_TICK if running() else None, show=show_all)


def _show_job(job: ImportJob) -> None:
    words = {"running": "is being imported", "finished": "is ready", "failed": "was not imported"}
    st.markdown(f"{_ICONS[job.state]} **{as_plain_markdown(job.name)}** {words[job.state]}")
    if job.message:
        st.caption("  \n".join(as_plain_markdown(line) for line in job.message.splitlines()))
