"""Who may sign in at a site: invite, change, disable, reset. For administrators."""

from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Depends, Form
from fastapi.responses import HTMLResponse, RedirectResponse

from rsm.flow import email_check
from rsm.kernel.errors import Conflict, Invalid, NotAllowed, NotFound, Problem
from rsm.kernel.phones import e164
from rsm.kernel.words import Role
from rsm.patients import workers
from rsm.security import invitations, second_factor, staff
from rsm.security.model import NewStaff, Permission, StaffView
from rsm.web.auth import Desk, Needs
from rsm.web.deps import html, see
from rsm.web.frames import staff_frame
from rsm.web.staff_words import section
from rsm.web.views.access import DoneStep
from rsm.web.views.admin import StaffFormView, StaffListView, StaffRow, StaffValues
from rsm.web.views.common import Choice
from rsm.web.views.frame import StaffFrame
from rsm.web.workers_who import worker_url

router = APIRouter(prefix="/admin/staff")
AtDesk = Annotated[Desk, Needs(Permission.MANAGE_STAFF)]
_HERE = "/admin/staff"


def role_name(role: Role) -> str:
    """As it is called beside whoever is signed in; the pages of accounts are in English."""
    return str(getattr(section("frame", "en"), f"role_{role}"))


ROLES = tuple(Choice(role.value, role_name(role).capitalize()) for role in Role)


def typed(
    name: Annotated[str, Form()] = "",
    email: Annotated[str, Form()] = "",
    phone: Annotated[str, Form()] = "",
    roles: Annotated[list[str] | None, Form()] = None,
    active: Annotated[str, Form()] = "",
) -> StaffValues:
    """The form as it was typed; nothing is checked yet."""
    return StaffValues(name, email, phone, tuple(roles or ()), active=bool(active))


Typed = Annotated[StaffValues, Depends(typed)]


@router.get("")
def list_staff(desk: AtDesk) -> HTMLResponse:
    """Everybody with a role at the site, by name."""
    roles = staff.known_at(desk.tx, desk.staff.site_id)
    people = staff.many(desk.tx, roles)
    seen = staff.last_seen(desk.tx, roles)
    rows = tuple(
        StaffRow(
            url=f"{_HERE}/{one.id}",
            name=one.name,
            email=one.email,
            roles=", ".join(role_name(role) for role in Role if role in roles[one.id]),
            state=_state(one),
            second_factor=one.has_second_factor,
            last_seen_at=seen.get(one.id),
        )
        for one in sorted(people.values(), key=lambda one: one.name)
    )
    return html("staff/staff_list.html", StaffListView(_frame(desk), rows, f"{_HERE}/new"))


def _state(one: StaffView) -> str:
    if one.disabled:
        return "disabled"
    return "active" if one.has_password else "invited"


@router.get("/new")
def show_new(desk: AtDesk) -> HTMLResponse:
    """The empty form."""
    return _form(desk, StaffValues())


@router.post("/new")
def invite(desk: AtDesk, values: Typed) -> HTMLResponse:
    """An account with roles here; who has one in this organisation already gets the roles."""
    try:
        with desk.tx.savepoint():
            person = _account(desk, values)
            _set_roles(desk, person, _roles(values))
    except Invalid as error:
        return _form(desk, values, error.problems)
    except Conflict:
        return _form(desk, values, (Problem("email", "has an account of another organisation"),))
    known = staff.get(desk.tx, person)
    if known.has_password or not _is_ours(desk, known):
        return _done(desk, "The roles are given", f"{known.name} signs in as elsewhere.")
    return _invitation(desk, person, f"{values.name} is invited")


@router.get("/{staff_id}")
def show_one(desk: AtDesk, staff_id: UUID) -> HTMLResponse:
    """The form of one person."""
    one = _person(desk, staff_id)
    roles = staff.sites(desk.tx, staff_id)[desk.staff.site_id]
    words = tuple(role.value for role in Role if role in roles)
    values = StaffValues(one.name, one.email, one.phone or "", words, active=not one.disabled)
    return _form(desk, values, one=one)


@router.post("/{staff_id}", response_model=None)
def change(desk: AtDesk, staff_id: UUID, values: Typed) -> HTMLResponse | RedirectResponse:
    """Change name, phone and roles; disable at once, or enable again."""
    one = _person(desk, staff_id)
    try:
        with desk.tx.savepoint():
            _refuse_change(desk, one, values)
            _rename(desk, one, values)
            _set_active(desk, one, active=values.active)
            _set_roles(desk, staff_id, _roles(values) if values.roles else frozenset())
    except Invalid as error:
        return _form(desk, values, error.problems, one=one)
    return see(_patients_of_one_who_left(desk, one.id) or _HERE)


def _patients_of_one_who_left(desk: Desk, staff_id: UUID) -> str:
    """Where her patients are handed over, when she has some and looks after nobody any more."""
    site_id = desk.staff.site_id
    stays = staff_id in workers.active(desk.tx, site_id)
    if stays or not workers.count(desk.tx, site_id, staff_id):
        return ""
    return worker_url(site_id, staff_id, "hand-over")


@router.post("/{staff_id}/reset")
def reset(desk: AtDesk, staff_id: UUID) -> HTMLResponse:
    """Forget a lost second factor, and make a link for a lost password."""
    one = _person(desk, staff_id)
    _refuse_strangers(desk, one)
    staff.unpause(desk.tx, staff_id)
    second_factor.reset(desk.tx, staff_id)
    return _invitation(desk, staff_id, f"{one.name} sets up the second step at the next sign-in")


@router.post("/{staff_id}/check-email")
def check_email(desk: AtDesk, staff_id: UUID) -> HTMLResponse:
    """Send the link that proves her address."""
    one = _person(desk, staff_id)
    sent = email_check.ask(desk.tx, desk.staff.site_id, staff_id)
    heading = "The link is on its way" if sent else "A link was sent within this hour"
    return _done(
        desk, heading, f"{one.name} opens it and presses the button; it is good for 3 days."
    )


def _account(desk: Desk, values: StaffValues) -> UUID:
    organisation = desk.staff.session.organisation_id
    known = staff.find(desk.tx, values.email)
    if known is None:
        new = NewStaff(organisation, values.email, values.name, phone=values.phone or None)
        try:
            return staff.create(desk.tx, new)
        except Conflict:  # of two presses of the button the first has made it
            known = staff.find(desk.tx, values.email)
    if known is None or known.organisation_id != organisation:
        raise Conflict("of another organisation")
    return known.id


def _roles(values: StaffValues) -> frozenset[Role]:
    """Raises `Invalid` for none, or one that we do not know."""
    if not values.roles or not {role.value for role in Role}.issuperset(values.roles):
        raise Invalid(Problem("roles", "choose at least one"))
    return frozenset(Role(role) for role in values.roles)


def _set_roles(desk: Desk, staff_id: UUID, wanted: frozenset[Role]) -> None:
    site_id = desk.staff.site_id
    has = staff.sites(desk.tx, staff_id).get(site_id, frozenset())
    for role in sorted(wanted - has):
        staff.grant(desk.tx, staff_id, site_id, role)
    for role in sorted(has - wanted):
        staff.revoke(desk.tx, staff_id, site_id, role)


def _rename(desk: Desk, one: StaffView, values: StaffValues) -> None:
    phone = e164(values.phone) if values.phone.strip() else None
    if (values.name.strip(), phone) != (one.name, one.phone):
        _refuse_strangers(desk, one)
        staff.rename(desk.tx, one.id, values.name, phone)


def _set_active(desk: Desk, one: StaffView, *, active: bool) -> None:
    if active is not one.disabled:
        return
    _refuse_strangers(desk, one)
    (staff.enable if active else staff.disable)(desk.tx, one.id)


def _refuse_change(desk: Desk, one: StaffView, values: StaffValues) -> None:
    """No other log-in; and nobody goes herself, or one wrong tick could lock everybody out."""
    if values.email.strip().casefold() != one.email:
        raise Invalid(Problem("email", "is the log-in and stays", "invite anew instead"))
    stays = values.active and Role.ADMINISTRATOR.value in values.roles
    if one.id == desk.staff.staff_id and not stays:
        raise Invalid(Problem("roles", "you cannot take your own access", "ask a colleague"))


def _refuse_strangers(desk: Desk, one: StaffView) -> None:
    """Who changes a phone, a password or a second factor gets at all that the account opens."""
    if not _is_ours(desk, one):
        raise NotAllowed("works at a site that you do not manage")


def _is_ours(desk: Desk, one: StaffView) -> bool:
    return staff.may_manage(desk.tx, desk.staff.session, one.id)


def _person(desk: Desk, staff_id: UUID) -> StaffView:
    """Somebody with a role at this site; others are not found."""
    if staff_id not in staff.known_at(desk.tx, desk.staff.site_id):
        raise NotFound("nobody of this site")
    return staff.get(desk.tx, staff_id)


def _form(
    desk: Desk,
    values: StaffValues,
    problems: tuple[Problem, ...] = (),
    one: StaffView | None = None,
) -> HTMLResponse:
    view = StaffFormView(
        frame=_frame(desk),
        action=f"{_HERE}/{one.id if one else 'new'}",
        cancel_url=_HERE,
        role_choices=ROLES,
        values=values,
        problems=problems,
        new=one is None,
        reset_factor_action=f"{_HERE}/{one.id}/reset" if one else "",
        email_check_action=_email_check(desk, one),
        email_verified=one is not None and one.email_verified,
    )
    return html("staff/staff_form.html", view, status=422 if problems else 200)


def _email_check(desk: Desk, one: StaffView | None) -> str:
    """Where the site writes no e-mails there is nothing to check."""
    if one is None or one.disabled or not email_check.can_ask(desk.tx, desk.staff.site_id):
        return ""
    return f"{_HERE}/{one.id}/check-email"


def _invitation(desk: Desk, staff_id: UUID, heading: str) -> HTMLResponse:
    """The link, shown once: we do not send it, since it opens the account."""
    url = invitations.invite(desk.tx, staff_id).url(desk.services.public_url)
    return _done(
        desk, heading, f"To choose a password, hand over this link; it is good for 3 days: {url}"
    )


def _done(desk: Desk, heading: str, text: str) -> HTMLResponse:
    return html("staff/done.html", DoneStep(_frame(desk), heading, text, "Back to staff", _HERE))


def _frame(desk: Desk) -> StaffFrame:
    return staff_frame(desk, _HERE)
