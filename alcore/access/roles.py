"""Roles, and what each may do: one table, which the server asks before every action."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from alcore.errors import AccessError


class Role(StrEnum):
    """A visitor's role. Compare with plain strings, which outlive a reload of this module."""

    OWNER = "owner"
    MEMBER = "member"
    VIEWER = "viewer"
    SEAT = "seat"


class Action(StrEnum):
    """An action of a visitor; the value completes the sentence "only members may ..."."""

    LOOK = "look at the pages"
    VOTE = "vote"
    START_RUN = "start runs"
    COMMAND_RUN = "pause, resume or stop this run"
    ANNOTATE_RUN = "name or annotate this run"
    DELETE_RUN = "delete this run"
    REQUEST_CEILING = "train this run's ceiling"
    SCORE_IMAGES = "score images"
    IMPORT_RUN = "import runs"
    START_STUDY = "start studies"
    COMMAND_STUDY = "pause, resume or extend this study"
    ESTIMATE_STUDY = "estimate a study"
    IMPORT_DATA = "import data sets"
    MAKE_DATA = "make data sets"
    ANNOTATE_DATA = "name or annotate data sets"
    DELETE_DATA = "delete data sets"
    IMPORT_LOGS = "import logs"
    COMMAND_UPLOAD = "keep, cancel or discard what was uploaded here"


@dataclass(frozen=True)
class Visitor:
    """A visitor of a page: a name, theirs for as long as they have access, and a role."""

    name: str
    role: Role


LOCAL = Visitor("", Role.OWNER)
"""The user of a server that only its own machine can reach."""

_SHARED = {Action.LOOK, Action.VOTE}
_MEMBERS = _SHARED | {
    *(Action.START_RUN, Action.IMPORT_RUN, Action.START_STUDY, Action.ESTIMATE_STUDY),
    *(Action.IMPORT_DATA, Action.MAKE_DATA, Action.IMPORT_LOGS, Action.SCORE_IMAGES),
}
MAY: dict[Role, frozenset[Action]] = {
    Role.OWNER: frozenset(Action),
    Role.MEMBER: frozenset(_MEMBERS),
    Role.VIEWER: frozenset(_SHARED),
    Role.SEAT: frozenset({Action.VOTE}),
}
"""What a role may do to anybody's things."""

MAY_TO_OWN: dict[Role, frozenset[Action]] = {
    Role.MEMBER: frozenset(
        {
            *(Action.COMMAND_RUN, Action.ANNOTATE_RUN, Action.DELETE_RUN, Action.REQUEST_CEILING),
            *(Action.COMMAND_STUDY, Action.COMMAND_UPLOAD),
        }
    )
}
"""What a role may do to its own things."""

_NEW, _OF_ALL = "makes something new, which is then theirs", "runs of many are made with one data set"
WITHOUT_OWNER: dict[Action, str] = {
    Action.LOOK: "what a home keeps is for all who are let in",
    Action.VOTE: "each seat has one vote, and changes no other",
    **dict.fromkeys((Action.START_RUN, Action.IMPORT_RUN, Action.START_STUDY), _NEW),
    **dict.fromkeys((Action.IMPORT_DATA, Action.MAKE_DATA, Action.IMPORT_LOGS), _NEW),
    Action.SCORE_IMAGES: "reads a run, and leaves it as it is",
    Action.ESTIMATE_STUDY: "measures, and keeps nothing",
    Action.ANNOTATE_DATA: _OF_ALL,
    Action.DELETE_DATA: _OF_ALL,
}
"""Actions for which it does not matter whose a thing is, and why; all others are asked with its owner."""


def may(visitor: Visitor | None, action: Action, *, owner: str | None = None) -> bool:
    """Whether a visitor may do something.

    Args:
        visitor: None for somebody who is not known, and may do nothing.
        owner: whose the thing is, '' for nobody's; None where it is about nothing that exists.
    """
    if visitor is None:
        return False
    is_own = bool(visitor.name) and owner == visitor.name
    return action in MAY[visitor.role] or (is_own and action in MAY_TO_OWN.get(visitor.role, ()))


def refusal(visitor: Visitor | None, action: Action, *, owner: str | None = None) -> str:
    """Why a visitor may not do something, in one sentence that says who may; '' where they may.

    The check of an action raises it, and a page shows it as the help of the disabled control.
    """
    if may(visitor, action, owner=owner):
        return ""
    if visitor is None:
        return "this server does not know you: open the link that you were given, or sign in"
    if action in MAY[Role.MEMBER]:
        return f"only members may {action}; ask the owner of this server for a link"
    if action in MAY_TO_OWN[Role.MEMBER]:
        return f"only the member who started it and the owner of this server may {action}"
    return f"only the owner of this server may {action}"


def check(visitor: Visitor | None, action: Action, *, owner: str | None = None) -> Visitor:
    """The visitor, who may do it.

    Raises:
        AccessError: they may not.
    """
    if reason := refusal(visitor, action, owner=owner):
        raise AccessError(reason)
    assert visitor is not None, "or it would have been refused"
    return visitor
