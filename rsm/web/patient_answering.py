"""What a page of questions posts: read, stored, and shown again where something is to be mended."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime

from rsm.flow import answer
from rsm.instruments.decide import asked_items, progress
from rsm.instruments.items import DateItem, Item, NumberItem, TextItem
from rsm.instruments.model import Language
from rsm.instruments.pages import notes_of, page_of
from rsm.kernel.answers import SKIPPED, Answer, Answers
from rsm.responses import service as responses
from rsm.web import patient_texts
from rsm.web.item_fields import Reader, Typed, Wrong, read, typed
from rsm.web.patient_paging import part
from rsm.web.patient_questions import Form, head, notes, questions
from rsm.web.patient_visit import Visit
from rsm.web.views.question import Question, QuestionView

Page = tuple[Item, ...]
_TYPED_IN = (TextItem, NumberItem, DateItem)


@dataclass(frozen=True)
class Posted:
    """A form as it came: the answers that are right, and what is wrong with the others."""

    page: Page
    given: Mapping[str, Typed] = field(default_factory=dict)
    right: Mapping[str, Answer] = field(default_factory=dict)
    wrong: Mapping[str, Wrong] = field(default_factory=dict)

    @property
    def filled(self) -> dict[str, Answer]:
        """The right ones that were given, not only left empty."""
        filled = {code for code, one in self.given.items() if _says(one)}
        return {code: one for code, one in self.right.items() if code in filled}

    @property
    def written(self) -> dict[str, Answer]:
        """The right ones that were typed in, letter by letter."""
        typed_in = {item.code for item in self.page if isinstance(item, _TYPED_IN)}
        filled = {code for code in typed_in & self.given.keys() if self.given[code].is_filled}
        return {code: one for code, one in self.right.items() if code in filled}

    @property
    def is_too_long(self) -> bool:
        """Whether something was written that cannot be kept as it is."""
        return Wrong.TOO_LONG in self.wrong.values()

    @property
    def may_leave(self) -> bool:
        """Whether all that is wrong is that nothing was given, where nothing need be."""
        required = {item.code for item in self.page if item.required}
        return self.is_empty and required.isdisjoint(self.wrong)

    @property
    def is_empty(self) -> bool:
        """Whether all that is wrong is that nothing was given."""
        return bool(self.wrong) and set(self.wrong.values()) == {Wrong.EMPTY}

    def without_empty(self, but: Collection[str] = ()) -> "Posted":
        """The same with what was left empty as skipped, where it may be; not those `but`."""
        if not self.may_leave:
            return self
        skipped = dict.fromkeys((code for code in self.wrong if code not in but), SKIPPED)
        return Posted(self.page, self.given, {**self.right, **skipped})


def _says(typed_here: Typed) -> bool:
    """Whether anything was given, be it why there is no answer."""
    return typed_here.is_filled or bool(typed_here.why)


def page_with(visit: Visit, item: Item) -> Page:
    """What is asked together with the item; what this browser may not see is not asked anew."""
    hidden = unseen(visit)
    page = page_of(visit.instrument, visit.answers, item)
    asked = (each for each in page if each.code not in hidden or typed(each, visit.given).is_filled)
    return tuple(asked) or (item,)


def reader_of(visit: Visit) -> Reader:
    """How she writes, and what day it is where she is."""
    return Reader(visit.language, visit.today)


def posted(visit: Visit, page: Page) -> Posted:
    """The form of this request; of a question that it closes itself nothing is to be mended."""
    reader = reader_of(visit)
    given = {item.code: typed(item, visit.given) for item in page}
    found = {item.code: read(item, given[item.code], reader) for item in page}
    empty = {code for code in unseen(visit) if code in given and not _says(given[code])}
    right = {
        code: one for code, one in found.items() if isinstance(one, Answer) and code not in empty
    }
    asked = {item.code for item in asked_items(visit.instrument, {**visit.answers, **right})}
    wrong = {code: one for code, one in found.items() if not isinstance(one, Answer)}
    return Posted(page, given, right, {code: wrong[code] for code in wrong if code in asked})


def unseen(visit: Visit) -> Collection[str]:
    """What was answered elsewhere, and is not shown here: to leave it empty changes nothing."""
    return visit.answers.keys() - visit.shown().keys()


def save(visit: Visit, answers: Mapping[str, Answer]) -> Sequence[str]:
    """Store what is new, in the order of the items, and say which. Raises as `answer.save`.

    What is stored already and comes again, since its page was lost on the way or the browser
    keeps no cookies, is stored once.
    """
    shown = visit.shown()
    new = {code: one for code, one in answers.items() if shown.get(code) != one}
    twice, seen = _given_before(visit, new), visit.admit()
    for code, one in new.items():
        if code not in twice:
            visit.changed(answer.save(visit.tx, visit.ours, code, one, visit.author))
        seen = seen.with_given(visit.places[code], twice.get(code, visit.tx.now))
    visit.may_see = seen
    return tuple(new)


def _given_before(visit: Visit, new: Answers) -> dict[str, datetime]:
    """What of it stands already as it comes now, and since when; of a browser with a pass, what
    was stored since it came."""
    report, since = visit.response, visit.may_see.since if visit.may_see else None
    same = {code for code in new if code in visit.answers and _is_like(new[code], visit, code)}
    if report is None or not same:
        return {}
    saved = responses.saved_at(visit.tx, report.id)
    late = {code for code in same if code in saved and (since is None or saved[code] >= since)}
    standing = {code: visit.answers[code] for code in late}
    whole = patient_texts.opened(visit.tx, report.id, visit.instrument, standing)
    return {code: saved[code] for code in late if whole[code] == new[code]}


def _is_like(one: Answer, visit: Visit, code: str) -> bool:
    """Whether the same stands there, as far as the row says it."""
    return replace(one, text="") == visit.answers[code]


def question_view(visit: Visit, form: Posted) -> QuestionView:
    """A page of questions; present answers only where this browser may see them."""
    items, instrument, answers = form.page, visit.instrument, visit.answers
    by_part = instrument.page == "section"
    is_section = by_part and items[0].section is not None
    number, total = (part if by_part else progress)(instrument, answers, items[0])
    made = _form(visit, form)
    language, above, shown = _language(visit), head(made, items[0]), questions(made, items)
    return QuestionView(
        frame=visit.frame,
        action=visit.url(f"/q/{visit.number_of(items[0])}"),
        number=number,
        total=total,
        questions=shown,
        by_part=by_part,
        is_section=is_section,
        recall=language.recall,
        title=above.title or (language.title if is_section else ""),
        texts=above.texts,
        closing=notes(made, notes_of(instrument, answers, items[-1]).after),
        more=_opened(visit, form, shown),
        may_leave=form.may_leave,
        is_empty=form.is_empty,
        notice=language.notice,
    )


def _form(visit: Visit, form: Posted) -> Form:
    return Form(
        visit.instrument,
        visit.answers,
        visit.shown(),
        reader_of(visit),
        form.given,
        form.wrong,
    )


def _language(visit: Visit) -> Language:
    """The instrument's in which this page is."""
    offered = visit.instrument.languages
    return offered.get(visit.language) or next(iter(offered.values()))


def _opened(visit: Visit, form: Posted, shown: Sequence[Question]) -> str:
    """The field of a question that is open still on a page that was answered in part."""
    stands = [item.code in visit.answers for item in form.page]
    if form.wrong or not any(stands) or all(stands):
        return ""
    return shown[stands.index(False)].id
