"""STOP among real replies: every word that revokes acts, a plain request acts, no answer does."""

import pytest

from rsm.kernel.keywords import HELP_WORDS, START_WORDS, STOP_WORDS, Keyword, classify
from rsm.messaging.decide import ReadingKind, ReadingReason, read_text

# 47 CFR 64.1200(a)(10), since 11 April 2025: these revoke by themselves.
REVOKE = ["stop", "quit", "end", "revoke", "opt out", "cancel", "unsubscribe"]
VENDORS = ["STOPALL", "STOP ALL", "OPTOUT", "OPT-OUT", "ARRET", "REMOVE", "TD"]
DRESSED = ["{}", " {} ", "{}.", "{}!", "{}!!!", '"{}"', "*{}*", "({})", "{}\n", "\u200b{}", "…{}…"]

REQUESTS = """
no more texts
No more texts please
please, no more texts. Thank you
No more messages!
no more text messages
Please do not text me
dont text me
Don't text me anymore
please don't text me any more
do not text me again
Please don't message me
do not send me texts
don't send me any more texts please
remove me
Please remove me from your list
remove my number
take me off
Take me off your list please
take me off this list
unsubscribe me
please unsubscribe me
Opt me out
delete my number
I don't want any more texts
i do not want any more texts, thanks
I don't want these texts
I no longer want these texts
I want to unsubscribe
I want to opt out
I would like to opt out please
I'd like to opt out
I want to stop getting these texts
Stop sending me texts
please stop texting me
Stop texting me now
stop the texts please
Stop. Thank you
STOP please
please stop
no me escriban más
Por favor no me escriban más
no me manden más mensajes
no me envíen más mensajes, gracias
ya no me manden mensajes
ya no me escriban
no quiero más mensajes
Ya no quiero recibir mensajes
no deseo recibir mensajes
quítenme de la lista
bórreme de la lista por favor
dejen de mandarme mensajes
Deje de escribirme
quiero darme de baja
borren mi número
"""
NEAR = """
please stop texting me so early
stop, I already answered
I want to stop
I want this to stop
stop it
stop asking me this
leave me alone
stop texting my husband
can you stop the reminders
how do I unsubscribe
do I have to text stop
do not text before 9
don't text me while I am in treatment
no more texts on sundays please
no more texts until monday
please cancel my appointment
I quit smoking, does that count
please remove me from the weekly ones
should I stop
unsubscribe from what
cancel the one for tomorrow
STOP I am fine
opt me out of reminders
ya no me manden mensajes tan temprano
no quiero más mensajes los domingos
parar los recordatorios
quiero cancelar mi cita
déjenme en paz
no me escriban de noche
"""
# The body, not us: an answer or a word for the nurse, and never a STOP, nor a question about one.
NOT_STOP = """
can't stop vomiting
cant stop throwing up
I cannot stop coughing
could not stop the bleeding
the bleeding won't stop
the pain doesn't stop
it did not stop
never stops hurting
vomiting will not stop
I had to stop eating
stop vomiting? no
how do I stop the pain
nosebleed that wont stop
the diarrhea does not stop
it never ends
no end to the pain
I don't stop crying
the nausea didnt stop
should I stop taking the pills
I want to stop taking the medicine
can I stop my steroids
no puedo parar de vomitar
no para de sangrar
la tos no para
no puedo parar
vomito sin parar
me duele sin fin
el fin de semana me sentí mal
tengo dolor muy alto
parar de llorar no puedo
no
No.
nope
no thanks
yes
YES
si
ok
0
1
2
3
4
10
2 - moderate
3 severe
none
mild
a little
quite a bit
very much
at the end of the day it hurts
my weekend was bad
I will be in the end stage soon
the end of my finger is numb
I was stopped by the pain
I need help
help me
help please
ayuda por favor
I started new pills
start of the week was ok
my info is the same
I resumed eating
cancelled my trip because of pain
they removed the stitches
the quitting is hard
"""


def lines(table: str) -> list[str]:
    return [line for line in table.splitlines() if line]


@pytest.mark.parametrize("dress", DRESSED)
@pytest.mark.parametrize("word", [*REVOKE, *VENDORS])
def test_every_word_that_revokes_acts_whatever_stands_around_it(word: str, dress: str) -> None:
    for spelled in (word, word.upper(), word.title()):
        reading = read_text(dress.format(spelled))
        assert (reading.kind, reading.reason) == (ReadingKind.STOP, ReadingReason.KEYWORD)


@pytest.mark.parametrize(
    "word", [word for language in STOP_WORDS.values() for word in sorted(language)]
)
def test_every_stop_word_of_every_language_acts_for_whoever_says_it(word: str) -> None:
    assert classify(word) is Keyword.STOP
    assert read_text(f" {word.upper()}! ").kind is ReadingKind.STOP


def test_no_word_starts_and_stops() -> None:
    stops = {word for words in STOP_WORDS.values() for word in words}
    for table in (START_WORDS, HELP_WORDS):
        assert not stops & {word for words in table.values() for word in words}


@pytest.mark.parametrize("text", lines(REQUESTS))
def test_a_plain_request_to_end_the_texts_acts(text: str) -> None:
    assert read_text(text).kind is ReadingKind.STOP


@pytest.mark.parametrize("text", lines(NEAR))
def test_a_request_that_may_mean_less_or_more_asks_a_person(text: str) -> None:
    reading = read_text(text)
    assert (reading.kind, reading.reason) == (ReadingKind.UNCLEAR, ReadingReason.NEAR_STOP)
    assert reading.near_stop


@pytest.mark.parametrize("text", lines(NOT_STOP))
def test_an_answer_or_a_symptom_is_no_stop_and_asks_about_none(text: str) -> None:
    reading = read_text(text)
    assert reading.kind is not ReadingKind.STOP
    assert not reading.near_stop
