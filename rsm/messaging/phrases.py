"""Phrases that people wrap around a keyword or send instead of one: data for `decide`.

All in normalised form (see `rsm.kernel.keywords.normalise`). English and Spanish, always both:
people do not keep to the language that is on file.
"""

from collections.abc import Collection

from rsm.kernel.keywords import normalise


def phrases(*lines: str) -> frozenset[str]:
    """Normalised phrases, one between commas."""
    found = (normalise(phrase) for line in lines for phrase in line.split(","))
    return frozenset(phrase for phrase in found if phrase)


# May stand around any keyword or answer without a change of meaning.
COURTESY = phrases(
    "please, pls, plz, kindly, thanks, thank you, thank u, thankyou, thx, ty, many thanks",
    "thanks a lot, thank you very much, hi, hello, ok, okay, good morning, good evening",
    "por favor, porfavor, porfa, gracias, muchas gracias, mil gracias, hola, buenos dias",
    "buenas tardes, buenas noches, vale",
)
# What is to stop, where it can only be our texts. Not "it", "me" or "this": "end it", "I want to
# stop" may be about treatment or life, and are for a person to read.
OUR_TEXTS = phrases(
    "texting, texting me, texts, the texts, these texts, all texts, your texts, text messages",
    "messages, the messages, these messages, all messages, messaging, messaging me, sending texts",
    "sending me texts, sending me these texts, sending messages, sending me messages",
    "sending me text messages, sending me these messages, now",
    "ya, ahora, los mensajes, estos mensajes, mensajes, mensajes de texto, los textos",
    "de enviar mensajes, de enviarme mensajes, de mandar mensajes, de mandarme mensajes",
    "de mandarme textos, de textearme",
)
# A wish to end the texts, in words that are too free to act upon: a person asks back.
NEAR_STOP = phrases(
    "leave me alone, no more text messages",
    "no more texts, no more messages, take me off, remove me, unsubscribe me",
    "opt me out, do not text, dont text, do not contact, dont contact, do not message",
    "dont message, quit texting, stop texting, delete my number, lose my number",
    "deje de, dejen de, dejar de recibir, no me escriba, no me escriban, no me manden",
    "no me mande, no me envien, no me envie, no quiero mas, no quiero recibir, quiteme, quitenme",
    "borreme, borrenme, dejenme en paz, dar de baja, no mas mensajes",
)
# A wish to end the texts that nobody can take for anything else, when it is the whole text: it acts
# like STOP. For words that are not on the list of 47 CFR 64.1200(a)(10) the test there is the
# "totality of the circumstances": would a reasonable person understand that they revoke consent?
# To make somebody who wrote this wait for a person would be no service to her.
STOP_REQUESTS = phrases(
    "no more texts, no more messages, no more text messages, no more of these texts, no texts",
    "do not text me, dont text me, do not text me again, dont text me again, do not text",
    "do not text me anymore, dont text me anymore, do not text me any more, dont text me any more",
    "do not message me, dont message me, do not message me anymore, dont message me anymore",
    "do not send me texts, dont send me texts, do not send me any more texts",
    "dont send me any more texts, dont send me anymore texts, do not send me messages",
    "dont send me messages, remove me, remove me from your list, remove me from this list",
    "remove me from the list, remove my number, remove my number from your list, take me off",
    "take me off your list, take me off this list, take me off the list, unsubscribe me",
    "opt me out, delete my number, i dont want any more texts, i do not want any more texts",
    "i dont want anymore texts, i dont want texts, i do not want texts, i dont want these texts",
    "i do not want these texts, i dont want your texts, i no longer want texts",
    "i no longer want these texts, i no longer want to get texts, i want to unsubscribe",
    "i want to opt out, i would like to opt out, id like to opt out, i wish to opt out",
    "i would like to unsubscribe, id like to unsubscribe, i want to stop texts",
    "i want to stop getting texts, i want to stop getting these texts",
    "i want to stop receiving texts, stop sending me texts, stop texting my phone",
    "no me escriban mas, no me escriba mas, no me manden mas mensajes, no me mande mas mensajes",
    "no me envien mas mensajes, no me envie mas mensajes, ya no me manden mensajes",
    "ya no me mande mensajes, ya no me envien mensajes, ya no me escriban, ya no me escriba",
    "no quiero mas mensajes, ya no quiero mensajes, ya no quiero mas mensajes",
    "no quiero recibir mas mensajes, ya no quiero recibir mensajes, no quiero recibir mensajes",
    "no deseo recibir mensajes, no deseo recibir mas mensajes, quiteme de la lista",
    "quitenme de la lista, borreme de la lista, borrenme de la lista, saqueme de la lista",
    "deje de mandarme mensajes, dejen de mandarme mensajes, deje de enviarme mensajes",
    "dejen de enviarme mensajes, deje de escribirme, dejen de escribirme, quiero darme de baja",
    "quiero cancelar los mensajes, borre mi numero, borren mi numero",
)
# Words that seldom mean anything else; "end" or "alto" in a sentence often do.
STRONG_STOP = phrases(
    "stop, stopall, quit, unsubscribe, cancel, revoke, opt out, optout, opting out",
    "parar, pare, paren, cancelar, detener, basta, arret, desabonner",
)
# Here STOP and its like are about the body, not about us.
NOT_A_STOP = phrases(
    "cant stop, cannot stop, can not stop, could not stop, couldnt stop, wont stop, will not stop",
    "doesnt stop, does not stop, didnt stop, did not stop, dont stop, do not stop, never stop",
    "not stop, never end, wont end, doesnt end, no end, stop eating, stop vomiting, stop bleeding",
    "stop throwing up, stop crying, stop my, stop taking, stop the pain",
    "no puedo parar, no para, no paro, sin parar, parar de vomitar, parar de llorar, sin fin",
    "dolor alto, muy alto, mas alto, fin de semana",
)
WRONG_NUMBER = phrases(
    "wrong number, wrong person, wrong phone, wrong phone number",
    "numero equivocado, el numero equivocado, persona equivocada, telefono equivocado",
    "se equivoco de numero, se ha equivocado de numero, se equivoco de persona",
    "esta equivocado de numero, equivocado de numero, numero incorrecto, numero erroneo",
)
AROUND_WRONG_NUMBER = phrases(
    "sorry, im sorry, i am sorry, no, nope, you have, you have the, you have a, you have got the",
    "youve got the, you got the, u have the, u got the, this is, this is a, this is the, its",
    "its the, it is, it is the, i think, i think you have the, i think you have a, i believe",
    "i think this is the, you texted the, you are texting the, youre texting the, texting the, the",
    "a, lo siento, perdon, disculpe, usted, tiene el, tiene, este es un, este es el, es, es un",
    "es el, creo que, creo que tiene el, creo que es, al, esta escribiendo al",
)
# May stand around an answer: "my answer is 2", "un 2".
AROUND_ANSWER = {
    "en": phrases(
        "answer, my answer is, my answer, the answer is, it is, its, id say, i d say, i would say",
        "i say, im, im a, im at a, number, option, level, grade, score, a, an, the, is",
    ),
    "es": phrases(
        "respuesta, mi respuesta es, mi respuesta, la respuesta es, es, es un, un, el, diria",
        "yo diria, diria que, digo, numero, el numero, la opcion, opcion, nivel, grado",
    ),
}
# What may be said in place of an answer; the whole reply, but for courtesy.
SKIP = phrases(
    "skip, skip it, skip this, skip this one, skip question, next, next question, pass",
    "saltar, saltar esta, saltarla, salta, saltear, omitir, siguiente, paso, pasar",
)
REFUSE = phrases(
    "prefer not to say, prefer not to answer, i prefer not to say, i prefer not to answer",
    "i would prefer not to say, id prefer not to say, id rather not say, i would rather not say",
    "rather not say, id rather not answer, i would rather not answer, i dont want to answer",
    "i do not want to answer, i dont want to say, no answer, i wont answer",
    "prefiero no decir, prefiero no decirlo, prefiero no contestar, prefiero no responder",
    "no quiero contestar, no quiero responder, no quiero decir, no quiero decirlo",
)
NOT_APPLICABLE = phrases(
    "n a, na, not applicable, does not apply, doesnt apply, it does not apply, it doesnt apply",
    "no aplica, no corresponde, no se aplica",
)
BACK = phrases(
    "back, go back, change, change it, change my answer, change my last answer, change last answer",
    "undo, previous, correction, correct, i made a mistake, my mistake, mistake, oops",
    "atras, volver, regresar, cambiar, cambiar mi respuesta, cambiar la respuesta, corregir",
    "correccion, anterior, me equivoque",
)
LINK = phrases(
    "link, the link, send link, send the link, send me the link, web, web page, webpage",
    "enlace, el enlace, mandeme el enlace, envieme el enlace, pagina, la pagina",
)
DONE = phrases(
    "done, im done, all done, i am done, finished, nothing, nothing else, none, no, nope",
    "nothing more, that is all, thats all, thats it, that is it, not really",
    "listo, lista, ya esta, nada, ninguno, ninguna, es todo, eso es todo, termine, he terminado",
)
YES_NO = {
    "yes": phrases("y, yes, yeah, yep, yup, si, s, sip, sí"),
    "no": phrases("n, no, nope, nah"),
}
NUMBER_WORDS = {
    "en": ("zero", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine", "ten"),
    "es": ("cero", "uno", "dos", "tres", "cuatro", "cinco", "seis", "siete", "ocho", "nueve",
           "diez"),
}  # fmt: skip
# A nurse's answer to an alert.
ACKNOWLEDGE = phrases(
    "ack, acknowledge, acknowledged, ak, akc, mine, taking, taking it, i take, i will take",
    "ill take, ill take it, on it, im on it, got it, acuse, recibido, recibida, confirmo",
    "confirmado, lo tomo, la tomo, tomo",
)
# Take it, even where a colleague has it.
TAKE_OVER = phrases(
    "take, take over, takeover, i take over, tomar, asumir, asumo, la asumo, lo asumo"
)
# Tell the next one on the ladder.
ESCALATE = phrases(
    "escalate, escalate it, esc, pass it on, escalar, escalo, escale, escala, la escalo, pasar"
)
READY = phrases("ok, okay, k, yes, y, vale, si, de acuerdo, listo, lista")


def cut(text: str, *known: Collection[str]) -> tuple[list[str], list[str]]:
    """Cut normalised `text` into known phrases, longest first, and the words that are left over.

    Linear in the length of the text for a fixed vocabulary: no text can make it slow.
    """
    words, found, unknown, at = text.split(), [], [], 0
    while at < len(words):
        for length in range(min(_LONGEST, len(words) - at), 0, -1):
            phrase = " ".join(words[at : at + length])
            if any(phrase in phrases for phrases in known):
                found.append(phrase)
                break
        else:
            length = 1
            unknown.append(words[at])
        at += length
    return found, unknown


def mentions(text: str, phrases: Collection[str]) -> bool:
    """Whether one of `phrases` stands in normalised `text`, at the borders of words."""
    padded = f" {text} "
    return any(f" {phrase} " in padded for phrase in phrases)


_LONGEST = 8  # words in the longest phrase that we know; labels of answers may have as many
