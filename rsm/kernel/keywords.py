"""The words that steer texting itself: STOP, START and HELP, per language, in normalised form.

An exact match of the whole text acts, in any language, whatever the patient's own is (P8).

Sources. Revocation per se under 47 CFR 64.1200(a)(10): stop, quit, end, revoke, opt out, cancel,
unsubscribe. Carriers' and vendors' lists add the rest (Twilio: STOPALL, OPTOUT; AWS: ARRET,
OPT-OUT, REMOVE, TD; Telnyx: STOP ALL). A vendor may act on its own list before we see the text.

Left out on purpose: YES, which some vendors take for START, and every form of *no*. Both are
answers to questions that we ask; where a vendor has acted on one, its callback says so.
"""

import unicodedata
from collections.abc import Mapping
from enum import StrEnum


class Keyword(StrEnum):
    """What a text that is nothing but a keyword asks for."""

    STOP = "stop"
    START = "start"
    HELP = "help"


def normalise(text: str) -> str:
    """`text` as it is compared: case folded, no accents or punctuation, single spaces.

    Decimal digits of every script become 0-9. Apostrophes vanish ("can't" is "cant"), all other
    punctuation and symbols part words ("opt-out" is "opt out"). Normalising twice changes nothing.
    """
    # Folding may bring back characters that decompose, so it stands between two decompositions.
    folded = unicodedata.normalize("NFKD", unicodedata.normalize("NFKD", text).casefold())
    return " ".join("".join(_plain(char) for char in folded).split())


def classify(text: str) -> Keyword | None:
    """The keyword that the whole of `text` is, in any language; None if it is anything else."""
    plain = normalise(text)
    letters = plain.split()
    if len(letters) > 1 and all(len(letter) == 1 for letter in letters):
        plain = "".join(letters)  # "S.T.O.P."
    return KEYWORDS.get(plain)


_APOSTROPHES = frozenset("'’‘ʼ`´′＇")  # noqa: RUF001 - these look alike: that is why they are listed


def _plain(char: str) -> str:
    category = unicodedata.category(char)
    if category in {"Mn", "Me", "Cf"} or char in _APOSTROPHES:
        return ""
    if category == "Nd":
        return str(unicodedata.decimal(char))
    return char if category[0] in "LNM" else " "


def _words(*words: str) -> frozenset[str]:
    return frozenset(normalise(word) for word in words)


STOP_WORDS: Mapping[str, frozenset[str]] = {
    "en": _words(
        *("stop", "stop all", "stopall", "quit", "end", "revoke", "cancel", "remove", "td"),
        *("opt out", "optout", "unsubscribe"),
    ),
    "es": _words(
        *("parar", "pare", "paren", "alto", "basta", "baja", "darse de baja", "darme de baja"),
        *("cancelar", "cancele", "detener", "detenga", "terminar", "finalizar", "fin", "salir"),
        *("revocar", "anular", "eliminar", "borrarme", "no más", "no más mensajes"),
        *("cancelar suscripción", "anular suscripción"),
    ),
    "fr": _words(
        *("arrêt", "arrêter", "arrêtez", "fin", "annuler", "quitter", "révoquer", "terminer"),
        *("désabonner", "se désabonner", "me désabonner", "désabonnement"),
        *("désinscrire", "désinscription"),
    ),
    "de": _words("stopp", "ende", "beenden", "abmelden", "abbestellen", "widerrufen", "austragen"),
    "pt": _words("parar", "pare", "sair", "cancelar", "remover", "encerrar", "descadastrar"),
    "zh": _words("停止", "退订", "退訂", "取消", "取消订阅", "取消訂閱"),
}
START_WORDS: Mapping[str, frozenset[str]] = {
    "en": _words("start", "unstop", "resume", "join", "subscribe", "opt in", "optin"),
    "es": _words("iniciar", "inicio", "empezar", "comenzar", "reanudar", "suscribir"),
    "fr": _words("démarrer", "commencer", "reprendre", "débuter"),
    "de": _words("starten", "anmelden", "fortsetzen"),
    "pt": _words("iniciar", "começar", "retomar"),
    "zh": _words("开始", "開始"),
}
HELP_WORDS: Mapping[str, frozenset[str]] = {
    "en": _words("help", "info"),
    "es": _words("ayuda", "información"),
    "fr": _words("aide", "infos"),
    "de": _words("hilfe"),
    "pt": _words("ajuda", "informação"),
    "zh": _words("帮助", "幫助"),
}
_TABLES = (
    (Keyword.START, START_WORDS),
    (Keyword.HELP, HELP_WORDS),
    (Keyword.STOP, STOP_WORDS),  # last: should a word ever stand in two tables, it stops
)
# Every word of every language.
KEYWORDS: Mapping[str, Keyword] = {
    word: keyword for keyword, table in _TABLES for words in table.values() for word in words
}
