"""View models of the patient's own page below her link: what stands, and a form for each change."""

from dataclasses import dataclass

from rsm.web.views.patient import PatientFrame


@dataclass(frozen=True)
class OwnRow:
    """One thing as it stands; without `change_url` it cannot be changed here."""

    label: str
    value: str
    change_url: str = ""
    change: str = ""  # what the link says; without it "Change"


@dataclass(frozen=True)
class OwnView:
    """`patient/own.html`: everything that she can change, each behind a link or a button.

    `said` is what was just done. `ended`: nothing can be changed any more. `stopped`: a STOP
    stands; `start_action` lifts it, without it only the word by text does. `resume_action` ends a
    pause.
    """

    frame: PatientFrame
    back_url: str
    rows: tuple[OwnRow, ...] = ()
    said: str = ""
    ended: bool = False
    stopped: bool = False
    start_action: str = ""
    paused: str = ""
    resume_action: str = ""
    stop_url: str = ""


@dataclass(frozen=True)
class OwnOption:
    """One thing to choose; `detail` says what it means."""

    value: str
    label: str
    detail: str = ""
    checked: bool = False


@dataclass(frozen=True)
class OwnGroup:
    """Options of which one is chosen: shown in a list to tap, or `short`, folded in a select."""

    name: str
    label: str
    options: tuple[OwnOption, ...]
    short: bool = False


@dataclass(frozen=True)
class OwnEntry:
    """A line to type in."""

    name: str
    label: str
    value: str = ""
    hint: str = ""
    kind: str = "text"
    autocomplete: str = "off"


@dataclass(frozen=True)
class OwnFormView:
    """`patient/own_form.html`: one change, with what it means, to be confirmed by its button.

    `told` are sentences above the fields. `agree` is a box to tick. `wrong` says why nothing was
    changed, and `wrong_at` at which field.
    """

    frame: PatientFrame
    action: str
    back_url: str
    heading: str
    button: str
    told: tuple[str, ...] = ()
    groups: tuple[OwnGroup, ...] = ()
    entries: tuple[OwnEntry, ...] = ()
    agree: str = ""
    wrong: str = ""
    wrong_at: str = ""
