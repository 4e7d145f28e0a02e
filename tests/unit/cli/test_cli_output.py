"""What commands read: one bad document is told in words, one bad line never ends the others."""

import io
import json

import pytest

from rsm.cli.output import each_line, read_document, show
from rsm.kernel.errors import Invalid

DIGITS = "9" * 5_000


def given(monkeypatch: pytest.MonkeyPatch, raw: bytes) -> None:
    monkeypatch.setattr("sys.stdin", io.TextIOWrapper(io.BytesIO(raw), encoding="utf-8"))


@pytest.mark.parametrize(
    ("raw", "what"),
    [
        (b'{"now": {"pain.severity": 3, "pain.severity": 0}}', "`pain.severity` is there twice"),
        (b'{"now": {}, "now": {}}', "`now` is there twice"),
        (f'{{"now": {{"pain.severity": {DIGITS}}}}}'.encode(), "4300 digits"),
        (b"[" * 100_000, "too many brackets"),
        (b'{"text": "\xff"}', "not UTF-8"),
        (b"{", "not JSON"),
    ],
)
def test_a_document_that_cannot_be_read_is_refused(
    monkeypatch: pytest.MonkeyPatch, raw: bytes, what: str
) -> None:
    given(monkeypatch, raw)
    with pytest.raises(Invalid, match=what):
        read_document()


def test_a_bad_line_gives_its_error_and_the_others_their_answer(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    bad = [b"\xff\xfe", f"[{DIGITS}]".encode(), b"[" * 100_000, b'{"a": 1, "a": 2}']
    given(monkeypatch, b"\n".join([b"1", *bad, b"2"]))
    assert each_line(lambda document: {"got": document}) == 0
    first, *errors, last = [json.loads(line) for line in capsys.readouterr().out.splitlines()]
    assert (first, last) == ({"got": 1}, {"got": 2})
    assert [set(error) for error in errors] == [{"error"}] * len(bad)


def test_half_a_character_is_shown_as_a_question_mark(capsys: pytest.CaptureFixture[str]) -> None:
    show({"where": "\ud800"})
    assert json.loads(capsys.readouterr().out) == {"where": "?"}
