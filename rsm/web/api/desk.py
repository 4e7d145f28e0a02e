"""Which machine asks, for which site, within which scopes; and a POST that is done once."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Annotated
from uuid import UUID

from fastapi import Depends, Header, HTTPException, Request
from fastapi.params import Depends as Dependency
from fastapi.responses import Response
from fastapi.security import HTTPAuthorizationCredentials, HTTPBearer
from pydantic import BaseModel

from rsm.db.work import NOWHERE, Scope, Tx
from rsm.kernel.errors import NotAllowed, NotFound
from rsm.kernel.words import Actor, ActorKind
from rsm.security import api_keys, audit, idempotency
from rsm.security.audit import Subject
from rsm.security.idempotency import Answer, Call
from rsm.security.model import ApiKeyView, ApiScope
from rsm.web.services import Services, TheServices

_bearer = HTTPBearer(auto_error=False, scheme_name="key", description="A key of the site: rsm_…")
Bearer = Annotated[HTTPAuthorizationCredentials | None, Depends(_bearer)]


@dataclass(frozen=True)
class ApiDesk:
    """A machine at work: its transaction, in the scope of its key's site."""

    tx: Tx
    key: ApiKeyView
    call: Call | None

    @property
    def site_id(self) -> UUID:
        return self.key.site_id

    def once(self, act: Callable[[], BaseModel], status: int = 200) -> Response:
        """Act and answer; a repeat with the same `Idempotency-Key` gets the first one's answer."""

        def answer() -> Answer:
            return Answer(status, act().model_dump_json().encode())

        given = idempotency.once(self.tx, self.call, answer) if self.call else answer()
        return Response(given.body, given.status, media_type="application/json")


async def body_of(request: Request) -> bytes:
    """The request's body as it came."""
    return await request.body()


def content_of(request: Request, body: Annotated[bytes, Depends(body_of)]) -> bytes:
    """What makes two requests the same: method, address and body."""
    return f"{request.method} {request.url.path}?{request.url.query}\n".encode() + body


def key_of(services: TheServices, bearer: Bearer) -> ApiKeyView:
    """The key that the request shows. 401 for none, or one that is not good now."""
    if bearer is not None:
        with services.db.begin(NOWHERE) as tx:
            if (key := api_keys.find(tx, bearer.credentials)) is not None:
                return key
    raise HTTPException(401, headers={"www-authenticate": "Bearer"})


def desk(scope: ApiScope) -> Callable[..., Iterator[ApiDesk]]:
    """The dependency of an endpoint that needs this scope at the site of its address."""

    def enter(
        request: Request,
        services: TheServices,
        key: Annotated[ApiKeyView, Depends(key_of)],
        content: Annotated[bytes, Depends(content_of)],
        idempotency_key: Annotated[str | None, Header(max_length=255)] = None,
    ) -> Iterator[ApiDesk]:
        call = Call(key.site_id, key.id, idempotency_key, content) if idempotency_key else None
        try:
            _require(request, key, scope)
            actor = Actor(ActorKind.MACHINE, key.id)
            with services.db.begin(Scope.site(key.site_id), actor) as tx:
                yield ApiDesk(tx, key, call)
        except (NotFound, NotAllowed):
            _note_refusal(services, key, _asked_for(request), scope)
            raise

    return enter


def Needs(scope: ApiScope) -> Dependency:  # noqa: N802 - as Depends
    """`Annotated[ApiDesk, Needs(ApiScope.PATIENTS_READ)]`: committed before the answer leaves."""
    dependency: Dependency = Depends(desk(scope), scope="function")
    return dependency


def _require(request: Request, key: ApiKeyView, scope: ApiScope) -> None:
    if request.path_params.get("site_id") != str(key.site_id):
        raise NotFound("no such site")
    if scope not in key.scopes:
        raise NotAllowed(f"needs the scope {scope}")


def _note_refusal(services: Services, key: ApiKeyView, subject: Subject, scope: ApiScope) -> None:
    """In a transaction of its own, since the refused one leaves nothing behind."""
    actor = Actor(ActorKind.MACHINE, key.id)
    with services.db.begin(Scope.site(key.site_id), actor) as tx:
        audit.record(tx, "access.refused", subject, key.site_id, scope=scope)


def _asked_for(request: Request) -> Subject:
    for name in ("patient_id", "site_id"):
        try:
            asked = UUID(str(request.path_params.get(name)))
        except ValueError:
            continue
        return Subject(name.removesuffix("_id"), asked)
    return Subject("page")
