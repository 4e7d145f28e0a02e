"""Signing in: password, second factor, first enrolment, recovery; lock and sign-out.

GET changes nothing: each step is a POST that ends in a redirect. Once there is a session, its
forms carry its token (`auth.visitor`); the app refuses every form that another site sends.
"""

from typing import Annotated

from fastapi import APIRouter, Form
from fastapi.responses import HTMLResponse, RedirectResponse

from rsm.db.work import NOWHERE, Tx
from rsm.kernel.errors import Expired, Invalid, NotFound, Problem
from rsm.security import invitations, passwords, second_factor, sessions, staff
from rsm.security.model import Needs, SessionState
from rsm.web import prove_email
from rsm.web.auth import (
    MaybeVisitor,
    SignedIn,
    Visitor,
    drop_cookie,
    home,
    redirect,
    set_cookie,
    set_site_cookie,
)
from rsm.web.deps import html, see
from rsm.web.frames import gate_frame
from rsm.web.services import Services, TheServices
from rsm.web.views.access import (
    DoneStep,
    EnrolFactorView,
    LockView,
    LoginView,
    RecoveryCodesView,
    SecondFactorView,
    SetPasswordView,
)

router = APIRouter()
router.include_router(prove_email.router)
Text = Annotated[str, Form()]
_NEXT_STEP = {Needs.SECOND_FACTOR: "/login/code", Needs.ENROL_SECOND_FACTOR: "/login/enrol"}


def at_step(found: MaybeVisitor, state: SessionState) -> Visitor:
    """The visitor if her session stands at this step; else she starts at the top."""
    if found is None:
        raise redirect("/login")
    if found.session.state is not state:
        is_in = found.session.state is SessionState.READY
        raise redirect(home(found.session) if is_in else "/login")
    return found


@router.get("/login")
def show_login(services: TheServices, found: MaybeVisitor) -> HTMLResponse:
    """The form for e-mail and password."""
    if found is not None and found.session.state is SessionState.READY:
        raise redirect(home(found.session))
    with services.db.begin(NOWHERE) as tx:
        return _login_page(tx)


@router.post("/login", response_model=None)
def log_in(
    services: TheServices, email: Text = "", password: Text = ""
) -> HTMLResponse | RedirectResponse:
    """First step: one answer to every failure."""
    answer = sessions.log_in(services.db, email, password)
    if answer.token is None or answer.needs is None:
        with services.db.begin(NOWHERE) as tx:
            return _login_page(tx, email, failed=True)
    response = see(_NEXT_STEP[answer.needs])
    set_cookie(response, services, answer.token)
    return response


def _login_page(tx: Tx, email: str = "", *, failed: bool = False) -> HTMLResponse:
    notice = "After five wrong tries signing in pauses for 15 minutes." if failed else ""
    view = LoginView(gate_frame(tx), "/login", email, failed=failed, notice=notice)
    return html("staff/login.html", view, status=401 if failed else 200)


@router.get("/login/code")
def show_code(services: TheServices, found: MaybeVisitor) -> HTMLResponse:
    """The form for the six digits."""
    return _code_page(services, at_step(found, SessionState.NEEDS_CODE))


@router.get("/login/recover")
def show_recover(services: TheServices, found: MaybeVisitor) -> HTMLResponse:
    """The form for a recovery code."""
    return _code_page(services, at_step(found, SessionState.NEEDS_CODE), recovery=True)


@router.post("/login/code", response_model=None)
def confirm(
    services: TheServices, found: MaybeVisitor, code: Text = ""
) -> HTMLResponse | RedirectResponse:
    """Second step, with the app."""
    return _confirm(services, at_step(found, SessionState.NEEDS_CODE), code, recovery=False)


@router.post("/login/recover", response_model=None)
def recover(
    services: TheServices, found: MaybeVisitor, code: Text = ""
) -> HTMLResponse | RedirectResponse:
    """Second step, with a recovery code."""
    return _confirm(services, at_step(found, SessionState.NEEDS_CODE), code, recovery=True)


def _confirm(
    services: Services, who: Visitor, code: str, *, recovery: bool
) -> HTMLResponse | RedirectResponse:
    with services.db.begin(NOWHERE) as tx:
        token = sessions.confirm(tx, who.token, code)
    if token is None:
        return _code_page(services, who, recovery=recovery, failed=True)
    response = see(home(who.session))
    set_cookie(response, services, token)
    return response


def _code_page(
    services: Services, who: Visitor, *, recovery: bool = False, failed: bool = False
) -> HTMLResponse:
    here, other = (
        ("/login/recover", "/login/code") if recovery else ("/login/code", "/login/recover")
    )
    with services.db.begin(NOWHERE) as tx:
        frame = gate_frame(tx, who.csrf)
    view = SecondFactorView(frame, here, recovery=recovery, other_url=other, failed=failed)
    return html("staff/second_factor.html", view, status=401 if failed else 200)


@router.get("/login/enrol")
def show_enrol(services: TheServices, found: MaybeVisitor) -> HTMLResponse:
    """The QR code of a new second factor."""
    return _enrol_page(services, at_step(found, SessionState.NEEDS_ENROLMENT))


@router.post("/login/enrol")
def enrol(services: TheServices, found: MaybeVisitor, code: Text = "") -> HTMLResponse:
    """The first code of a new second factor; answers with the recovery codes, shown this once."""
    who = at_step(found, SessionState.NEEDS_ENROLMENT)
    with services.db.begin(NOWHERE) as tx:
        done = sessions.enrol(tx, who.token, code)
    if done is None:
        return _enrol_page(services, who, failed=True)
    with services.db.begin(NOWHERE) as tx:
        frame = gate_frame(tx, sessions.csrf_token(tx.vault, done.token))
    view = RecoveryCodesView(frame, "/login/enrolled", done.recovery_codes)
    response = html("staff/recovery_codes.html", view)
    set_cookie(response, services, done.token)
    return response


@router.post("/login/enrolled")
def enrolled(who: SignedIn) -> RedirectResponse:
    """She says that she wrote the codes down."""
    return see(home(who.session))


def _enrol_page(services: Services, who: Visitor, *, failed: bool = False) -> HTMLResponse:
    with services.db.begin(NOWHERE) as tx:
        waiting = second_factor.pending(tx, who.session.staff_id)
        frame = gate_frame(tx, who.csrf)
    if waiting is None:
        raise redirect("/login")
    view = EnrolFactorView(frame, "/login/enrol", waiting.uri, waiting.secret, failed=failed)
    return html("staff/enrol_factor.html", view, status=401 if failed else 200)


@router.get("/login/set/{token}")
def show_set_password(services: TheServices, token: str) -> HTMLResponse:
    """The form for a password of her own, from an invitation or a reset."""
    with services.db.begin(NOWHERE) as tx:
        return _password_page(tx, token)


@router.post("/login/set/{token}")
def set_password(
    services: TheServices, token: str, password: Text = "", again: Text = ""
) -> HTMLResponse:
    """Set it: the link is used up."""
    with services.db.begin(NOWHERE) as tx:
        if password != again:
            return _password_page(tx, token, (Problem("again", "the two are not the same"),))
        try:
            invitations.accept(tx, token, password)
        except Expired:
            return _password_page(tx, token)
        except Invalid as error:
            return _password_page(tx, token, error.problems)
        frame = gate_frame(tx)
    view = DoneStep(frame, "Your password is set", "Now sign in with it.", "Sign in", "/login")
    return html("staff/done.html", view)


def _password_page(tx: Tx, token: str, problems: tuple[Problem, ...] = ()) -> HTMLResponse:
    try:
        who = staff.get(tx, invitations.invited(tx, token))
    except Expired:
        gone = "It was used, or is older than three days. Ask your administrator for another."
        done = DoneStep(gate_frame(tx), "This link is no longer good", gone, "Sign in", "/login")
        return html("staff/done.html", done, status=410)
    view = SetPasswordView(
        gate_frame(tx), f"/login/set/{token}", who.email, passwords.MIN_LENGTH, problems
    )
    return html("staff/set_password.html", view, status=422 if problems else 200)


@router.post("/lock")
def lock(services: TheServices, found: MaybeVisitor) -> RedirectResponse:
    """Lock at once; the page posts it by itself after fifteen idle minutes."""
    if found is not None:
        with services.db.begin(NOWHERE) as tx:
            sessions.lock(tx, found.token)
    return see("/locked")


@router.get("/lock")
def show_lock() -> RedirectResponse:
    """Whoever reloads after locking."""
    return see("/locked")


@router.get("/locked")
def show_locked(services: TheServices, found: MaybeVisitor) -> HTMLResponse:
    """Nothing is shown until she proves that it is she."""
    return _lock_page(services, at_step(found, SessionState.LOCKED))


@router.post("/locked", response_model=None)
def unlock(
    services: TheServices, found: MaybeVisitor, password: Text = ""
) -> HTMLResponse | RedirectResponse:
    """By the password, or by a code of the app."""
    who = at_step(found, SessionState.LOCKED)
    with services.db.begin(NOWHERE) as tx:
        opened = sessions.unlock(tx, who.token, password)
    return see(home(who.session)) if opened else _lock_page(services, who, failed=True)


def _lock_page(services: Services, who: Visitor, *, failed: bool = False) -> HTMLResponse:
    with services.db.begin(NOWHERE) as tx:
        frame = gate_frame(tx, who.csrf)
    email = who.session.email
    view = LockView(frame, "/locked", email, failed=failed, sign_out_action="/logout")
    return html("staff/lock.html", view, status=401 if failed else 200)


@router.post("/site")
def choose_site(services: TheServices, who: SignedIn, site_id: Text = "") -> RedirectResponse:
    """Who works at several sites chooses the one whose pages she sees."""
    at = next((site for site in who.session.roles if str(site) == site_id), None)
    if at is None:
        raise NotFound("no such site")
    response = see(home(who.session, at))
    set_site_cookie(response, services, at)
    return response


@router.post("/logout")
def log_out(services: TheServices, found: MaybeVisitor) -> RedirectResponse:
    """The session ends on the server, not only in the browser."""
    if found is not None:
        with services.db.begin(NOWHERE) as tx:
            sessions.end(tx, found.token)
    response = see("/login")
    drop_cookie(response, services)
    return response
