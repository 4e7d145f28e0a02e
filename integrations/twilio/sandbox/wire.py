"""Twilio's shapes on the wire: resources, lists, errors, and the forms of its callbacks."""

from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime
from math import ceil
from urllib.parse import urlencode

from integrations.twilio.checks import MESSAGES, Request
from integrations.twilio.hooks import OptOutType
from integrations.twilio.sandbox.exchange import Wanted, pages
from integrations.twilio.sandbox.model import Message
from integrations.twilio.sandbox.switchboard import Call

API_VERSION = "2010-04-01"
MAX_PAGE_SIZE = 1000
DEFAULT_PAGE_SIZE = 50


def create_request(form: Mapping[str, str]) -> Request:
    """The fields of a create that we look at."""
    return Request(
        to=form.get("To", ""),
        sender=form.get("From", ""),
        body=form.get("Body", ""),
        service=form.get("MessagingServiceSid", ""),
        callback_url=form.get("StatusCallback", "").partition("#")[0],  # overrides: not called
        validity=form.get("ValidityPeriod", ""),
    )


def resource(message: Message, account_sid: str) -> dict[str, object]:
    """A message as Twilio shows it."""
    uri = f"/{API_VERSION}/Accounts/{account_sid}/Messages/{message.sid}"
    return {
        "account_sid": account_sid,
        "api_version": API_VERSION,
        "body": "" if message.redacted else message.body,
        "date_created": _rfc2822(message.created_at),
        "date_sent": _rfc2822(message.sent_at),
        "date_updated": _rfc2822(message.sent_at or message.created_at),
        "direction": message.direction,
        "error_code": message.error_code,
        "error_message": None,
        "from": message.sender or None,
        "messaging_service_sid": message.service or None,
        "num_media": "0",
        "num_segments": str(segments(message.body)),
        "price": None,
        "price_unit": "USD",
        "sid": message.sid,
        "status": message.status,
        "subresource_uris": {"media": f"{uri}/Media.json"},
        "to": message.to,
        "uri": f"{uri}.json",
    }


def listing(
    messages: list[Message], query: Mapping[str, str], account_sid: str
) -> dict[str, object]:
    """One page of the list, with the links that lead to the others."""
    size = min(max(_number(query.get("PageSize"), DEFAULT_PAGE_SIZE), 1), MAX_PAGE_SIZE)
    page = _number(query.get("Page"), 0)
    last = max(ceil(len(messages) / size) - 1, 0)
    shown = list(pages(messages, page, size))
    base = f"/{API_VERSION}/Accounts/{account_sid}/Messages.json"

    def link(number: int) -> str:
        return f"{base}?{urlencode({**query, 'PageSize': size, 'Page': number})}"

    return {
        "end": page * size + max(len(shown) - 1, 0),
        "first_page_uri": link(0),
        "next_page_uri": link(page + 1) if page < last else None,
        "page": page,
        "page_size": size,
        "previous_page_uri": link(page - 1) if page else None,
        "start": page * size,
        "uri": link(page),
        "messages": [resource(message, account_sid) for message in shown],
    }


def wanted(query: Mapping[str, str]) -> Wanted:
    """The list's filters; raises ValueError for a time that is none."""
    first, until = _time(query.get("DateSent>")), _time(query.get("DateSent<"))
    day = _time(query.get("DateSent"))
    if day is not None:
        first, until = day, day + timedelta(days=1)
    return Wanted(query.get("To", ""), query.get("From", ""), first, until)


class Failure(Exception):
    """A request that is answered with one of Twilio's error bodies."""

    def __init__(self, code: int, status: int, headers: Mapping[str, str] | None = None) -> None:
        self.status = status
        self.headers = dict(headers or {})
        self.body = {
            "code": code,
            "message": MESSAGES.get(code, "Refused"),
            "more_info": f"https://www.twilio.com/docs/errors/{code}",
            "status": status,
        }
        super().__init__(f"{status} {code}")


def status_form(
    message: Message, status: str, error_code: int | None, account_sid: str
) -> dict[str, str]:
    """The fields of a status callback."""
    form = {
        "SmsSid": message.sid,
        "SmsStatus": status,
        "MessageStatus": status,
        "To": message.to,
        "MessageSid": message.sid,
        "AccountSid": account_sid,
        "From": message.sender,
        "ApiVersion": API_VERSION,
    }
    if error_code is not None:
        form["ErrorCode"] = str(error_code)
    if message.service:
        form["MessagingServiceSid"] = message.service
    return form


def call_form(call: Call, account_sid: str) -> dict[str, str]:
    """The fields of a report on a call; the hook of a key has them too."""
    return {
        "Called": call.request.to,
        "To": call.request.to,
        "CallSid": call.sid,
        "CallStatus": call.status,
        "AccountSid": account_sid,
        "Caller": call.request.sender,
        "From": call.request.sender,
        "Direction": "outbound-api",
        "ApiVersion": API_VERSION,
    }


def call_resource(call: Call, account_sid: str) -> dict[str, object]:
    """A call as Twilio shows it: without its words."""
    uri = f"/{API_VERSION}/Accounts/{account_sid}/Calls/{call.sid}.json"
    return {
        "account_sid": account_sid,
        "answered_by": None,
        "api_version": API_VERSION,
        "date_created": _rfc2822(call.created_at),
        "date_updated": _rfc2822(call.created_at),
        "direction": "outbound-api",
        "duration": None,
        "end_time": None,
        "from": call.request.sender,
        "price": None,
        "price_unit": "USD",
        "sid": call.sid,
        "start_time": None,
        "status": "queued" if call.status == "initiated" else call.status,
        "to": call.request.to,
        "uri": uri,
    }


def inbound_form(message: Message, keyword: OptOutType | None, account_sid: str) -> dict[str, str]:
    """The fields of the hook for a text from a phone; some are empty, as Twilio's are."""
    form = {
        "ToCountry": "US",
        "ToState": "",
        "SmsMessageSid": message.sid,
        "NumMedia": "0",
        "ToCity": "",
        "FromZip": "",
        "SmsSid": message.sid,
        "FromState": "DC",
        "SmsStatus": "received",
        "FromCity": "",
        "Body": message.body,
        "FromCountry": "US",
        "To": message.to,
        "ToZip": "",
        "NumSegments": str(segments(message.body)),
        "MessageSid": message.sid,
        "AccountSid": account_sid,
        "From": message.sender,
        "ApiVersion": API_VERSION,
    }
    if keyword is not None:
        form["OptOutType"] = keyword.value
    return form


def segments(body: str) -> int:
    """How many parts a text has: 160 or 153 characters if plain, else 70 or 67. An estimate."""
    single, many = (160, 153) if body.isascii() else (70, 67)
    return 1 if len(body) <= single else ceil(len(body) / many)


def _rfc2822(instant: datetime | None) -> str | None:
    return None if instant is None else format_datetime(instant.astimezone(UTC))


def _number(text: str | None, default: int) -> int:
    return int(text) if text and text.isdecimal() else default


def _time(text: str | None) -> datetime | None:
    if not text:
        return None
    instant = datetime.fromisoformat(text)
    return instant if instant.tzinfo else instant.replace(tzinfo=UTC)
