"""The demo's mailboxes: read from the mail server's file as it grows."""

from datetime import UTC, datetime
from pathlib import Path

from integrations.email.mailboxes import SandboxMailboxes, keep_only
from integrations.email.mails import Mail

AT = datetime(2026, 10, 19, 13, tzinfo=UTC)


def mail(number: int, to: str = "maria@example.org") -> Mail:
    return Mail(f"m{number}", "", to, f"Subject {number}", "text\n", "<p>text</p>", AT, {})


def test_what_has_come_since_is_read_and_a_half_written_line_waits(tmp_path: Path) -> None:
    kept = tmp_path / "mails.jsonl"
    boxes = SandboxMailboxes(kept)
    assert boxes.mailboxes(3) == {}
    keep_only(kept, [mail(1), mail(2, "ben@example.org")])
    assert {to: len(mails) for to, mails in boxes.mailboxes(3).items()} == {
        "maria@example.org": 1,
        "ben@example.org": 1,
    }
    line = mail(3).to_line()
    with kept.open("a", encoding="utf-8") as lines:
        lines.write(line[:20])
        lines.flush()
        assert len(boxes.mailboxes(3)["maria@example.org"]) == 1
        lines.write(line[20:] + "\n")
    assert [one.id for one in boxes.mailboxes(3)["maria@example.org"]] == ["m1", "m3"]
    assert [one.id for one in boxes.mailboxes(1)["maria@example.org"]] == ["m3"]
