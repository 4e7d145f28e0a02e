"""The web process as one object: routers, files, middleware, errors. No network, no settings."""

from functools import cache

from fastapi import APIRouter, Depends, FastAPI
from starlette.middleware.body_limit import RequestBodyLimitMiddleware
from starlette.middleware.gzip import GZipMiddleware
from starlette.routing import BaseRoute
from starlette.staticfiles import StaticFiles

from rsm import __version__
from rsm.web import (
    admin,
    api,
    calendar_feed,
    calls,
    clinician,
    collaborative,
    collaborative_exchange,
    collaborative_lead,
    errors,
    exports,
    foresight,
    going_live,
    health,
    hooks,
    improvement,
    improvement_cycles,
    improvement_record,
    improvement_trial,
    login,
    logs,
    mail_hooks,
    mail_stop,
    manager,
    own_duties,
    pages,
    patient,
    patient_asks,
    patient_own,
    patients,
    reports,
    rule_changes,
    rules_explained,
    site_escalation,
    site_releases,
    site_routing,
    site_rules,
    site_settings,
    tablet_pages,
    workers,
)
from rsm.web.auth import refuse_foreign_form
from rsm.web.headers import SecurityHeaders
from rsm.web.refusals import Refusals
from rsm.web.services import Services
from rsm.web.turns import Turns

# Pages: a form that another site's page sends is refused. Staff's forms carry the session's token
# besides (`auth.visitor`); of a patient's, the link in the address is what nobody else knows.
PATIENTS_PAGES = (patient.router, patient_asks.router, patient_own.router, tablet_pages.router)
PAGES = (
    login.router,
    clinician.router,
    calls.router,
    own_duties.router,
    patients.router,
    manager.router,
    exports.router,
    collaborative.router,
    collaborative_exchange.router,
    collaborative_lead.router,
    reports.router,
    workers.router,
    improvement.router,
    improvement_cycles.router,
    improvement_trial.router,
    improvement_record.router,
    going_live.router,
    site_rules.router,
    rules_explained.router,
    rule_changes.router,
    site_releases.router,
    site_settings.router,
    site_escalation.router,
    site_routing.router,
    foresight.router,
    admin.router,
)
# Machines show a key or a signature with each request, and no cookie.
# A mail program ends e-mails at one click, from wherever it is: the link is the key.
MACHINES = (
    hooks.router,
    health.router,
    mail_hooks.router,
    mail_stop.router,
    calendar_feed.router,
)

_MAX_BODY = 8 * 1024 * 1024  # a list of patients to import is the largest thing that comes in


@cache
def _doors() -> tuple[BaseRoute, ...]:
    """The routes of all rooms, made ready once a process: they hold nothing of an application.

    A request is held against them in turn: first come those that are asked most.
    """
    house, ours = APIRouter(), [Depends(refuse_foreign_form)]
    for router in PATIENTS_PAGES:
        house.include_router(router, dependencies=ours)
    for router in MACHINES:
        house.include_router(router)
    for router in PAGES:
        house.include_router(router, dependencies=ours)
    house.include_router(api.router)
    return tuple(house.routes)


def create_app(services: Services) -> FastAPI:
    """The application. It holds nothing but `services`: any number of them may run side by side."""
    app = FastAPI(title="RSM", version=__version__, docs_url=None, redoc_url=None, openapi_url=None)
    app.state.services = services
    app.state.readiness = health.Readiness(services.db)
    app.state.refusals = Refusals(services.db)
    app.state.turns = Turns()
    app.router.routes.extend(_doors())
    for router in services.extra:
        app.include_router(router, dependencies=[Depends(refuse_foreign_form)])
    # Files alone are packed: a page holds what nobody is to guess by its length.
    files = GZipMiddleware(StaticFiles(directory=pages.STATIC_DIR))
    app.mount(pages.STATIC_URL, files, name="static")
    errors.install(app)
    app.add_middleware(RequestBodyLimitMiddleware, max_body_size=_MAX_BODY)
    app.add_middleware(logs.RequestLog, ids=services.db.ids)
    app.add_middleware(SecurityHeaders, https=services.secure_cookies)  # outermost: errors too
    logs.mask_servers_logs()
    return app
