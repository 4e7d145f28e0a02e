"""Administration of a site: staff (`staff_pages`), API keys, the audit trail."""

from datetime import timedelta
from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Form
from fastapi.responses import HTMLResponse, RedirectResponse

from rsm.kernel.errors import Invalid, Problem
from rsm.kernel.words import ActorKind
from rsm.security import api_keys, staff, trail
from rsm.security.model import ApiKeyView, ApiScope, AuditEntry, Permission, StaffView
from rsm.web import staff_pages
from rsm.web.auth import Desk, Needs
from rsm.web.deps import html, see
from rsm.web.frames import staff_frame
from rsm.web.views.admin import AuditRow, AuditView, KeyRow, KeysView
from rsm.web.views.common import Choice, FilterLink

router = APIRouter()
router.include_router(staff_pages.router)
KeyDesk = Annotated[Desk, Needs(Permission.MANAGE_KEYS)]
AuditDesk = Annotated[Desk, Needs(Permission.READ_AUDIT)]
_SCOPES = tuple(Choice(scope.value, scope.value) for scope in ApiScope)
_MAX_DAYS = 730
_PAGE = 50
# What a filter shows: its label, and how the actions begin.
_ABOUT = {
    "All": "",
    "Patients": "patient.",
    "Alerts": "alert.",
    "Staff": "staff.",
    "Refused": "access.",
}


@router.get("/admin/keys")
def show_keys(desk: KeyDesk) -> HTMLResponse:
    """The site's keys, the revoked left out."""
    return _keys_page(desk)


@router.post("/admin/keys")
def make_key(
    desk: KeyDesk,
    label: Annotated[str, Form()] = "",
    scopes: Annotated[list[str] | None, Form()] = None,
    days: Annotated[str, Form()] = "",
) -> HTMLResponse:
    """A new key; its text stands on this page only."""
    try:
        with desk.tx.savepoint():
            end = desk.tx.now + timedelta(days=_days(days))
            wanted = _scopes(scopes or [])
            _, text = api_keys.create(desk.tx, desk.staff.site_id, label, wanted, end)
    except Invalid as error:
        return _keys_page(desk, problems=error.problems)
    return _keys_page(desk, new_key=text)


@router.post("/admin/keys/{key_id}/revoke")
def revoke_key(desk: KeyDesk, key_id: UUID) -> RedirectResponse:
    """The key opens nothing from now on."""
    api_keys.revoke(desk.tx, desk.staff.site_id, key_id)
    return see("/admin/keys")


def _days(text: str) -> int:
    if not text.strip().isdecimal() or not 1 <= int(text) <= _MAX_DAYS:
        raise Invalid(Problem("days", f"write a number from 1 to {_MAX_DAYS}"))
    return int(text)


def _scopes(words: list[str]) -> frozenset[ApiScope]:
    if not {scope.value for scope in ApiScope}.issuperset(words):
        raise Invalid(Problem("scopes", "choose from the list"))
    return frozenset(ApiScope(word) for word in words)


def _keys_page(desk: Desk, new_key: str = "", problems: tuple[Problem, ...] = ()) -> HTMLResponse:
    keys = api_keys.of_site(desk.tx, desk.staff.site_id)
    view = KeysView(
        frame=staff_frame(desk, "/admin/keys"),
        rows=tuple(_key_row(key) for key in keys if key.revoked_at is None),
        action="/admin/keys",
        scope_choices=_SCOPES,
        new_key=new_key,
        problems=tuple(
            Problem("label", one.what, one.mend) if one.where == "name" else one for one in problems
        ),
    )
    return html("staff/keys.html", view, status=422 if problems else 200)


def _key_row(key: ApiKeyView) -> KeyRow:
    return KeyRow(
        label=key.name,
        prefix=f"rsm_{key.id.hex}",
        scopes=", ".join(sorted(key.scopes)),
        created_at=key.created_at,
        last_used_at=key.used_at,
        expires_at=key.expires_at,
        revoke_action=f"/admin/keys/{key.id}/revoke",
    )


@router.get("/admin/audit")
def show_audit(desk: AuditDesk, about: str = "", before: int | None = None) -> HTMLResponse:
    """The site's audit trail, the newest first."""
    chosen = about if about in _ABOUT.values() else ""
    found = trail.page(desk.tx, desk.staff.site_id, about=chosen, before=before, limit=_PAGE + 1)
    entries, more = found[:_PAGE], len(found) > _PAGE
    known = staff.many(desk.tx, {one.actor_id for one in entries if one.actor_id is not None})
    waiting = sum(not one.sealed for one in entries)
    view = AuditView(
        frame=staff_frame(desk, "/admin/audit"),
        rows=tuple(_audit_row(one, known) for one in entries),
        chain=f"{waiting} of these wait for their seal" if waiting else "All of these are sealed",
        chain_well=True,  # `rsm audit verify` walks the chain; this page does not
        filters=tuple(
            FilterLink(label, f"/admin/audit?about={prefix}", current=prefix == chosen)
            for label, prefix in _ABOUT.items()
        ),
        next_url=f"/admin/audit?about={chosen}&before={entries[-1].seq}" if more else "",
    )
    return html("staff/audit.html", view)


def _audit_row(one: AuditEntry, known: dict[UUID, StaffView]) -> AuditRow:
    person = known.get(one.actor_id) if one.actor_id and one.actor_kind is ActorKind.STAFF else None
    return AuditRow(
        at=one.at,
        actor=person.name if person else f"{one.actor_kind} {one.actor_id or ''}".strip(),
        action=one.action,
        subject=f"{one.subject_kind} {one.subject_id or ''}".strip(),
        outcome=", ".join(f"{name}: {value}" for name, value in one.facts.items()),
        sealed=one.sealed,
    )
