"""A scene in the Lab: a story with its question, in the place of the run's controls."""

from __future__ import annotations

import streamlit as st

from alcore.access.roles import Action
from alcore.config import RunConfig
from alcore.errors import StoreError
from alcore.presentation.scenes import Scene, filled, scenes
from alcore.statistics.estimands import Evidence
from alcore.ui.config_form import value_of
from alcore.ui.lab import film
from alcore.ui.lab.next_run import start
from alcore.ui.permitted import permission
from alcore.ui.scene_menu import SCENE, menu, open_scene
from alcore.ui.session import record_count, run_config, run_evidence
from alcore.ui.setting_words import KEYS
from alcore.wording import as_plain_markdown

_ANSWERED, _ENTERED = "scene_answered", "scene_entered"
_LINKED = (
    "dataset",
    "pool_prevalence",
    "test_prevalence",
    "pool_size",
    "query_size",
    "cycles",
    "repetitions",
)
"""Settings that a scene gives to the controls, so that they say what is seen."""


def enter() -> Scene | None:
    """The scene in the page's address, whose settings the controls take when it is entered; None without one.

    To be called before the controls are drawn.
    """
    name = st.query_params.get(SCENE)
    scene = scenes().get(name or "")
    if scene is None:
        st.session_state.pop(_ENTERED, None)
        return None
    if st.session_state.get(_ENTERED) != name:
        st.session_state[_ENTERED] = name
        st.session_state.pop(_ANSWERED, None)
        config = run_config(run_of(scene))
        for setting in _LINKED:
            st.session_state[KEYS[setting]] = value_of(config, setting)
    return scene


def run_of(scene: Scene) -> str:
    """The id of a scene's recorded run."""
    return f"recorded-{scene.run}"


def show(scene: Scene, *, test_prevalence: float) -> None:
    """The story, its film up to the question, and after it the answer with the rest."""
    run_id = run_of(scene)
    config, evidence = run_config(run_id), run_evidence(run_id, record_count(run_id))
    if evidence is None:
        raise StoreError(f"the recorded run of the scene {scene.title!r} has no records")
    is_answered = bool(st.session_state.get(_ANSWERED))
    with st.container(key="scene"):
        _buttons(scene, config)
        if not is_answered:
            st.markdown(filled(scene.story, config, evidence))
        _question(scene, config, evidence, is_answered=is_answered)
    waits_after = None if is_answered else scene.asks_after
    film.show(run_id, test_prevalence=test_prevalence, name=f"scene-{scene.order}", waits_after=waits_after)
    _glossary(scene)


def _buttons(scene: Scene, config: RunConfig) -> None:
    order = list(scenes().values())
    with st.container(horizontal=True, vertical_alignment="center", key="scene_buttons"):
        st.markdown(f"**{scene.order} of {len(order)} · {scene.title}**", width="stretch")
        menu()
        st.button(
            "Run it live",
            icon=":material/play_arrow:",
            key="scene_live",
            on_click=_run,
            args=(config,),
            **permission(Action.START_RUN),
        )
        following = [name for name, other in scenes().items() if other.order > scene.order]
        st.button(
            "Next scene",
            key="next_scene",
            icon=":material/skip_next:",
            disabled=not following,
            on_click=open_scene,
            args=(following[0] if following else "",),
        )
        st.button("Leave", key="leave_scene", icon=":material/close:", on_click=leave)


def _question(scene: Scene, config: RunConfig, evidence: Evidence, *, is_answered: bool) -> None:
    with st.container(horizontal=True, vertical_alignment="center", key="scene_question"):
        st.markdown(f":material/help: **{filled(scene.question, config, evidence)}**", width="stretch")
        if not is_answered:
            st.button("Show the answer", key="scene_answer", type="primary", on_click=_answer)
    if is_answered:
        st.markdown(filled(scene.answer, config, evidence))


def _glossary(scene: Scene) -> None:
    with st.container(horizontal=True, key="scene_terms"):
        for term, meaning in scene.terms.items():
            st.markdown(as_plain_markdown(term), help=meaning, width="content")


def leave() -> None:
    """Return to the Lab as it was. For callbacks."""
    st.query_params.pop(SCENE, None)


def _answer() -> None:
    st.session_state[_ANSWERED] = True


def _run(config: RunConfig) -> None:
    leave()
    start(config, keeps_view=False)
