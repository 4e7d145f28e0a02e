"""What stands together on a page: the items of a section, its titles, and the notes between."""

from dataclasses import dataclass

from rsm.instruments.branching import note_shown
from rsm.instruments.decide import asked_items, effective
from rsm.instruments.items import Item
from rsm.instruments.model import Instrument, Note, Section
from rsm.kernel.answers import Answers


@dataclass(frozen=True)
class Notes:
    """Words that are read with one item: before it, beside it as help, and after it."""

    before: tuple[Note, ...] = ()
    beside: tuple[Note, ...] = ()
    after: tuple[Note, ...] = ()


def page_of(instrument: Instrument, answers: Answers, item: Item) -> tuple[Item, ...]:
    """The items that are shown at once with this one, as the instrument chose.

    With `page = "section"`: those of its section that are asked now and follow one another; what
    an answer on the page opens is on it when it is shown again. An item of no section is alone.
    """
    if instrument.page == "question" or item.section is None:
        return (item,)
    runs: list[list[Item]] = []
    for each in asked_items(instrument, answers):
        if runs and runs[-1][-1].section == each.section:
            runs[-1].append(each)
        else:
            runs.append([each])
    return next((tuple(run) for run in runs if item in run), (item,))


def titles_of(instrument: Instrument, item: Item) -> tuple[Section, ...]:
    """The sections that the item lies in, the outermost first."""
    return instrument.sections_of.get(item.code, ())


def notes_of(instrument: Instrument, answers: Answers, item: Item) -> Notes:
    """The notes that are read with this item, as the answers stand."""
    if not instrument.notes:
        return Notes()
    counted = effective(instrument, answers)
    asked = asked_items(instrument, answers)
    codes = [each.code for each in asked]
    if item.code not in codes:
        return Notes()
    begun = _sections_that_change(instrument, asked, codes.index(item.code), -1)
    ended = _sections_that_change(instrument, asked, codes.index(item.code), 1)
    is_last = codes[-1] == item.code
    shown = [
        note
        for note in instrument.notes
        if not note.hidden and note_shown(instrument, note.asked_when, counted)
    ]
    return Notes(
        before=tuple(
            note for note in shown if note.before == item.code or note.before_section in begun
        ),
        beside=tuple(note for note in shown if note.beside == item.code),
        after=tuple(note for note in shown if note.end_of in ended or (is_last and _is_last(note))),
    )


def _is_last(note: Note) -> bool:
    return not (note.before or note.beside or note.before_section or note.end_of)


def _sections_that_change(
    instrument: Instrument, asked: tuple[Item, ...], place: int, step: int
) -> set[str | None]:
    """The sections of an item that its neighbour (-1 before, 1 after) does not lie in."""
    mine = {section.key for section in instrument.sections_of.get(asked[place].code, ())}
    there = place + step
    if not 0 <= there < len(asked):
        return set(mine)
    theirs = {section.key for section in instrument.sections_of.get(asked[there].code, ())}
    return set(mine - theirs)
