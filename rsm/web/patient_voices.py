"""An answer to a report that the other voice has begun: kept in a report of its giver's own.

A page may stand open while somebody else begins to answer for her, or she herself. What is then
given on it is neither refused, nor mixed into what the other has said (`rsm.flow.voices`).
"""

from collections.abc import Iterator
from dataclasses import replace
from functools import partial

from starlette.responses import Response

from rsm.flow import voices
from rsm.instruments.items import Item
from rsm.invitations import service as invitations
from rsm.kernel.answers import Answer
from rsm.kernel.errors import NotFound
from rsm.kernel.words import Reporter
from rsm.web import door_pages, item_fields
from rsm.web.patient_answering import page_with, posted, question_view, reader_of, save
from rsm.web.patient_pass import Pass
from rsm.web.patient_visit import Visit


def keep_apart(visit: Visit) -> Response:
    """Store what the form holds in its giver's own report, and go on there; what is no answer yet
    stays on the screen.

    Raises as `answer.save`.
    """
    own = _own_visit(visit)
    save(own, dict(_given(own)))
    to_mend = next(filter(partial(_is_no_answer, own), own.asked()), None)
    if to_mend is None:
        return own.go("/q")
    form = posted(own, page_with(own, to_mend))
    return own.page("question", question_view(own, form), 422)


def _is_no_answer(visit: Visit, item: Item) -> bool:
    typed = item_fields.typed(item, visit.given)
    found = item_fields.read(item, typed, reader_of(visit))
    return typed.is_filled and not isinstance(found, Answer)


def _own_visit(visit: Visit) -> Visit:
    """The same request through a link to the giver's own report."""
    voice = _voice(visit)
    survey = voices.apart(visit.tx, visit.survey, voice)
    token = door_pages.own_link(visit, survey).removeprefix("/s/")
    found = invitations.find(visit.tx, token)
    if found is None:
        raise NotFound("no such link")
    link = invitations.link(visit.tx, found.link_id)
    may_see = Pass(link.id, survey.opens_at, reporter=voice)
    return replace(visit, token=token, link=link, survey=survey, may_see=may_see)


def _voice(visit: Visit) -> Reporter:
    """As she said at the start, else whose link it is."""
    if visit.proxy is not None:
        return Reporter.PROXY
    return visit.may_see.reporter if visit.may_see else Reporter.SELF


def _given(visit: Visit) -> Iterator[tuple[str, Answer]]:
    """Each answer in the form, with its item's code; what is none stays out."""
    for item in visit.instrument.askable:
        typed = item_fields.typed(item, visit.given)
        if typed.is_filled or typed.why:
            found = item_fields.read(item, typed, reader_of(visit))
            if isinstance(found, Answer):
                yield item.code, found
