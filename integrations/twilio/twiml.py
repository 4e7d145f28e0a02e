"""What a call says and waits for, as TwiML: https://www.twilio.com/docs/voice/twiml."""

from xml.etree import ElementTree as ET

from rsm.messaging.model import Said, Spoken

MOST_CHARACTERS = 4000  # of TwiML that a create brings along
_TIMES = 3
_WAIT_SECONDS = "6"
_WAIT_FOR_SEVERAL = "10"  # between two keys as well: somebody reads a thermometer
_DIALS_SECONDS = "40"
# A key must not be lost because we were out for a moment: called again, though not for long, since
# somebody is waiting on the line. Twilio reads the fragment itself: neither called nor signed.
PRESS_AGAIN = "#rc=2&rp=all"
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
        for said in (_said(spoken, spoken.words), *spoken.more):
            _say(place, said, slow=spoken.slow)
    if spoken.dial:
        _dial(response, spoken)
    if spoken.goodbye:
        _say(response, _said(spoken, spoken.goodbye), slow=spoken.slow)
    ET.SubElement(response, "Hangup")
    return _HEAD + ET.tostring(response, encoding="unicode")


def _gather(response: ET.Element, spoken: Spoken) -> ET.Element:
    """One key of any kind: with an empty `finishOnKey` the hash key is one as well. Several end
    with the hash key; alone it hands nothing in, and the words come once more."""
    one = spoken.keys == 1
    keys = {
        "input": "dtmf",
        "numDigits": str(spoken.keys),
        "finishOnKey": "" if one else "#",
        "timeout": _WAIT_SECONDS if one else _WAIT_FOR_SEVERAL,
    }
    action = spoken.keys_url + PRESS_AGAIN
    return ET.SubElement(response, "Gather", keys, action=action, method="POST")


def _dial(response: ET.Element, spoken: Spoken) -> None:
    """Without an `action`, what follows is said when the other side has hung up, or never came."""
    dial = ET.SubElement(response, "Dial", timeout=_DIALS_SECONDS)
    if spoken.dial_from:
        dial.set("callerId", spoken.dial_from)
    ET.SubElement(dial, "Number").text = spoken.dial


def _said(spoken: Spoken, words: str) -> Said:
    return Said(spoken.locale, words, spoken.voice)


def _say(place: ET.Element, said: Said, *, slow: bool) -> None:
    """Slowly only in a named voice: Twilio's nameless ones know no SSML."""
    say = ET.SubElement(place, "Say", language=said.locale)
    if said.voice:
        say.set("voice", said.voice)
    slowly = slow and bool(said.voice)
    spot = ET.SubElement(say, "prosody", rate="slow") if slowly else say
    spot.text = _speakable(said.words)


def _speakable(words: str) -> str:
    """Without what XML cannot hold, such as control characters in a site's name."""
    return "".join(char for char in words if char.isprintable())
