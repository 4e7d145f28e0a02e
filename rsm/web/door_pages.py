"""Pages that differ where a link is a proxy's or the clinic's tablet (`rsm.web.patient_doors`).

A proxy is told what became of her own answers, never of the patient's; what else she asks for
concerns her own link and phone. A tablet says nothing of anybody once somebody has done with it.
"""

from dataclasses import replace
from uuid import UUID

from starlette.responses import Response

from rsm.flow import advice, link_requests, voices
from rsm.flow import proxies as proxy_flow
from rsm.flow.outcome import Outcome
from rsm.invitations import service as invitations
from rsm.invitations.model import Door, Hand
from rsm.kernel.words import Channel, Level, Reporter
from rsm.responses import origins
from rsm.schedules.model import OccurrenceView
from rsm.web import patient_crisis, patient_help
from rsm.web import patient_views as views
from rsm.web.deps import html, see
from rsm.web.patient_pass import COOKIE
from rsm.web.patient_thanks import finished, or_plain, thanks
from rsm.web.patient_visit import Visit
from rsm.web.views.doors import TabletView
from rsm.web.views.patient_aside import FinishedView, NoticeKind, NoticeView

_TELL_STAFF = frozenset({Level.URGENT, Level.EMERGENCY})


def start(visit: Visit) -> Response:
    """The way in, with what this door offers."""
    view = views.start(visit)
    if visit.proxy is not None:
        view = replace(view, helper_may_answer=False, for_other=True)
    if visit.link.door is Door.TABLET:
        view = replace(view, call_me_action="", not_me_url="")
    return visit.page("start", view)


def apart(visit: Visit, reporter: Reporter) -> Response | None:
    """On to a report of this voice's own, where the other has begun this one; else None."""
    if not voices.is_anothers(visit.tx, visit.survey, reporter):
        return None
    survey = voices.apart(visit.tx, visit.survey, reporter)
    return see(own_link(visit, survey) + visit.url().removeprefix(f"/s/{visit.token}"))


def own_link(visit: Visit, survey: OccurrenceView) -> str:
    """The path of a link to that report, into the same hands."""
    door, proxy = visit.link.door, visit.link.proxy_id
    newest = invitations.latest(visit.tx, survey.id, door)
    if newest is not None and newest.proxy_id == proxy:
        return invitations.url(visit.tx, survey.id, newest.serial, "")
    serial = invitations.issue(visit.tx, survey, Hand(door, proxy, visit.link.expires_at))
    return invitations.url(visit.tx, survey.id, serial, "")


def is_anothers(visit: Visit) -> bool:
    """Whether the other voice has begun this report: then this one begins at the start page.

    A browser without a pass answers as whoever began; but through the patient's own link nobody
    goes on with what a proxy began through another.
    """
    draft = visit.response
    if visit.proxy is None and visit.may_see is None:
        return draft is not None and draft.relation is not None
    return voices.has_begun(draft, visit.author_is)


def was_left(visit: Visit) -> bool:
    """Whether somebody has answered on this tablet, and what the browser kept of it is gone.

    A tablet without a script goes to another page by itself, which ends nothing (P9): whoever
    finds it then does not go on in her name. Staff hand it over anew.
    """
    if visit.link.door is not Door.TABLET or visit.may_see is not None:
        return False
    draft = visit.response
    if draft is None:
        return False
    given = origins.of_report(visit.tx, draft.id).values()
    return any(one.channel is Channel.TABLET and one.at >= visit.link.created_at for one in given)


def closed(visit: Visit) -> Response:
    """The link opens nothing any more."""
    if visit.link.door is Door.TABLET:
        return _given_back(visit, TabletView(visit.frame))
    if visit.link.door is Door.PATIENT:
        return visit.page("notice", NoticeView(visit.frame, NoticeKind.NOT_ME))
    visit.may_see = None
    return visit.page("notice", NoticeView(visit.frame, NoticeKind.CLOSED), 410)


def sent(visit: Visit, *, asked: bool = False) -> Response:
    """It was sent already; `asked`: she wants to know what happens with it."""
    if visit.link.door is Door.TABLET:
        return closed(visit)
    if visit.proxy is not None and not _is_the_proxys(visit):
        return visit.page("finished", _finished_by_another(visit))
    return thanks(visit) if asked or visit.may_see is not None else finished(visit)


def _is_the_proxys(visit: Visit) -> bool:
    report = visit.response
    return visit.may_see is not None and report is not None and report.reporter is Reporter.PROXY


def _finished_by_another(visit: Visit) -> FinishedView:
    report = visit.response
    at = report.submitted_at if report else None
    return FinishedView(visit.frame, at or visit.tx.now, visit.url("/again"))


def thanked(visit: Visit, outcome: Outcome) -> Response:
    """Stored. On a tablet it is over, with what cannot wait said at once."""
    if visit.link.door is not Door.TABLET:
        return thanks(visit, outcome)
    invitations.revoke(visit.tx, visit.link)
    visit.link = replace(visit.link, revoked_at=visit.tx.now)
    return or_plain(visit, lambda: _stored_on_tablet(visit, outcome))


def _stored_on_tablet(visit: Visit, outcome: Outcome) -> Response:
    told = advice.for_level(visit.tx, visit.site, outcome.level, visit.language, Channel.WEB)
    tell = outcome.review or outcome.level in _TELL_STAFF
    patient_crisis.of_outcome(visit, outcome)
    return _given_back(visit, TabletView(visit.frame, stored=True, tell=tell, advice=told))


def give_back(visit: Visit) -> Response:
    """Somebody has done with the tablet, finished or not: its link opens nothing any more."""
    if visit.link.door is Door.TABLET and visit.link.revoked_at is None:
        invitations.revoke(visit.tx, visit.link)
        visit.link = replace(visit.link, revoked_at=visit.tx.now)
    return closed(visit)


def _given_back(visit: Visit, view: TabletView) -> Response:
    """Without a name, an answer, or what the browser kept of the visit."""
    response = html("patient/tablet.html", view, visit.language)
    secure = visit.services.secure_cookies
    for name, path in ((COOKIE, f"/s/{visit.token}"), (patient_help.COOKIE, "/s")):
        response.delete_cookie(name, path=path, secure=secure, httponly=True, samesite="lax")
    return response


# --- what else a link can ask for ----------------------------------------------------------------


def report_again(visit: Visit) -> tuple[UUID, int]:
    """Survey and serial of a link to a new report, for the same hands. Raises `EnoughReports`."""
    if visit.proxy is not None:
        return proxy_flow.report_again(visit.tx, visit.survey.id, visit.proxy.id)
    return link_requests.report_again(visit.tx, visit.survey.id)


def send_new_link(visit: Visit) -> None:
    """A new link, to whoever this one was sent to. Raises `EnoughReports`."""
    if visit.proxy is not None:
        proxy_flow.send_new_link(visit.tx, visit.survey.id, visit.proxy.id)
    else:
        link_requests.text_new_link(visit.tx, visit.survey.id)


def not_me(visit: Visit) -> None:
    """Whoever holds this phone is not the one whose link it is."""
    if visit.proxy is not None:
        proxy_flow.not_me(visit.tx, visit.survey.id, visit.proxy.id)
    elif visit.link.door is Door.PATIENT:
        link_requests.not_me(visit.tx, visit.survey.id)
