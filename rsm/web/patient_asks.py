"""What else a link below `/s/{token}` can ask for than to answer: each a POST.

A new report, a new link, a call, or that the message was for somebody else. Whose link it is
decides whom it concerns (`rsm.web.door_pages`).
"""

from fastapi import APIRouter
from starlette.responses import Response

from rsm.flow import link_requests
from rsm.flow.outcome import was_sent
from rsm.invitations import service as invitations
from rsm.web import door_pages
from rsm.web.deps import see
from rsm.web.patient_faults import PatientRoute
from rsm.web.patient_visit import AtLink, Visit
from rsm.web.views.patient_aside import NoticeKind, NoticeView, NotMeView

router = APIRouter(prefix="/s/{token}", route_class=PatientRoute)


@router.get("/again")
@router.get("/new-link")
@router.get("/call-me")
def loaded_again(visit: AtLink) -> Response:
    """A phone loads its last page anew, or in another language: it leads back (P9)."""
    return visit.go()


@router.post("/again")
def again(visit: AtLink) -> Response:
    """A new report after a finished one: a link of its own, opened at once."""
    if visit.link.revoked_at is not None or not was_sent(visit.survey, visit.response):
        return visit.go()
    try:
        survey_id, serial = door_pages.report_again(visit)
    except link_requests.EnoughReports:
        return _enough(visit)
    lang = visit.url().removeprefix(f"/s/{visit.token}")
    return see(invitations.url(visit.tx, survey_id, serial, "") + lang)


@router.post("/new-link")
def new_link(visit: AtLink) -> Response:
    """A closed link: text a new one to the phone on file, never show it here."""
    if visit.link.revoked_at is not None or visit.survey.takes_answers(visit.tx.now):
        return visit.go()
    try:
        door_pages.send_new_link(visit)
    except link_requests.EnoughReports:
        return _enough(visit)
    return visit.page("notice", NoticeView(visit.frame, NoticeKind.LINK_SENT))


def _enough(visit: Visit) -> Response:
    """Whom to call, for whoever has reported so often today."""
    return visit.page("notice", NoticeView(visit.frame, NoticeKind.ENOUGH), 429)


@router.get("/not-me")
def ask_not_me(visit: AtLink) -> Response:
    """ "This message is not for me": to be confirmed."""
    if visit.link.revoked_at is not None:
        return visit.go()
    view = NotMeView(visit.frame, action=visit.url("/not-me"), back_url=visit.url())
    return visit.page("not_me", view)


@router.post("/not-me")
def not_me(visit: AtLink) -> Response:
    """Nothing more goes to this phone; staff look for the right number."""
    if visit.link.revoked_at is None:
        door_pages.not_me(visit)
        visit.changed()
    visit.may_see = None
    return visit.page("notice", NoticeView(visit.frame, NoticeKind.NOT_ME))


@router.post("/call-me")
def call_me(visit: AtLink) -> Response:
    """She would rather be called."""
    if visit.link.revoked_at is not None:
        return visit.go()
    link_requests.call_me(visit.tx, visit.survey.id)
    return visit.page("notice", NoticeView(visit.frame, NoticeKind.CALL_REQUESTED))
