"""The patient's own page below her link: what stands, and what she changes herself.

Her birth date comes first, each time that an hour has passed. Every change is a form of its own,
posted; looking changes nothing (P9). A proxy's link and the clinic's tablet have no such page.
"""

from collections.abc import Callable
from datetime import time, timedelta

from fastapi import APIRouter
from starlette.responses import Response

from rsm.flow import own_settings as own
from rsm.flow import proxies as proxy_flow
from rsm.flow.own_settings import Way
from rsm.invitations.model import Door
from rsm.kernel.errors import Conflict, Invalid, NotAllowed
from rsm.kernel.words import Relation
from rsm.patients import proxies
from rsm.patients.proxy_model import NewProxy
from rsm.web import patient_own_views as views
from rsm.web import patient_views
from rsm.web.deps import see
from rsm.web.patient_faults import PatientRoute
from rsm.web.patient_visit import AtLink, Visit
from rsm.web.views.patient_own import OwnFormView

router = APIRouter(prefix="/s/{token}/me", route_class=PatientRoute)

# A link may lie in an old phone: long after its survey it opens this page no more.
_OPENS = timedelta(days=31)
Form = Callable[[Visit, str], OwnFormView]
Deed = Callable[[], None]


def closed(visit: Visit) -> Response | None:
    """Where to instead, for whoever may not see this page (yet)."""
    is_old = visit.tx.now - visit.survey.closes_at > _OPENS
    if visit.link.door is not Door.PATIENT or visit.link.revoked_at is not None or is_old:
        return visit.go()
    if visit.may_see is None or not visit.may_see.known:
        return see(patient_views.birth_date_url(visit, "me"))
    return None


def _show(visit: Visit, form: OwnFormView, status: int = 200) -> Response:
    return visit.page("own_form", form, status)


def _asked(visit: Visit, form: Form) -> Response:
    return closed(visit) or _show(visit, form(visit, ""))


def _done(visit: Visit, said: str, change: Deed, form: Form | None = None) -> Response:
    """Do it, and say so on her page; what is refused comes back in its form."""
    try:
        with visit.tx.savepoint():
            change()
    except Invalid as error:
        if form is None:
            return see(views.own_url(visit))
        where = error.problems[0].where
        shown = where if hasattr(views.words(visit), f"wrong_{where}") else "other"
        return _show(visit, form(visit, shown), 422)
    except (Conflict, NotAllowed):  # it stands so already, or another was faster
        return see(views.own_url(visit))
    return see(views.own_url(visit, said=said))


@router.get("")
def show(visit: AtLink, said: str = "") -> Response:
    """How everything stands, and what was just changed."""
    if (instead := closed(visit)) is not None:
        return instead
    own.opened(visit.tx, visit.site, visit.survey.patient_id)
    return visit.page("own", views.page(visit, said))


# --- when, how, in which language ----------------------------------------------------------------


@router.get("/when")
def ask_when(visit: AtLink) -> Response:
    """Another day or hour?"""
    return _asked(visit, views.when_form)


@router.post("/when")
def change_when(visit: AtLink) -> Response:
    """From the next check-in on."""
    if (instead := closed(visit)) is not None:
        return instead
    day, hour = visit.given.get("day", ""), visit.given.get("hour", "")
    if day not in {str(each) for each in range(7)} or not _is_hour(hour):
        return _show(visit, views.when_form(visit, "day"), 422)
    at = time.fromisoformat(hour)
    return _done(
        visit, "when", lambda: own.ask_at(visit.tx, visit.survey, int(day), at), views.when_form
    )


def _is_hour(text: str) -> bool:
    try:
        return f"{time.fromisoformat(text):%H:%M}" == text  # Python also reads 0900Z
    except ValueError:
        return False


@router.get("/how")
def ask_how(visit: AtLink) -> Response:
    """Another way of being asked?"""
    return _asked(visit, views.how_form)


@router.post("/how")
def change_how(visit: AtLink) -> Response:
    """Replies to texts only for whoever says that she knows what that means."""
    if (instead := closed(visit)) is not None:
        return instead
    chosen = visit.given.get("way", "")
    if chosen not in set(Way):
        return _show(visit, views.how_form(visit, "way"), 422)
    if chosen == Way.TEXTS and visit.given.get("agree") != "yes":
        return _show(visit, views.how_form(visit, "agree"), 422)
    return _done(
        visit, "how", lambda: own.ask_by(visit.tx, visit.survey, Way(chosen)), views.how_form
    )


@router.get("/language")
def ask_language(visit: AtLink) -> Response:
    """Another language?"""
    return _asked(visit, views.language_form)


@router.post("/language")
def change_language(visit: AtLink) -> Response:
    """From now on, on every page and in every text."""
    if (instead := closed(visit)) is not None:
        return instead
    chosen = visit.given.get("language", "")
    if chosen not in visit.offered:
        return _show(visit, views.language_form(visit, "language"), 422)
    done = _done(
        visit,
        "language",
        lambda: own.ask_in(visit.tx, visit.survey.patient_id, chosen),
        views.language_form,
    )
    there = f"/s/{visit.token}/me?lang={chosen}&said=language"
    return see(there) if done.status_code == 303 else done


# --- somebody who answers for her ----------------------------------------------------------------


@router.get("/proxy")
def ask_proxy(visit: AtLink) -> Response:
    """Who is to answer for her?"""
    return _asked(visit, views.proxy_form)


@router.post("/proxy")
def add_proxy(visit: AtLink) -> Response:
    """They get a link of their own, by what was typed."""
    if (instead := closed(visit)) is not None:
        return instead
    given = visit.given
    if not given.get("name", "").strip() or given.get("relation") not in set(Relation):
        return _show(visit, views.proxy_form(visit, "name"), 422)
    spoken = given.get("language", visit.language)
    new = NewProxy(
        relation=Relation(given["relation"]),
        name=given["name"].strip()[:200],
        language=spoken if spoken in visit.offered else visit.language,
        phone=given.get("phone", "").strip()[:60] or None,
        email=given.get("email", "").strip()[:200] or None,
    )

    def appoint() -> None:
        proxy_flow.appoint(visit.tx, visit.survey.patient_id, new)

    return _done(visit, "proxy", appoint, views.proxy_form)


@router.get("/proxy/end")
def ask_proxy_end(visit: AtLink) -> Response:
    """Is nobody to answer for her any more?"""
    if (instead := closed(visit)) is not None:
        return instead
    proxy = proxies.standing(visit.tx, visit.survey.patient_id)
    if proxy is None:
        return see(views.own_url(visit))
    return _show(visit, views.proxy_end_form(visit, proxy))


@router.post("/proxy/end")
def end_proxy(visit: AtLink) -> Response:
    """Their links are dead with this."""

    def end() -> None:
        proxy_flow.end(visit.tx, visit.survey.patient_id)

    return closed(visit) or _done(visit, "proxyend", end)


# --- a pause, and the end ------------------------------------------------------------------------


@router.get("/pause")
def ask_pause(visit: AtLink) -> Response:
    """For how long?"""
    return _asked(visit, views.pause_form)


@router.post("/pause")
def begin_pause(visit: AtLink) -> Response:
    """Nobody asks until then; her team is told."""
    if (instead := closed(visit)) is not None:
        return instead
    chosen = visit.given.get("weeks", "")
    if chosen not in {str(weeks) for weeks in views.WEEKS}:
        return _show(visit, views.pause_form(visit, "weeks"), 422)
    until = views.weeks_on(visit, int(chosen))
    return _done(
        visit,
        "pause",
        lambda: own.pause(visit.tx, visit.survey.patient_id, until),
        views.pause_form,
    )


@router.post("/resume")
def end_pause(visit: AtLink) -> Response:
    """She is to be asked again."""
    return closed(visit) or _done(
        visit, "resume", lambda: own.resume(visit.tx, visit.survey.patient_id)
    )


@router.get("/stop")
def ask_stop(visit: AtLink) -> Response:
    """What STOP means, before it is said."""
    return closed(visit) or _show(visit, views.stop_form(visit))


@router.post("/stop")
def stop(visit: AtLink) -> Response:
    """Obeyed at once (P8)."""
    return closed(visit) or _done(
        visit, "stop", lambda: own.stop(visit.tx, visit.survey.patient_id)
    )


@router.post("/start")
def start(visit: AtLink) -> Response:
    """She wants to be asked again."""
    return closed(visit) or _done(
        visit, "start", lambda: own.start(visit.tx, visit.survey.patient_id)
    )
