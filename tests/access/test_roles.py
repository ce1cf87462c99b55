"""Roles x actions, as a table; links that were made up, changed or are over let nobody in."""

import base64
import hmac
import json
import stat

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from alcore.access.admission import is_loopback, own_hosts, role_of
from alcore.access.invitations import make_token, read_token, withdraw_all
from alcore.access.limits import Limits, work_of
from alcore.access.roles import LOCAL, Action, Role, Visitor, check, may
from alcore.config import load_config, make_config
from alcore.errors import AccessError, DamagedFileError

TABLE = """
action            owner  member  own  viewer  seat  unknown
LOOK              yes    yes     yes  yes     no    no
VOTE              yes    yes     yes  yes     yes   no
START_RUN         yes    yes     yes  no      no    no
COMMAND_RUN       yes    no      yes  no      no    no
ANNOTATE_RUN      yes    no      yes  no      no    no
DELETE_RUN        yes    no      yes  no      no    no
REQUEST_CEILING   yes    no      yes  no      no    no
SCORE_IMAGES      yes    yes     yes  no      no    no
IMPORT_RUN        yes    yes     yes  no      no    no
START_STUDY       yes    yes     yes  no      no    no
COMMAND_STUDY     yes    no      yes  no      no    no
ESTIMATE_STUDY    yes    yes     yes  no      no    no
IMPORT_DATA       yes    yes     yes  no      no    no
MAKE_DATA         yes    yes     yes  no      no    no
ANNOTATE_DATA     yes    no      no   no      no    no
DELETE_DATA       yes    no      no   no      no    no
IMPORT_LOGS       yes    yes     yes  no      no    no
COMMAND_UPLOAD    yes    no      yes  no      no    no
"""
ROWS = [line.split() for line in TABLE.split("\n")[2:-1]]
VISITORS = {
    "owner": Visitor("ada", Role.OWNER),
    "member": Visitor("ben", Role.MEMBER),
    "own": Visitor("cy", Role.MEMBER),
    "viewer": Visitor("cy", Role.VIEWER),
    "seat": Visitor("cy", Role.SEAT),
    "unknown": None,
}


def test_the_table_has_every_action():
    assert [row[0] for row in ROWS] == [action.name for action in Action]


@pytest.mark.parametrize("row", ROWS, ids=lambda row: row[0])
def test_every_role_may_do_what_the_table_says_to_what_is_cys(row):
    action = Action[row[0]]
    for (kind, visitor), answer in zip(VISITORS.items(), row[1:], strict=True):
        assert may(visitor, action, owner="cy") == (answer == "yes"), kind
        if answer == "yes":
            assert check(visitor, action, owner="cy") == visitor
        else:
            with pytest.raises(AccessError):
                check(visitor, action, owner="cy")


def test_a_member_without_a_name_owns_nothing():
    assert not may(Visitor("", Role.MEMBER), Action.DELETE_RUN, owner="")
    assert may(LOCAL, Action.DELETE_RUN, owner="cy")


def test_a_link_lets_in_whom_it_was_made_for(home):
    token = make_token(home, Role.MEMBER, hours=1, name="ben")
    assert read_token(home, token) == Visitor("ben", Role.MEMBER)
    assert read_token(home, make_token(home, Role.SEAT, hours=1)).name.startswith("seat-")
    assert stat.S_IMODE((home / "access.key").stat().st_mode) == 0o600
    withdraw_all(home)
    with pytest.raises(AccessError, match="withdrawn"):
        read_token(home, token)
    make_token(home, Role.MEMBER, hours=1)
    with pytest.raises(AccessError, match="not made here"):
        read_token(home, token)


def test_a_link_is_signed_as_links_always_were(home):
    assert read_token(home, make_token(home, Role.VIEWER, hours=1, name="a" * 64)).name == "a" * 64
    claims = json.dumps({"role": "member", "name": "ben", "until": 2**40}).encode()
    body = base64.urlsafe_b64encode(claims).rstrip(b"=")
    signature = hmac.digest((home / "access.key").read_bytes(), body, "sha256")
    token = f"{body.decode()}.{base64.urlsafe_b64encode(signature).rstrip(b'=').decode()}"
    assert read_token(home, token) == Visitor("ben", Role.MEMBER)


def test_a_link_ends(home, monkeypatch):
    token = make_token(home, Role.VIEWER, hours=4)
    now = __import__("time").time()
    monkeypatch.setattr("alcore.access.invitations.time.time", lambda: now + 4 * 3600 + 1)
    with pytest.raises(AccessError, match="has expired"):
        read_token(home, token)


@settings(max_examples=200, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(data=st.data())
def test_no_changed_token_lets_anybody_in(home, data):
    token = make_token(home, Role.VIEWER, hours=1, name="eve")
    at = data.draw(st.integers(0, len(token) - 1))
    sign = data.draw(st.characters())
    changed = data.draw(
        st.sampled_from([token[:at] + sign + token[at + 1 :], token[:at], token + sign, sign * at, ""])
    )
    try:
        assert read_token(home, changed) == Visitor("eve", Role.VIEWER), "the same claims, or none"
    except AccessError:
        return


def test_claims_with_another_role_need_the_key(home):
    body, _, signature = make_token(home, Role.VIEWER, hours=1).partition(".")
    claims = json.loads(base64.urlsafe_b64decode(body + "=="))
    forged = base64.urlsafe_b64encode(json.dumps(claims | {"role": "owner"}).encode()).decode().rstrip("=")
    for token in (f"{forged}.{signature}", f"{forged}.", forged):
        with pytest.raises(AccessError):
            read_token(home, token)


BAD = [({"name": "a\nb"}, "cannot be the name of"), ({"hours": 0}, "hours"), ({"hours": 1e9}, "hours")]


@pytest.mark.parametrize(("changes", "words"), BAD)
def test_links_that_cannot_be_made(home, changes, words):
    with pytest.raises(AccessError, match=words):
        make_token(home, Role.SEAT, **({"hours": 1} | changes))


def test_a_key_that_others_can_read_is_not_used(home):
    token = make_token(home, Role.OWNER, hours=1)
    (home / "access.key").chmod(0o644)
    with pytest.raises(AccessError, match="read by others"):
        read_token(home, token)


def test_people_who_sign_in_have_the_role_that_fits_first(home):
    home.mkdir()
    assert role_of(home, {"email": "ada@lab.org"}) is None
    roles = {"member": ["*@lab.org"], "owner": ["ada@lab.org"], "viewer": ["*"]}
    (home / "access.json").write_text(json.dumps(roles))
    assert role_of(home, {"email": "Ada@Lab.org"}) == Visitor("ada@lab.org", Role.OWNER)
    assert role_of(home, {"email": "ben@lab.org"}).role == "member"
    assert role_of(home, {"email": "x@else.org", "email_verified": True}).role == "viewer"
    assert role_of(home, {"email": "ada@lab.org", "email_verified": False}) is None
    assert role_of(home, {}) is None
    (home / "access.json").write_text("[")
    with pytest.raises(DamagedFileError):
        role_of(home, {"email": "ada@lab.org"})


@pytest.mark.parametrize(
    ("address", "answer"),
    [
        *(("127.0.0.1", True), ("localhost", True), ("::1", True), ("127.9.9.9", True)),
        *(("0.0.0.0", False), ("", False), (None, False), ("::", False), ("example.org", False)),
    ],
)
def test_addresses_that_only_this_machine_reaches(address, answer):
    assert is_loopback(address) is answer


def test_own_hosts_are_loopback_and_this_machines():
    assert {"localhost", "127.0.0.1", "::1"} <= set(own_hosts())
    assert "*" not in own_hosts()


def test_the_work_of_a_run_has_its_training_in_it():
    base = {
        "dataset": "synthetic",
        "pool_size": 100,
        "query_size": 10,
        "cycles": 3,
        "repetitions": 2,
        "strategies": ["random", "entropy"],
    }
    steps = make_config(base | {"training": {"steps": 50, "batch_size": 4}})
    assert work_of(steps) == 2 * 2 * 3 * (100 + 50 * 4)
    epochs = make_config(base | {"training": {"epochs": 5, "batch_size": 4}})
    assert work_of(epochs) == 2 * 2 * (3 * 100 + 5 * (10 + 20 + 30))
    assert work_of(load_config("paper")) < Limits().patches, "a member may run the paper's settings"
