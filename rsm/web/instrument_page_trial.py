"""A questionnaire tried on the patient's page: the page's own code, and nothing stored.

The answers so far go along in the form, since there is no report that would hold them.
"""

import json
from collections.abc import Mapping, Sequence

from fastapi import Response

from rsm.instruments.decide import next_item, progress
from rsm.instruments.items import Item
from rsm.instruments.pages import notes_of, page_of
from rsm.instruments.reading import problem
from rsm.kernel.answers import Answer, Answers, AnswerStatus
from rsm.kernel.localtime import local_of, zone_named
from rsm.web import item_fields
from rsm.web.auth import Desk
from rsm.web.deps import html
from rsm.web.instrument_trying import Tried
from rsm.web.instrument_words import InstrumentWords
from rsm.web.item_fields import Reader
from rsm.web.patient_answering import Posted
from rsm.web.patient_paging import page_before, part
from rsm.web.patient_questions import Form, head, notes, questions
from rsm.web.patient_words import language_name
from rsm.web.texts import languages as offered
from rsm.web.texts import texts_for, texts_in
from rsm.web.views.common import Field, Link
from rsm.web.views.patient import LanguageLink, PatientFrame
from rsm.web.views.question import QuestionView

_KEPT_BY_SCRIPT = 204
_WITHOUT_VALUE = frozenset(status.value for status in AnswerStatus if not status.has_value)


def page(desk: Desk, tried: Tried, given: Mapping[str, str]) -> Response | Answers:
    """The page that comes next; the answers, once all is answered."""
    answers = _carried(tried, given)
    asked = given.get("asked", "").split()
    shown = tuple(i for code in asked if (i := tried.instrument.item_by_code.get(code)))
    go = given.get("go", "")
    if go == "keep":
        return Response(status_code=_KEPT_BY_SCRIPT)
    if go == "back" and shown:
        before = page_before(tried.instrument, answers, shown[0])
        return _page(desk, tried, answers, Posted(before or shown))
    if shown:
        posted = _posted(desk, tried, shown, given)
        if go == "leave":
            posted = posted.without_empty()
        answers.update(posted.right)
        if set(posted.wrong) - set(posted.right):
            return _page(desk, tried, answers, posted)
    item = next_item(tried.instrument, answers)
    if item is None:
        return answers
    return _page(desk, tried, answers, Posted(page_of(tried.instrument, answers, item)))


def _posted(desk: Desk, tried: Tried, items: Sequence[Item], given: Mapping[str, str]) -> Posted:
    reader = _reader(desk, tried)
    typed = {item.code: item_fields.typed(item, given) for item in items}
    found = {item.code: item_fields.read(item, typed[item.code], reader) for item in items}
    right = {code: one for code, one in found.items() if isinstance(one, Answer)}
    wrong = {code: one for code, one in found.items() if not isinstance(one, Answer)}
    return Posted(tuple(items), typed, right, wrong)


def _page(desk: Desk, tried: Tried, answers: Answers, posted: Posted) -> Response:
    instrument, items = tried.instrument, posted.page
    language = instrument.languages[tried.language]
    by_part = instrument.page == "section"
    is_section = by_part and items[0].section is not None
    number, total = (part if by_part else progress)(instrument, answers, items[0])
    made = Form(instrument, answers, answers, _reader(desk, tried), posted.given, posted.wrong)
    above = head(made, items[0])
    view = QuestionView(
        frame=_frame(desk, tried, answers, items),
        action=tried.url,
        number=number,
        total=total,
        questions=questions(made, items),
        by_part=by_part,
        is_section=is_section,
        recall=language.recall,
        title=above.title or (language.title if is_section else ""),
        texts=above.texts,
        closing=notes(made, notes_of(instrument, answers, items[-1]).after),
        may_leave=posted.may_leave,
        is_empty=posted.is_empty,
        has_back=bool(page_before(instrument, answers, items[0])),
        notice=language.notice,
    )
    return html("patient/question.html", view, tried.language)


def _frame(desk: Desk, tried: Tried, answers: Answers, items: Sequence[Item]) -> PatientFrame:
    site = tried.site
    words = InstrumentWords(texts_for("trials", tried.language).language)
    banner = words.t.banner_pilot if tried.piloted else words.t.banner
    return PatientFrame(
        site_name=site.name,
        clinic_phone=site.clinic_phone,
        emergency_number=site.emergency_number,
        now=desk.tx.now,
        zone=site.zone,
        languages=tuple(
            LanguageLink(tag, _own_name(tag), tried.in_language(tag)) for tag in tried.others
        ),
        csrf=desk.staff.csrf,
        fields=(
            Field("answers", _packed(answers)),
            Field("asked", " ".join(item.code for item in items)),  # codes have no blanks
        ),
        trial=Link(banner, tried.back),
        trial_tag=words.language,
    )


def _own_name(tag: str) -> str:
    return texts_in(tag).name if tag in offered() else language_name(tag)


def _reader(desk: Desk, tried: Tried) -> Reader:
    today = local_of(desk.tx.now, zone_named(tried.site.zone)).date()
    return Reader(tried.language, today)


# --- what goes along -----------------------------------------------------------------------------


def _packed(answers: Answers) -> str:
    return json.dumps(
        {
            code: [one.status.value, one.value, list(one.picked), one.text]
            for code, one in answers.items()
        }
    )


def _carried(tried: Tried, given: Mapping[str, str]) -> dict[str, Answer]:
    """The answers that the form brought; what is no answer is not one."""
    try:
        found = json.loads(given.get("answers", "{}"))
    except (ValueError, RecursionError):
        return {}
    if not isinstance(found, dict):
        return {}
    known: dict[str, Answer] = {}
    for code, packed in found.items():
        item = tried.instrument.item_by_code.get(code)
        answer = _unpacked(packed)
        if item is not None and answer is not None and problem(item, answer) is None:
            known[code] = answer
    return known


def _unpacked(packed: object) -> Answer | None:
    """None for whatever we did not pack."""
    match packed:
        case [str(status), None, [], ""] if status in _WITHOUT_VALUE:
            return Answer(AnswerStatus(status))
        case ["answered", int(value), list(picked), str(text)] if not isinstance(value, bool):
            codes = tuple(each for each in picked if type(each) is int)
            return Answer(AnswerStatus.ANSWERED, value, codes, text)
    return None
