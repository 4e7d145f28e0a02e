"""The places where care happens, who is on duty there, and what they agreed to run."""

from datetime import date, datetime, time
from uuid import UUID

from sqlalchemy import CheckConstraint, ForeignKey, Index, UniqueConstraint, text
from sqlalchemy.dialects.postgresql import ARRAY
from sqlalchemy.orm import Mapped, mapped_column
from sqlalchemy.types import Text

from rsm.db.base import Base, Document, Identified, Sited, words
from rsm.kernel.words import Audience, Channel
from rsm.sites.rota.model import HolidayRule
from rsm.sites.senders import SenderKind
from rsm.sites.settings import Setting


class Organisation(Identified, Base):
    __tablename__ = "organisation"

    name: Mapped[str] = mapped_column(unique=True)
    routes: Mapped[Document | None]  # the tree that its sites begin with
    created_at: Mapped[datetime]


class Site(Identified, Base):
    """One clinic: its clock, its numbers, and the versions that it has agreed to run."""

    __tablename__ = "site"
    __table_args__ = (UniqueConstraint("organisation_id", "name"),)

    organisation_id: Mapped[UUID] = mapped_column(ForeignKey("organisation.id"))
    name: Mapped[str]
    sender_name: Mapped[str]  # neutral: stands in texts, may not reveal oncology
    zone: Mapped[str]
    languages: Mapped[list[str]] = mapped_column(ARRAY(Text))
    clinic_phone: Mapped[str]
    emergency_number: Mapped[str]
    safety_contact_name: Mapped[str]
    safety_contact_phone: Mapped[str]
    service_hours: Mapped[Document]  # {"monday": ["08:00", "18:00"], …}
    texts_from: Mapped[time]
    texts_until: Mapped[time]
    calendar: Mapped[Document] = mapped_column(server_default="{}")  # days without texts
    spread_minutes: Mapped[int] = mapped_column(server_default="60")
    provider_keeps_days: Mapped[int] = mapped_column(server_default="7")  # bodies, at the provider
    instrument: Mapped[Document]  # pins: {"key", "version", "hash"}
    rule_pack: Mapped[Document]
    policy: Mapped[Document]
    plan: Mapped[Document]
    routes: Mapped[Document]
    holiday_rule: Mapped[HolidayRule] = mapped_column(words(HolidayRule), server_default="as_usual")
    created_at: Mapped[datetime]
    live_since: Mapped[datetime | None]  # None: it sends to test patients only


class SenderAddress(Base):
    """A number or address that one site sends from, and receives replies on.

    One that is retired stays: a STOP may come in an old thread, to a number no longer sent from.
    """

    __tablename__ = "sender_address"
    __table_args__ = (
        Index(
            "uq_sender_address_in_use",
            "site_id",
            "audience",
            "channel",
            unique=True,
            postgresql_where=text("retired_at IS NULL"),
        ),
    )

    address: Mapped[str] = mapped_column(primary_key=True)
    site_id: Mapped[UUID] = mapped_column(ForeignKey("site.id"))
    audience: Mapped[Audience] = mapped_column(words(Audience))
    channel: Mapped[Channel] = mapped_column(words(Channel))
    retired_at: Mapped[datetime | None]
    kind: Mapped[SenderKind] = mapped_column(words(SenderKind), server_default="long_code")
    per_second: Mapped[float] = mapped_column(server_default="1")  # what its carrier lets through
    daily_cap: Mapped[int | None]  # messages per local day
    registration: Mapped[Document] = mapped_column(server_default="{}")  # 10DLC brand, campaign


class SenderPace(Base):
    """How far a sender's time is taken: the next message may leave at `next_at`."""

    __tablename__ = "sender_pace"

    address: Mapped[str] = mapped_column(ForeignKey("sender_address.address"), primary_key=True)
    site_id: Mapped[UUID] = mapped_column(ForeignKey("site.id"))
    next_at: Mapped[datetime]
    day: Mapped[date]  # the site's local day that `handed_over` counts
    handed_over: Mapped[int]


class Team(Sited, Base):
    __tablename__ = "team"
    __table_args__ = (UniqueConstraint("site_id", "name"),)

    name: Mapped[str]
    service_hours: Mapped[Document | None]  # its own, where they are not the site's


class TeamMember(Base):
    __tablename__ = "team_member"

    team_id: Mapped[UUID] = mapped_column(ForeignKey("team.id"), primary_key=True)
    staff_id: Mapped[UUID] = mapped_column(ForeignKey("staff_account.id"), primary_key=True)


class DutyShift(Sited, Base):
    """A weekly duty in the site's local time; `ends` at or before `starts` runs past midnight."""

    __tablename__ = "duty_shift"
    __table_args__ = (
        CheckConstraint("weekday BETWEEN 0 AND 6", name="weekday"),
        CheckConstraint("rank >= 1", name="rank"),
    )

    team_id: Mapped[UUID] = mapped_column(ForeignKey("team.id"))
    staff_id: Mapped[UUID] = mapped_column(ForeignKey("staff_account.id"))
    weekday: Mapped[int]  # Monday is 0
    starts: Mapped[time]
    ends: Mapped[time]
    rank: Mapped[int]  # 1 is told first
    ended_at: Mapped[datetime | None]


class SettingUse(Identified, Base):
    """That another policy or routing tree came into use, in place of which, by whom and why.

    Without a site it is its organisation's. Rows are only ever added.
    """

    __tablename__ = "setting_use"
    __table_args__ = (Index("ix_setting_use_site_id_used_at", "site_id", "used_at"),)

    organisation_id: Mapped[UUID] = mapped_column(ForeignKey("organisation.id"), index=True)
    site_id: Mapped[UUID | None] = mapped_column(ForeignKey("site.id"))
    setting: Mapped[Setting] = mapped_column(words(Setting))
    content: Mapped[Document]  # the pin of a policy, a whole tree
    former: Mapped[Document | None]
    reason: Mapped[str]
    used_by: Mapped[UUID | None] = mapped_column(ForeignKey("staff_account.id"))
    used_at: Mapped[datetime]
