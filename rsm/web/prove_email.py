"""The page behind the link that proves an e-mail address: it needs no log-in and opens nothing."""

from fastapi import APIRouter
from fastapi.responses import HTMLResponse

from rsm.db.work import NOWHERE, Tx
from rsm.kernel.errors import Expired
from rsm.security import email_proof
from rsm.web.deps import html
from rsm.web.frames import gate_frame
from rsm.web.services import TheServices
from rsm.web.views.access import DoneStep, ProveEmailView

router = APIRouter()
PAGE = f"{email_proof.PATH}{{token}}"


@router.get(PAGE)
def show(services: TheServices, token: str) -> HTMLResponse:
    """The button that proves her address: a scanner that opens the link proves nothing (P9)."""
    with services.db.begin(NOWHERE) as tx:
        try:
            who = email_proof.claimed(tx, token)
        except Expired:
            return _gone(tx)
        view = ProveEmailView(gate_frame(tx), f"{email_proof.PATH}{token}", who.email)
    return html("staff/prove_email.html", view)


@router.post(PAGE)
def prove(services: TheServices, token: str) -> HTMLResponse:
    """She reads mail there."""
    with services.db.begin(NOWHERE) as tx:
        try:
            who = email_proof.prove(tx, token)
        except Expired:
            return _gone(tx)
        frame = gate_frame(tx)
    what = f"E-mails to {who.email} reach you."
    return html("staff/done.html", DoneStep(frame, "Thank you", what, "Sign in", "/login"))


def _gone(tx: Tx) -> HTMLResponse:
    gone = "It is older than three days, or your address is another now. Ask for a new one."
    done = DoneStep(gate_frame(tx), "This link is no longer good", gone, "Sign in", "/login")
    return html("staff/done.html", done, status=410)
