"""Calls people through Twilio and says what the message says; implements `Sender` for calls.

What is said to staff comes along with the call, so that it speaks even while our web is down; only
keys and reports need us. A survey asks us what to say from the first word on, and before that
Twilio listens whether a machine has taken the call. There is no list to reconcile with: Twilio
keeps no words of a call.
"""

from collections.abc import Mapping

from integrations.twilio import codes, twiml
from integrations.twilio.creating import create
from integrations.twilio.sender import CALL_AGAIN, TwilioConfig, connect
from rsm.kernel.clock import Clock
from rsm.kernel.errors import Rejected, SendError, SendReason
from rsm.messaging.model import Accepted, MessageState, Outgoing, Spoken

RINGS_SECONDS = 30  # then the next one is told; most voicemails wait longer
RINGS_PATIENT_SECONDS = 40  # somebody must get up first; a machine that takes it is recognised
LONGEST_SECONDS = 300  # a voicemail that never ends must not cost for ever
LONGEST_SURVEY_SECONDS = 3600  # with a talk to the clinic in it
# The last one brings how the call ended, also when nobody took it.
REPORTED = ("initiated", "answered", "completed")
# `Enable` says who took it as soon as it is known: nothing is to be left on a machine.
DETECTION = "Enable"


class TwilioVoice:
    """The adapter for calls. One object serves all threads; `clock` dates a wished retry."""

    def __init__(self, config: TwilioConfig, clock: Clock) -> None:
        self._clock = clock
        self._transport, self._client = connect(config)

    def send(self, message: Outgoing) -> Accepted:
        """Have Twilio make the call; see the port for what is raised."""
        if message.spoken is None:
            raise Rejected(SendReason.REFUSED, "a call without words")
        wanted = _wanted(message.spoken)
        outcome = create(
            lambda: self._client.calls.create(
                to=message.to,
                from_=message.sender,
                status_callback=message.callback_url + CALL_AGAIN,
                status_callback_event=list(REPORTED),
                **wanted,
            ),
            self._clock,
        )
        if isinstance(outcome, SendError):  # raised here, so that no cause hangs on it
            raise outcome
        return Accepted(outcome.sid, codes.call_state(outcome.status) or MessageState.ACCEPTED)

    def close(self) -> None:
        """Close the pooled connections."""
        self._transport.close()


def _wanted(spoken: Spoken) -> Mapping[str, str | int]:
    """What is said, and how long it rings and lasts."""
    if not spoken.asked_url:
        words = twiml.of_call(spoken)
        return {"twiml": words, "timeout": RINGS_SECONDS, "time_limit": LONGEST_SECONDS}
    return {
        "url": spoken.asked_url + twiml.PRESS_AGAIN,
        "method": "POST",
        "machine_detection": DETECTION,
        "timeout": RINGS_PATIENT_SECONDS,
        "time_limit": LONGEST_SURVEY_SECONDS,
    }
