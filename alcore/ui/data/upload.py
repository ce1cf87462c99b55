"""The Data page's second half: an upload becomes a data set."""

from __future__ import annotations

import streamlit as st

from alcore.data.collection import dataset_path
from alcore.errors import AlcoreError, DataError
from alcore.home import home
from alcore.runs.import_queue import ImportJob, ImportQueue
from alcore.wording import as_plain_markdown

_TICK = 1.0
_FORMATS = {
    "auto": "recognise it",
    "folder": "images and masks",
    "severstal": "Severstal (Kaggle)",
    "roboflow": "Roboflow export",
    "magnetic-tile": "Magnetic Tile Defect set",
    "reference": "patch folders of the paper's code",
}
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
            _start(upload, name.strip(), options)
    if problem := st.session_state.pop("import-problem", None):
        st.error(as_plain_markdown(problem))
    _jobs()


def _options() -> list[str]:
    left, middle, right = st.columns(3, gap="medium")
    form = left.selectbox("Format", list(_FORMATS), format_func=_FORMATS.get, key="import_format")
    patch = left.text_input("Patch size", "64x64", key="import_patch", help="HEIGHTxWIDTH in pixels.")
    tile = middle.toggle("Cut tiles", key="import_tile", help="Instead of resizing whole images.")
    rgb = middle.toggle("Keep colours", key="import_rgb")
    clean = right.toggle("A missing mask means clean", key="import_clean")
    skip = right.toggle(
        "Skip files that cannot be used", key="import_skip", help="They are listed afterwards."
    )
    threshold = middle.number_input(
        "Mask threshold", 0, 254, 127, key="import_threshold", help="Mask values above it are defective."
    )
    classes = right.text_input(
        "Mask classes", key="import_classes", placeholder="all", help="Mask values that are defective: 1,3."
    )
    overlap = left.number_input("Overlap of tiles (px)", 0, 1000, 0, key="import_overlap")
    color = middle.text_input(
        "Mask colour", key="import_color", placeholder="R,G,B", help="In a colour mask, what is defective."
    )
    area = right.number_input(
        "Smallest defect (px)", 1, 100_000, 1, key="import_area", help="A patch with less is clean."
    )
    border = left.toggle(
        "Leave out images with a black border", key="import_border", help="As the paper does with steel."
    )
    flags = {
        "--tile": tile,
        "--rgb": rgb,
        "--missing-mask-is-clean": clean,
        "--skip-bad": skip,
        "--drop-black-border": border,
    }
    return [
        f"--format={form}",
        f"--patch={patch.strip()}",
        f"--overlap={overlap}",
        f"--threshold={threshold}",
        f"--classes={classes.replace(' ', '')}",
        f"--color={color.replace(' ', '')}",
        f"--min-area={area}",
        *(flag for flag, is_on in flags.items() if is_on),
    ]


def _start(upload, name: str, options: list[str]) -> None:
    try:
        if upload is None:
            raise DataError("choose a zip file first")
        if dataset_path(name).exists():
            raise DataError(f"a data set called {name} exists; delete it first, or take another name")
        _import_queue().upload(name, upload, options)
    except AlcoreError as error:
        st.session_state["import-problem"] = str(error)


def _jobs() -> None:
    jobs = _import_queue().jobs
    if not jobs:
        return
    running = sum(job.state == "running" for job in jobs)

    @st.fragment(run_every=_TICK if running else None)
    def fragment() -> None:
        for job in jobs:
            _show_job(job)
        if sum(job.state == "running" for job in jobs) != running:
            st.rerun()  # the Lab and this page offer the new set

    fragment()


def _show_job(job: ImportJob) -> None:
    words = {"running": "is being imported", "finished": "is ready", "failed": "was not imported"}
    st.markdown(f"{_ICONS[job.state]} **{as_plain_markdown(job.name)}** {words[job.state]}")
    if job.message:
        st.caption("  \n".join(as_plain_markdown(line) for line in job.message.splitlines()))
