"""The page behind the link that ends e-mails (`List-Unsubscribe`, RFC 8058).

Opening it changes nothing (P9): a button does, and so does a mail program's own button, which
posts without having opened the page. Whoever has the link may: it holds no other right.
"""

from fastapi import APIRouter
from fastapi.responses import HTMLResponse

from rsm.flow import mail_stop
from rsm.flow.mail_stop import MailsTo
from rsm.kernel.errors import NotFound
from rsm.messaging.mail_paths import STOP_URL
from rsm.web import patient_help
from rsm.web.deps import html
from rsm.web.services import TheServices
from rsm.web.views.mail import MailStopView
from rsm.web.views.patient import PatientFrame

router = APIRouter(include_in_schema=False)
_PAGE = STOP_URL + "{token}"


@router.get(_PAGE)
def show(token: str, services: TheServices) -> HTMLResponse:
    """Whether e-mails come to this address, and a button."""
    return _page(token, services)


@router.post(_PAGE)
def stop(token: str, services: TheServices) -> HTMLResponse:
    """No more e-mails; answered with the page itself, since nobody follows from one click."""
    mail_stop.stop(services.db, token)
    return _page(token, services)


@router.post(f"{_PAGE}/start")
def start(token: str, services: TheServices) -> HTMLResponse:
    """E-mails again."""
    mail_stop.start(services.db, token)
    return _page(token, services)


def _page(token: str, services: TheServices) -> HTMLResponse:
    found = mail_stop.look(services.db, token)
    if found is None:
        raise NotFound("no such link")
    action = f"{STOP_URL}{token}"
    view = MailStopView(
        frame=_frame(found),
        action=f"{action}/start" if found.stopped else action,
        stopped=found.stopped,
    )
    return html("patient/mail_stop.html", view, found.language)


def _frame(found: MailsTo) -> PatientFrame:
    """Under the neutral name: the mailbox may be somebody else's by now."""
    site = found.site
    return PatientFrame(
        site_name=site.sender_name,
        clinic_phone=site.clinic_phone,
        emergency_number=site.emergency_number,
        now=found.now,
        zone=found.zone,
        clinic_open_always=patient_help.is_always_open(site),
    )
