"""For funders: what changed from baseline to follow-up, how much, of how many, and what that
cannot show."""

from collections.abc import Iterator, Sequence
from dataclasses import replace

from rsm.db.work import Tx
from rsm.instruments import service as instruments
from rsm.instruments.model import Instrument
from rsm.kernel.errors import NotFound
from rsm.kernel.words import Pin
from rsm.metrics.change_store import Changed
from rsm.metrics.statistics.change import FEWEST, effect
from rsm.reports.model import FEWEST_PATIENTS
from rsm.web import reports_words as words
from rsm.web.reports_facts import Funders
from rsm.web.views.month_report import Section

_QUANTITIES = frozenset({"graded", "yes_no", "number", "visual_scale"})


def sections(part: Funders, language: str) -> Iterator[Section]:
    """Scores, then single questions."""
    yield _section("change_scores", part, part.scores, language)
    if part.items:
        heading = str(words.section(language).items_heading)
        items = _section("change_items", part, part.items, language)
        yield replace(items, heading=heading, closed=True)


def _section(name: str, part: Funders, every: Sequence[Changed], language: str) -> Section:
    said = words.section(language)
    head = (
        *(said.col_score, said.col_baseline, said.col_follow_up, said.col_followed),
        *(said.col_first, said.col_last, said.col_change, said.col_effect),
    )
    rows = tuple(_row(part, each, language) for each in every)
    return Section(name, _heading(part, every, language), _counted(part, language), head, rows)


def _counted(part: Funders, language: str) -> str:
    said = words.section(language)
    return str(
        said.change_counted.format(
            enrolled=part.enrolled,
            first=words.long_day(part.cohort.first, language),
            last=words.long_day(part.cohort.last, language),
        )
    )


def _heading(part: Funders, every: Sequence[Changed], language: str) -> str:
    """How many are known at both times: that, before any change, says what the change is worth."""
    said = words.section(language)
    best = max(every, key=lambda each: (each.followed, each.baseline), default=None)
    if best is None:
        return str(said.change_nothing)
    share = words.percent(best.followed, best.baseline)
    return str(
        said.change_heading.format(
            followed=best.followed, baseline=best.baseline, share=share, enrolled=part.enrolled
        )
    )


def _row(part: Funders, one: Changed, language: str) -> tuple[str, ...]:
    said, pairs = words.section(language), one.pairs
    counts = (
        one.name,
        words.of(one.baseline, part.enrolled, language),
        words.of(one.followed, one.baseline, language),
        words.percent(one.followed, one.baseline),
    )
    if pairs is None:
        few = said.too_few if one.followed < FEWEST else said.too_few_to_leave
        why = str(few).format(fewest=FEWEST_PATIENTS)
        return (*counts, words.NONE, words.NONE, words.NONE, why)

    def with_spread(mean: float, spread: float) -> str:
        return f"{words.number(mean, language, 1)} ({words.number(spread, language, 1)})"

    size = effect(pairs)
    change = words.signed(pairs.change, language, 1)
    return (
        *counts,
        with_spread(pairs.mean_before, pairs.sd_before),
        with_spread(pairs.mean_after, pairs.sd_after),
        f"{change} ({words.number(pairs.sd_of_change, language, 1)})",
        str(said.no_spread)
        if size is None
        else f"{words.signed(size.g, language, 2)}"
        f" ({words.between(size.interval, language, scale=1, digits=2)})",
    )


def limits(part: Funders, language: str) -> tuple[str, ...]:
    """What the change of a group without a comparison cannot show."""
    said = words.section(language)
    known = [each.days for each in part.scores if each.days is not None]
    apart = str(said.limit_time).format(days=round(max(known))) if known else ""
    lines = (said.limit_control, said.limit_answer, said.limit_mean, said.limit_scale, apart)
    return tuple(str(line) for line in lines if line)


def leaving(part: Funders) -> Funders:
    """The part as it may leave the house: no mean of so few people that one could be recognised."""

    def kept(one: Changed) -> Changed:
        return one if one.followed >= FEWEST_PATIENTS else replace(one, pairs=None)

    scores, items = ([kept(each) for each in some] for some in (part.scores, part.items))
    return replace(part, scores=scores, items=items)


def named(tx: Tx, part: Funders, language: str) -> Funders:
    """The part with what can be subtracted alone, on its own scale, called by its names.

    A profile (EQ-5D's digits) and a choice without order are names, and no quantities.
    """
    known = [found for pin in part.asked if (found := _load(tx, pin)) is not None]
    scores = (_score(each, known, language) for each in part.scores)
    items = (_item(each, known, language) for each in part.items)
    return replace(
        part,
        scores=[each for each in scores if each is not None],
        items=[each for each in items if each is not None],
    )


def _load(tx: Tx, pin: Pin) -> Instrument | None:
    try:
        return instruments.load(tx, pin)
    except NotFound:
        return None


def _score(one: Changed, known: Sequence[Instrument], language: str) -> Changed | None:
    found = [(each, score) for each in known for score in each.scores if score.name == one.name]
    if not found:
        return one
    instrument, formula = found[-1]  # the newest version
    if formula.kind == "profile":
        return None
    said = words.section(language)
    good = said.higher_better if formula.higher_is == "better" else said.higher_worse
    return replace(one, name=f"{_about(instrument, formula.items, one.name, language)}; {good}")


def _item(one: Changed, known: Sequence[Instrument], language: str) -> Changed | None:
    found = [each for each in known if one.name in each.item_by_code]
    if not found:
        return one
    instrument, item = found[-1], found[-1].item_by_code[one.name]
    if item.type not in _QUANTITIES:
        return None
    scale = 10**item.decimals if item.type == "number" else 1
    pairs = one.pairs and replace(
        one.pairs,
        mean_before=one.pairs.mean_before / scale,
        mean_after=one.pairs.mean_after / scale,
        sd_before=one.pairs.sd_before / scale,
        sd_after=one.pairs.sd_after / scale,
    )
    return replace(one, name=_about(instrument, (one.name,), one.name, language), pairs=pairs)


def _about(instrument: Instrument, items: Sequence[str], name: str, language: str) -> str:
    """`Pain (pain.max)`: the symptom, where there is one, or the questionnaire."""
    asked = [instrument.item_by_code[code] for code in items if code in instrument.item_by_code]
    symptoms = {getattr(each, "symptom", None) or "" for each in asked}
    alone = next(iter(symptoms)) if len(symptoms) == 1 else ""
    symptom = instrument.symptom_by_key.get(alone)
    titles = {tag: one.title for tag, one in instrument.languages.items()}
    texts = symptom.name if symptom else titles
    title = texts.get(language) or texts.get("en")
    return f"{title} ({name})" if title else name
