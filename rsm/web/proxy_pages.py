"""Who answers for a patient, as staff see and change it: a panel, and a small form."""

from collections.abc import Iterator
from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Depends
from fastapi.responses import HTMLResponse, RedirectResponse

from rsm.flow import proxies as flow
from rsm.kernel.errors import Conflict, Invalid, Problem
from rsm.kernel.localtime import local_of, zone_named
from rsm.kernel.phones import spoken
from rsm.kernel.words import Channel, Relation
from rsm.patients import proxies
from rsm.patients import service as patients
from rsm.patients.model import PatientRecord, PatientStatus
from rsm.patients.proxy_model import NewProxy, ProxyView
from rsm.security import staff
from rsm.security.model import Permission
from rsm.sites import service as sites
from rsm.web import small_forms as forms
from rsm.web.auth import Desk, Needs
from rsm.web.deps import see
from rsm.web.frames import staff_frame
from rsm.web.patient_words import language_name
from rsm.web.staff_words import section, word
from rsm.web.views.common import Choice, Link, PostButton
from rsm.web.views.patient_panels import Panel
from rsm.web.views.small_form import Input, SmallFormView

router = APIRouter(prefix="/sites/{site_id}/patients/{patient_id}/proxy")
AtDesk = Annotated[Desk, Needs(Permission.ENROL)]
Typed = Annotated[dict[str, str], Depends(forms.typed)]


def panel(desk: Desk, record: PatientRecord, url: str) -> Panel:
    """Who answers for the patient, and since when. `url` is the patient's page."""
    words, proxy = section("proxies"), proxies.standing(desk.tx, record.facts.id)
    open_to = desk.staff.may(Permission.ENROL) and record.facts.status is not PatientStatus.ENDED
    if proxy is None:
        links = (Link(words.add, f"{url}/proxy"),) if open_to else ()
        return Panel("prx", words.heading, (words.nobody,), links=links)
    end = (PostButton(words.end, f"{url}/proxy/end"),) if open_to else ()
    return Panel("prx", words.heading, tuple(_lines(desk, record, proxy)), buttons=end)


def _lines(desk: Desk, record: PatientRecord, proxy: ProxyView) -> Iterator[str]:
    name = proxies.names(desk.tx, [proxy]).get(proxy.id, "")
    yield f"{name}, {word('entry', proxy.relation).lower()}"
    yield word("proxies", "speaks").format(language=language_name(proxy.language))
    known = proxies.addresses(desk.tx, record.facts.id)
    for channel, address in known.items():
        yield spoken(address) if channel is Channel.SMS else address
    if not known:
        yield word("proxies", "unreached")
    since = local_of(proxy.added_at, zone_named(record.facts.zone)).date().isoformat()
    yield word("proxies", "since").format(day=since, who=_by(desk, proxy))


def _by(desk: Desk, proxy: ProxyView) -> str:
    if proxy.added_by is None:
        return word("proxies", "by_patient")
    known = staff.many(desk.tx, [proxy.added_by]).get(proxy.added_by)
    return known.name if known else word("expected", "somebody")


@router.get("")
def ask(patient_id: UUID, desk: AtDesk) -> HTMLResponse:
    """Who is to answer for her."""
    return forms.show(_form(desk, patients.read(desk.tx, patient_id)))


@router.post("", response_model=None)
def add(patient_id: UUID, desk: AtDesk, values: Typed) -> HTMLResponse | RedirectResponse:
    """From now on; a survey that is open is asked of them at once."""
    record = patients.read(desk.tx, patient_id)
    view = _form(desk, record)
    try:
        with desk.tx.savepoint():
            forms.chosen(values, view.inputs)
            forms.must(values.get("name"), "name")
            flow.appoint(desk.tx, patient_id, _new(values))
    except Invalid as error:
        return forms.show(view, values, error.problems)
    except Conflict:
        return forms.show(view, values, [Problem("", word("proxies", "one_at_a_time"))])
    return see(_patient(desk, patient_id))


@router.post("/end")
def end(patient_id: UUID, desk: AtDesk) -> RedirectResponse:
    """Nobody answers for her any more: the links are dead with this."""
    flow.end(desk.tx, patient_id)
    return see(_patient(desk, patient_id))


def _new(values: dict[str, str]) -> NewProxy:
    return NewProxy(
        relation=Relation(values["relation"]),
        name=values["name"][:200],
        language=values["language"],
        phone=values.get("phone", "")[:60] or None,
        email=values.get("email", "")[:200] or None,
    )


def _form(desk: Desk, record: PatientRecord) -> SmallFormView:
    words, url = section("proxies"), _patient(desk, record.facts.id)
    relations = tuple(Choice(one.value, word("entry", one)) for one in Relation)
    spoken_here = sites.get(desk.tx, record.facts.site_id).languages
    languages = tuple(Choice(code, language_name(code)) for code in spoken_here)
    own = record.facts.language if record.facts.language in spoken_here else spoken_here[0]
    return SmallFormView(
        frame=staff_frame(desk, "/patients"),
        heading=words.form_heading,
        text=words.form_text,
        action=f"{url}/proxy",
        cancel_url=url,
        button=words.form_button,
        inputs=(
            Input("relation", words.relation, "", "select", relations, required=True),
            Input("name", words.name, required=True),
            Input("phone", words.phone, hint=words.phone_hint),
            Input("email", words.email),
            Input("language", words.language, own, "select", languages, required=True),
        ),
    )


def _patient(desk: Desk, patient_id: UUID) -> str:
    return f"/sites/{desk.staff.site_id}/patients/{patient_id}"
