"""How a server lets people in: said once, when it is started, and read from the environment by its pages.

local   only this machine reaches it, and any user there is an owner (the default) lab     by signed links, or
by sign-in where that is configured; access.json has the roles of who signs in open    anyone who reaches it
owns it
"""

from __future__ import annotations

import fnmatch
import ipaddress
import os
import socket
from collections.abc import Mapping
from enum import StrEnum
from pathlib import Path

import psutil

from alcore.access.roles import Role, Visitor
from alcore.json_object import read_json_object

ADMISSION, RAY_ADDRESS = "ALCORE_ADMISSION", "ALCORE_RAY_ADDRESS"
LOOPBACK_HOSTS = ("localhost", "127.0.0.1", "::1")
_PEOPLE = "access.json"


class Admission(StrEnum):
    """How a server admits visitors; the module's text explains each value."""

    LOCAL = "local"
    LAB = "lab"
    OPEN = "open"


def admission() -> Admission:
    """How this server lets people in, as set at its start."""
    setting = os.environ.get(ADMISSION, "")
    return Admission(setting) if setting in list(Admission) else Admission.LOCAL


def is_loopback(address: str | None) -> bool:
    """Whether an address to listen on is reached from its own machine alone; every interface's is not."""
    if address == "localhost":
        return True
    try:
        return ipaddress.ip_address(address or "").is_loopback
    except ValueError:
        return False


def own_hosts() -> list[str]:
    """Names and addresses of this machine, under which a page of it may be asked for."""
    names = [*LOOPBACK_HOSTS, socket.gethostname(), socket.getfqdn()]
    families = (socket.AF_INET, socket.AF_INET6)
    for addresses in psutil.net_if_addrs().values():
        names += [one.address.partition("%")[0] for one in addresses if one.family in families]
    return list(dict.fromkeys(name.lower() for name in names if name))


def role_of(home: Path, claims: Mapping[str, object]) -> Visitor | None:
    """Who somebody is that an identity provider vouches for; None where access.json knows them not.

    Args:
        claims: of the provider; email counts, unless it says that it is not verified.
    Raises:
        DamagedFileError: access.json cannot be read. It has a key per role, each a list of patterns such as
            "*@example.org"; the first role that fits counts, from owner to seat.
    """
    email = str(claims.get("email") or "").lower()
    file = home / _PEOPLE
    if not email or claims.get("email_verified") is False or not file.exists():
        return None
    people = read_json_object(file, advice='it has keys such as "member", each a list of email addresses')
    for role in Role:
        patterns = people.get(role, [])
        if isinstance(patterns, list) and any(
            fnmatch.fnmatchcase(email, str(one).lower()) for one in patterns
        ):
            return Visitor(email, role)
    return None
