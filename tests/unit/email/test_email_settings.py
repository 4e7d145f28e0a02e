"""`RSM_SMTP_URL`, read strictly."""

from pathlib import Path

import pytest

from integrations.email.settings import Protection, SmtpConfig, smtp_config
from rsm.kernel.errors import Invalid


def test_a_server_that_turns_to_tls() -> None:
    config = smtp_config("smtp://rsm%40example.org:p%40ss%2Fword@mail.example.org")
    assert config == SmtpConfig(
        host="mail.example.org",
        port=587,
        protection=Protection.STARTTLS,
        user="rsm@example.org",
        password="p@ss/word",
    )
    assert "p@ss" not in repr(config)


def test_other_ways_to_write_it(tmp_path: Path) -> None:
    authority = tmp_path / "ca.pem"
    authority.write_text("")
    implicit = smtp_config(f"smtps://u:p@mail.example.org?ca={authority}")
    assert (implicit.port, implicit.protection) == (465, Protection.TLS)
    assert implicit.ca_file == authority
    demo = smtp_config("smtp://127.0.0.1:1025?starttls=never")
    assert (demo.port, demo.protection, demo.user) == (1025, Protection.NONE, "")


def test_the_whole_hand_over_takes_less_than_half_the_lease() -> None:
    assert smtp_config("smtp://mail.example.org").timeout_seconds < 15


@pytest.mark.parametrize(
    ("url", "says"),
    [
        ("", "does not begin"),
        ("http://mail.example.org", "does not begin"),
        ("smtp://", "names no host"),
        ("smtp://mail.example.org:99999", "is not an address"),
        ("smtp://mail.example.org/inbox", "after host and port"),
        ("smtp://user@mail.example.org", "stand together"),
        ("smtp://rsm:gr%C3%BC%C3%9Fe@mail.example.org", "no mail server's log-in can carry"),
        ("smtp://mail.example.org?starttls=maybe", "required"),
        ("smtp://mail.example.org?starttls=never", "unprotected"),
        ("smtp://mail.example.org?tls=yes", "unknown option `tls`"),
        ("smtps://mail.example.org?starttls=required", "TLS already"),
        ("smtps://mail.example.org?ca=/no/such/file", "cannot be read"),
    ],
)
def test_what_is_wrong_is_said(url: str, says: str) -> None:
    with pytest.raises(Invalid, match=says):
        smtp_config(url)


def test_a_problem_never_repeats_the_password() -> None:
    with pytest.raises(Invalid) as refused:
        smtp_config("smtp://rsm:hunter22@mail.example.org/x?starttls=never&y=1")
    assert "hunter22" not in str(refused.value)
    assert len(refused.value.problems) == 3
