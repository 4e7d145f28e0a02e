"""The simulated phones: they text our senders, get the reply, and obey STOP as Twilio does."""

from xml.etree import ElementTree as ET

from integrations.twilio import checks
from integrations.twilio.faults import CallbackFault, FaultBook
from integrations.twilio.hooks import OptOutType
from integrations.twilio.sandbox.exchange import Exchange
from integrations.twilio.sandbox.model import INBOUND, REPLY, Message
from integrations.twilio.sandbox.postman import Account, Postman
from integrations.twilio.sandbox.wire import inbound_form

_KEYWORD_REPLIES = {
    OptOutType.STOP: "You will get no more texts from this number. START brings them back.",
    OptOutType.START: "You will get texts from this number again. STOP ends them.",
}


class Handsets:
    """Every phone of the sandbox. `keywords`: whether Twilio's own STOP handling is on."""

    def __init__(
        self, account: Account, exchange: Exchange, postman: Postman, faults: FaultBook
    ) -> None:
        self._account = account
        self._exchange = exchange
        self._postman = postman
        self._faults = faults
        self.inbound_url = ""
        self.keywords = True

    async def text(self, phone: str, body: str, to: str) -> dict[str, object]:
        """A phone texts `to`: the hook is called, and a TwiML reply lands on the phone."""
        message = self._put(INBOUND, phone, to, body)
        keyword = checks.keyword(body) if self.keywords else None
        replies = self._obey(keyword, phone, to)
        form = inbound_form(message, keyword, self._account.sid)
        answers = [await self._postman.post(self.inbound_url, form) for _ in range(self._times())]
        if not self._exchange.opted_out(phone, to):
            bodies = [body for answer in answers for body in twiml_messages(answer.text)]
            replies += [self._put(REPLY, to, phone, body) for body in bodies]
        return {
            "sid": message.sid,
            "answered": [answer.status for answer in answers],
            "replies": [reply.to_json() for reply in replies],
        }

    def _times(self) -> int:
        if not self.inbound_url:
            return 0
        return 2 if self._faults.callbacks is CallbackFault.DOUBLE else 1

    def _obey(self, keyword: OptOutType | None, phone: str, to: str) -> list[Message]:
        """Twilio blocks or unblocks before the application hears of it, and answers itself."""
        if keyword is None or not self._exchange.obey(keyword, phone, to):
            return []
        return [self._put(REPLY, to, phone, _KEYWORD_REPLIES[keyword])]

    def _put(self, direction: str, sender: str, to: str, body: str) -> Message:
        now = self._exchange.clock.now()
        return self._exchange.add(
            Message(
                sid=self._exchange.new_sid(),
                direction=direction,
                sender=sender,
                to=to,
                body=body,
                created_at=now,
                status="received" if direction == INBOUND else "delivered",
                sent_at=now,
            )
        )


def twiml_messages(text: str) -> list[str]:
    """The bodies of `<Response><Message>` in an answer; none if it is not TwiML."""
    if not text.strip():
        return []
    try:
        root = ET.fromstring(text)  # noqa: S314  # our own application's answer
    except ET.ParseError:
        return []
    if root.tag != "Response":
        return []
    return [body for body in ("".join(m.itertext()).strip() for m in root.iter("Message")) if body]
