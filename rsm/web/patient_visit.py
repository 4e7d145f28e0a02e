"""One request of a patient page: whose link it is, in one transaction, and what it may show.

A link opens the survey; it does not open what was answered before. Earlier answers are shown to
the browser that gave them (a short-lived signed cookie, bound to the link), or once the birth date
was confirmed. The cookie hides answers and nothing else: without it every page still works.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import date
from functools import cached_property
from typing import Annotated
from uuid import UUID

from fastapi import Depends, Request
from starlette.responses import Response

from rsm.db.work import Tx
from rsm.flow import asking
from rsm.flow.answer import Held
from rsm.instruments.decide import asked_items
from rsm.instruments.model import Instrument, Item
from rsm.invitations import service as invitations
from rsm.invitations.model import LinkView
from rsm.kernel.answers import Answer, Answers
from rsm.kernel.localtime import local_of, zone_named
from rsm.kernel.words import Reporter, SurveyState
from rsm.patients import proxies
from rsm.patients import service as patients
from rsm.patients.model import PatientFacts
from rsm.patients.proxy_model import ProxyView
from rsm.responses import service as responses
from rsm.responses.model import Author, ResponseView
from rsm.schedules import service as schedules
from rsm.schedules.model import OccurrenceView
from rsm.security.audit import Subject, record
from rsm.sites import service as sites
from rsm.sites.model import SiteView
from rsm.web import pages, patient_doors, patient_help, patient_pass, patient_texts
from rsm.web.deps import html, see
from rsm.web.patient_faults import NO_DATABASE, DatabaseLost
from rsm.web.patient_pass import COOKIE, Pass
from rsm.web.services import Services, TheServices
from rsm.web.texts import languages, texts_in
from rsm.web.turns import InTurn
from rsm.web.views.patient import LanguageLink, PatientFrame


@dataclass
class Visit:
    """A request through one link."""

    request: Request
    services: Services
    tx: Tx
    token: str
    link: LinkView
    survey: OccurrenceView
    given: Mapping[str, str]
    held: PatientFacts | None = None  # whom it is about: a POST holds her row
    may_see: Pass | None = None
    crisis: tuple[str, ...] = ()  # the crisis line, where it is due (`patient_crisis`)
    call_now: tuple[str, ...] = ()  # an answer on the way met an emergency rule: whom to call

    @cached_property
    def patient(self) -> PatientFacts:
        return self.held or patients.peek(self.tx, self.survey.patient_id)

    @cached_property
    def site(self) -> SiteView:
        return sites.get(self.tx, self.survey.site_id)

    @cached_property
    def proxy(self) -> ProxyView | None:
        """Whose link it is, when it is not the patient's."""
        return proxies.get(self.tx, self.link.proxy_id) if self.link.proxy_id else None

    @cached_property
    def instrument(self) -> Instrument:
        """The survey as it is asked of whoever answers here."""
        return asking.asked_of(self.tx, self.survey, self.author_is)

    @property
    def today(self) -> date:
        """The day on the patient's own calendar."""
        return local_of(self.tx.now, zone_named(self.patient.zone)).date()

    @cached_property
    def language(self) -> str:
        """As chosen on the page, else the patient's, else the first that we offer."""
        chosen = self.request.query_params.get("lang") or self.given.get("lang", "")
        hers = self.proxy.language if self.proxy else self.survey.language
        wanted = (chosen, hers, self.survey.language, self.site.languages[0])
        return next((code for code in wanted if code in self.offered), "en")

    @cached_property
    def offered(self) -> tuple[str, ...]:
        """Languages that the site speaks and in which both survey and pages have words."""
        known = set(languages()) & set(self.instrument.languages)
        return tuple(code for code in self.site.languages if code in known)

    @cached_property
    def response(self) -> ResponseView | None:
        """The report as it stood when first asked for: `changed` after each change of it."""
        return responses.of_occurrence(self.tx, self.survey.id)

    @property
    def ours(self) -> Held | UUID:
        """The survey for whoever changes it: as it was read since her row is held."""
        return Held(self.held, self.survey, self.response) if self.held else self.survey.id

    def changed(self, response: ResponseView | None = None) -> None:
        """The report was changed: it stands so now, or is to be read anew."""
        if self.survey.state is not SurveyState.STARTED:  # her first answer has begun it
            self.survey = schedules.occurrence(self.tx, self.survey.id)
        self.__dict__.pop("response", None)
        if response is not None:
            self.response = response

    @property
    def answers(self) -> Answers:
        """All answers so far: for deciding what is asked, not for showing."""
        response = self.response
        return response.answers if response else {}

    def shown(self) -> dict[str, Answer]:
        """The answers that this browser may see, her own words among them."""
        response = self.response
        if response is None or self.may_see is None:
            return {}
        seen = self._seen(response, self.may_see)
        return patient_texts.opened(self.tx, response.id, self.instrument, seen)

    def _seen(self, response: ResponseView, may_see: Pass) -> dict[str, Answer]:
        if may_see.known:  # of a proxy nobody asks for the birth date
            return dict(response.answers)
        saved, places = responses.saved_at(self.tx, response.id), self.places
        return {
            item: answer
            for item, answer in response.answers.items()
            if item in saved and may_see.has_given(places.get(item, 0), saved[item])
        }

    @cached_property
    def places(self) -> Mapping[str, int]:
        """Where each item stands in the survey, the first at 1."""
        return {item.code: place for place, item in enumerate(self.instrument.items, start=1)}

    def hides_answers(self) -> bool:
        """Whether there are earlier answers that this browser may not see, and may ask for."""
        if self.proxy is not None:
            return False  # the patient's own are shown to nobody else
        response = self.response
        given = responses.saved_at(self.tx, response.id) if response else {}
        return not given.keys() <= self.shown().keys()

    @property
    def author_is(self) -> Reporter:
        """Who answers in this browser, else who began; through a proxy's link it is the proxy."""
        if self.proxy is not None:
            return Reporter.PROXY
        if self.may_see is not None:
            return self.may_see.reporter
        draft = self.response
        return draft.reporter if draft else Reporter.SELF

    @property
    def author(self) -> Author:
        return Author(
            self.author_is,
            channel=patient_doors.CHANNELS[self.link.door],
            language=self.language,
            relation=self.proxy.relation if self.proxy else None,
        )

    def admit(self, *, known: bool = False, reporter: Reporter | None = None) -> Pass:
        """Let this browser see what it gives from now on; with `known`, all."""
        had = self.may_see or Pass(self.link.id, self.tx.now, reporter=self.author.reporter)
        seen = replace(had, known=had.known or known, reporter=reporter or had.reporter)
        self.may_see = seen
        return seen

    # --- answers to the browser ---------------------------------------------------------------

    def url(self, path: str = "") -> str:
        """An address below the link, in the language of the page."""
        lang = "" if self.language == self.survey.language else f"?lang={self.language}"
        return f"/s/{self.token}{path}{lang}"

    @property
    def frame(self) -> PatientFrame:
        path, wanted = self.request.url.path, self.request.query_params.get("to", "")
        then = f"&to={wanted}" if wanted in {"done", "me"} else ""
        return PatientFrame(
            site_name=self.site.name,
            clinic_phone=self.site.clinic_phone,
            emergency_number=self.site.emergency_number,
            now=self.tx.now,
            zone=self.patient.zone,
            clinic_open_always=patient_help.is_always_open(self.site),
            languages=tuple(
                LanguageLink(code, texts_in(code).name, f"{path}?lang={code}{then}")
                for code in self.offered
                if code != self.language
            ),
            crisis=self.crisis,
            call_now=self.call_now,
            give_back=patient_doors.give_back_url(self.link, self.token),
            own_url=self.url("/me") if patient_doors.is_hers(self.link) else "",
        )

    def page(self, template: str, view: pages.View, status: int = 200) -> Response:
        return self._with_cookies(html(f"patient/{template}.html", view, self.language, status))

    def nothing(self) -> Response:
        """To a script that only wanted something stored."""
        return self._with_cookies(Response(status_code=204))

    def go(self, path: str = "") -> Response:
        """After a form, or where the page is another: on with a GET."""
        return self._with_cookies(see(self.url(path)))

    def _with_cookies(self, response: Response) -> Response:
        patient_help.remember(response, self.request, self.site, self.patient.zone)
        if self.may_see is not None:
            kept = patient_pass.sign(self.services.db.vault, self.may_see, self.tx.now)
            secure = self.services.secure_cookies
            patient_pass.leave(response, kept, f"/s/{self.token}", secure=secure)
        return response

    # --- items by their place: an address holds no symptom -------------------------------------

    def number_of(self, item: Item) -> int:
        return self.places[item.code]

    def item_at(self, number: int) -> Item | None:
        """The item at that place, if it is asked now."""
        items = self.instrument.items
        item = items[number - 1] if 1 <= number <= len(items) else None
        return item if item in asked_items(self.instrument, self.answers) else None

    def asked(self) -> tuple[Item, ...]:
        return asked_items(self.instrument, self.answers)

    def opened(self) -> None:
        """Note that the link was opened: all that a GET leaves behind (P9)."""
        schedules.viewed(self.tx, self.survey)
        subject = Subject("link", self.link.id, self.survey.patient_id)
        record(self.tx, "link.opened", subject, self.survey.site_id)


async def form_of(request: Request) -> dict[str, str]:
    """The text fields of the form; empty for a GET."""
    if request.method != "POST":
        return {}
    form = await request.form()
    given = {name: value for name, value in form.items() if isinstance(value, str)}
    request.state.given = given  # a page that fails gives it back (`patient_faults`)
    return given


Given = Annotated[dict[str, str], Depends(form_of)]


def open_visit(
    request: Request, token: str, services: TheServices, given: Given, _turn: InTurn
) -> Iterator[Visit]:
    """The request's transaction, as the patient of the link; `NotFound` for what was no link.

    Its turn comes once the form is here. It commits when the endpoint has returned and before the
    page leaves (P3).
    """
    try:
        yield from _visit(request, token, services, given)
    except NO_DATABASE as error:
        raise DatabaseLost from error


def _visit(
    request: Request, token: str, services: Services, given: dict[str, str]
) -> Iterator[Visit]:
    with invitations.enter(services.db, token) as (tx, found):
        held = patients.locked(tx, found.patient_id) if request.method == "POST" else None
        link = patient_doors.standing_link(tx, found, changes=held is not None)
        visit = Visit(
            request=request,
            services=services,
            tx=tx,
            token=token,
            link=link,
            survey=schedules.occurrence(tx, found.occurrence_id),
            given=given,
            held=held,
        )
        kept = request.cookies.get(COOKIE, "")
        visit.may_see = patient_pass.read(services.db.vault, kept, link.id, tx.now)
        yield visit


AtLink = Annotated[Visit, Depends(open_visit, scope="function")]
