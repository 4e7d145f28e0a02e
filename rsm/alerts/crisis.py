"""Which questions are a crisis of their own when they are answered: PHQ-9's item 9. Pure.

Such a question is never asked by text message or of a relative, and the plan that asks it needs an
escalation step that is staffed around the clock.
"""

from rsm.alerts.conditions import named_codes
from rsm.alerts.model import InstrumentSpec
from rsm.alerts.plan import selected
from rsm.alerts.schema import RulePack


def crisis_items(pack: RulePack, instrument: InstrumentSpec) -> tuple[str, ...]:
    """The codes of the items that a crisis rule of the pack looks at, as they are asked."""
    rules = [rule for rule in pack.rules if rule.crisis]
    looked_at = {item.code for rule in rules for item in selected(rule, instrument.items)}
    looked_at.update(code for rule in rules for code in (*rule.numbers, *named_codes(rule.when)))
    codes = [item.code for item in instrument.items]
    codes += [number.code for number in instrument.numbers]
    return tuple(code for code in codes if code in looked_at)
