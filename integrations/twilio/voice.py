"""Calls people through Twilio and says what the message says; implements `Sender` for calls.

What is said comes along with the call, so that it speaks even while our web is down; only keys and
reports need us. There is no list to reconcile with: Twilio keeps no words of a call.
"""

from integrations.twilio import codes, twiml
from integrations.twilio.creating import create
from integrations.twilio.sender import CALL_AGAIN, TwilioConfig, connect
from rsm.kernel.clock import Clock
from rsm.kernel.errors import Rejected, SendError, SendReason
from rsm.messaging.model import Accepted, MessageState, Outgoing

RINGS_SECONDS = 30  # then the next one is told; most voicemails wait longer
LONGEST_SECONDS = 300  # a voicemail that never ends must not cost for ever
# The last one brings how the call ended, also when nobody took it.
REPORTED = ("initiated", "answered", "completed")


class TwilioVoice:
    """The adapter for calls. One object serves all threads; `clock` dates a wished retry."""

    def __init__(self, config: TwilioConfig, clock: Clock) -> None:
        self._clock = clock
        self._transport, self._client = connect(config)

    def send(self, message: Outgoing) -> Accepted:
        """Have Twilio make the call; see the port for what is raised."""
        if message.spoken is None:
            raise Rejected(SendReason.REFUSED, "a call without words")
        words = twiml.of_call(message.spoken)
        outcome = create(
            lambda: self._client.calls.create(
                to=message.to,
                from_=message.sender,
                twiml=words,
                timeout=RINGS_SECONDS,
                time_limit=LONGEST_SECONDS,
                status_callback=message.callback_url + CALL_AGAIN,
                status_callback_event=list(REPORTED),
            ),
            self._clock,
        )
        if isinstance(outcome, SendError):  # raised here, so that no cause hangs on it
            raise outcome
        return Accepted(outcome.sid, codes.call_state(outcome.status) or MessageState.ACCEPTED)

    def close(self) -> None:
        """Close the pooled connections."""
        self._transport.close()
