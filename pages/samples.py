"""Samples: what was chosen, why, and how the model learns."""

from functools import partial

from alcore.ui import entrance
from alcore.ui.run_choice import choose_run
from alcore.ui.samples import chosen_patches, learning_view, why
from alcore.ui.session import shown_run
from alcore.ui.tabs import show_tabs

VIEWS = {
    "Chosen patches": chosen_patches.show_chosen,
    "Why this one?": why.show_why,
    "Watch the model learn": learning_view.show_learning,
}


def show() -> None:
    """The page, of the run that is chosen."""
    run_id = choose_run(shown_run(), "samples")
    show_tabs({title: partial(view, run_id) for title, view in VIEWS.items()}, "samples_view")


entrance.show(show)
