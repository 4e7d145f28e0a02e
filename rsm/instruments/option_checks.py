"""What options must be: codes in order, labels that differ and that no command can be taken for."""

from collections import Counter
from collections.abc import Iterator, Mapping

from rsm.instruments.findings import Finding
from rsm.instruments.items import (
    BodyAreaItem,
    Item,
    Option,
    PickItem,
    RatedItem,
    YesNoItem,
    options_of,
)
from rsm.instruments.model import Instrument
from rsm.kernel import keywords
from rsm.kernel.documents import Loc
from rsm.kernel.keywords import Keyword

# Commands in languages that texting itself does not know yet (`rsm.kernel.keywords`): an option
# that reads like one would lock that language out later.
_ELSEWHERE: Mapping[Keyword, frozenset[str]] = {
    keyword: frozenset(map(keywords.normalise, words.split()))
    for keyword, words in {
        Keyword.STOP: (
            "توقف إيقاف إلغاء الغاء لغو עצור הפסק הסר стоп остановить отписаться отмена скасувати "
            "koniec zatrzymaj annulla ferma disiscriviti stoppen afmelden stopp sluta avsluta "
            "slut dur durdur iptal 중지 정지 취소 停止 中止 解除 itigil hinto रोकें बंद sispann kanpe "
            "dừng hủy σταμάτα διακοπή berhenti batal lopeta zrušit opriți anulează رکیں"
        ),
        Keyword.START: (
            "ابدأ ابدا بدء شروع התחל старт начать почати zacznij inizia beginnen börja starta "
            "begynn başla başlat 시작 開始 simulan शुरू kòmanse έναρξη mulai aloita începe"
        ),
        Keyword.HELP: (
            "مساعدة كمك کمک עזרה помощь допомога pomoc aiuto hulp hjälp hjælp hjelp 도움말 도움 "
            "yardım ヘルプ tulong मदद सहायता èd trợ_giúp βοήθεια bantuan apua nápověda ajutor مدد"  # noqa: RUF001  # so it is written
        ),
    }.items()
}

# Some carriers take YES for START, and some systems were set up to take NO for STOP. Both words of
# every language stand here: of a yes-no question each needs its other.
_YES = frozenset(
    keywords.normalise(word)
    for words in (
        "yes sí oui ja sim da да tak так ken כן نعم 是 はい hai sì jo igen kyllä ano áno evet",
        "ναι wi oo opo हाँ हां 네 예 có vâng ya جی بله آره",  # noqa: RUF001  # so it is written
    )
    for word in words.split()
)
_NO = frozenset(
    keywords.normalise(word)
    for words in (
        "no non nein nee não nu нет ні nie לא لا 否 不 不是 いいえ iie nej nei nem ei ne не",
        "hayır όχι नहीं 아니요 아니오 không tidak نہیں نه خیر",  # noqa: RUF001  # so it is written
    )
    for word in words.split()
)


def check_options(instrument: Instrument) -> Iterator[Finding]:
    """Everything that is wrong with what can be chosen, each with its place in the content."""
    for place, item in enumerate(instrument.items):
        options = options_of(item)
        if not options:
            continue
        loc: Loc = ("items", place)
        yield from _values(instrument, item, loc)
        for number, option in enumerate(options):
            yield from _reserved((*loc, "options", number, "label"), option.label)
        yield from _same_labels(options, (*loc, "options"))
        yield from _yes_and_no(item, (*loc, "options"))
        if isinstance(item, PickItem):
            yield from _together(item, loc)
        if isinstance(item, BodyAreaItem):
            yield from _areas(item, loc)


def _values(instrument: Instrument, item: Item, loc: Loc) -> Iterator[Finding]:
    values = [option.value for option in options_of(item)]
    if not isinstance(item, RatedItem):  # codes are names: each once, and in order
        if values != sorted({value for value in values if value >= 0}):
            what = f"values are {values}"
            yield Finding((*loc, "options"), what, "give each its own, 0 or above, in order")
        return
    # published codes stay as they are: EORTC and EQ-5D begin at 1
    first = 1 if instrument.wording != "own" and values[:1] == [1] else 0
    if values != list(range(first, first + len(values))):
        mend = f"number them 0 to {len(values) - 1} in order"
        yield Finding((*loc, "options"), f"values are {values}", mend)


def _reserved(loc: Loc, label: Mapping[str, str]) -> Iterator[Finding]:
    """An answer by text must never be taken for STOP, nor STOP for an answer (P8)."""
    for language, text in label.items():
        keyword = keywords.classify(text) or _elsewhere(text)
        if keyword is not None:
            what = f"the option {text!r} reads like {keyword.name}, a command of text messages"
            yield Finding((*loc, language), what, "use another label, such as a longer one")


def _elsewhere(text: str) -> Keyword | None:
    plain = keywords.normalise(text)
    return next((keyword for keyword, words in _ELSEWHERE.items() if plain in words), None)


def _same_labels(options: tuple[Option, ...], loc: Loc) -> Iterator[Finding]:
    languages = {language for option in options for language in option.label}
    for language in sorted(languages):
        labels = Counter(option.label.get(language, "").casefold() for option in options)
        for label, times in labels.items():
            if label and times > 1:
                what = f"{times} options read {label!r} in {language}"
                yield Finding(loc, what, "tell them apart")


def _yes_and_no(item: Item, loc: Loc) -> Iterator[Finding]:
    """A bare yes or no only answers a question of yes and no, and there on its own side."""
    options = options_of(item)
    for language in sorted({language for option in options for language in option.label}):
        words = [keywords.normalise(option.label.get(language, "")) for option in options]
        said = [word for word in words if word in _YES | _NO]
        is_pair = len(said) == 2 and any(word in _YES for word in said) != all(
            word in _YES for word in said
        )
        if said and not is_pair:
            what = f"the option {said[0]!r} in {language} reads like YES or NO, alone"
            mend = 'use a longer label: a carrier may take "yes" for START and "no" for STOP'
            yield Finding(loc, what, mend)
        elif said and isinstance(item, YesNoItem) and words[0] in _YES:
            yield Finding(loc, f"0 reads {words[0]!r} in {language}", "0 is no and 1 is yes")


def _together(item: PickItem, loc: Loc) -> Iterator[Finding]:
    several = [option for option in item.options if not option.exclusive]
    if not several:
        what = "every option is exclusive"
        yield Finding((*loc, "options"), what, 'ask for one of them: type = "choice"')
        return
    if item.at_least > len(several):
        what = f"at least {item.at_least} of {len(several)} options"
        yield Finding((*loc, "at_least"), what, "nobody could answer it: lower it")
    if item.at_most is not None and not item.at_least <= item.at_most <= len(several):
        what = f"at most {item.at_most}, where {item.at_least} to {len(several)} can be chosen"
        yield Finding((*loc, "at_most"), what, "mend one of them, or leave it out")


def _areas(item: BodyAreaItem, loc: Loc) -> Iterator[Finding]:
    named = Counter(option.area for option in item.options if option.area)
    for place, option in enumerate(item.options):
        here = (*loc, "options", place, "area")
        if option.exclusive and option.area:
            what = f"{option.area} cannot be exclusive: it is a part of the body"
            yield Finding(here, what, "leave out area, or exclusive")
        elif not option.exclusive and option.area is None:
            yield Finding(here, "names no part of the body", 'such as area = "chest"')
        elif option.area and named[option.area] > 1:
            yield Finding(here, f"{option.area} is named twice", "name each part once")
