"""What Twilio calls back, in the post room's words: `hooks` as `rsm.web.services.Callbacks`."""

from collections.abc import Mapping

from integrations.twilio.hooks import inbound_text, status_callback
from rsm.kernel.keywords import Keyword
from rsm.messaging.model import IncomingText, StatusReport

PROVIDER = "twilio"


class TwilioCallbacks:
    """Reads the forms of status callbacks and inbound texts."""

    def status(self, form: Mapping[str, str]) -> StatusReport:
        """A report on a message of ours; raises `Invalid` when a field is missing."""
        call = status_callback(form)
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
