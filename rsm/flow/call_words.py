"""What a call says, and which keys it waits for, made from the message that it is.

A survey's call asks us what to say (`rsm.flow.voice_survey`). The others are to staff.
Staff may take the alert, take it over, or pass it on; a site's safety contact says that she has it.
A bundle is about many alerts: it waits for no key.
"""

from collections.abc import Mapping

from rsm.messaging import spoken, survey_calls
from rsm.messaging.model import MessageView, Spoken

AGAIN = "*"
TAKE, TAKE_OVER, PASS_ON = "1", "2", "3"


def keys_of(message: MessageView) -> frozenset[str]:
    """The keys that do something in this call."""
    if message.alert_id is None:
        return frozenset()
    if message.staff_id is None:
        return frozenset({TAKE})
    return frozenset({TAKE, TAKE_OVER, PASS_ON})


def words(message: MessageView, known: Mapping[str, str]) -> str:
    """All of it; raises `Invalid` when a field has no value, or it is nothing for a call."""
    said = spoken.say(message.purpose, message.language, known)
    return f"{said} {menu(message)}" if keys_of(message) else said


def menu(message: MessageView) -> str:
    """Which key does what."""
    keys = "keys_contact" if message.staff_id is None else "keys_staff"
    fields = {name: str(value) for name, value in message.fields.items()}
    return spoken.say(keys, message.language, fields)


def of_call(message: MessageView, body: str, public_url: str) -> Spoken:
    """The call as the adapter makes it."""
    if survey_calls.is_one(message):
        asked = f"{public_url}/hooks/twilio/survey/{message.site_id}/{message.id}"
        return Spoken(spoken.locale(message.language), body, asked_url=asked)
    if not keys_of(message):
        return Spoken(spoken.locale(message.language), body)
    return with_keys(message, body, public_url)


def with_keys(message: MessageView, said: str, public_url: str) -> Spoken:
    """These words, then a key of this call."""
    return Spoken(
        locale=spoken.locale(message.language),
        words=said,
        goodbye=spoken.say("no_key", message.language, {}),
        keys_url=f"{public_url}/hooks/twilio/keys/{message.site_id}/{message.id}",
    )
