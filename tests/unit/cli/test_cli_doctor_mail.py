"""What the check-up says of the mail server: it calls there, and sends nothing."""

from integrations.email.sandbox import MailServer
from rsm.cli.doctor import mail_server
from rsm.settings import read_settings


def test_without_a_mail_server_nothing_is_wrong() -> None:
    found = mail_server(read_settings({}))
    assert (found.is_well, "texts go out" in found.what) == (True, True)


def test_a_mail_server_that_answers_gets_no_mail() -> None:
    with MailServer() as server:
        found = mail_server(read_settings({"RSM_SMTP_URL": server.url}))
    assert found.is_well
    assert f"127.0.0.1:{server.port}, no TLS, without a log-in" in found.what
    assert server.received == []


def test_a_mail_server_that_does_not_answer_or_is_misspelt_is_told() -> None:
    with MailServer() as server:
        url = server.url
    gone = mail_server(read_settings({"RSM_SMTP_URL": url}))
    assert (gone.is_well, "network" in gone.mend) == (False, True)
    misspelt = mail_server(read_settings({"RSM_SMTP_URL": "smtp://rsm:hunter22@host/x"}))
    assert not misspelt.is_well
    assert "after host and port" in misspelt.mend
    assert "hunter22" not in misspelt.mend
