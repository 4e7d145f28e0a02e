"""What Twilio calls back, as facts: reports, inbound texts, keys of calls, and their signature.

Pure: the web room reads the form, asks `SignatureCheck`, then parses. Callbacks come late, doubled
and out of order and carry no time: `rsm.messaging.model.MessageState.rank` sorts them out.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum

from twilio.request_validator import RequestValidator  # type: ignore[import-untyped]  # no stubs

from integrations.twilio.codes import Verdict, call_state, call_verdict, state_of, verdict_of
from rsm.kernel.errors import Invalid, Problem
from rsm.messaging.model import KEYS, MOST_KEYS, MessageState

SIGNATURE_HEADER = "X-Twilio-Signature"

_NOT_TWILIO = "point only Twilio, or a server that speaks its API, at this address"


class OptOutType(StrEnum):
    """How Twilio itself understood an inbound text, when its own keyword handling is on."""

    STOP = "STOP"
    START = "START"
    HELP = "HELP"


@dataclass(frozen=True)
class StatusCallback:
    """One report on an outgoing message. `key` is what a redelivery repeats."""

    account_sid: str
    provider_id: str
    status: str
    error_code: str | None

    @property
    def key(self) -> tuple[str, str]:
        """Message and status: the message alone would drop `delivered` after `sent`."""
        return self.provider_id, self.status

    @property
    def state(self) -> MessageState | None:
        """Our word for the status; None for a word that we do not know: keep it, change nothing."""
        return state_of(self.status)

    @property
    def verdict(self) -> Verdict | None:
        """What the error code means, if there is one."""
        return verdict_of(self.error_code)


@dataclass(frozen=True)
class CallReport:
    """One report on a call that we made. `key` is what a redelivery repeats."""

    account_sid: str
    provider_id: str
    status: str
    error_code: str | None = None

    @property
    def key(self) -> tuple[str, str]:
        """Call and status."""
        return self.provider_id, self.status

    @property
    def state(self) -> MessageState | None:
        """Our word for the status; None for a word that we do not know."""
        return call_state(self.status)

    @property
    def verdict(self) -> Verdict | None:
        """Why nobody took it, if nobody did."""
        return call_verdict(self.status, self.error_code)


@dataclass(frozen=True)
class PressedKey:
    """One key that was pressed in a call. `to` is the phone that we called."""

    account_sid: str
    provider_id: str
    key: str
    to: str = field(repr=False)


@dataclass(frozen=True)
class AskedTurn:
    """A call that asks what to say next: it was taken, or keys were pressed (`keys`).

    `answered_by` is Twilio's word of whoever took it, which comes with the first turn only.
    """

    account_sid: str
    provider_id: str
    to: str = field(repr=False)
    keys: str = field(default="", repr=False)
    answered_by: str = ""


@dataclass(frozen=True)
class InboundText:
    """A text from a phone to one of our senders. `provider_id` is unique: a replay repeats it."""

    account_sid: str
    provider_id: str
    sender: str
    to: str
    body: str
    opt_out: OptOutType | None = None
    media: int = 0
    messaging_service_sid: str | None = None


class SignatureCheck:
    """Says whether a request was signed with our token, for the address as Twilio sees it.

    Behind a TLS proxy the request's own scheme, host and port are not those that Twilio called, so
    the base is `public_url` (RSM_PUBLIC_URL) and no header of the request is believed.
    """

    def __init__(self, auth_token: str, public_url: str) -> None:
        self._validator = RequestValidator(auth_token)
        self._base = public_url.rstrip("/")

    def valid(self, path_and_query: str, form: Mapping[str, str], signature: str | None) -> bool:
        """Whether `signature` fits. `path_and_query` is as received: raw, never decoded.

        `form` must hold every field of the body, empty ones too.
        """
        if not signature or not path_and_query.startswith("/"):
            return False
        url = self._base + path_and_query
        return bool(self._validator.validate(url, dict(form), signature))


def status_callback(form: Mapping[str, str]) -> StatusCallback:
    """Parse a status callback; raises `Invalid` with every field that is missing."""
    status = "MessageStatus" if "MessageStatus" in form else "SmsStatus"
    _require(form, "MessageSid", status, "AccountSid")
    return StatusCallback(
        account_sid=form["AccountSid"],
        provider_id=form["MessageSid"],
        status=form[status],
        error_code=form.get("ErrorCode") or None,
    )


def call_report(form: Mapping[str, str]) -> CallReport:
    """Parse a report on a call; raises `Invalid` with every field that is missing."""
    _require(form, "CallSid", "CallStatus", "AccountSid")
    return CallReport(
        account_sid=form["AccountSid"],
        provider_id=form["CallSid"],
        status=form["CallStatus"],
        error_code=form.get("ErrorCode") or None,
    )


def pressed_key(form: Mapping[str, str]) -> PressedKey:
    """Parse what `<Gather>` sends; raises `Invalid` for a missing field, or more than one key."""
    _require(form, "CallSid", "Digits", "To", "AccountSid")
    if form["Digits"] not in KEYS:
        raise Invalid(Problem("Digits", "is not one key of a phone", _NOT_TWILIO))
    return PressedKey(
        account_sid=form["AccountSid"],
        provider_id=form["CallSid"],
        key=form["Digits"],
        to=form["To"],
    )


def asked_turn(form: Mapping[str, str]) -> AskedTurn:
    """Parse a call that asks what to say; raises `Invalid` for a missing field, or strange keys."""
    _require(form, "CallSid", "To", "AccountSid")
    keys = form.get("Digits", "")
    if len(keys) > MOST_KEYS or not KEYS.issuperset(keys):
        raise Invalid(Problem("Digits", "are not keys of a phone", _NOT_TWILIO))
    return AskedTurn(
        account_sid=form["AccountSid"],
        provider_id=form["CallSid"],
        to=form["To"],
        keys=keys,
        answered_by=form.get("AnsweredBy", ""),
    )


def inbound_text(form: Mapping[str, str]) -> InboundText:
    """Parse an inbound text; raises `Invalid` with every field that is missing.

    An empty body is no fault (a picture has none), nor is a keyword type that we do not know.
    """
    _require(form, "MessageSid", "From", "To", "AccountSid")
    if "Body" not in form:
        raise Invalid(Problem("Body", "is missing", _NOT_TWILIO))
    media = form.get("NumMedia", "0")
    opt_out = form.get("OptOutType", "")
    return InboundText(
        account_sid=form["AccountSid"],
        provider_id=form["MessageSid"],
        sender=form["From"],
        to=form["To"],
        body=form["Body"],
        opt_out=OptOutType(opt_out) if opt_out in set(OptOutType) else None,
        media=int(media) if media.isdecimal() else 0,
        messaging_service_sid=form.get("MessagingServiceSid") or None,
    )


def _require(form: Mapping[str, str], *names: str) -> None:
    missing = [name for name in names if not form.get(name)]
    if missing:
        raise Invalid([Problem(name, "is missing", _NOT_TWILIO) for name in missing])
