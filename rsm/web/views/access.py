"""View models of signing in: login, second factor, enrolment, lock (`staff/*.html`)."""

from dataclasses import dataclass

from rsm.kernel.errors import Problem
from rsm.web.views.frame import StaffFrame


@dataclass(frozen=True)
class LoginView:
    """`staff/login.html`: posts `email`, `password`. One wording for every failure."""

    frame: StaffFrame
    action: str
    email: str = ""
    failed: bool = False
    locked_minutes: int = 0
    notice: str = ""


@dataclass(frozen=True)
class SecondFactorView:
    """`staff/second_factor.html`: posts `code`: six digits, or a recovery code."""

    frame: StaffFrame
    action: str
    recovery: bool = False
    other_url: str = ""
    failed: bool = False


@dataclass(frozen=True)
class EnrolFactorView:
    """`staff/enrol_factor.html`: the QR code of `otpauth_uri`, the secret in text; posts `code`."""

    frame: StaffFrame
    action: str
    otpauth_uri: str
    secret: str
    failed: bool = False


@dataclass(frozen=True)
class RecoveryCodesView:
    """`staff/recovery_codes.html`: shown once after enrolment; posts the confirmation."""

    frame: StaffFrame
    action: str
    codes: tuple[str, ...]


@dataclass(frozen=True)
class SetPasswordView:
    """`staff/set_password.html`: from an invitation or a reset; posts `password`, `again`."""

    frame: StaffFrame
    action: str
    email: str
    minimum: int = 12
    problems: tuple[Problem, ...] = ()


@dataclass(frozen=True)
class LockView:
    """`staff/lock.html`: locked while idle, nothing is shown; posts `password`."""

    frame: StaffFrame
    action: str
    email: str
    failed: bool = False
    sign_out_action: str = ""


@dataclass(frozen=True)
class StaffErrorView:
    """`staff/error.html`: what happened in a heading, what to do in a paragraph; no details.

    `problems` are field errors that fit no form. `reference` is an id for the log.
    """

    frame: StaffFrame
    status: int
    heading: str
    text: str
    problems: tuple[Problem, ...] = ()
    problems_language: str = "en"
    reference: str = ""
    back_url: str = "/alerts"


@dataclass(frozen=True)
class ProveEmailView:
    """`staff/prove_email.html`: one button, for whoever opened the link in her mail."""

    frame: StaffFrame
    action: str
    email: str


@dataclass(frozen=True)
class DoneStep:
    """`staff/done.html`: a short confirmation with one way on (for pages outside a session)."""

    frame: StaffFrame
    heading: str
    text: str
    next_label: str
    next_url: str
