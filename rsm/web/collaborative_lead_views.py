"""The lead's page as a view: onboarding, members and their last files, our key, periods."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime

from rsm.collaborative import files, service
from rsm.collaborative.model import MONTHS, Collaborative, Member
from rsm.collaborative.signing import spoken, written
from rsm.db.work import Tx
from rsm.web.collaborative_words import CollaborativeWords
from rsm.web.views.collaborative import KeyView, LeadView, MemberRow, OnboardingRow
from rsm.web.views.common import Choice, Link, PostButton
from rsm.web.views.frame import StaffFrame
from rsm.web.when import local_date


@dataclass(frozen=True)
class LeadReader:
    """What the page is made from; `here` is its address."""

    tx: Tx
    frame: StaffFrame
    words: CollaborativeWords
    here: str

    def day(self, instant: datetime) -> str:
        return local_date(instant, self.frame.zone, self.frame.language, year=True)


def lead_view(it: LeadReader) -> LeadView:
    """Everything she may see; before anything is agreed, only how to begin."""
    agreed, w = service.find(it.tx), it.words.w
    lengths = tuple(Choice(str(months), it.words.length(months)) for months in MONTHS)
    if agreed is None:
        return LeadView(it.frame, "", w.lead_none, lengths=lengths)
    return LeadView(
        frame=it.frame,
        agreed=agreed.name,
        heading=w.lead_heading,
        links=(
            Link(w.figures_link, f"{it.here}/figures"),
            Link(w.exchange, f"{it.here}/exchange"),
        ),
        onboarding=tuple(_onboarding(it)),
        members=tuple(_member(it, agreed, one) for one in service.members(it.tx)),
        key=_key(it),
        periods=tuple(
            Choice(f"{period:%Y-%m}", it.words.period(period, agreed.months))
            for period in files.exportable(it.tx)
        ),
    )


def _onboarding(it: LeadReader) -> Iterator[OnboardingRow]:
    for one in service.onboarding(it.tx):
        stage = str(getattr(it.words.w, f"stage_{one.stage or 'untold'}"))
        yield OnboardingRow(one.place, stage, it.day(one.since))


def _member(it: LeadReader, agreed: Collaborative, one: Member) -> MemberRow:
    w, last = it.words.w, it.words.w.member_none
    if one.last_period is not None and one.last_received is not None:
        period = it.words.period(one.last_period, agreed.months)
        last = it.words.say("member_last_of", period=period, date=it.day(one.last_received))
    end = PostButton(w.member_end, f"{it.here}/members/{one.id}/end")
    return MemberRow(one.name, spoken(one.fingerprint), last, end if one.ended_at is None else None)


def _key(it: LeadReader) -> KeyView | None:
    key = service.own_key(it.tx)
    if key is None:
        return None
    made = it.words.say("key_made", date=it.day(key.made_at))
    return KeyView(written(key.public), spoken(key.fingerprint), made)
