"""What the web process is built from: one frozen object, handed in by `rsm.bootstrap`."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Annotated, Protocol

from fastapi import APIRouter, Depends, Request

from rsm.db.work import Database
from rsm.messaging.model import (
    CallTurn,
    IncomingText,
    KeyPress,
    MailReport,
    Spoken,
    StatusReport,
)


class Signature(Protocol):
    """Says whether a provider's callback was signed with our token."""

    def valid(self, path_and_query: str, form: Mapping[str, str], signature: str | None) -> bool:
        """Whether `signature` fits. `path_and_query` is as received; `form` holds every field."""
        ...


class MailReports(Protocol):
    """Reads what mail servers report; raises `Invalid` for what is no report."""

    def read(self, raw: bytes) -> MailReport:
        """The report that this message is."""
        ...


@dataclass(frozen=True)
class MailHook:
    """How mail servers report: the secret that they sign with, and who reads it."""

    secret: str = field(repr=False)
    reports: MailReports


class Callbacks(Protocol):
    """Reads what a provider calls back with; raises `Invalid` when a field is missing."""

    def status(self, form: Mapping[str, str]) -> StatusReport:
        """A report on a message of ours."""
        ...

    def text(self, form: Mapping[str, str]) -> IncomingText:
        """A text from a phone."""
        ...

    def key(self, form: Mapping[str, str]) -> KeyPress:
        """A key that was pressed in a call of ours."""
        ...

    def turn(self, form: Mapping[str, str]) -> CallTurn:
        """A call of ours that asks what to say next."""
        ...

    def spoken(self, answer: Spoken) -> str:
        """What is said to it, in the provider's XML."""
        ...


@dataclass(frozen=True)
class Services:
    """Everything that an endpoint may use. `db` is the web role's door.

    `public_url` is the base of links and of webhook signatures, without a slash at its end.
    `signature`, `callbacks` and `mail_hook` are None where no provider calls back.
    `emergency_number` stands on pages that know no site. `extra` are routers of the demo only (the
    page of phones).
    """

    db: Database
    public_url: str
    signature: Signature | None = None
    callbacks: Callbacks | None = None
    mail_hook: MailHook | None = None
    emergency_number: str = "911"
    extra: tuple[APIRouter, ...] = ()

    @property
    def secure_cookies(self) -> bool:
        """Whether browsers come over https: then cookies and headers insist on it."""
        return self.public_url.startswith("https://")


def services_of(request: Request) -> Services:
    """What this process was built from."""
    services = request.app.state.services
    if not isinstance(services, Services):
        raise TypeError("the app was not made by create_app")
    return services


async def _at_hand(request: Request) -> Services:
    """The same for an endpoint. It waits for nothing: so it needs no thread of its own."""
    return services_of(request)


TheServices = Annotated[Services, Depends(_at_hand)]
