"""Links that let somebody in for a while: signed, with a role, a name and an end.

A token is BASE64URL(JSON) '.' BASE64URL(HMAC-SHA256 of the part before the dot), made and verified by
itsdangerous. The key lies in the home, readable to its owner alone; removing it makes all links void.
"""

from __future__ import annotations

import hashlib
import json
import os
import re
import secrets
import stat
import time
from contextlib import suppress
from pathlib import Path

from itsdangerous import BadSignature, Signer
from itsdangerous.encoding import base64_decode, base64_encode

from alcore.access.roles import Role, Visitor
from alcore.errors import AccessError

_KEY, _KEY_BYTES = "access.key", 32
_MOST_HOURS = 24 * 366
_FORM = re.compile(r"[A-Za-z0-9_-]{1,900}\.[A-Za-z0-9_-]{43}")
"""A token's form: itsdangerous passes over characters that have no place in it."""
_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9 ._@-]{0,63}")


def make_token(home: Path, role: Role, *, hours: float, name: str = "") -> str:
    """A token that lets its bearer in.

    Args:
        name: under which their runs are kept; by default one made up.
    Raises:
        AccessError: a name or duration that cannot be, or a home that cannot hold a key.
    """
    name = name or f"{role}-{secrets.token_hex(3)}"
    if not _NAME.fullmatch(name):
        raise AccessError(
            f"{name!r} cannot be the name of a visitor; use up to 64 letters, digits, spaces, . _ @ -"
        )
    if not 0 < hours <= _MOST_HOURS:
        raise AccessError(f"a link is valid for at most {_MOST_HOURS} hours, got {hours:g}")
    claims = {"role": str(role), "name": name, "until": int(time.time() + 3600 * hours)}
    key = _key(home, make=True)
    assert key is not None, "it was just made"
    body = base64_encode(json.dumps(claims, separators=(",", ":")))
    return _signer(key).sign(body).decode()


def read_token(home: Path, token: str) -> Visitor:
    """Who a token lets in.

    Raises:
        AccessError: it was not signed here, or has expired.
    """
    key = _key(home, make=False)
    try:
        if key is None or not _FORM.fullmatch(token):
            raise BadSignature("no token of this home")
        body = _signer(key).unsign(token)
    except BadSignature:
        raise AccessError(
            "this link was not made here, or all links were withdrawn; ask for a new one"
        ) from None
    claims = json.loads(base64_decode(body))  # which was written here, as its signature says
    if time.time() >= claims["until"]:
        raise AccessError("this link has expired; ask for a new one")
    return Visitor(claims["name"], Role(claims["role"]))


def withdraw_all(home: Path) -> None:
    """Make all links void. Idempotent."""
    with suppress(FileNotFoundError):
        (home / _KEY).unlink()


def _signer(key: bytes) -> Signer:
    """The key signs as it is: it is random, of 32 bytes, and used for nothing else."""
    return Signer(key, key_derivation="none", digest_method=hashlib.sha256)


def _key(home: Path, *, make: bool) -> bytes | None:
    """The home's key; made if it is to be. AccessError where others can read it."""
    file = home / _KEY
    try:
        if make and not file.exists():
            home.mkdir(parents=True, exist_ok=True)
            handle = os.open(file, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
            with os.fdopen(handle, "wb") as opened:
                opened.write(secrets.token_bytes(_KEY_BYTES))
        if os.name == "posix" and stat.S_IMODE(file.stat().st_mode) & 0o077:
            raise AccessError(f"{file} can be read by others; remove it, and make new links")
        key = file.read_bytes()
    except FileNotFoundError:
        return None
    except OSError as error:
        raise AccessError(f"{file} cannot be used: {error.strerror or error}") from None
    if len(key) != _KEY_BYTES:
        raise AccessError(f"{file} is damaged; remove it, and make new links")
    return key
