"""Controls that this tab's visitor may use: the others are disabled, and say who may use them."""

from __future__ import annotations

from typing import TypedDict

from alcore.access.roles import Action, refusal
from alcore.errors import AlcoreError
from alcore.ui.visitor import visitor


class Permission(TypedDict):
    """Arguments that every widget takes."""

    disabled: bool
    help: str | None


def permission(
    action: Action, owner: str | None = None, *, help: str | None = None, disabled: bool = False
) -> Permission:
    """Arguments of a control that changes the home, by the same table as the check of the action.

    Args:
        owner: whose the thing is; None where there is nothing yet.
        help: of the control for those who may use it.
        disabled: whether it is of no use now, for any visitor.
    """
    reason = why_not(action, owner)
    return {"disabled": disabled or bool(reason), "help": reason or help}


def why_not(action: Action, owner: str | None = None) -> str:
    """Why this tab's visitor may not do something, as a sentence; '' where they may."""
    try:
        reason = refusal(visitor(), action, owner=owner)
    except AlcoreError as error:
        reason = str(error)
    return f"{reason[:1].upper()}{reason[1:]}." if reason else ""


def is_permitted(action: Action, owner: str | None = None) -> bool:
    """Whether this tab's visitor may do something."""
    return not why_not(action, owner)
