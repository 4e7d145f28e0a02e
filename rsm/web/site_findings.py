"""What is well and what is not, in sentences: a heading, what follows it, the numbers on top.

A change is called one only where the interval of the difference leaves out nought. Pure.
"""

from dataclasses import dataclass

from rsm.metrics.model import PRESSING, LevelFigures
from rsm.metrics.statistics.intervals import difference, wilson
from rsm.web.site_changes import FEWEST
from rsm.web.site_funnel import more_never_asked
from rsm.web.site_reading import Read
from rsm.web.site_words import Words, percent
from rsm.web.views.site import Fact

_MOST = 4  # sentences below the heading


@dataclass(frozen=True)
class Signalled:
    """What a run chart's title says while its signal holds."""

    sentence: str
    worse: bool = True


@dataclass(frozen=True)
class Found:
    """The figures of the period, and what the pictures' rules say.

    `whole` and `before` are its weeks that are over, and as many before them, for what is held
    against one another: in the present week those who answer are counted first. `quick` are the
    urgent alerts of these weeks that were closed within 48 h, of all of them. `signals` are the
    run charts that signal.
    """

    now: Read
    whole: Read
    before: Read
    levels: tuple[LevelFigures, ...]
    signals: tuple[Signalled, ...] = ()
    quick: tuple[int, int] = (0, 0)


def sentences(found: Found, words: Words) -> tuple[str, ...]:
    """The heading first: what is amiss, then what got better, else how it stands."""
    worse = _changed(found, words, worse=True)
    amiss = [*_nobody(found, words), *worse, *_asked(found, words)]
    amiss += [*_signals(found, worse=True), *_gradient(found, words)]
    urgent, well = _open(found, words), _changed(found, words, worse=False)
    stands = [] if worse or well else [_stands(found, words)]
    others = [*well, *_signals(found, worse=False), *stands]
    told = [*amiss, *urgent, *others] if amiss else [*well, *stands, *urgent, *others]
    return tuple(dict.fromkeys(told))[: _MOST + 1]


def _nobody(found: Found, words: Words) -> list[str]:
    count = found.now.count("nobody")
    return [words.counted("nobody", count)] if count else []


def change(found: Found, measure: str) -> int:
    """Whether a rate is higher than before by more than chance (1), lower (-1), or neither."""
    now, before = found.whole.rate(measure), found.before.rate(measure)
    if min(now[1], before[1]) < FEWEST:
        return 0
    by = difference(now, before)
    return (by.low > 0) - (by.high < 0)


def _changed(found: Found, words: Words, *, worse: bool) -> list[str]:
    moved = change(found, "completed")
    if moved != (-1 if worse else 1):
        return []
    now, before = found.whole.rate("completed"), found.before.rate("completed")
    key = "fewer_finished" if worse else "more_finished"
    return [words(key, share=percent(*now), before=percent(*before))]


def _signals(found: Found, *, worse: bool) -> list[str]:
    return [each.sentence for each in found.signals if each.worse is worse]


def _asked(found: Found, words: Words) -> list[str]:
    if not more_never_asked(found.now):
        return []
    count, silent = found.now.count("not_sent"), found.now.count("not_answered")
    return [words("more_not_sent", count=count, silent=silent)]


def _open(found: Found, words: Words) -> list[str]:
    count = sum(level.open_now for level in found.levels if level.level in PRESSING)
    return [words.counted("open_urgent", count)] if count else []


def _gradient(found: Found, words: Words) -> list[str]:
    """The finding to design against: the graver are closed no faster."""
    gap = found.now.minutes("severity_gradient")
    few = min(
        sum(level.opened for level in found.levels if (level.level in PRESSING) is graver)
        for graver in (True, False)
    )
    if gap is None or few < 5 or gap.total_seconds() < 0:
        return []
    return [words("gradient_none")]


def _stands(found: Found, words: Words) -> str:
    part, whole = _known(found, "completed")
    return words("finished", share=percent(part, whole)) if whole else words("nothing_due")


def _known(found: Found, measure: str) -> tuple[int, int]:
    """Of the weeks of which all is known, else of those that are under way."""
    settled = found.whole.rate(measure)
    return settled if settled[1] else found.now.rate(measure)


def facts(found: Found, words: Words) -> tuple[Fact, ...]:
    """The numbers on top."""
    quick, opened = found.quick
    nobody = found.now.count("nobody")
    return (
        _completed(found, words),
        _rate(found, words, "reach"),
        Fact(
            words("fact_urgent"),
            percent(quick, opened),
            words("part_of", part=quick, whole=opened) if opened else words("fact_no_alert"),
            warn=quick < opened,
        ),
        Fact(words("fact_nobody"), str(nobody), words("fact_nobody_note"), bool(nobody)),
    )


def _completed(found: Found, words: Words) -> Fact:
    part, whole = _known(found, "completed")
    if not whole:
        return Fact(words("fact_completed"), percent(0, 0), words("fact_nothing_due"))
    around = wilson(part, whole)
    note = words("between", low=round(100 * around.low), high=round(100 * around.high))
    if before := found.before.rate("completed")[1]:
        note += f"; {words('was', share=percent(found.before.rate('completed')[0], before))}"
    if (delivered := _known(found, "completed_delivered"))[1]:
        note += f"; {words('of_delivered', share=percent(*delivered))}"
    value = percent(part, whole)
    return Fact(words("fact_completed"), value, note, warn=change(found, "completed") < 0)


def _rate(found: Found, words: Words, measure: str) -> Fact:
    part, whole = found.now.rate(measure)
    note = words("part_of", part=part, whole=whole) if whole else words("fact_nobody_new")
    return Fact(words(f"fact_{measure}"), percent(part, whole), note)
