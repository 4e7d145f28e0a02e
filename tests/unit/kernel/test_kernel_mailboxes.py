"""E-mail addresses: one form, and nothing that could smuggle a header in."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rsm.kernel.errors import Invalid
from rsm.kernel.mailboxes import mailbox
from rsm.kernel.phones import takes_texts


@pytest.mark.parametrize(
    ("typed", "kept"),
    [
        ("maria@example.org", "maria@example.org"),
        (" Maria.Alvarez@Example.ORG ", "maria.alvarez@example.org"),
        ("m+rsm@mail.example.org", "m+rsm@mail.example.org"),
        ("o'brien_1@xn--mller-kva.example.org", "o'brien_1@xn--mller-kva.example.org"),
    ],
)
def test_an_address_is_kept_in_one_form(typed: str, kept: str) -> None:
    assert mailbox(typed) == kept
    assert mailbox(kept) == kept


@pytest.mark.parametrize(
    "typed",
    ["", "maria", "maria@", "@example.org", "maria@example", "ma ria@example.org",
     "maria@exa mple.org", "maria@@example.org", "a@b@example.org", "maria@example.org\nBcc: x",
     "maria@example.org, x@example.org", "<maria@example.org>", ".maria@example.org",
     "maria.@example.org", "ma..ria@example.org", "maria@-mail.example.org", "maria@127.0.0.1",
     "m" * 65 + "@example.org", "maria@" + "x" * 250 + ".org"],
)  # fmt: skip
def test_what_no_mail_can_go_to_is_refused_with_what_to_do(typed: str) -> None:
    with pytest.raises(Invalid) as refused:
        mailbox(typed)
    assert refused.value.problems[0].mend


@given(st.text(max_size=60))
def test_whatever_passes_has_no_blank_no_line_break_and_one_at(typed: str) -> None:
    try:
        address = mailbox(typed)
    except Invalid:
        return
    assert address.count("@") == 1
    assert not any(char.isspace() or ord(char) < 32 for char in address)


@pytest.mark.parametrize(
    ("number", "takes"),
    [
        ("+12025550143", True),  # North America does not tell landlines by their digits
        ("+442079460958", False),
        ("+447700900123", True),
    ],
)
def test_only_what_surely_takes_no_texts_is_known_as_such(number: str, takes: bool) -> None:
    assert takes_texts(number) is takes
