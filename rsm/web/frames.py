"""The frame around staff pages: before signing in, and at a site."""

from collections.abc import Callable
from uuid import UUID

from rsm.alerts import handling
from rsm.db.work import Tx
from rsm.flow.calls import ON_LIST
from rsm.improvement import signing
from rsm.improvement.live_model import Extent
from rsm.kernel.words import Role
from rsm.security.decide import IDLE_LIFE
from rsm.security.model import Permission
from rsm.security.permissions import may
from rsm.sites import service as sites
from rsm.sites.model import SiteView
from rsm.tasks import service as tasks
from rsm.tasks.model import TaskKind
from rsm.web.auth import Desk
from rsm.web.staff_words import section
from rsm.web.texts import texts_for
from rsm.web.views.frame import NavLink, StaffFrame, main_navigation

_NO_SITE = "remote monitoring"
# The words' key in the texts of the frame, the address, and what it needs.
_ENTRIES = (
    ("worklist", "/alerts", Permission.SEE_PATIENTS),
    ("calls", "/calls", Permission.ENTER_ANSWERS),
    ("patients", "/patients", Permission.SEE_PATIENTS),
    ("due", "/due", Permission.SEE_PATIENTS),
    ("tasks", "/tasks", Permission.SEE_TASKS),
    ("duties", "/duties", Permission.SEE_FIGURES),
    ("site", "/sites/{site}", Permission.SEE_FIGURES),
    ("collaborative", "/collaborative", Permission.LEAD_COLLABORATIVE),
    ("staff", "/admin/staff", Permission.MANAGE_STAFF),
    ("api_keys", "/admin/keys", Permission.MANAGE_KEYS),
    ("audit", "/admin/audit", Permission.READ_AUDIT),
)
# Calls have a list of their own: twenty of them must not stand between two alerts.
ON_WORKLIST = tuple(kind for kind in TaskKind if kind not in ON_LIST)


def language_of(desk: Desk) -> str:
    """The language of whoever is at the desk, where the staff pages have its words; else English.

    A page whose words are in the texts is rendered in it: `html(template, view, frame.language)`.
    """
    return texts_for("frame", desk.staff.session.language).language


def gate_frame(tx: Tx, csrf: str = "") -> StaffFrame:
    """Before signing in: the clinic's name and numbers, if there is only one."""
    known = sites.ids(tx)
    if len(known) != 1:
        return StaffFrame(site_name=_NO_SITE, now=tx.now, zone="UTC", csrf=csrf)
    site = sites.get(tx, known[0])
    return StaffFrame(
        site_name=site.name,
        now=tx.now,
        zone=site.zone,
        csrf=csrf,
        clinic_phone=site.clinic_phone,
        emergency_number=site.emergency_number,
    )


def waiting(tx: Tx, site_id: UUID) -> int:
    """How much waits at the site, alerts and tasks: the number that the navigation shows."""
    return handling.count_open(tx, site_id) + tasks.count_open(tx, site_id, ON_WORKLIST)


def _links(desk: Desk) -> list[NavLink]:
    """The pages that open to whoever is at the desk; what would be refused is not offered."""
    site_id, words = desk.staff.site_id, section("frame", language_of(desk))
    counts: dict[str, Callable[[], int]] = {
        "/alerts": lambda: waiting(desk.tx, site_id),
        "/calls": lambda: tasks.count_open(desk.tx, site_id, ON_LIST),
    }
    return [
        NavLink(
            getattr(words, f"nav_{entry}"),
            url.format(site=site_id),
            count=counts[url]() if url in counts else None,
        )
        for entry, url, needed in _ENTRIES
        if desk.staff.may(needed)
    ]


def staff_frame(desk: Desk, current: str, *, flash: str = "") -> StaffFrame:
    """At the desk's site; `current` is the address of the navigation's present entry."""
    who = desk.staff
    words = section("frame", language_of(desk))
    site = sites.get(desk.tx, who.site_id)
    return StaffFrame(
        site_name=site.name,
        now=desk.tx.now,
        zone=site.zone,
        csrf=who.csrf,
        user_name=who.name,
        user_note=", ".join(
            getattr(words, f"role_{role}", role.value) for role in Role if role in who.roles
        ),
        nav=main_navigation(current, _links(desk)),
        search_action="/patients/find" if may(who.roles, Permission.SEE_PATIENTS) else "",
        lock_action="/lock",
        sign_out_action="/logout",
        idle_seconds=int(IDLE_LIFE.total_seconds()),
        flash=flash,
        clinic_phone=site.clinic_phone,
        emergency_number=site.emergency_number,
        language=language_of(desk),
        standing=_standing(desk.tx, site, language_of(desk)),
    )


def _standing(tx: Tx, site: SiteView, language: str) -> str:
    """That a clinic which is not live sends nothing to its patients."""
    if site.is_live:
        return ""
    words = section("going_live", language)
    signed = signing.is_signed_for(tx, site.id, Extent.PILOT)
    text: str = words.banner_pilot if signed else words.banner
    return text
