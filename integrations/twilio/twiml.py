"""What a call says and waits for, as TwiML: https://www.twilio.com/docs/voice/twiml."""

from xml.etree import ElementTree as ET

from rsm.messaging.model import Spoken

MOST_CHARACTERS = 4000  # of TwiML that a create brings along
_TIMES = 3
_WAIT_SECONDS = "6"
# A key must not be lost because we were out for a moment: called again, though not for long, since
# somebody is waiting on the line. Twilio reads the fragment itself: neither called nor signed.
_PRESS_AGAIN = "#rc=2&rp=all"
_HEAD = '<?xml version="1.0" encoding="UTF-8"?>'


def of_call(spoken: Spoken) -> str:
    """What is said when the call is taken: three times, or as often as there is room for it."""
    for times in range(_TIMES, 1, -1):
        text = _response(spoken, times)
        if len(text) <= MOST_CHARACTERS:
            return text
    return _response(spoken, 1)


def of_answer(spoken: Spoken) -> str:
    """What is said to a key; with no key to wait for, the call ends after it."""
    return _response(spoken, _TIMES if spoken.keys_url else 1)


def _response(spoken: Spoken, times: int) -> str:
    response = ET.Element("Response")
    ET.SubElement(response, "Pause", length="1")  # a hand lifts the phone to an ear
    for _ in range(times):
        place = _gather(response, spoken) if spoken.keys_url else response
        _say(place, spoken, spoken.words)
    if spoken.goodbye:
        _say(response, spoken, spoken.goodbye)
    ET.SubElement(response, "Hangup")
    return _HEAD + ET.tostring(response, encoding="unicode")


def _gather(response: ET.Element, spoken: Spoken) -> ET.Element:
    """One key of any kind: with an empty `finishOnKey` the hash key is one as well."""
    keys = {"input": "dtmf", "numDigits": "1", "finishOnKey": "", "timeout": _WAIT_SECONDS}
    action = spoken.keys_url + _PRESS_AGAIN
    return ET.SubElement(response, "Gather", keys, action=action, method="POST")


def _say(place: ET.Element, spoken: Spoken, words: str) -> None:
    ET.SubElement(place, "Say", language=spoken.locale).text = _speakable(words)


def _speakable(words: str) -> str:
    """Without what XML cannot hold, such as control characters in a site's name."""
    return "".join(char for char in words if char.isprintable())
