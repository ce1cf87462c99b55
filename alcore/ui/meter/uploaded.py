"""Images that a reader uploads, scored in a child process: the progress, and the result."""

from __future__ import annotations

from pathlib import PurePath

import streamlit as st

from alcore.access.roles import Action
from alcore.compute.events import ScoringPhase
from alcore.data.images import SUFFIXES
from alcore.errors import DataError
from alcore.home import home
from alcore.presentation.meter_sentences import skipped_in_words
from alcore.server.meter_events import MeterProgress
from alcore.server.meter_queue import MeterJob, MeterQueue
from alcore.server.uploads import Content
from alcore.ui import acting, problems
from alcore.ui.meter.metered import Metered
from alcore.ui.permitted import permission, why_not
from alcore.ui.rerun import rerun_when_changed
from alcore.wording import as_plain_markdown

_JOB, _PROBLEM = "meter_job", "meter"
_TICK = 0.5
_WORDS = {
    ScoringPhase.TRAINING: "Training the model again, as the run kept none",
    ScoringPhase.VALIDATION: "Scoring validation patches",
    ScoringPhase.IMAGES: "Scoring images",
}


@st.cache_resource(show_spinner=False)
def _queue() -> MeterQueue:
    return MeterQueue(home())


def upload_images(run_id: str, strategy: str) -> Metered | None:
    """The controls of an upload, and the scores of its images once they are there."""
    with st.sidebar:
        _offer_upload(run_id, strategy)
    problems.show(_PROBLEM)
    job: MeterJob | None = st.session_state.get(_JOB)
    if job is None or (job.run_id, job.strategy) != (run_id, strategy):
        st.info(
            "Upload images from production, without masks: about a hundred or more, taken as they come. "
            "Each is cut to the run's patch size and scored by the model. They are removed afterwards."
        )
        return None
    rerun_when_changed(
        lambda: job.is_running, every=_TICK if job.is_running else None, show=lambda _: _show_progress(job)
    )
    return _outcome(job)


def _offer_upload(run_id: str, strategy: str) -> None:
    if reason := why_not(Action.SCORE_IMAGES):
        st.caption(reason)
        return
    kinds = [ending.removeprefix(".") for ending in sorted(SUFFIXES)]
    files = st.file_uploader(
        "Images, or a zip of them", type=[*kinds, "zip"], accept_multiple_files=True, key="meter_files"
    )
    job: MeterJob | None = st.session_state.get(_JOB)
    st.button(
        "Measure",
        type="primary",
        icon=":material/speed:",
        key="meter_start",
        disabled=not files or (job is not None and job.is_running),
        on_click=problems.attempt,
        args=(_PROBLEM, _start, run_id, strategy, files),
    )


def _start(run_id: str, strategy: str, files: list) -> None:
    size = sum(file.size for file in files)
    st.session_state[_JOB] = acting.score_images(_queue(), run_id, strategy, _content(files), size)


def _content(files: list) -> Content:
    """One zip, or images by names of which no two are alike."""
    zips = [file for file in files if file.name.lower().endswith(".zip")]
    if zips and len(files) > 1:
        raise DataError("upload either one zip file or images, not both; put all into one zip")
    if zips:
        return zips[0]
    names = [PurePath(file.name).name for file in files]
    return {
        name if names.count(name) == 1 else f"{number}-{name}": file
        for number, (name, file) in enumerate(zip(names, files, strict=True), start=1)
    }


def _show_progress(job: MeterJob) -> None:
    if not job.is_running:
        return
    with st.container(horizontal=True, vertical_alignment="center"):
        st.progress(*_how_far(job.progress))
        st.button(
            "Cancel",
            key="meter_cancel",
            on_click=problems.attempt,
            args=(_PROBLEM, acting.cancel_scoring, _queue(), job),
            **permission(Action.COMMAND_UPLOAD, job.owner),
        )
    if job.note:
        st.caption(as_plain_markdown(job.note))


def _how_far(progress: MeterProgress | None) -> tuple[float, str]:
    if progress is None:
        return 0.0, "Loading the model"
    share = progress.done / max(progress.total, 1)
    return min(share, 1.0), f"{_WORDS[progress.phase]}: {progress.done:,} of {progress.total:,}"


def _outcome(job: MeterJob) -> Metered | None:
    ended = job.ended
    if ended is None:
        return None
    if ended.status == "cancelled":
        st.info("Cancelled; nothing was measured.")
        return None
    if ended.status != "finished":
        problems.tell(ended.message)
        return None
    for note in ended.notes:
        st.warning(as_plain_markdown(note), icon=":material/exposure:")
    if ended.skipped:
        reasons = "  \n".join(as_plain_markdown(text) for text in skipped_in_words(ended.skipped))
        st.warning(f"Left out: {reasons}", icon=":material/broken_image:")
    validation, scores = ended.parts()
    return Metered(ended.strategy, ended.cycle, validation, scores, images=ended.images)
