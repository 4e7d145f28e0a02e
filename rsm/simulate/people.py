"""Synthetic patients: invented names, numbers that are set aside for fiction, a fate each."""

import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, time, timedelta
from functools import cache
from pathlib import Path
from types import MappingProxyType

from rsm.kernel.documents import Strict, parse
from rsm.kernel.words import Channel
from rsm.patients.model import DeclineReason, EndReason, NewPatient, PatientStatus
from rsm.simulate import courses
from rsm.simulate.courses import Course
from rsm.simulate.draws import Draws
from rsm.simulate.habits import Habits, PatientHabits

PHONES_PER_AREA = 100  # 555-0100 to 555-0199 are set aside for fiction in every area code

_SEX = MappingProxyType({"female": 0.54, "male": 0.46})
_ETHNICITY = MappingProxyType(
    {"white": 0.52, "black": 0.2, "asian": 0.12, "two or more": 0.05, "not recorded": 0.11}
)
_INSURANCE = MappingProxyType({"public": 0.55, "private": 0.38, "none": 0.07})
_DECLINES = MappingProxyType(
    {
        DeclineReason.NOT_INTERESTED: 3.0,
        DeclineReason.BURDEN: 2.0,
        DeclineReason.TOO_ILL: 2.0,
        DeclineReason.NO_PHONE: 1.0,
        DeclineReason.PRIVACY: 1.0,
    }
)
_ENDS = MappingProxyType(
    {
        EndReason.TREATMENT_STOPPED: 4.0,
        EndReason.WITHDRAWAL: 2.0,
        EndReason.HOSPICE: 2.0,
        EndReason.DEATH: 2.0,
        EndReason.MOVED_AWAY: 1.0,
    }
)


LAST = frozenset({EndReason.DEATH, EndReason.HOSPICE})


class Names(Strict):
    """Names for people who do not exist."""

    women: tuple[str, ...]
    men: tuple[str, ...]
    families: tuple[str, ...]
    spanish_women: tuple[str, ...]
    spanish_men: tuple[str, ...]
    spanish_families: tuple[str, ...]


@cache
def names() -> Names:
    text = (Path(__file__).parent / "library" / "names.toml").read_text(encoding="utf-8")
    return parse(Names, text, "names.toml")[0]


@dataclass(frozen=True)
class Months:
    """The virtual time: the first day, and how many days follow."""

    first: date
    days: int

    @property
    def last(self) -> date:
        return self.first + timedelta(days=self.days)


@dataclass(frozen=True)
class Fate:
    """What a patient will do at which day of the months (None: never), and how she answers."""

    enrols: int
    hours_median: float
    forgets: float
    proxy: bool = False
    unreachable: bool = False
    wrong_number: bool = False
    stops: int | None = None
    texts: int | None = None
    leaves: tuple[int, EndReason] | None = None
    pauses: tuple[int, int] | None = None

    @property
    def turns(self) -> Sequence[int]:
        """The days on which she goes to hospital, or dies: before them she feels worse."""
        admitted = [self.pauses[0]] if self.pauses is not None else []
        dies = self.leaves is not None and self.leaves[1] in LAST
        return [*admitted, self.leaves[0]] if self.leaves is not None and dies else admitted

    def is_last(self, day: int, within: int) -> bool:
        """Whether that day is one of the last `within` of her life."""
        if self.leaves is None or self.leaves[1] not in LAST:
            return False
        return self.leaves[0] - within <= day <= self.leaves[0]


@dataclass(frozen=True)
class Person:
    """A synthetic patient: what a nurse would enter, how she feels, what she will do."""

    seed: str
    entry: NewPatient
    course: Course
    fate: Fate

    @property
    def phone(self) -> str | None:
        return self.entry.phone


@dataclass(frozen=True)
class Place:
    """Where people come from: the number of the site, its area codes and postcode areas, and the
    zone beside its own."""

    number: int
    area_codes: Sequence[str]
    postcode_areas: Sequence[str]
    next_zone: str = ""

    def phone(self, place: int) -> str:
        """The number of the `place`-th patient, in E.164; raises ValueError when none is left."""
        area, line = divmod(place, PHONES_PER_AREA)
        if area >= len(self.area_codes):
            raise ValueError(
                f"more than {PHONES_PER_AREA * len(self.area_codes)} patients at a site"
            )
        return f"+1{self.area_codes[area]}55501{line:02d}"

    def other_phone(self, phone: str) -> str:
        """The same line under the last area code: somebody's right number where `phone` is not."""
        return f"+1{self.area_codes[-1]}{phone[5:]}"


def person(seed: str, place: Place, number: int, behave: Habits, months: Months) -> Person:
    """The `number`-th patient of a site; the same for the same seed."""
    mine, habits = f"{seed}:{place.number}:{number}", behave.patients
    draws = Draws.of(mine, "person")
    fate = _fate(draws, habits, months)
    regimen = courses.shipped().draw(draws)
    begun = months.first + timedelta(days=fate.enrols - draws.whole(0, 30))
    cycles = courses.cycles(regimen, begun, months.last + timedelta(days=14))
    felt = behave.courses
    burden = draws.around(felt.burden, felt.burden_spread)
    events = tuple(months.first + timedelta(days=day) for day in fate.turns)
    course = Course(mine, regimen, cycles, burden, felt, events)
    entry = _entry(draws, habits, months.first + timedelta(days=fate.enrols))
    known = {
        "record_number": f"{place.number}{1000 + number}",
        "phone": place.phone(_whose_phone(mine, number, habits)),
        "postcode_area": draws.pick(place.postcode_areas),
        "regimen": regimen.name,
        "cycle_starts": tuple(day for day in cycles if day <= months.last),
        **_by_email(mine, entry.name, number, habits),
        **_on_the_phone(mine, entry.language, place, habits),
        **_by_call(mine, fate, habits),
    }
    return Person(mine, entry.model_copy(update=known), course, fate)


def _whose_phone(seed: str, number: int, habits: PatientHabits) -> int:
    """Some share one with the patient before them, at home; drawn apart."""
    shares = number % 2 == 1 and Draws.of(seed, "shares").chance(2 * habits.shares_phone)
    return number - 1 if shares else number


def _by_email(seed: str, name: str, number: int, habits: PatientHabits) -> dict[str, object]:
    """Some want e-mails; drawn apart, so that it changes nothing else about anybody."""
    if not Draws.of(seed, "email").chance(habits.by_email):
        return {}
    plain = unicodedata.normalize("NFKD", name).encode("ascii", "ignore").decode().lower()
    address = f"{'.'.join(plain.split())}.{number}@example.org"
    return {"channel": Channel.EMAIL, "email": address}


def _by_call(seed: str, fate: Fate, habits: PatientHabits) -> dict[str, object]:
    """Some want to be called by a machine; drawn apart. Nobody does whom no call would reach."""
    apart = fate.proxy or fate.wrong_number or fate.unreachable
    chosen = not apart and Draws.of(seed, "by call").chance(habits.by_call)
    return {"channel": Channel.VOICE} if chosen else {}


def _on_the_phone(
    seed: str, language: str, place: Place, habits: PatientHabits
) -> dict[str, object]:
    """What her caller should know; drawn apart as well."""
    draws = Draws.of(seed, "phone")
    interpreter = draws.chance(habits.interpreter) and language != "en"
    known: dict[str, object] = {"interpreter": interpreter}
    if place.next_zone and draws.chance(habits.elsewhere):
        known["zone"] = place.next_zone
    return known


def _entry(draws: Draws, habits: PatientHabits, on: date) -> NewPatient:
    sex = draws.weighted(_SEX)
    spanish = draws.chance(habits.spanish)
    name = _name(draws, sex, spanish=spanish)
    ethnicity = "hispanic" if spanish else draws.weighted(_ETHNICITY)
    values: dict[str, object] = {
        "name": name,
        "record_number": "-",
        "birth_date": on - timedelta(days=int(365.25 * draws.between(29, 86))),
        "language": "es" if spanish else "en",
        "weekday": draws.whole(0, 6),
        "local_time": time(draws.whole(8, 11)),
        "sex": sex,
        "ethnicity": ethnicity,
        "insurance": draws.weighted(_INSURANCE),
    }
    return NewPatient.model_validate(values | _standing(draws, habits, name, on))


def _name(draws: Draws, sex: str, *, spanish: bool) -> str:
    known, female = names(), sex == "female"
    given = known.women if female else known.men
    families = known.families
    if spanish:
        given = known.spanish_women if female else known.spanish_men
        families = known.spanish_families
    return f"{draws.pick(given)} {draws.pick(families)}"


def _standing(draws: Draws, habits: PatientHabits, name: str, on: date) -> dict[str, object]:
    """How far she comes: not asked, declined, or enrolled with her consent."""
    if draws.chance(habits.not_asked_yet):
        return {"status": PatientStatus.ELIGIBLE}
    if draws.chance(habits.declined):
        reason = draws.weighted(_DECLINES)
        return {"status": PatientStatus.DECLINED, "decline_reason": reason}
    return {"status": PatientStatus.ENROLLED, "consent_on": on, "consent_by": name}


def _fate(draws: Draws, habits: PatientHabits, months: Months) -> Fate:
    enrols = draws.whole(0, min(habits.enrolled_over_days, months.days // 2))

    def someday() -> int:
        return draws.whole(min(enrols + 10, months.days), months.days)

    leaves = (someday(), draws.weighted(_ENDS)) if draws.chance(habits.leaves) else None
    pauses = (someday(), draws.whole(7, 21)) if draws.chance(habits.pauses) else None
    return Fate(
        enrols=enrols,
        hours_median=draws.around(habits.answer_hours_median, 0.5),
        forgets=min(0.9, draws.around(habits.forgets, habits.steadiness_spread)),
        proxy=draws.chance(habits.proxy),
        unreachable=draws.chance(habits.unreachable),
        wrong_number=draws.chance(habits.wrong_number),
        stops=someday() if draws.chance(habits.stops) else None,
        texts=someday() if draws.chance(habits.texts) else None,
        leaves=leaves,
        pauses=pauses,
    )
