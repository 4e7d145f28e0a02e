"""What Twilio calls back, in the post room's words: `hooks` as `rsm.web.services.Callbacks`."""

from collections.abc import Mapping

from integrations.twilio import twiml
from integrations.twilio.codes import answered_by
from integrations.twilio.hooks import (
    asked_turn,
    call_report,
    inbound_text,
    pressed_key,
    status_callback,
)
from rsm.kernel.keywords import Keyword
from rsm.messaging.model import CallTurn, IncomingText, KeyPress, Spoken, StatusReport

PROVIDER = "twilio"


class TwilioCallbacks:
    """Reads the forms of status callbacks, inbound texts and pressed keys."""

    def status(self, form: Mapping[str, str]) -> StatusReport:
        """A report on a text or call of ours; raises `Invalid` when a field is missing."""
        call = call_report(form) if "CallSid" in form else status_callback(form)
        return StatusReport(
            provider_id=call.provider_id,
            state=call.state,
            error_code=call.error_code,
            reason=call.verdict.reason if call.verdict else None,
        )

    def text(self, form: Mapping[str, str]) -> IncomingText:
        """A text from a phone; raises `Invalid` when a field is missing."""
        text = inbound_text(form)
        return IncomingText(
            provider=PROVIDER,
            provider_id=text.provider_id,
            sender=text.sender,
            to=text.to,
            body=text.body,
            keyword=Keyword(text.opt_out.value.lower()) if text.opt_out else None,
        )

    def key(self, form: Mapping[str, str]) -> KeyPress:
        """A key that was pressed in a call of ours; raises `Invalid` for anything else."""
        pressed = pressed_key(form)
        return KeyPress(provider_id=pressed.provider_id, key=pressed.key, to=pressed.to)

    def turn(self, form: Mapping[str, str]) -> CallTurn:
        """A call of ours that asks what to say; raises `Invalid` for anything else."""
        asked = asked_turn(form)
        who = answered_by(asked.answered_by)
        return CallTurn(asked.provider_id, asked.to, asked.keys, who)

    def spoken(self, answer: Spoken) -> str:
        """What is said to it, as the provider reads it."""
        return twiml.of_answer(answer)
