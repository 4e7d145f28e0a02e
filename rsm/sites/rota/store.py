"""All SQL of rosters: what touches a time in one way to the server, and each row as it is written.

A row that was taken back counts for whoever asks about the time before: who was on duty in March
can be told in May.
"""

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from datetime import datetime, timedelta
from uuid import UUID

from sqlalchemy import Text, Uuid, column, insert, select, text, update
from sqlalchemy.dialects.postgresql import JSONB

from rsm.db.ready import Ready
from rsm.db.work import Tx
from rsm.sites.rota.model import (
    Absence,
    Cover,
    Cycle,
    DayShift,
    HolidayRule,
    Override,
    Rotation,
    Swap,
)
from rsm.sites.rota.tables import (
    DutyCover,
    DutyCycle,
    DutyCycleShift,
    DutyDayShift,
    DutyOverride,
    DutyRotation,
    DutySwap,
    StaffAbsence,
)
from rsm.sites.tables import DutyShift, Site, Team

_Withdrawn = DutyCycle | DutyRotation | DutyDayShift | DutyOverride | DutyCover | StaffAbsence
TABLES: Mapping[str, type[_Withdrawn]] = {
    "cycle": DutyCycle,
    "rotation": DutyRotation,
    "day_shift": DutyDayShift,
    "override": DutyOverride,
    "cover": DutyCover,
    "absence": StaffAbsence,
}
# A swap holds because of those before it: the chain is followed for as long as this.
CHAIN = timedelta(days=366)
_WIDER = timedelta(days=2)  # local days and instants differ by one, and a clock may jump by one

_STANDS = "(withdrawn_at IS NULL OR withdrawn_at > :as_of)"
_OF_TEAM = "site_id = :site AND (CAST(:team AS uuid) IS NULL OR team_id = :team)"
_WITHIN = "until > :since AND since < :until"
_TOUCHING = Ready(
    text(
        f"""
    SELECT 'site' AS kind, NULL::uuid AS team_id, jsonb_build_object('rule', holiday_rule) AS values
      FROM site WHERE id = :site
    UNION ALL SELECT 'weekly', team_id, to_jsonb(r) FROM duty_shift r
      WHERE {_OF_TEAM} AND (ended_at IS NULL OR ended_at > :as_of)
    UNION ALL SELECT 'cycle', team_id, to_jsonb(r) || jsonb_build_object('shifts',
        (SELECT jsonb_agg(to_jsonb(s) ORDER BY s.week, s.weekday, s.starts, s.rank, s.id)
          FROM duty_cycle_shift s WHERE s.cycle_id = r.id))
      FROM duty_cycle r WHERE {_OF_TEAM} AND {_STANDS}
    UNION ALL SELECT 'rotation', team_id, to_jsonb(r) FROM duty_rotation r
      WHERE {_OF_TEAM} AND {_STANDS}
    UNION ALL SELECT 'day_shift', team_id, to_jsonb(r) FROM duty_day_shift r
      WHERE {_OF_TEAM} AND {_STANDS} AND day >= :chained
    UNION ALL SELECT 'swap', team_id, to_jsonb(r) FROM duty_swap r
      WHERE {_OF_TEAM} AND {_STANDS} AND greatest(one_day, other_day) >= :chained
    UNION ALL SELECT 'override', team_id, to_jsonb(r) FROM duty_override r
      WHERE {_OF_TEAM} AND {_STANDS} AND {_WITHIN}
    UNION ALL SELECT 'cover', team_id, to_jsonb(r) FROM duty_cover r
      WHERE {_OF_TEAM} AND {_STANDS} AND {_WITHIN}
    UNION ALL SELECT 'absence', NULL, to_jsonb(r) FROM staff_absence r
      WHERE site_id = :site AND {_STANDS} AND {_WITHIN}
    """  # noqa: S608  # put together from the words above, without a value
    ).columns(column("kind", Text), column("team_id", Uuid), column("values", JSONB)),
    frozenset({"as_of", "site", "team", "since", "until", "chained"}),
)


@dataclass(frozen=True)
class Row:
    """One row of a roster as it is stored; an absence and the site have no team."""

    kind: str
    team_id: UUID | None
    values: Mapping[str, object]


def touching(
    tx: Tx, site_id: UUID, team_id: UUID | None, since: datetime, until: datetime
) -> list[Row]:
    """All that may say who is on duty in that time: as it stands now, or of a time that is over, as
    it stood at its beginning."""
    asked = {
        "as_of": since if until <= tx.now else max(since, tx.now),
        "site": site_id,
        "team": team_id,
        "since": since,
        "until": until,
        "chained": (since - CHAIN - _WIDER).date(),
    }
    return [Row(kind, team, values) for kind, team, values in _TOUCHING.ask(tx.session, asked)]


# --- what is written ------------------------------------------------------------------------------


def hold_teams(tx: Tx, site_id: UUID) -> list[UUID]:
    """The site's teams, held: two who change a roster follow one another. Rows that only refer to
    a team (an alert that is routed) need not wait for us."""
    query = select(Team.id).where(Team.site_id == site_id).order_by(Team.id)
    return list(tx.session.scalars(query.with_for_update(key_share=True)))


def add(
    tx: Tx,
    site_id: UUID,
    team_id: UUID,
    change: Cycle | Rotation | DayShift | Override | Cover,
) -> None:
    """Write a row of a team's roster, under the id that it has."""
    if isinstance(change, Cycle):
        _add_cycle(tx, site_id, team_id, change)
        return
    if isinstance(change, DayShift):
        values = {"id": change.id, "day": change.day, **_of_shift(asdict(change.shift))}
    else:
        values = asdict(change)
        if isinstance(change, Rotation):
            values["people"] = list(change.people)
    made = {"site_id": site_id, "team_id": team_id, **_made(tx)}
    tx.session.execute(insert(TABLES[kind_of(change)]).values(**values, **made))


def _add_cycle(tx: Tx, site_id: UUID, team_id: UUID, cycle: Cycle) -> None:
    tx.session.execute(
        insert(DutyCycle).values(
            id=cycle.id,
            site_id=site_id,
            team_id=team_id,
            first_day=cycle.first_day,
            weeks=cycle.weeks,
            ends_on=cycle.ends_on,
            **_made(tx),
        )
    )
    for each in cycle.shifts:
        shift = asdict(each.shift)
        named = {"id": each.id, "site_id": site_id, "cycle_id": cycle.id, "week": each.week}
        tx.session.execute(
            insert(DutyCycleShift).values(**named, weekday=each.shift.weekday, **_of_shift(shift))
        )


def _of_shift(shift: Mapping[str, object]) -> dict[str, object]:
    return {name: shift[name] for name in ("staff_id", "starts", "ends", "rank")}


def add_absence(tx: Tx, site_id: UUID, absence: Absence) -> None:
    tx.session.execute(insert(StaffAbsence).values(site_id=site_id, **asdict(absence), **_made(tx)))


def kind_of(change: Cycle | Rotation | DayShift | Override | Cover | Absence) -> str:
    """How a kind of row is called, in `TABLES`, in the audit trail and in forms."""
    return {
        Cycle: "cycle",
        Rotation: "rotation",
        DayShift: "day_shift",
        Override: "override",
        Cover: "cover",
        Absence: "absence",
    }[type(change)]


def _made(tx: Tx) -> dict[str, object]:
    return {"created_at": tx.now, "created_by": tx.actor.id}


def withdraw(tx: Tx, site_id: UUID, kind: str, row_id: UUID) -> bool:
    """Take a row back; False when there is none, or it was taken back before."""
    table = TABLES[kind]
    gone = tx.session.execute(
        update(table)
        .where(table.id == row_id, table.site_id == site_id, table.withdrawn_at.is_(None))
        .values(withdrawn_at=tx.now, withdrawn_by=tx.actor.id)
        .returning(table.id)
    )
    return gone.first() is not None


def end_duties(tx: Tx, team_id: UUID, staff_id: UUID) -> None:
    """Her weekly shifts and those of single dates in a team end."""
    tx.session.execute(
        update(DutyShift)
        .where(
            DutyShift.team_id == team_id,
            DutyShift.staff_id == staff_id,
            DutyShift.ended_at.is_(None),
        )
        .values(ended_at=tx.now)
    )
    tx.session.execute(
        update(DutyDayShift)
        .where(
            DutyDayShift.team_id == team_id,
            DutyDayShift.staff_id == staff_id,
            DutyDayShift.withdrawn_at.is_(None),
        )
        .values(withdrawn_at=tx.now, withdrawn_by=tx.actor.id)
    )


# --- swaps ----------------------------------------------------------------------------------------


def add_swap(tx: Tx, site_id: UUID, team_id: UUID, swap: Swap) -> None:
    """A swap that the one has asked for."""
    tx.session.execute(
        insert(DutySwap).values(
            id=swap.id,
            site_id=site_id,
            team_id=team_id,
            one_id=swap.one,
            one_duty_id=swap.one_turn.duty_id,
            one_day=swap.one_turn.day,
            other_id=swap.other,
            other_duty_id=swap.other_turn.duty_id,
            other_day=swap.other_turn.day,
            one_agreed_at=tx.now,
            **_made(tx),
        )
    )


def swap(tx: Tx, site_id: UUID, swap_id: UUID) -> DutySwap | None:
    """The swap, held."""
    query = select(DutySwap).where(DutySwap.id == swap_id, DutySwap.site_id == site_id)
    held = query.with_for_update().execution_options(populate_existing=True)
    return tx.session.scalar(held)


def change_swap(tx: Tx, swap_id: UUID, **values: object) -> None:
    tx.session.execute(update(DutySwap).where(DutySwap.id == swap_id).values(**values))


def swaps_since(tx: Tx, site_id: UUID, since: datetime) -> Sequence[DutySwap]:
    """The site's swaps of shifts that are not long over, those taken back too, the latest first."""
    query = select(DutySwap).where(
        DutySwap.site_id == site_id,
        (DutySwap.one_day >= since.date()) | (DutySwap.other_day >= since.date()),
    )
    latest = query.order_by(DutySwap.created_at.desc(), DutySwap.id.desc())
    return tx.session.scalars(latest.execution_options(populate_existing=True)).all()


# --- hours ----------------------------------------------------------------------------------------


def team_hours(tx: Tx, site_id: UUID) -> dict[UUID, Mapping[str, object] | None]:
    """By team its own service hours; None where they are the site's."""
    rows = tx.session.execute(select(Team.id, Team.service_hours).where(Team.site_id == site_id))
    return {row.id: row.service_hours for row in rows}


def set_team_hours(tx: Tx, team_id: UUID, hours: Mapping[str, object] | None) -> None:
    tx.session.execute(update(Team).where(Team.id == team_id).values(service_hours=hours))


def holiday_rule(tx: Tx, site_id: UUID) -> HolidayRule | None:
    return tx.session.scalar(select(Site.holiday_rule).where(Site.id == site_id))


def set_holiday_rule(tx: Tx, site_id: UUID, rule: HolidayRule) -> None:
    tx.session.execute(update(Site).where(Site.id == site_id).values(holiday_rule=rule))
