"""Links to the Decide page that say what is known of π₁."""

from __future__ import annotations

from alcore.statistics.error_costs import Belief

SHARE, LOW, HIGH = "share", "share_low", "share_high"
"""Parameters of the page's address, and keys of its controls: π₁ and its bounds, in per cent."""


def link_of_belief(belief: Belief) -> dict[str, str]:
    """The parameters of such a link."""
    known = {SHARE: belief.value, LOW: belief.low, HIGH: belief.high}
    return {key: f"{100 * share:.4g}" for key, share in known.items()}
