"""Return paths and links that end the mails: only we can make them, and each fits one message."""

from uuid import UUID

import pytest

from rsm.kernel.errors import Invalid
from rsm.kernel.ids import SeededIds
from rsm.kernel.mailboxes import mailbox
from rsm.messaging.mail_paths import (
    LONGEST_SENDER,
    StopLink,
    check_sender,
    read_return_path,
    read_stop_token,
    return_path,
    stop_url,
)
from rsm.security.keyring import KeyRing

IDS = SeededIds("mail paths")
VAULT = KeyRing({"k1": IDS.bytes(32)}, IDS.bytes(32), IDS)
OTHER = KeyRing({"k1": IDS.bytes(32)}, IDS.bytes(32), IDS)
SENDER = "lakeside@rsm.example.org"
MESSAGE, SITE = UUID(int=7 << 64), UUID(int=9 << 64)
LINK = StopLink(SITE, MESSAGE, bytes(range(32)))
BASE = "https://rsm.example.org"


def test_a_return_path_leads_back_to_its_message() -> None:
    path = return_path(VAULT, SENDER, MESSAGE)
    assert path.startswith("lakeside+")
    assert read_return_path(VAULT, path) == (SENDER, MESSAGE)
    assert read_return_path(VAULT, path.upper()) == (SENDER, MESSAGE)


def test_the_longest_sender_still_makes_an_address() -> None:
    sender = "x" * LONGEST_SENDER + "@rsm.example.org"
    check_sender(sender)
    path = return_path(VAULT, sender, MESSAGE)
    assert mailbox(path) == path


@pytest.mark.parametrize("local", ["x" * (LONGEST_SENDER + 1), "lake+side"])
def test_a_sender_without_room_for_it_is_refused(local: str) -> None:
    with pytest.raises(Invalid, match="before the @"):
        check_sender(f"{local}@rsm.example.org")


def test_no_other_address_is_taken_for_one() -> None:
    path = return_path(VAULT, SENDER, MESSAGE)
    local, _, domain = path.partition("@")
    for place in range(len("lakeside+"), len(local)):
        changed = "a" if local[place] != "a" else "b"
        assert (
            read_return_path(VAULT, f"{local[:place]}{changed}{local[place + 1 :]}@{domain}")
            is None
        )
    others = [SENDER, "", "@", "lakeside+@rsm.example.org", path.replace("lakeside", "prairie")]
    others += [path.replace("rsm.", "x."), f"lakeside+{'0' * 40}@{domain}", f"{local}a@{domain}"]
    assert [read_return_path(VAULT, other) for other in others] == [None] * len(others)
    assert read_return_path(OTHER, path) is None


def test_a_link_ends_the_mails_to_one_address() -> None:
    url = stop_url(VAULT, LINK, BASE)
    token = url.removeprefix(f"{BASE}/mail/stop/")
    assert read_stop_token(VAULT, token) == LINK
    assert read_stop_token(OTHER, token) is None
    assert len(url) < 200


@pytest.mark.parametrize("token", ["", "x", "1", "a" * 128, "é" * 128, "=" * 128])
def test_no_other_link_does(token: str) -> None:
    assert read_stop_token(VAULT, token) is None
