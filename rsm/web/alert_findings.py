"""The findings of an alert as pages show them: by symptom, values as people read them."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from datetime import datetime

from rsm.alerts import service as alerts
from rsm.alerts.model import AlertView
from rsm.alerts.quiet_store import SuppressedView
from rsm.alerts.specs import spec_of
from rsm.alerts.timeline import FindingView
from rsm.alerts.wording import label
from rsm.db.work import Tx
from rsm.instruments import service as instruments
from rsm.kernel.errors import RsmError
from rsm.kernel.words import Pin
from rsm.sites.model import SiteView
from rsm.web.views.alerts import Change

Units = Mapping[str, str]  # in which unit a number was asked, by item code; grades have none


def site_units(tx: Tx, site: SiteView) -> Units:
    """Of the numbers that a site asks for now; without them the list is shown all the same."""
    try:
        return units_of(tx, site.rule_pack, site.instrument)
    except RsmError:
        return {}


def units_of(tx: Tx, pack: Pin, instrument: Pin) -> Units:
    """Of the numbers that the instrument asks for, and of those that the pack looks at."""
    needs = {need.code: need.unit for need in alerts.load_base(tx, pack).needs}
    asked = {one.code: one.unit for one in spec_of(instruments.load(tx, instrument)).numbers}
    return {code: unit for code, unit in (needs | asked).items() if unit}


def value_words(value: float | None, unit: str = "") -> str | None:
    """`3`, `38.2 °C`; None where there is no value."""
    return None if value is None else f"{value:g} {unit}".rstrip()


def by_worst(found: Iterable[FindingView]) -> list[list[FindingView]]:
    """By symptom, each with its worst first, the worst symptom first."""
    symptoms: dict[str, list[FindingView]] = {}
    for one in sorted(found, key=_weight, reverse=True):
        symptoms.setdefault(one.symptom, []).append(one)
    return list(symptoms.values())


def _weight(one: FindingView) -> tuple[int, float, bool, datetime]:
    """The highest level, then the highest answer; of those, one that can be compared."""
    return one.level.rank, one.current, one.previous is not None, one.at


def about(alert: AlertView, found: Iterable[FindingView]) -> str:
    """`Pain 3, Nausea 2`; its reason, where no symptom was found."""
    symptoms = [same[0] for same in by_worst(found)]
    said = ", ".join(f"{label(one.symptom)} {one.current:g}" for one in symptoms)
    return said or alert.reason.rstrip(".")


def changes(found: Sequence[FindingView], units: Units) -> tuple[Change, ...]:
    """The findings of the highest level, one a symptom, the worst first: was → now."""
    worst = [same[0] for same in by_worst(found)]
    top = max((one.level.rank for one in worst), default=0)
    return tuple(
        Change(label(one.symptom), one.previous, one.current, units.get(one.item, ""))
        for one in worst
        if one.level.rank == top
    )


def as_raised(found: Sequence[FindingView], kept: Iterable[SuppressedView]) -> list[FindingView]:
    """The findings with the worse values that the same report gave afterwards: a finding never
    changes, so that such a value stands beside it (P12), and it is the one to be read (P15)."""
    later = {(one.response_id, one.rule, one.item): one for one in kept}  # the last one stands
    shown = []
    for one in found:
        raised = later.get((one.response_id, one.rule, one.item))
        if raised is not None:
            shown.append(_raised(one, raised))
        else:
            shown.append(one)
    return shown


def _raised(one: FindingView, by: SuppressedView) -> FindingView:
    return replace(one, current=by.current, level=by.level, reason=by.sentence, at=by.at)
