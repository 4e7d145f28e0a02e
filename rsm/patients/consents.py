"""Consent: the words that a site's patients agree to, by version, and who agreed to which.

A published version never changes; a new one takes nothing away from whoever agreed to a former
one. A consent is a line that stays; a withdrawal is a later line (`rsm.flow.consent` ends what it
allowed).
"""

import hashlib
from dataclasses import dataclass, replace
from datetime import date, datetime
from typing import Annotated
from uuid import UUID

from pydantic import BaseModel, ConfigDict, StringConstraints

from rsm.db.work import Tx
from rsm.kernel.errors import Conflict, Invalid, Problem
from rsm.kernel.localtime import local_of, zone_named
from rsm.patients.model import ConsentView, NewPatient, PatientFacts
from rsm.patients.store import consents as store
from rsm.security.audit import Subject, record

UNVERSIONED = "1"  # where a site keeps its consent's words elsewhere


class NewConsentText(BaseModel):
    """A version of the words, in one language, to be published."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    version: Annotated[
        str, StringConstraints(strip_whitespace=True, pattern=r"^[0-9A-Za-z][0-9A-Za-z._-]{0,39}$")
    ]
    language: Annotated[str, StringConstraints(pattern=r"^[a-z]{2,3}(-[A-Za-z]{2,4})?$")]
    body: Annotated[str, StringConstraints(strip_whitespace=True, min_length=40, max_length=20_000)]


@dataclass(frozen=True)
class ConsentTextView:
    """A published version: what it says, and since when."""

    version: str
    language: str
    hash: str
    body: str
    published_at: datetime


# --- the words ------------------------------------------------------------------------------------


def publish(tx: Tx, site_id: UUID, new: NewConsentText) -> ConsentTextView:
    """Publish a version for good. `Conflict` when the site has it in this language already."""
    hashed = hash_of(new.body)
    if not store.add_text(tx, site_id, {**new.model_dump(), "hash": hashed}):
        raise Conflict("this version is published in this language: a change is a new version")
    facts = {"version": new.version, "language": new.language, "hash": hashed}
    record(tx, "consent_text.published", Subject("site", site_id), site_id, **facts)
    return ConsentTextView(new.version, new.language, hashed, new.body, tx.now)


def hash_of(body: str) -> str:
    """The content hash that a consent refers to; line ends of any system count the same."""
    return hashlib.sha256("\n".join(body.splitlines()).encode()).hexdigest()


def texts(tx: Tx, site_id: UUID) -> list[ConsentTextView]:
    """What the site has published, the newest first."""
    return [
        ConsentTextView(each.version, each.language, each.hash, each.body, each.published_at)
        for each in store.texts(tx, site_id)
    ]


# --- who agreed -----------------------------------------------------------------------------------


def standing(tx: Tx, patient_id: UUID) -> ConsentView | None:
    """Her latest line, or None."""
    return store.latest(tx, [patient_id]).get(patient_id)


def history(tx: Tx, patient_id: UUID) -> list[ConsentView]:
    """Every line of hers, the newest first."""
    return store.history(tx, patient_id)


def put(tx: Tx, facts: PatientFacts, new: NewPatient) -> None:
    """Record the consent that a form or a file speaks of, unless it says what stands already.

    Raises `Invalid` for a version that the site has not published.
    """
    given = _entered(new)
    if given is not None and not _is_same(standing(tx, facts.id), given):
        add(tx, facts, with_text(tx, facts, given))


def _entered(new: NewPatient) -> ConsentView | None:
    if new.consent_on is None or new.consent_by is None:
        return None
    return ConsentView(
        given=True,
        on=new.consent_on,
        by=new.consent_by,
        text_version=new.consent_text or "",
        form=new.consent_form,
        evidence=new.consent_evidence or "",
    )


def _is_same(known: ConsentView | None, said: ConsentView) -> bool:
    """Whether a form, which knows less than the line, says nothing new."""
    if known is None:
        return False
    whole = replace(
        said,
        text_version=said.text_version or known.text_version,
        text_hash=known.text_hash,
        language=known.language,
        purposes=known.purposes,
    )
    return whole == known


def with_text(tx: Tx, facts: PatientFacts, given: ConsentView) -> ConsentView:
    """The same with version, language and hash of the site's words.

    Without a version it is the newest that was published by that day. Raises `Invalid` for one
    that the site, which keeps its words here, has not published.
    """
    language = given.language or facts.language
    known = texts(tx, facts.site_id)
    if not known:
        return replace(given, text_version=given.text_version or UNVERSIONED, language=language)
    if not given.text_version:
        known = [text for text in known if _day(text, facts) <= given.on]
        version = known[0].version if known else UNVERSIONED
        given = replace(given, text_version=version)
    same = {text.language: text for text in known if text.version == given.text_version}
    if not same and given.text_version != UNVERSIONED:
        offered = ", ".join(dict.fromkeys(text.version for text in known))
        what = "is no version that this site has published"
        raise Invalid(Problem("consent_text", what, f"one of {offered}"))
    shown = same.get(language)
    return replace(given, language=language, text_hash=shown.hash if shown else None)


def _day(text: ConsentTextView, facts: PatientFacts) -> date:
    return local_of(text.published_at, zone_named(facts.zone)).date()


def add(tx: Tx, facts: PatientFacts, consent: ConsentView) -> None:
    """A further line, audited."""
    line_id = store.add(tx, facts, consent)
    record(
        tx,
        "consent.recorded" if consent.given else "consent.withdrawn",
        Subject("consent", line_id, facts.id),
        facts.site_id,
        given=consent.given,
        version=consent.text_version,
        hash=consent.text_hash,
    )
