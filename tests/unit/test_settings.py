"""Settings: strict, told all at once, secrets from files and never shown."""

from pathlib import Path

import pytest

from rsm.kernel.errors import Invalid, Problem
from rsm.settings import read_settings


def refused(environment: dict[str, str]) -> tuple[Problem, ...]:
    with pytest.raises(Invalid) as refusal:
        read_settings(environment)
    return tuple(refusal.value.problems)


def test_an_unknown_setting_is_refused_with_the_nearest_name() -> None:
    (problem,) = refused({"RSM_PUBLIC_ULR": "https://rsm.example.org"})
    assert problem.where == "RSM_PUBLIC_ULR"
    assert "RSM_PUBLIC_URL" in problem.mend


def test_every_wrong_setting_is_told_at_once() -> None:
    told = refused({"RSM_NONSENSE": "1", "RSM_SECRET_KEY": "x", "RSM_SMTP_URL_FILE": "/no/such"})
    assert [problem.where for problem in told] == [
        "RSM_NONSENSE",
        "RSM_SECRET_KEY",
        "RSM_SMTP_URL_FILE",
    ]


def test_what_kubernetes_puts_there_is_nobodys_mistake() -> None:
    injected = {"RSM_SERVICE_HOST": "10.0.0.1", "RSM_PORT_8000_TCP": "tcp://10.0.0.1:8000"}
    assert read_settings(injected) == read_settings({})


def test_other_programs_settings_are_none_of_ours() -> None:
    assert read_settings({"PATH": "/bin", "RSMX": "1"}) == read_settings({})


def test_a_secret_comes_from_a_file_without_its_last_newline(tmp_path: Path) -> None:
    file = tmp_path / "token"
    file.write_text("s3cret\n")
    token = read_settings({"RSM_TWILIO_AUTH_TOKEN_FILE": str(file)}).twilio_auth_token
    assert token is not None
    assert token.get_secret_value() == "s3cret"


def test_an_empty_value_is_as_if_it_were_not_set(tmp_path: Path) -> None:
    empty = tmp_path / "empty"
    empty.touch()
    settings = {"RSM_HEARTBEAT_URL": "", "RSM_TWILIO_AUTH_TOKEN_FILE": str(empty)}
    assert read_settings(settings) == read_settings({})


@pytest.mark.parametrize("url", ["http://rsm.example.org", "rsm.example.org", "ftp://127.0.0.1"])
def test_a_public_address_without_tls_is_refused(url: str) -> None:
    (problem,) = refused({"RSM_PUBLIC_URL": url})
    assert problem.where == "RSM_PUBLIC_URL"
    assert "https" in problem.what


def test_a_public_address_has_no_slash_at_its_end() -> None:
    settings = read_settings({"RSM_PUBLIC_URL": "https://rsm.example.org/"})
    assert settings.public_url == "https://rsm.example.org"


def test_no_secret_is_shown() -> None:
    secret = "s3cret"
    settings = read_settings(
        {
            "RSM_DATABASE_URL": f"postgresql://rsm:{secret}@db/rsm",
            "RSM_SECRET_KEYS": secret,
            "RSM_TWILIO_AUTH_TOKEN": secret,
            "RSM_HEARTBEAT_URL": f"https://hc.example.org/{secret}",
        }
    )
    assert secret not in f"{settings!r} {settings}"
