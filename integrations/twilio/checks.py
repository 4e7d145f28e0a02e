"""What Twilio looks at before it takes a message or a call: pure, for the sandbox and the fake."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from xml.etree import ElementTree as ET

from integrations.twilio.hooks import OptOutType

MAX_BODY = 1600
MAX_TWIML = 4000
MAX_RING = 600
MIN_VALIDITY, MAX_VALIDITY = 1, 36_000

_E164 = re.compile(r"\+[1-9]\d{6,14}")
_SENDER = re.compile(r"\+[1-9]\d{6,14}|\d{5,6}|(?=.*[A-Za-z])[A-Za-z0-9 ]{1,11}")
_SERVICE = re.compile(r"MG[0-9a-fA-F]{32}")
_CALLBACK = re.compile(r"https?://[^\s/_]+(/\S*)?")

MESSAGES: Mapping[int, str] = {
    12100: "The TwiML document cannot be parsed",
    20001: "A parameter is not valid",
    20003: "Authenticate",
    20009: "Cannot change this resource before it is complete",
    20404: "The requested resource was not found",
    20429: "Too Many Requests",
    20500: "An internal server error has occurred",
    20503: "Service unavailable",
    21201: "A 'To' phone number is required",
    21205: "The address is not valid",
    21208: "The 'Timeout' is not valid",
    21211: "The 'To' number is not a valid phone number",
    21212: "The 'From' value is not a valid sender",
    21213: "A 'From' phone number is required",
    21215: "Permission to call this region has not been enabled",
    21408: "Permission to send to this region has not been enabled",
    21602: "Message body is required",
    21603: "A 'From' or 'MessagingServiceSid' is required",
    21604: "A 'To' phone number is required",
    21609: "The 'StatusCallback' URL is not a valid URL",
    21610: "Attempt to send to unsubscribed recipient",
    21612: "'To' cannot be reached from this 'From'",
    21614: "The 'To' number is not a mobile number",
    21617: "The message body exceeds the 1600 character limit",
    21624: "The validity period is out of range",
    21701: "The Messaging Service was not found",
}

# Twilio's default keywords, whole text, any case.
_STOP_WORDS = frozenset(
    ["STOP", "STOPALL", "UNSUBSCRIBE", "END", "QUIT", "CANCEL", "REVOKE", "OPTOUT"]
)
_START_WORDS = frozenset(["START", "UNSTOP", "YES"])
_HELP_WORDS = frozenset(["HELP", "INFO"])


@dataclass(frozen=True)
class Request:
    """The fields of one create."""

    to: str
    sender: str
    body: str
    service: str = ""
    callback_url: str = ""
    validity: str = ""

    @property
    def origin(self) -> str:
        """Who sends: the number, else the messaging service. Opt-outs are kept by it."""
        return self.sender or self.service


@dataclass(frozen=True)
class CallRequest:
    """The fields of one call that is to be made. `events` are those that are reported.

    `url` is asked what to say, and then `twiml` does not count; `detects` whether a machine took
    the call.
    """

    to: str
    sender: str
    twiml: str
    callback_url: str = ""
    timeout: str = ""
    events: tuple[str, ...] = ("completed",)
    url: str = ""
    detects: bool = False


def refused_call(request: CallRequest) -> int | None:
    """Twilio's code for a call that it does not make, or None."""
    if not request.to or not request.sender:
        return 21213 if request.to else 21201
    if not is_number(request.to):
        return 21211
    if not is_number(request.sender):
        return 21212
    if request.callback_url and not _CALLBACK.fullmatch(request.callback_url):
        return 21205
    return _wrong_words(request)


def _wrong_words(request: CallRequest) -> int | None:
    timeout = request.timeout
    if timeout and not (timeout.isdecimal() and 1 <= int(timeout) <= MAX_RING):
        return 21208
    if request.url:
        return None if _CALLBACK.fullmatch(request.url) else 21205
    if len(request.twiml) > MAX_TWIML:
        return 20001
    try:
        root = ET.fromstring(request.twiml)  # noqa: S314  # our own application's words
    except ET.ParseError:
        return 12100
    return None if root.tag == "Response" else 12100


def refused(request: Request) -> int | None:
    """Twilio's code for a request that it does not take, or None."""
    return _wrong_to(request) or _wrong_sender(request) or _wrong_rest(request)


def keyword(body: str) -> OptOutType | None:
    """Which of Twilio's default keywords the whole text is."""
    word = body.strip().upper()
    if word in _STOP_WORDS:
        return OptOutType.STOP
    if word in _START_WORDS:
        return OptOutType.START
    return OptOutType.HELP if word in _HELP_WORDS else None


def is_number(text: str) -> bool:
    """Whether the text is a phone number in E.164."""
    return _E164.fullmatch(text) is not None


def _wrong_to(request: Request) -> int | None:
    if not request.to:
        return 21604
    return None if is_number(request.to) else 21211


def _wrong_sender(request: Request) -> int | None:
    if request.service and not _SERVICE.fullmatch(request.service):
        return 21701
    if not request.origin:
        return 21603
    return 21212 if request.sender and not _SENDER.fullmatch(request.sender) else None


def _wrong_rest(request: Request) -> int | None:
    if not request.body:
        return 21602
    if len(request.body) > MAX_BODY:
        return 21617
    if request.callback_url and not _CALLBACK.fullmatch(request.callback_url):
        return 21609
    validity = request.validity
    if validity and not (validity.isdecimal() and MIN_VALIDITY <= int(validity) <= MAX_VALIDITY):
        return 21624
    return None
