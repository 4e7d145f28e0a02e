"""Forms of changes to a roster: which fields each kind has. `rsm.web.roster_reading` reads them."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

from rsm.sites.model import WEEKDAYS
from rsm.web.views.common import Choice
from rsm.web.views.roster import ChangeForm, FormField

PEOPLE = 8  # of a rotation, and shifts of a cycle, that one form takes
Values = Mapping[str, str]


@dataclass(frozen=True)
class _Kind:
    title: str
    button: str
    fields: tuple[FormField, ...]
    hint: str = ""


def _who(name: str, label: str, hint: str = "") -> FormField:
    return FormField(name, label, "select", hint=hint)


_SPAN = (
    FormField("since", "From", "datetime-local"),
    FormField("until", "Until", "datetime-local"),
)
_RANK = FormField("rank", "Rank", "number", "1")
_DAYS = tuple(Choice(day, day.capitalize()) for day in WEEKDAYS)

KINDS: Mapping[str, _Kind] = {
    "override": _Kind(
        "Somebody stands in, or comes besides",
        "Put on duty",
        (_who("staff_id", "Who"), _who("instead_of", "In whose place"), *_SPAN, _RANK),
        "The second field stays empty for somebody who comes besides all others.",
    ),
    "cover": _Kind(
        "Temporary cover",
        "Write down the cover",
        (_who("staff_id", "Who is away"), _who("covered_by", "Covered by"), *_SPAN),
        "Whatever duty would have fallen in that time.",
    ),
    "day_shift": _Kind(
        "A shift of one date",
        "Add the shift",
        (
            FormField("day", "Date", "date"),
            _who("staff_id", "Who"),
            FormField("starts", "From", "time", "08:00"),
            FormField("ends", "Until", "time", "18:00"),
            _RANK,
        ),
        "That date then has none of its weekday's shifts: enter all that it has.",
    ),
    "rotation": _Kind(
        "A rotation of people",
        "Begin the rotation",
        (
            *(_who(f"person{n}", f"{n}.") for n in range(1, PEOPLE + 1)),
            FormField("first_day", "First day", "date"),
            FormField("every_days", "Days each", "number", "7"),
            FormField("changes_at", "Changes at", "time", "08:00"),
            _RANK,
            FormField("ends_on", "Last change on", "date", hint="empty: until it is ended"),
        ),
        "Around the clock, one after the other, over and over.",
    ),
    "cycle": _Kind(
        "A plan of several weeks",
        "Begin the plan",
        (
            FormField("weeks", "Weeks", "number", "2"),
            FormField("first_day", "First day", "date"),
            *(
                field
                for n in range(1, PEOPLE + 1)
                for field in (
                    FormField(f"week{n}", f"Shift {n}: week", "number"),
                    FormField(f"weekday{n}", "day", "select", choices=_DAYS),
                    _who(f"staff{n}", "who"),
                    FormField(f"starts{n}", "from", "time"),
                    FormField(f"ends{n}", "until", "time"),
                    FormField(f"rank{n}", "rank", "number", "1"),
                )
            ),
        ),
        "The first week is 1. Lines without a week are left out; shifts of every week stay in the "
        "week below.",
    ),
    "absence": _Kind(
        "Somebody is away",
        "Write down the absence",
        (_who("staff_id", "Who"), *_SPAN),
        "In every team. Who is there instead is written down as cover.",
    ),
    "hours": _Kind(
        "Service hours of this team",
        "Set the hours",
        tuple(
            field
            for day in WEEKDAYS
            for field in (
                FormField(f"{day}_opens", f"{day.capitalize()} from", "time"),
                FormField(f"{day}_closes", "until", "time"),
            )
        ),
        "All empty: the site's.",
    ),
}


def form(
    kind: str, action: str, people: Sequence[Choice], typed: Values | None = None
) -> ChangeForm:
    """The form of one kind; `typed` is what was sent and has problems."""
    about = KINDS[kind]
    fields = tuple(
        replace(
            field,
            value=typed.get(field.name, "") if typed is not None else field.value,
            choices=field.choices or (tuple(people) if field.kind == "select" else ()),
        )
        for field in about.fields
    )
    return ChangeForm(
        kind, about.title, action, about.button, fields, about.hint, typed is not None
    )
