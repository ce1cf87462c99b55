"""What a new run is called where its user gives no name."""

from __future__ import annotations

from itertools import chain, count

from alcore.config import RunConfig
from alcore.errors import AlcoreError
from alcore.server.manager import default_name
from alcore.ui.config_form import value_of
from alcore.ui.session import manager, run_config
from alcore.ui.setting_words import changed_settings, value_in_words
from alcore.wording import shortened

_MOST_SETTINGS, _LONGEST = 2, 110


def distinct_name(config: RunConfig) -> str:
    """The usual name; where it is taken, with what differs from the newest run of that name, or a number."""
    usual, rows = default_name(config), manager().index.rows()
    taken = {row.name for row in rows}
    if usual not in taken:
        return usual
    twin = next(row.id for row in rows if row.name == usual or row.name.startswith(f"{usual}, "))
    name = shortened(", ".join([usual, *_differences(twin, config)]), _LONGEST)
    numbered = (f"{name} ({number})" for number in count(2))
    return next(one for one in chain([name], numbered) if one not in taken)


def _differences(run_id: str, config: RunConfig) -> list[str]:
    try:
        changed = changed_settings(run_config(run_id), config)
    except AlcoreError:  # such as a directory that someone removed
        return []
    return [
        value_in_words(setting, value_of(config, setting), written=str)
        for setting in changed[:_MOST_SETTINGS]
    ]
