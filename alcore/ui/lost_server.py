"""What a page says when its server does not answer: Streamlit asks about the internet."""

from __future__ import annotations

import streamlit as st

_WORDS = (
    "The dashboard's server does not answer. If it is still running, this page finds it again by itself. If "
    "it was stopped, start it again with make run or alcore dashboard, and reload the page. Finished cycles "
    "are on disk, and a run that was interrupted can be resumed."
)

_component = st.components.v2.component(
    "alcore_lost_server",
    js="""
    export default function ({ data }) {
      if (window.alcoreLostServer) return;  // one for the tab: it outlives the page that began it
      const asks = /server is not responding|Is Streamlit still running/;
      const mend = () => {
        for (const dialog of document.querySelectorAll('[role="dialog"]')) {
          const texts = [...dialog.querySelectorAll("*")].filter((part) => !part.children.length);
          const said = texts.find((part) => asks.test(part.textContent));
          if (!said) continue;
          said.textContent = data.words;
          for (const code of dialog.querySelectorAll("pre")) code.hidden = true;  // of another program
        }
      };
      window.alcoreLostServer = new MutationObserver(mend);
      window.alcoreLostServer.observe(document.body, { childList: true, subtree: true });
    }
    """,
)


def watch() -> None:
    """Have the tab say in the dashboard's own words that its server is gone; once per page."""
    _component(key="lost_server", data={"words": _WORDS})
