"""View model of the project's record (`reports/record.html`): one file with all that was done."""

from dataclasses import dataclass


@dataclass(frozen=True)
class RecordSection:
    """One part: a table of `rows` under `head`; without rows it says that there are none."""

    name: str
    heading: str
    head: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]
    lead: str = ""


@dataclass(frozen=True)
class RecordView:
    """The whole document."""

    language: str
    title: str
    heading: str
    lead: str
    none: str
    sections: tuple[RecordSection, ...]
    made_by: str
