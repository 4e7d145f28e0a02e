"""What there is to choose from on an alert's page: colleagues, times, steps, ready phrases."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from types import MappingProxyType

from rsm.alerts.model import AlertAction, AlertView
from rsm.db.work import Tx
from rsm.escalation import preview, published, safety
from rsm.escalation import service as escalation
from rsm.escalation.model import PolicyStep, Standing, Who
from rsm.flow import passing
from rsm.kernel.errors import RsmError
from rsm.kernel.words import Role
from rsm.security import staff
from rsm.web import alert_words as words
from rsm.web.alert_times import MORNING, TOMORROW, moment_of
from rsm.web.auth import Desk
from rsm.web.staff_words import section, word
from rsm.web.views.alert_page import AlertActions, Phrase
from rsm.web.views.common import Choice

_MINUTES = (30, 60, 120)  # after which she may promise to call back
_PUT_OFF = (60, 120, 240)
_TRIAGE = (Role.NURSE, Role.CLINICIAN)
# The ready phrases by what was done; those of "" before that is said.
_PHRASES: Mapping[str, Sequence[str]] = MappingProxyType(
    {
        "": ("called", "called_relative", "interpreter_used"),
        AlertAction.PHONE_ADVICE: ("advice_given", "red_flags", "calls_again"),
        AlertAction.MEDICINE_CHANGE: ("doctor_asked", "prescribed", "dose_changed"),
        AlertAction.VISIT_TODAY: ("comes_at", "transport", "doctor_asked"),
        AlertAction.EMERGENCY_DEPARTMENT: ("sent_to", "ambulance", "department_told"),
        AlertAction.ADMISSION: ("admitted_to", "doctor_asked"),
        AlertAction.NOT_REACHED: ("no_answer", "voicemail", "relative_called"),
        AlertAction.EXPECTED: ("after_treatment", "advice_holds"),
        AlertAction.KNOWN: ("treated_already", "doctor_knows"),
        AlertAction.WRONG_THRESHOLD: ("too_soon", "too_late"),
    }
)


def with_choices(desk: Desk, alert: AlertView, actions: AlertActions) -> AlertActions:
    """The actions with what each offers: read for the page once, not each time that it asks."""
    return replace(
        actions,
        call_backs=_call_backs() if actions.call_back_action else (),
        phrases=tuple(_phrases()) if actions.outcome_action else (),
        colleagues=_colleagues(desk) if actions.assign_action else (),
        steps=_steps(desk.tx, alert) if actions.step_action else (),
        put_offs=tuple(_put_offs(desk, alert)) if actions.snooze_action else (),
    )


def _phrases() -> Iterator[Phrase]:
    texts = vars(section("note_templates"))
    return (Phrase(code, texts[key]) for code, keys in _PHRASES.items() for key in keys)


def _colleagues(desk: Desk) -> tuple[Choice, ...]:
    """The other nurses and clinicians of the site, by name."""
    tx, site_id = desk.tx, desk.staff.site_id
    here = {who for role in _TRIAGE for who in staff.with_role(tx, site_id, role)}
    known = staff.many(tx, here - {desk.staff.staff_id})
    found = (Choice(str(who), view.name) for who, view in known.items())
    return tuple(sorted(found, key=lambda one: one.label))


# --- times ----------------------------------------------------------------------------------------


def _call_backs() -> tuple[Choice, ...]:
    """After how many minutes, or tomorrow morning."""
    return (*map(_after, _MINUTES), _tomorrow())


def _put_offs(desk: Desk, alert: AlertView) -> Iterator[Choice]:
    """The same, as far as it may be put off."""
    latest = passing.latest_snooze(desk.tx, alert)
    for one in (*map(_after, _PUT_OFF), _tomorrow()):
        if moment_of(desk, one.value, "", "until") <= latest:
            yield one


def _after(minutes: int) -> Choice:
    texts, hours = section("console"), minutes // 60
    if minutes < 60:
        return Choice(str(minutes), texts.in_minutes.format(count=minutes))
    said = texts.in_hours_one if hours == 1 else texts.in_hours_other.format(count=hours)
    return Choice(str(minutes), said)


def _tomorrow() -> Choice:
    return Choice(TOMORROW, word("console", "tomorrow").format(time=f"{MORNING.hour}:00"))


# --- the ladder -----------------------------------------------------------------------------------


def _steps(tx: Tx, alert: AlertView) -> tuple[Choice, ...]:
    """The steps that are still to come, the ladder's first being 1; all of them, once all were
    told."""
    stands = escalation.standing(tx, [alert.id]).get(alert.id)
    if stands is None:
        return ()
    ladder = _ladder(tx, alert, stands)
    begins = 0 if stands.lap else min(stands.step, len(ladder) - 1)
    ahead = list(enumerate(ladder, start=1))[begins:]
    spot = preview.Spot(alert.site_id, alert.team_id)
    found = preview.people_now(tx, spot, {who for _, step in ahead for who in step.who})
    return tuple(
        Choice(str(number), words.told([_who(who, step, found) for who in step.who]))
        for number, step in ahead
    )


def _ladder(tx: Tx, alert: AlertView, stands: Standing) -> Sequence[PolicyStep]:
    try:
        return published.load(tx, stands.policy).ladder(alert.level).steps
    except RsmError:  # as the step itself, which then takes the built-in ladder
        return safety.policy().ladder(alert.level).steps


def _who(who: Who, step: PolicyStep, found: Mapping[Who, Sequence[preview.Named]]) -> str:
    """`number 2 on duty (Ben Okafor)`; that nobody can be told, where it is so."""
    names = [one.name for one in found.get(who, ()) if one.is_told(who, step)]
    said = words.told(list(dict.fromkeys(names))) or word("console", "step_nobody")
    return f"{preview.reference(who)} ({said})"
