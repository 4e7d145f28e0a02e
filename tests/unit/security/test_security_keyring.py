"""Encryption at rest: a ciphertext opens with its key, at its place, unchanged, or not at all."""

import base64

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rsm.kernel.errors import Invalid
from rsm.kernel.ids import SeededIds
from rsm.security import ring
from rsm.security.keyring import CannotOpen, KeyRing, new_key, parse_keys

OLD = {"old": bytes(range(1, 33))}
NEW = {"new": bytes(range(41, 73))}
LOOKUP = bytes(range(81, 113))


def make(keys: dict[str, bytes], lookup: bytes = LOOKUP) -> KeyRing:
    return KeyRing(keys, lookup, SeededIds("ring"))


@given(st.binary(max_size=200), st.text(max_size=40))
def test_what_is_sealed_opens_at_its_place(plain: bytes, context: str) -> None:
    vault = make(OLD)
    assert vault.open(vault.seal(plain, context), context) == plain


def test_a_ciphertext_in_another_place_does_not_open() -> None:
    vault = make(OLD)
    sealed = vault.seal(b"Maria Lopez", "patient.name:1")
    for context in ("patient.name:2", "patient.record_number:1", ""):
        with pytest.raises(CannotOpen):
            vault.open(sealed, context)


@given(st.data())
def test_a_changed_ciphertext_does_not_open(data: st.DataObject) -> None:
    vault = make(OLD)
    sealed = bytearray(vault.seal(b"Maria Lopez", "place"))
    position = data.draw(st.integers(0, len(sealed) - 1))
    sealed[position] ^= data.draw(st.integers(1, 255))
    with pytest.raises(CannotOpen):
        vault.open(bytes(sealed), "place")


@given(st.data())
def test_a_cut_ciphertext_does_not_open(data: st.DataObject) -> None:
    vault = make(OLD)
    sealed = vault.seal(b"Maria Lopez", "place")
    with pytest.raises(CannotOpen):
        vault.open(sealed[: data.draw(st.integers(0, len(sealed) - 1))], "place")


def test_the_same_text_sealed_twice_looks_different() -> None:
    vault = make(OLD)
    assert vault.seal(b"same", "place") != vault.seal(b"same", "place")


def test_the_first_key_seals_and_every_key_opens() -> None:
    sealed = make(OLD).wrap(b"text", "place")
    both = make(NEW | OLD)
    assert both.unwrap(sealed, "place") == b"text"
    again = both.wrap(b"text", "place")
    assert again.startswith(b"\x03new")
    assert make(NEW).unwrap(again, "place") == b"text"
    with pytest.raises(CannotOpen, match="old"):
        make(NEW).unwrap(sealed, "place")


def test_hashes_depend_on_purpose_and_look_up_key_and_not_on_the_ring() -> None:
    number = "+12025550142"
    assert make(OLD).lookup("contact", number) == make(NEW).lookup("contact", number)
    assert make(OLD).lookup("contact", number) != make(OLD).lookup("staff", number)
    assert make(OLD).lookup("contact", number) != make(OLD, bytes(32)).lookup("contact", number)


def test_a_mac_names_its_key() -> None:
    assert make(OLD | NEW).mac("old", "link", b"x") == make(OLD).mac("old", "link", b"x")
    assert make(OLD | NEW).mac("old", "link", b"x") != make(OLD | NEW).mac("new", "link", b"x")
    with pytest.raises(CannotOpen):
        make(OLD).mac("new", "link", b"x")


def test_a_new_key_can_be_read_back() -> None:
    entry = ring.new_keys(SeededIds("new"))
    (key,) = parse_keys(entry).values()
    assert len(key) == 32
    both = parse_keys(f"{entry}, {new_key('second', SeededIds('second'))}")
    assert list(both)[1] == "second"


@pytest.mark.parametrize(
    "text",
    [
        "",
        "nokey",
        "a:!!!",
        "a:ü",
        "a:" + base64.b64encode(bytes(31)).decode(),
        "a:" + base64.b64encode(bytes(32)).decode(),
        "a b:" + base64.b64encode(bytes(range(32))).decode(),
        ",".join(["a:" + base64.b64encode(bytes(range(32))).decode()] * 2),
    ],
)
def test_a_missing_or_weak_key_is_refused(text: str) -> None:
    with pytest.raises(Invalid) as refused:
        parse_keys(text)
    assert "AAAA" not in str(refused.value)
