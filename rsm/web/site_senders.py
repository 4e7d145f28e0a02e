"""The numbers and addresses that a site sends from: what they may, and what carriers know of them.

One is replaced by typing another; the former one is retired, and every STOP to it goes along.
"""

import hashlib
from collections.abc import Mapping
from datetime import date
from typing import Annotated

from fastapi import APIRouter, Depends, Request
from fastapi.responses import HTMLResponse, RedirectResponse

from rsm.flow.senders import change as change_sender
from rsm.kernel.errors import Conflict, Invalid, NotFound, Problem
from rsm.kernel.words import Audience, Channel
from rsm.security.model import Permission
from rsm.sites import service as sites
from rsm.sites.model import Address
from rsm.sites.senders import (
    CALLING,
    Registration,
    RegistrationStatus,
    SenderKind,
    SenderSettings,
    SenderView,
    usual,
)
from rsm.web.agreeing import attempt, read
from rsm.web.auth import Desk, Needs
from rsm.web.deps import html, see
from rsm.web.frames import staff_frame
from rsm.web.pages import phone
from rsm.web.settings_links import settings_links
from rsm.web.staff_words import section
from rsm.web.views.common import Choice
from rsm.web.views.frame import StaffFrame
from rsm.web.views.site_senders import SenderFormView, SenderLine, SendersView, SenderValues

router = APIRouter(prefix="/sites/{site_id}/senders")
AtDesk = Annotated[Desk, Needs(Permission.MANAGE_SITE)]
Slot = tuple[Audience, Channel]
_SLOTS: dict[Slot, str] = {
    (Audience.PATIENT, Channel.SMS): "Texts to patients",
    (Audience.STAFF, Channel.SMS): "Texts to staff",
    (Audience.PATIENT, Channel.EMAIL): "E-mails to patients",
    (Audience.STAFF, Channel.EMAIL): "E-mails to staff",
    (Audience.STAFF, Channel.VOICE): "Calls to staff",
    (Audience.PATIENT, Channel.VOICE): "Calls to patients",
}
_TEXTS: Slot = (Audience.STAFF, Channel.SMS)  # the one that may call as well
_CALLS: Slot = (Audience.STAFF, Channel.VOICE)
_KINDS = {
    SenderKind.LONG_CODE: "Long code (ten digits)",
    SenderKind.TOLL_FREE: "Toll-free number",
    SenderKind.SHORT_CODE: "Short code",
    SenderKind.EMAIL: "E-mail address",
}
_STATUSES = {
    RegistrationStatus.NOT_NEEDED: "not needed",
    RegistrationStatus.MISSING: "not registered",
    RegistrationStatus.PENDING: "applied for",
    RegistrationStatus.REGISTERED: "registered",
    RegistrationStatus.REFUSED: "refused",
}
_BLOCKED = frozenset({RegistrationStatus.MISSING, RegistrationStatus.REFUSED})
_CODES = ("brand_id", "campaign_id", "use_case", "messaging_service_sid")


async def typed(request: Request) -> SenderValues:
    """The form as it was sent; nothing is checked yet."""
    form = await request.form()
    given = {name: value for name, value in form.items() if isinstance(value, str)}
    names = SenderValues.__dataclass_fields__
    return SenderValues(**{name: given.get(name, "").strip() for name in names})


def slot(audience: str, channel: str) -> Slot:
    """Which sender the address names; `NotFound` for one that there cannot be."""
    for known in _SLOTS:
        if known == (audience, channel):
            return known
    raise NotFound("no such sender")


TheSlot = Annotated[Slot, Depends(slot)]
Given = Annotated[SenderValues, Depends(typed)]


@router.get("")
def show_senders(desk: AtDesk) -> HTMLResponse:
    """Every sender, and what is missing."""
    used = _in_use(desk)
    lines = tuple(_line(desk, where, used) for where in _SLOTS)
    wrong = [line for line in lines if line.warning]
    heading = "Every number is ready to send" if not wrong else _said(len(wrong))
    view = SendersView(_frame(desk), settings_links(desk.staff.site_id, "senders"), heading, lines)
    return html("staff/site_senders.html", view)


def _said(count: int) -> str:
    if count == 1:
        return "1 sender needs something before carriers let it pass"
    return f"{count} senders need something before carriers let them pass"


@router.get("/{audience}/{channel}")
def show_sender(desk: AtDesk, where: TheSlot) -> HTMLResponse:
    """The form of one sender."""
    return _form(desk, where, _filled(where, _in_use(desk).get(where)))


@router.post("/{audience}/{channel}", response_model=None)
def change(desk: AtDesk, where: TheSlot, values: Given) -> HTMLResponse | RedirectResponse:
    """Replace the address, or change what it may; audited."""
    if problems := attempt(lambda: _change(desk, where, values)):
        return _form(desk, where, values, problems)
    return see(_here(desk))


def _change(desk: Desk, where: Slot, values: SenderValues) -> None:
    sites.hold(desk.tx, desk.staff.site_id)
    if values.seen != _filled(where, _in_use(desk).get(where)).seen:
        raise Conflict("somebody else changed it meanwhile")
    if not values.address:
        mend = "type the one that takes its place: without any nothing is sent"
        raise Invalid(Problem("address", "is missing", mend))
    settings = _settings(where, values)
    with desk.tx.savepoint():
        try:
            change_sender(desk.tx, Address(desk.staff.site_id, *where), values.address, settings)
        except Conflict as error:
            raise Invalid(Problem("address", str(error), "choose another")) from None
        except Invalid as error:
            raise Invalid([_at_address(problem) for problem in error.problems]) from None


def _at_address(problem: Problem) -> Problem:
    known = problem.where in SenderValues.__dataclass_fields__
    return problem if known else Problem("address", problem.what, problem.mend)


def _settings(where: Slot, values: SenderValues) -> SenderSettings:
    """What was typed. Raises `Invalid` with the form's field names."""
    _, channel = where
    if channel is Channel.VOICE:
        return _for_calls(values)
    registration = usual(channel).registration
    if channel is not Channel.EMAIL:
        registration = _registration(values)
    kind = SenderKind.EMAIL.value if channel is Channel.EMAIL else values.kind
    if channel is not Channel.EMAIL and kind == SenderKind.EMAIL:
        raise Invalid(Problem("kind", "is no number", "choose what kind of number it is"))
    given = {
        "kind": kind,
        "per_second": values.per_second.replace(",", "."),
        "daily_cap": values.daily_cap or None,
        "registration": registration,
        "calls": where == _TEXTS and bool(values.calls),
    }
    return read(SenderSettings, given)


def _for_calls(values: SenderValues) -> SenderSettings:
    """A number that calls staff has a kind; nothing is registered, nothing waits for its rate."""
    if values.kind not in CALLING:
        raise Invalid(Problem("kind", "cannot call", "choose what kind of number it is"))
    return usual(Channel.VOICE).model_copy(update={"kind": SenderKind(values.kind)})


def _registration(values: SenderValues) -> Registration:
    if values.status == RegistrationStatus.REGISTERED and not values.registered_on:
        what = "is missing, and what is registered has a date"
        raise Invalid(Problem("registered_on", what, "as 2026-10-01"))
    if values.messaging_service_sid and not values.messaging_service_sid.startswith("MG"):
        what = "is not the name of a messaging service"
        raise Invalid(Problem("messaging_service_sid", what, "MG and 32 letters and digits"))
    given: dict[str, object] = {name: getattr(values, name) or None for name in _CODES}
    texts = values.sample_texts.replace("\r\n", "\n").split("\n\n")
    given["status"] = values.status
    given["registered_on"] = _date(values.registered_on)
    given["sample_texts"] = tuple(" ".join(text.split()) for text in texts if text.strip())
    try:
        return read(Registration, given)
    except Invalid as error:
        raise Invalid([_of_samples(problem) for problem in error.problems]) from None


def _of_samples(problem: Problem) -> Problem:
    """A sample text is named by its number."""
    if not problem.where.isdecimal():
        return problem
    mend = "20 to 1024 characters, as it is registered"
    return Problem("sample_texts", f"number {int(problem.where) + 1} {problem.what}", mend)


def _date(text: str) -> date | None:
    if not text:
        return None
    try:
        return date.fromisoformat(text)
    except ValueError:
        raise Invalid(Problem("registered_on", "is not a date", "as 2026-10-01")) from None


# --- the pages ------------------------------------------------------------------------------------


def _in_use(desk: Desk) -> dict[Slot, SenderView]:
    """Every sender that has a form of its own: none for calls where the texts' number calls."""
    found = {(one.audience, one.channel): one for one in sites.senders(desk.tx, desk.staff.site_id)}
    numbers = [found[slot].address for slot in (_TEXTS, _CALLS) if slot in found]
    if len(numbers) > len(set(numbers)):
        del found[_CALLS]
    return found


def _line(desk: Desk, where: Slot, used: Mapping[Slot, SenderView]) -> SenderLine:
    whom, (audience, channel) = _SLOTS[where], where
    url = f"{_here(desk)}/{audience}/{channel}"
    sender = used.get(where)
    if sender is None:
        missing = "none yet: nothing is sent" if channel is Channel.SMS else ""
        none = _without_own(used, audience) if channel is Channel.VOICE else ""
        return SenderLine(whom, url, registration=none, warning=missing)
    settings = sender.settings
    status = settings.registration.status
    cap = f", at most {settings.daily_cap} a day" if settings.daily_cap else ""
    return SenderLine(
        whom=whom,
        url=url,
        address=sender.address if channel is Channel.EMAIL else phone(sender.address),
        kind=_KINDS[settings.kind],
        pace="" if channel is Channel.VOICE else f"{settings.per_second:g} a second{cap}",
        registration=_STATUSES[status],
        warning="carriers of the United States block its texts" if status in _BLOCKED else "",
    )


def _without_own(used: Mapping[Slot, SenderView], audience: Audience) -> str:
    """What calls leave from that have no number of their own."""
    if audience is Audience.PATIENT:
        return "none: no patient is asked by automated calls"
    texts = used.get(_TEXTS)
    if texts is not None and texts.settings.calls:
        return "from the number of the texts to staff"
    return "none: nobody is called"


def _filled(where: Slot, sender: SenderView | None) -> SenderValues:
    settings = sender.settings if sender else usual(where[1])
    registration, address = settings.registration, sender.address if sender else ""
    registered_on = registration.registered_on
    codes = {name: getattr(registration, name) or "" for name in _CODES}
    content = f"{address}\0{settings.model_dump_json()}"
    return SenderValues(
        address=address,
        kind=settings.kind,
        per_second=f"{settings.per_second:g}",
        daily_cap=str(settings.daily_cap or ""),
        status=registration.status,
        registered_on=registered_on.isoformat() if registered_on else "",
        sample_texts="\n\n".join(registration.sample_texts),
        calls="yes" if settings.calls else "",
        seen=hashlib.sha256(content.encode()).hexdigest()[:16],
        **codes,
    )


def _form(
    desk: Desk, where: Slot, values: SenderValues, problems: tuple[Problem, ...] = ()
) -> HTMLResponse:
    audience, channel = where
    used = _in_use(desk).get(where)
    texting = [one for one in SenderKind if one is not SenderKind.EMAIL]
    kinds = CALLING if channel is Channel.VOICE else texting
    view = SenderFormView(
        frame=_frame(desk),
        links=settings_links(desk.staff.site_id, "senders"),
        heading=_SLOTS[where],
        action=f"{_here(desk)}/{audience}/{channel}",
        cancel_url=_here(desk),
        values=values,
        kinds=tuple(Choice(one, _KINDS[one]) for one in kinds),
        statuses=tuple(Choice(one, said.capitalize()) for one, said in _STATUSES.items()),
        is_mail=channel is Channel.EMAIL,
        is_call=channel is Channel.VOICE,
        calls=section("senders").calls if where == _TEXTS else "",
        replaces=used.address if used else "",
        problems=problems,
    )
    return html("staff/site_sender.html", view, status=422 if problems else 200)


def _frame(desk: Desk) -> StaffFrame:
    return staff_frame(desk, f"/sites/{desk.staff.site_id}")


def _here(desk: Desk) -> str:
    return f"/sites/{desk.staff.site_id}/senders"
