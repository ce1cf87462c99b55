"""The state of imports, and the preview of one before it is kept."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pandas as pd
import streamlit as st

from alcore.access.roles import Action
from alcore.data.importing.import_events import ImportEnded, ImportPhase, ImportProgress
from alcore.data.overview import some_pairs
from alcore.data.stored import StoredPatches
from alcore.home import home
from alcore.server.import_queue import ImportJob, ImportQueue
from alcore.ui import acting_on_data, problems
from alcore.ui.data.browse import sheet
from alcore.ui.permitted import is_permitted, permission
from alcore.ui.rerun import rerun_when_changed
from alcore.wording import as_plain_markdown, clock, percent, plural

_TICK = 1.0
_PROBLEM = "import-job"
_WORDS = {
    "running": (":material/hourglass:", "is being read"),
    "previewed": (":material/preview:", "can be imported"),
    "finished": (":material/check_circle:", "is ready"),
    "failed": (":material/error:", "was not imported"),
    "cancelled": (":material/cancel:", "was cancelled"),
}


@st.cache_resource(show_spinner=False)
def import_queue() -> ImportQueue:
    """The server's one queue of imports."""
    return ImportQueue(home())


def show_jobs() -> None:
    """Imports, the newest first: all that are kept or on their way, and of the others this visitor's own."""
    problems.show(_PROBLEM)
    jobs = import_queue().jobs
    if not jobs:
        return

    def states() -> list[str]:
        return [job.state for job in jobs]

    def show_all(_: list[str]) -> None:
        for index, job in enumerate(jobs):
            if job.state in ("running", "finished") or is_permitted(Action.COMMAND_UPLOAD, job.owner):
                _show_job(job, len(jobs) - index)

    # The Lab and this page offer a new set as soon as it is there.
    rerun_when_changed(states, every=_TICK if "running" in states() else None, show=show_all)


def _show_job(job: ImportJob, number: int) -> None:
    icon, words = _WORDS[job.state]
    st.markdown(f"{icon} **{as_plain_markdown(job.name)}** {words}")
    if job.state == "running":
        with st.container(horizontal=True, vertical_alignment="center"):
            st.progress(*how_far(job.progress))
            st.button("Cancel", key=f"cancel-import-{number}", **_cancelling(job))
        if job.note:
            st.caption(as_plain_markdown(job.note))
    if job.state == "previewed" and job.ended is not None:
        _show_preview(job, job.ended, number)
    elif job.message:
        st.caption("  \n".join(as_plain_markdown(line) for line in job.message.splitlines()))
        if job.state == "failed" and job.ended is not None:
            _offer_families(job.ended, number)
            _show_sizes(job.ended)
    if job.state in ("previewed", "failed") and job.ended is not None and job.ended.colors:
        st.html(color_swatches(job.ended.colors))


def _offer_families(ended: ImportEnded, number: int) -> None:
    """What may be images and masks, each ready to be taken for the next preview."""
    for place, family in enumerate(ended.families):
        with st.container(horizontal=True, vertical_alignment="center"):
            is_taken = st.button(
                "Take these",
                key=f"take-family-{number}-{place}",
                on_click=_take_family,
                args=(str(family["images"]), str(family["masks"])),
                help="Writes both patterns under *Your own layout*; then press *Preview* again.",
            )
            if is_taken:
                st.rerun()  # all of the page: the patterns stand outside of this fragment
            st.markdown(
                f"images `{family['images']}` with masks `{family['masks']}`: "
                f"{plural(int(family['pairs']), 'pair')}, "
                f"about {percent(round(float(family['marked']), 3))} of the pixels marked"
            )


def _take_family(images: str, masks: str) -> None:
    st.session_state["import_images"], st.session_state["import_masks"] = images, masks


def _cancelling(job: ImportJob) -> dict[str, Any]:
    arguments = (_PROBLEM, acting_on_data.cancel_import, import_queue(), job)
    return {"on_click": problems.attempt, "args": arguments} | permission(Action.COMMAND_UPLOAD, job.owner)


def how_far(progress: ImportProgress | None) -> tuple[float, str]:
    """A share of an import, and that in words."""
    if progress is None:
        return 0.0, "Listing files"
    words = {ImportPhase.LOOKING: "Looking at masks", ImportPhase.READING: "Reading images"}[progress.phase]
    left = "" if progress.left is None else f", about {clock(progress.left)} left"
    return min(progress.share, 1.0), f"{words}: {progress.done:,} of {progress.total:,}{left}"


def _show_preview(job: ImportJob, ended: ImportEnded, number: int) -> None:
    """The preview: pairs, numbers and warnings, and whether to keep the import."""
    with st.container(border=True):
        with st.container(horizontal=True, vertical_alignment="center"):
            without = f" without {plural(len(ended.skipped), 'file')}" if ended.skipped else ""
            st.button(
                f"Import{without}",
                key=f"keep-import-{number}",
                type="primary",
                on_click=problems.attempt,
                args=(_PROBLEM, acting_on_data.keep_import, import_queue(), job),
                **permission(Action.COMMAND_UPLOAD, job.owner),
            )
            st.button("Discard", key=f"drop-import-{number}", **_cancelling(job))
            st.markdown(
                f"{ended.counts}, {len(ended.vanished):,} defects lost, "
                f"{plural(len(ended.skipped), 'file')} refused"
            )
        with problems.contained():
            st.image(_pairs(str(job.place)), width="stretch", alt="patches with mask outlines")
        left, right = st.columns(2, gap="medium")
        sentences = [
            *ended.warnings,
            *ended.notes,
            *(f"refused: {why}" for why in list(ended.skipped.values())[:5]),
        ]
        left.caption("  \n".join(as_plain_markdown(line) for line in sentences))
        with right:
            _show_sizes(ended)


@st.cache_data(max_entries=8, show_spinner=False)
def _pairs(place: str) -> bytes:
    patches = StoredPatches(Path(place))
    return sheet(patches, some_pairs(patches))


def color_swatches(colors: list[list[float]]) -> str:
    """HTML: a square of each colour of the masks, its numbers to copy, and its share of all pixels."""
    square = (
        "display: inline-block; width: 1em; height: 1em; vertical-align: -0.15em; border: 1px solid #808080"
    )
    named = [(f"{red:.0f},{green:.0f},{blue:.0f}", share) for red, green, blue, share in colors]
    shown = [
        f'<span style="white-space: nowrap; margin-right: 1.2em">'
        f'<span style="{square}; background: rgb({color})"></span> {color} ({percent(share)})</span>'
        for color, share in named
    ]
    return f"<div>Colours of the masks: {' '.join(shown)}</div>"


def _show_sizes(ended: ImportEnded) -> None:
    """What other patch sizes would do."""
    sizes = ended.patch_sizes()
    if not sizes:
        return
    rows = [
        {
            "Patch": f"{'tiles of' if size.tile else 'resized to'} {size.height}x{size.width}",
            "Patches": size.patches,
            "Prevalence": percent(size.prevalence),
            "Defects kept": percent(size.kept),
            "Comes in": size.comes_in,
        }
        for size in sizes
    ]
    if ended.suggested is not None:
        best = rows[ended.suggested]
        st.caption(
            f"Suggested: {best['Patch']}, which keeps {best['Defects kept']} of the defects. Kept: at least "
            "eight pixels of the defect are in one patch, or all of it in one tile."
        )
    st.dataframe(pd.DataFrame(rows), hide_index=True, height=min(35 * (len(rows) + 1) + 3, 250))
