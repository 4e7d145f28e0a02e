"""A file or a typed text: what is too large says so, whatever letters it is made of."""

from io import BytesIO

import pytest
from starlette.datastructures import FormData, UploadFile

from rsm.web.uploads import LARGEST, Text, Unread, text_of
from tests.loops import run


def sent(content: bytes | None = None, typed: str = "") -> Text:
    fields: list[tuple[str, str | UploadFile]] = [("body", typed)]
    if content is not None:
        fields.append(("file", UploadFile(BytesIO(content), filename="a.toml")))
    return run(text_of(FormData(fields)))


def test_a_file_counts_before_what_was_typed() -> None:
    assert sent(b"key = 1\r\n", "key = 2") == Text("key = 1\n")
    assert sent(typed="key = 2\r\n") == Text("key = 2\n")


@pytest.mark.parametrize("letter", ["a", "ñ", "…", "🙂"])
def test_too_long_is_not_mistaken_for_no_text(letter: str) -> None:
    """A file that is cut off in the middle of a letter would look like one that is no text."""
    assert sent((letter * (LARGEST + 1)).encode()) == Text("", Unread.TOO_LONG)
    assert sent(b"x" + (letter * (5 * LARGEST)).encode()) == Text("", Unread.TOO_LONG)
    assert sent((letter * LARGEST).encode()) == Text(letter * LARGEST)


def test_what_is_no_text_leaves_what_was_typed() -> None:
    assert sent(b"\xff\xfe\x00", "key = 2") == Text("key = 2", Unread.NOT_TEXT)
