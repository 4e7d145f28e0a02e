"""The story of a broken promise: one subject's rows in the order of time, and how to see it again.

No name, number, answer or text stands in it: ids, states, times and kinds only. Its file holds the
whole order, so that it is played again as it was, whatever ships by then.
"""

import json
from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta
from pathlib import Path
from uuid import UUID

from rsm.kernel.documents import Strict, parse
from rsm.kernel.errors import Invalid, Problem
from rsm.simulate.orders import Order
from rsm.simulate.programme import Programme
from rsm.simulate.promises.model import Broken
from rsm.simulate.roster import Roster

_HEADER = "# A promise that broke in a simulation; see it again: rsm simulate --replay FILE\n"
_AFTER = timedelta(hours=3)  # until a break is seen once more


@dataclass(frozen=True)
class Line:
    """What happened to one row, and when."""

    at: datetime
    what: str


@dataclass(frozen=True)
class Story:
    """`order` plays it again: the same seed and size, its people alone, until a little after."""

    broken: Broken
    order: Order
    lines: tuple[Line, ...]

    @property
    def people(self) -> tuple[str, ...]:
        """The seeds of whom it takes."""
        return tuple(sorted(self.order.only or ()))

    @property
    def programme(self) -> str:
        """The key of the programme."""
        return self.order.programme.key

    @property
    def name(self) -> str:
        """Of its file, such as `P2-0a1b2c3d4e5f.toml`."""
        first = self.broken.subjects[0] if self.broken.subjects else self.broken.site_id
        return f"{self.broken.promise}-{str(first)[-12:]}.toml"

    def as_text(self, file: str = "") -> str:
        """For a terminal: what broke, where, when, and line after line what led to it. `file` is
        where it is kept."""
        broken, order = self.broken, self.order
        head = [
            f"{broken.promise} broke: {broken.what}",
            f"  virtual time {_plain(broken.at)}, seed {order.seed}, {order.programme.key}",
            f"  {order.patients} patients, {order.weeks} weeks, {order.sites} sites",
            f"  people: {', '.join(self.people) or 'everybody'}",
        ]
        lines = [f"  {_plain(line.at)}  {line.what}" for line in self.lines]
        return "\n".join([*head, *lines, f"  again: rsm simulate --replay {file or self.name}"])

    def as_toml(self) -> str:
        """For a file, from which `rsm simulate --replay` plays it again."""
        broken, order = self.broken, self.order
        values: dict[str, object] = {
            "promise": broken.promise,
            "what": broken.what,
            "at": broken.at.isoformat(),
            "site": str(broken.site_id),
            "patient": str(broken.patient_id or ""),
            "subjects": [str(each) for each in broken.subjects],
            "seed": order.seed,
            "patients": order.patients,
            "weeks": order.weeks,
            "sites": order.sites,
            "begin": order.begin.isoformat(),
            "public_url": order.public_url,
            "everybody": order.only is None,
            "people": list(self.people),
            "programme": order.programme.model_dump_json(),
            "pack": order.pack or "",
            "plan": order.plan or "",
            "policy": order.policy or "",
            "roster": order.roster.model_dump_json(by_alias=True) if order.roster else "",
            "lines": [f"{line.at.isoformat()} {line.what}" for line in self.lines],
        }
        return _HEADER + _toml(values)


class _File(Strict):
    promise: str
    what: str
    at: str
    site: str
    patient: str
    subjects: tuple[str, ...]
    seed: str
    patients: int
    weeks: int
    sites: int
    begin: str
    public_url: str
    everybody: bool
    people: tuple[str, ...]
    programme: str
    pack: str
    plan: str
    policy: str
    roster: str
    lines: tuple[str, ...]


def read_story(path: Path) -> Story:
    """A story from its file. Raises `Invalid`."""
    try:
        text = path.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        mend = "a story that a simulation wrote"
        raise Invalid(Problem(str(path), "cannot be read", mend)) from error
    file = parse(_File, text, path.name)[0]
    try:
        return _story(file)
    except ValueError as error:
        raise Invalid(Problem(path.name, f"is no story: {error}")) from error


def _story(file: _File) -> Story:
    at = datetime.fromisoformat(file.at)
    patient = UUID(file.patient) if file.patient else None
    subjects = tuple(UUID(each) for each in file.subjects)
    order = Order(
        programme=Programme.model_validate_json(file.programme),
        seed=file.seed,
        patients=file.patients,
        weeks=file.weeks,
        sites=file.sites,
        begin=date.fromisoformat(file.begin),
        public_url=file.public_url,
        pack=file.pack or None,
        plan=file.plan or None,
        policy=file.policy or None,
        roster=Roster.model_validate_json(file.roster) if file.roster else None,
        only=None if file.everybody else frozenset(file.people),
    )
    split = (line.split(" ", maxsplit=1) for line in file.lines)
    lines = tuple(Line(datetime.fromisoformat(at), what) for at, what in split)
    broken = Broken(file.promise, file.what, UUID(file.site), patient, subjects, at)
    return Story(broken, until(order, at), lines)


def until(order: Order, at: datetime) -> Order:
    """The same order, ended a little after that instant."""
    return replace(order, until=at + _AFTER)


def _toml(values: Mapping[str, object]) -> str:
    """A JSON string is a TOML string, a JSON list of strings a TOML array."""
    return "".join(f"{key} = {json.dumps(value)}\n" for key, value in values.items())


def _plain(at: datetime) -> str:
    return f"{at:%Y-%m-%d %H:%M:%SZ}"
