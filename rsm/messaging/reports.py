"""Does a text say that somebody died, or is in hospital? Tables per language, and pure functions.

Relatives write from the patient's phone ("my husband passed away"), patients write themselves ("I'm
in the hospital"). Sure is only who and what side by side, without a word that makes it doubtful:
then the surveys pause at once, and a person confirms it. Whose death it is no table can tell: the
patient's, or that of one of hers; so a pause is all that follows, and it is undone with one click.
Anything else that speaks of it is near: a person reads it, as every text that we do not understand.
"""

import re
from collections.abc import Collection, Iterable
from dataclasses import dataclass
from enum import StrEnum
from functools import cache

from rsm.kernel.keywords import normalise
from rsm.messaging.phrases import mentions, phrases


class ReportKind(StrEnum):
    """What a text says of the patient, or of one of hers."""

    DEATH = "death"
    HOSPITAL = "hospital"


@dataclass(frozen=True)
class Report:
    """What a text reports. Only what is `sure` acts."""

    kind: ReportKind
    sure: bool


@dataclass(frozen=True)
class Words:
    """One language. All in normalised form; `{who}` stands for whoever it is about."""

    who: frozenset[str]
    between: frozenset[str]  # may stand between who and what
    death: frozenset[str]  # after who
    hospital: frozenset[str]
    said_first: frozenset[str]  # death before who: "falleció mi esposo"
    admitted_first: frozenset[str]  # "internaron a mi mamá"
    whole: frozenset[str]  # hospital, with who in it: "I'm in the hospital", "la internaron"
    doubt: frozenset[str]
    about_death: frozenset[str]
    about_hospital: frozenset[str]


def _with(first: str, second: str) -> frozenset[str]:
    return frozenset(f"{one} {two}" for one in phrases(first) for two in phrases(second))


_EN_KIN = (
    "husband, wife, mom, mum, mother, mama, dad, father, papa, son, daughter, brother, sister,"
    "partner, spouse, grandmother, grandma, grandfather, grandpa, aunt, uncle, mother in law,"
    "father in law, boyfriend, girlfriend, fiance, fiancee, loved one"
)
_ES_KIN = (
    "esposo, esposa, marido, mujer, mama, papa, madre, padre, mami, papi, hijo, hija, hermano,"
    "hermana, abuelo, abuela, tio, tia, suegro, suegra, pareja, novio, novia, companero, companera"
)
_EN_IN_HOSPITAL = (
    "in the hospital, in hospital, in the icu, in icu, in intensive care, hospitalized,"
    "hospitalised, in a coma, on a ventilator"
)
_EN_ADMITTED = (
    "was admitted, was admitted to the hospital, was admitted to hospital, was hospitalized,"
    "was hospitalised, has been admitted, has been hospitalized, has been hospitalised,"
    "got admitted, got hospitalized, had to be admitted, had to be hospitalized"
)
_ES_IN_HOSPITAL = (
    "en el hospital, hospitalizado, hospitalizada, internado, internada, ingresado, ingresada,"
    "en cuidados intensivos, en terapia intensiva, en la uci, en la uti, en coma"
)
_ES_ADMITTED = "internaron, hospitalizaron, ingresaron"

LANGUAGES = {
    "en": Words(
        who=_with("my, our", _EN_KIN) | phrases("he, she, the patient, your patient"),
        between=phrases(
            "sadly, unfortunately, just, has just, has sadly, peacefully, suddenly, recently, also"
        ),
        death=phrases(
            "passed away, has passed away, had passed away, died, has died, had died, is dead,"
            "is deceased, is no longer with us,"
            "is no longer alive, is not alive anymore, went to be with the lord, went to heaven,"
            "was pronounced dead, lost her life, lost his life, lost her battle, lost his battle"
        ),
        hospital=_with("is, is still, is back, is now, remains", _EN_IN_HOSPITAL)
        | phrases(_EN_ADMITTED),
        said_first=frozenset(),
        admitted_first=phrases("they admitted, they hospitalized, we had to hospitalize"),
        whole=_with("i am, im, i am still, im still, i am back, im back, i am now", _EN_IN_HOSPITAL)
        | phrases(
            "i was admitted, i was admitted to the hospital, i have been admitted, ive been"
            " admitted, i was hospitalized, i have been hospitalized, ive been hospitalized,"
            "i got admitted, they admitted me, they hospitalized me, they are keeping me in the"
            " hospital, theyre keeping me in the hospital"
        ),
        doubt=phrases(
            "not, isnt, wasnt, hasnt, havent, didnt, doesnt, never, almost, nearly, if, when,"
            "whether, thought, thinks, dream, dreamed, dreamt, afraid, scared, worried, fear,"
            "might, could, would, should, wish, wants, going to, want to, years ago,"
            "year ago, years, last year, anniversary, dog, cat, pet, out of the hospital, back"
            " from the hospital, home from the hospital, home from hospital, discharged, came"
            " home, is home, released, left the hospital, visiting, visit, works, working, out,"
            "inside, lol, haha, laughing, tired, exhausted, serious, asleep"
        ),
        about_death=phrases(
            "passed away, died, dead, deceased, death, funeral, obituary, expired, did not make it,"
            "didnt make it, no longer with us, passing of, is gone, lost my husband, lost my wife,"
            "lost my mother, lost my mom, lost my father, lost my dad, rest in peace, rip"
        ),
        about_hospital=phrases(
            "hospital, icu, intensive care, admitted, hospitalized, hospitalised, inpatient,"
            "emergency room, er, hospice"
        ),
    ),
    "es": Words(
        who=_with("mi, nuestro, nuestra", _ES_KIN)
        | phrases("el, ella, la paciente, el paciente, su paciente, la senora, el senor"),
        between=phrases(
            "lamentablemente, desgraciadamente, tristemente, ya, acaba de, recien, hoy, ayer,"
            "anoche, tambien"
        ),
        death=phrases(
            "murio, se murio, fallecio, ha muerto, ha fallecido, se ha muerto, esta muerto,"
            "esta muerta, morir, fallecer, ya no esta con nosotros, ya no vive, partio con dios,"
            "partio con el senor, descansa en paz, perdio la vida, perdio la batalla"
        ),
        hospital=_with("esta, sigue, esta otra vez, ya esta", _ES_IN_HOSPITAL)
        | _with("fue, ha sido, quedo", "hospitalizado, hospitalizada, internado, internada,"
                                     "ingresado, ingresada"),
        said_first=phrases("murio, se murio, fallecio, ha muerto, ha fallecido, se nos murio"),
        admitted_first=_with(_ES_ADMITTED, "a") | _with("tuvieron que", "internar a, ingresar a"),
        whole=_with("estoy, sigo, estoy otra vez, ya estoy, quede", _ES_IN_HOSPITAL)
        | _with("me, la, lo", _ES_ADMITTED),
        doubt=phrases(
            "no, nunca, casi, si, cuando, pense, piensa, sueno, sone, miedo, temo, preocupa,"
            "preocupado, preocupada, podria, quiere, quiero, va a, voy a, hace anos, hace un ano,"
            "anos, aniversario, perro, perra, gato, gata, mascota, salio del hospital, salio, sali,"
            "de alta, ya salio, en casa, trabaja, trabajo, visitando, visita, jaja, de risa"
        ),
        about_death=phrases(
            "murio, fallecio, muerto, muerta, fallecido, fallecida, fallecimiento, muerte, difunto,"
            "difunta, funeral, entierro, velorio, sepelio, ya no esta con nosotros, se nos fue,"
            "en paz descanse, descansa en paz, perdi a mi esposo, perdi a mi esposa"
        ),
        about_hospital=phrases(
            "hospital, hospitalizado, hospitalizada, internado, internada, ingresado, ingresada,"
            "internaron, hospitalizaron, ingresaron, uci, cuidados intensivos, terapia intensiva,"
            "urgencias, emergencias, hospicio, paliativos"
        ),
    ),
}  # fmt: skip


# "Passed" alone is a death only at the end, or with a time: not "he passed the test".
_PASSED = (
    r"(?:has |had )?passed(?: on)?(?= (?:yesterday|today|last|this|early|in (?:his|her|the)|"
    r"on (?:mon|tues|wednes|thurs|fri|satur|sun)day|sunday|monday|at home|at \d)|$)"
)
# At the beginning of a text relatives leave the "my" out: "mom died".
_EN_AT_FIRST = "mom, mum, mother, mama, dad, father, papa, grandma, grandpa, husband, wife"
_ES_AT_FIRST = "mama, papa, mami, papi"
_GREETING = r"^(?:(?:hi|hello|hey|hola|sorry|buenos dias|buenas tardes|good morning) ){0,2}"
# Somebody speaks of her own loss ("my mother died, so I could not answer"): a person reads it.
_SPEAKS_OF_HERSELF = frozenset({"i", "im", "ive", "id", "me", "myself", "yo", "estoy", "tengo"})
# Who says who she is, how sorry, or that no answer will come, makes nothing doubtful.
_HARMLESS = re.compile(
    r"\b(?:i am|im|i m|this is|soy|habla|le habla)(?: (?:so|very|really))? "
    r"(?:(?:his|her|the|their|la|el|su)(?: \w+)?|(?:sorry|sad|writing) to(?: \w+){1,3})\b|"
    r"\bi (?:wanted|want|regret|have) (?:to (?:let you know|(?:tell|inform) you)|you to know)\b|"
    r"\b(?:i )?thought you (?:should|would want to|might want to) know\b|\blet me\b|"
    r"\b(?:(?:she|he|we|they|i) )?(?:will|can|is|are|am|do|does)? ?(?:not|wont|cant|cannot)"
    r"(?: be)? (?:able to )?(?:answer|answering|respond|reply|do|doing|take|taking|need|needing)\b|"
    r"\b(?:ya )?no (?:puede|podra|puedo|podre|pudo|va a poder|necesita|contestara|"
    r"manden|mande|envien|envie|escriban|escriba)(?: \w+)?\b"
)


def report_of(text: str) -> Report | None:
    """What the text reports; None when it speaks neither of a death nor of a hospital."""
    plain = normalise(text)
    for kind in ReportKind:
        for language in LANGUAGES:
            if _is_sure(kind, language, plain) and "?" not in text and "¿" not in text:
                return Report(kind, sure=True)
    for kind in ReportKind:
        if any(mentions(plain, _about(kind, words)) for words in LANGUAGES.values()):
            return Report(kind, sure=False)
    return None


def _is_sure(kind: ReportKind, language: str, plain: str) -> bool:
    found = _pattern(kind, language).search(plain)
    if found is None:
        return False
    rest = _HARMLESS.sub(" ", f"{plain[: found.start()]} | {plain[found.end() :]}")
    if any(mentions(rest, words.doubt) for words in LANGUAGES.values()):
        return False
    if kind is ReportKind.HOSPITAL:
        return True
    return not _SPEAKS_OF_HERSELF & set(rest.split())


@cache
def _pattern(kind: ReportKind, language: str) -> re.Pattern[str]:
    """Who and what side by side. Every part is bounded: no text can make it slow."""
    words = LANGUAGES[language]
    at_first = phrases(_EN_AT_FIRST if language == "en" else _ES_AT_FIRST)
    who = f"(?:{_any(words.who)}|{_GREETING}{_any(at_first)})"
    between = f"(?: {_any(words.between)}){{0,2}}"
    if kind is ReportKind.DEATH:
        ways = [f"{who}{between} (?:{_any(words.death)}|{_PASSED})"]
        ways += [f"{_any(words.said_first)} {who}"] if words.said_first else []
        # A text that is nothing but the word.
        ways.append("^(?:deceased|patient deceased|patient died|fallecio|fallecido|fallecida)$")
    else:
        shortened = _any(f"{each}s" for each in words.who | at_first)  # "she's in the hospital"
        what = [each.removeprefix("is ") for each in words.hospital if each.startswith("is ")]
        ways = [f"{who}{between} {_any(words.hospital)}", _any(words.whole)]
        ways += [f"{shortened} {_any(what)}"] if what else []
        ways += [f"{_any(words.admitted_first)} {_any(words.who)}"]
    return re.compile("|".join(rf"(?:(?<!\w){way}(?!\w))" for way in ways))


def _any(choices: Iterable[str]) -> str:
    """The longest first, so that the whole phrase is taken out."""
    ordered = sorted(choices, key=lambda each: (-len(each), each))
    return f"(?:{'|'.join(re.escape(each) for each in ordered)})"


def _about(kind: ReportKind, words: Words) -> Collection[str]:
    return words.about_death if kind is ReportKind.DEATH else words.about_hospital
