"""Candidates to click: a page of patches, for mouse and touch."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence

import streamlit as st

_component = st.components.v2.component(
    "alcore_ballot",
    html='<div class="ballot"></div>',
    css="""
    .ballot { display: grid; grid-template-columns: repeat(auto-fill, minmax(4.4rem, 1fr)); gap: 0.35rem; }
    .ballot button { position: relative; padding: 0; border: 3px solid transparent; background: none; }
    .ballot button[aria-pressed="true"] { border-color: #009E73; }
    .ballot button:focus-visible { outline: 2px solid currentColor; }
    .ballot img { display: block; width: 100%; image-rendering: pixelated; }
    .ballot b { position: absolute; right: 0; bottom: 0; padding: 0 0.3rem; color: #fff; background: #00664b }
    .ballot b:empty { display: none; }
    """,
    js="""
    const clicked = new Map();  // what this tab chose, by round: a redrawn page keeps it
    export default function ({ data, parentElement, setTriggerValue }) {
      const root = parentElement.querySelector(".ballot");
      const chosen = clicked.get(data.round) ?? new Set();
      clicked.set(data.round, chosen);
      if (root.dataset.round !== data.round) {
        root.dataset.round = data.round;
        root.replaceChildren(...data.patches.map(({ item, src }, at) => {
          const button = document.createElement("button"), votes = document.createElement("b");
          button.type = "button";
          button.dataset.item = item;
          button.append(Object.assign(new Image(), { src, alt: `candidate ${at + 1}` }), votes);
          button.addEventListener("click", () => {
            if (!chosen.delete(item) && chosen.size < data.most) chosen.add(item);
            button.setAttribute("aria-pressed", String(chosen.has(item)));
            setTriggerValue("vote", [...chosen]);
          });
          return button;
        }));
      }
      for (const button of root.children) {
        button.setAttribute("aria-pressed", String(chosen.has(Number(button.dataset.item))));
        button.querySelector("b").textContent = data.votes?.[button.dataset.item] ?? "";
      }
    }
    """,
    isolate_styles=False,
)


def show_ballot(
    key: str,
    *,
    round_name: str,
    patches: Sequence[tuple[int, str]],
    most: int,
    votes: Mapping[int, int],
    on_vote: Callable[[list[int]], object],
) -> None:
    """Patches that this tab can choose from.

    Args:
        key: of the ballot in the page; round_name: of what is chosen, so that another begins without choices.
        patches: ids with their pictures as data URLs, in order.
        most: how many can be chosen.
        votes: to be shown on the patches, by id; those that are missing are not shown.
        on_vote: called with all ids that this tab has chosen, whenever they change.
    """

    def hear() -> None:
        chosen = st.session_state[key].get("vote")
        if chosen is not None:
            on_vote([int(item) for item in chosen])

    shown = [{"item": item, "src": src} for item, src in patches]
    tallies = {str(item): count for item, count in votes.items()}
    data = {"round": round_name, "patches": shown, "most": most, "votes": tallies}
    _component(key=key, data=data, on_vote_change=hear)
