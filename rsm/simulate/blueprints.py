"""The sites to be: three that the demo shows, and as many more as a simulation asks for.

Every number is set aside for fiction: a hundred lines in each area code.
"""

from dataclasses import dataclass, replace
from datetime import datetime, time
from itertools import islice

from rsm.kernel.words import Role
from rsm.simulate.people import PHONES_PER_AREA, Place
from rsm.simulate.roster import OnRoster, Roster

MOST_SITES = 20
LINES, SITES_PER_AREA = 20, 5  # a site's own lines, of the hundred that are set aside
_OWN_AREAS = ("202", "203", "205", "206")
# 555-0100 to 555-0199 are set aside in each of them; the demo's own are not among them.
_AREAS = tuple(
    str(code)
    for first, last in ((207, 211), (214, 216), (218, 219), (224, 281), (301, 311), (313, 314),
                        (316, 410), (412, 510), (512, 605), (607, 618), (620, 899))
    for code in range(first, last)
    if code % 100 != 11 and code not in (555, 600, 700, 800, 822, 833, 844, 855, 866, 877, 888)
)  # fmt: skip


@dataclass(frozen=True)
class Post:
    """One job at a site: its roles, and its rank on duty (0: never on duty). `duty` is which
    weekdays from when until when; empty: around the clock."""

    job: str
    roles: tuple[Role, ...]
    rank: int
    name: str
    duty: tuple[tuple[int, time, time], ...] = ()
    mailbox: str = ""  # of her e-mail; empty: her first name

    def is_on(self, local: datetime) -> bool:
        """Whether she is on duty then, by the site's own clock."""
        today, now = local.weekday(), local.time()
        return not self.duty or any(
            (weekday == today and starts <= now < (ends if starts < ends else time.max))
            or (starts >= ends and (weekday + 1) % 7 == today and now < ends)
            for weekday, starts, ends in self.duty
        )


@dataclass(frozen=True)
class Blueprint:
    """A site to be: `place` is where its patients live, `share` how many of all they are."""

    name: str
    tag: str
    sender_name: str
    zone: str
    share: float
    place: Place
    posts: tuple[Post, ...]
    area_code: str = "202"

    def number(self, line: int) -> str:
        """One of the site's own numbers: a hundred lines for all sites of an area together."""
        first = 100 + LINES * (self.place.number % SITES_PER_AREA)
        return f"+1{self.area_code}555{first + line:04d}"


def _posts(nurse: str, charge: str, second: str, clinician: str, desk: str) -> tuple[Post, ...]:
    return (
        Post("nurse", (Role.NURSE,), 1, nurse),
        Post("charge nurse", (Role.NURSE, Role.MANAGER), 3, charge),
        Post("second nurse", (Role.NURSE,), 2, second),
        Post("clinician", (Role.CLINICIAN,), 0, clinician),
        Post("coordinator", (Role.COORDINATOR,), 0, desk),
    )


BLUEPRINTS = (
    Blueprint(
        name="Lakeside Cancer Center",
        tag="lakeside",
        sender_name="Lakeside",
        zone="America/New_York",
        share=0.4,
        place=Place(0, ("212", "315"), ("100", "101", "112", "104"), "America/Chicago"),
        posts=_posts("Dana Reyes", "Ruth Cole", "Ben Okafor", "Dr. Imani Vale", "Sam Ito"),
    ),
    Blueprint(
        name="Prairie Oncology",
        tag="prairie",
        sender_name="Prairie",
        zone="America/Chicago",
        share=0.33,
        place=Place(1, ("312", "217"), ("606", "605", "617"), "America/Denver"),
        posts=_posts("Nora Lind", "Peter Mbeki", "Ana Duarte", "Dr. Wei Sandhu", "Kim Osei"),
    ),
    Blueprint(
        name="Harbor Cancer Care",
        tag="harbor",
        sender_name="Harbor",
        zone="America/Los_Angeles",
        share=0.27,
        place=Place(2, ("213", "619"), ("900", "902", "908"), "America/Phoenix"),
        posts=_posts("Tess Moreau", "Ivan Petrov", "Lucia Herrera", "Dr. Omar Haddad", "Jo Finch"),
    ),
)


def for_order(sites: int, patients: int, roster: Roster | None = None) -> tuple[Blueprint, ...]:
    """So many sites of one size, with numbers for so many patients, so that side by side they end
    together; `roster` takes the place of the nurses."""
    each = -(-patients // sites)
    codes = -(-each // PHONES_PER_AREA) + 1  # the last one is nobody's: for right numbers
    areas = iter(_AREAS)
    return tuple(_site(number, sites, islice(areas, codes), roster) for number in range(sites))


def most_patients(sites: int) -> int:
    """How many there are numbers for."""
    return PHONES_PER_AREA * (len(_AREAS) - 2 * sites)


def _site(number: int, sites: int, areas: "islice[str]", roster: Roster | None) -> Blueprint:
    model = BLUEPRINTS[number % len(BLUEPRINTS)]
    again = number // len(BLUEPRINTS) + 1
    posts = model.posts if roster is None else _rostered(roster, model.posts)
    made = replace(
        model,
        place=replace(model.place, number=number, area_codes=tuple(areas)),
        posts=posts,
        area_code=_OWN_AREAS[number // SITES_PER_AREA],
        share=1 / sites,
    )
    if again == 1:
        return made
    return replace(made, name=f"{model.name} {again}", tag=f"{model.tag}-{again}")


def _rostered(roster: Roster, former: tuple[Post, ...]) -> tuple[Post, ...]:
    """The nurses of the roster, those who are told first in front, then desk and clinician."""
    nurses = sorted(roster.people, key=lambda one: one.rank)
    others = tuple(post for post in former if not post.rank)
    return (*(_nurse(one, place) for place, one in enumerate(nurses)), *others)


def _nurse(one: OnRoster, place: int) -> Post:
    roles = (Role.NURSE, Role.MANAGER) if one.manager else (Role.NURSE,)
    duty = tuple(
        (weekday, hours.from_, hours.until) for hours in one.duty for weekday in hours.weekdays
    )
    return Post(f"nurse {place + 1}", roles, one.rank, one.name, duty, f"nurse-{place + 1}")
