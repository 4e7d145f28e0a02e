"""The adapters that these settings ask for: who sends, who keeps the record, who is pinged."""

from dataclasses import replace
from typing import TYPE_CHECKING

from rsm.kernel.clock import SystemClock
from rsm.kernel.errors import Invalid, Problem
from rsm.settings import Settings

if TYPE_CHECKING:
    from integrations.email.sender import SmtpSender
    from integrations.heartbeat.http import HttpSwitch
    from integrations.twilio.records import TwilioRecords
    from integrations.twilio.sender import TwilioConfig, TwilioSender
    from integrations.twilio.voice import TwilioVoice
    from rsm.flow.reports_due import Desk
    from rsm.messaging.router import ByChannel
    from rsm.web.services import MailHook

_PATIENT_SECONDS = 30.0  # for a page of a thousand entries


def senders(settings: Settings) -> "ByChannel":
    """An adapter for each channel that is set up here."""
    from rsm.kernel.words import Channel
    from rsm.messaging.ports import Sender
    from rsm.messaging.router import ByChannel

    texts, mails = twilio(settings), mail(settings)
    ways: dict[Channel, Sender] = {Channel.SMS: texts, Channel.VOICE: voice(settings)}
    if mails is not None:
        ways[Channel.EMAIL] = mails
    return ByChannel(ways, {Channel.SMS: texts})


def mail(settings: Settings) -> "SmtpSender | None":
    """The mail server; None where there is none. Raises `Invalid` for an address that is wrong."""
    from integrations.email.sender import SmtpSender
    from integrations.email.settings import smtp_config

    if settings.smtp_url is None:
        return None
    return SmtpSender(smtp_config(settings.smtp_url.get_secret_value()), SystemClock())


def try_mail(settings: Settings) -> str:
    """Greet the mail server and log on, without a mail; says how. Raises `Invalid`, `Deferred`."""
    server = mail(settings)
    if server is None:
        raise Invalid(Problem("RSM_SMTP_URL", "is not set: no e-mail is sent"))
    return server.check()


def mail_hook(settings: Settings) -> "MailHook | None":
    from integrations.email.bounces import MailReports
    from rsm.web.services import MailHook

    secret = settings.email_hook_secret
    return MailHook(secret.get_secret_value(), MailReports()) if secret else None


def twilio(settings: Settings) -> "TwilioSender":
    from integrations.twilio.sender import TwilioSender

    return TwilioSender(_twilio_config(settings), SystemClock())


def voice(settings: Settings) -> "TwilioVoice":
    """Calls go through the same account as texts."""
    from integrations.twilio.voice import TwilioVoice

    return TwilioVoice(_twilio_config(settings), SystemClock())


def twilio_record(settings: Settings) -> "TwilioRecords":
    """The same account's list; nobody waits for it, so it may take longer to answer."""
    from integrations.twilio.records import TwilioRecords

    config = replace(_twilio_config(settings), timeout_seconds=_PATIENT_SECONDS)
    return TwilioRecords(config, SystemClock())


def _twilio_config(settings: Settings) -> "TwilioConfig":
    from integrations.twilio.sender import TwilioConfig

    if settings.twilio_account_sid is None or settings.twilio_auth_token is None:
        what = "and RSM_TWILIO_AUTH_TOKEN are not set: nothing could be sent"
        raise Invalid(Problem("RSM_TWILIO_ACCOUNT_SID", what))
    return TwilioConfig(
        account_sid=settings.twilio_account_sid,
        auth_token=settings.twilio_auth_token.get_secret_value(),
        api_url=settings.twilio_api_url,
        messaging_service_sid=settings.twilio_messaging_service_sid,
    )


def switch(settings: Settings) -> "HttpSwitch | None":
    from integrations.heartbeat.http import HttpSwitch

    url = settings.heartbeat_url
    return HttpSwitch(url.get_secret_value()) if url else None


def report_desk() -> "Desk":
    """Who writes reports and prints them: loaded when the first one is due."""
    from rsm.flow.reports_due import Desk
    from rsm.web.reports_file import MonthWriter, PdfPrinter

    return Desk(MonthWriter(), PdfPrinter())
