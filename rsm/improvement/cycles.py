"""The door to plan-do-study-act cycles: what is tried, by whom, until when, and what was learnt."""

from dataclasses import dataclass, replace
from datetime import date
from uuid import UUID

from sqlalchemy.exc import IntegrityError

from rsm.db.work import Tx
from rsm.improvement import cycle_store as store
from rsm.improvement.decide import may_follow, needs_words
from rsm.improvement.model import Cycle, CycleStage, CycleStep, NewCycle
from rsm.improvement.store import person
from rsm.kernel.errors import Conflict, Invalid, NotFound, Problem
from rsm.metrics.definitions import BY_ID
from rsm.security import staff
from rsm.security.audit import Subject, record

AIM_AT_MOST, TARGET_AT_MOST, WORDS_AT_MOST = 500, 120, 2000


@dataclass(frozen=True)
class NewStep:
    """The next step: where the cycle stands then, in words, who goes on with it and until when."""

    stage: CycleStage
    words: str
    owner_id: UUID
    due_on: date


def open_cycle(tx: Tx, site_id: UUID, new: NewCycle) -> UUID:
    """A cycle that begins with its plan. Raises `Invalid` with every problem."""
    tidy = replace(new, aim=_plain(new.aim), target=_plain(new.target))
    problems = [*_long(tidy.aim, "aim", AIM_AT_MOST), *_long(tidy.target, "target", TARGET_AT_MOST)]
    if not tidy.aim:
        problems.append(Problem("aim", "is missing"))
    if tidy.measure not in BY_ID:
        problems.append(Problem("measure", "choose one from the list"))
    if tidy.due_on < tidy.starts_on:
        problems.append(Problem("due_on", "is before the first day"))
    problems += _owner(tx, site_id, tidy.owner_id)
    if problems:
        raise Invalid(problems)
    cycle_id = store.add(tx, site_id, tidy)
    first = CycleStep(CycleStage.PLAN, "", tidy.owner_id, tidy.due_on, person(tx), tx.now)
    store.add_step(tx, site_id, cycle_id, 1, first)
    subject = Subject("improvement_cycle", cycle_id)
    record(tx, "cycle.opened", subject, site_id, measure=tidy.measure)
    return cycle_id


def go_on(tx: Tx, site_id: UUID, cycle_id: UUID, new: NewStep, seen: int) -> None:
    """The next step of a cycle. `seen`: how many steps it had when this was written.

    Raises `Invalid` with every problem, `Conflict` when somebody was faster.
    """
    cycle = get(tx, site_id, cycle_id)
    if len(cycle.steps) != seen:
        raise _faster()
    words = _plain(new.words)
    problems = _long(words, "words", WORDS_AT_MOST)
    if new.stage not in may_follow(cycle.now.stage):
        problems.append(Problem("stage", f"does not follow {cycle.now.stage}"))
    if needs_words(new.stage) and not words:
        problems.append(Problem("words", "is missing", "say what was learnt"))
    problems += _owner(tx, site_id, new.owner_id)
    if problems:
        raise Invalid(problems)
    step = CycleStep(new.stage, words, new.owner_id, new.due_on, person(tx), tx.now)
    try:
        with tx.savepoint():
            store.add_step(tx, site_id, cycle_id, seen + 1, step)
    except IntegrityError:
        raise _faster() from None
    subject = Subject("improvement_cycle", cycle_id)
    record(tx, "cycle.went_on", subject, site_id, stage=new.stage.value)


def get(tx: Tx, site_id: UUID, cycle_id: UUID) -> Cycle:
    """One cycle; raises `NotFound`."""
    for cycle in store.of_site(tx, site_id, cycle_id):
        return cycle
    raise NotFound("no such cycle")


def of_site(tx: Tx, site_id: UUID) -> list[Cycle]:
    """All of them, the newest first."""
    return store.of_site(tx, site_id)


def _owner(tx: Tx, site_id: UUID, staff_id: UUID) -> list[Problem]:
    works_here = staff_id in staff.at_site(tx, site_id)
    return [] if works_here else [Problem("owner", "choose somebody who works here")]


def _long(text: str, where: str, most: int) -> list[Problem]:
    return [Problem(where, f"is longer than {most} characters")] if len(text) > most else []


def _plain(text: str) -> str:
    return text.replace("\0", "").strip()


def _faster() -> Conflict:
    return Conflict("somebody else went on with this cycle meanwhile: look again, then repeat")
