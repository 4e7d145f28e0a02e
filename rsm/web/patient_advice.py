"""Advice that the site has written about symptoms that she reported, shown after the sending."""

from rsm.flow import advice
from rsm.flow.outcome import Outcome
from rsm.instruments.items import DateItem, Item, NumberItem, TextItem
from rsm.web.how_bad import by_worst
from rsm.web.patient_visit import Visit
from rsm.web.views.patient import SymptomAdvice


def of_symptoms(visit: Visit, outcome: Outcome) -> tuple[SymptomAdvice, ...]:
    """The worst first; of answers alone that this browser may see."""
    if visit.may_see is None:  # nothing that it could be about is shown
        return ()
    written = advice.about_symptoms(visit.tx, visit.site, visit.language)
    names = visit.instrument.symptom_by_key
    return tuple(
        SymptomAdvice(names[symptom].name.get(visit.language, ""), written[symptom])
        for symptom in (_reported(visit, outcome) if written else ())
        if symptom in names and symptom in written
    )


def _reported(visit: Visit, outcome: Outcome) -> list[str]:
    """Symptoms that raised the alert, then those that she has, the worst first."""
    shown, items = visit.shown(), visit.instrument.item_by_code
    answered = [code for code in shown if code in items and _says_how_bad(items[code])]
    raised = [code for code in outcome.items if code in shown and code in items]
    codes = [*raised, *by_worst(items, shown, answered)]
    return list(dict.fromkeys(symptom for code in codes if (symptom := items[code].symptom)))


def _says_how_bad(item: Item) -> bool:
    """Whether a value above 0 says that the symptom is there: not so of a number or a date."""
    return not isinstance(item, NumberItem | DateItem | TextItem)
