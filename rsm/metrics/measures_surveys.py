"""Measures of surveys: from due to completed, why not, by whom, and how often they alert."""

from rsm.metrics.measure import NOT_AT_RISK, OF_SURVEYS, ONLY_TESTS, Basis, Kind, Measure

_DUE = "surveys due: windows that opened in the period and are over"
_FIRST = "each patient's first planned survey that was not cancelled"
_WEEKS = "patient-weeks at risk: weeks in which a patient had a survey due"
_ASKED_WEEKS = (*ONLY_TESTS, NOT_AT_RISK, "weeks and months in which no survey was due")


def _of_due(key: str, words: str, numerator: str, source: str = "") -> Measure:
    return Measure(key, words, numerator, _DUE, OF_SURVEYS, source, part=(key,), whole=("due",))


def _count(key: str, words: str, numerator: str, excluded: tuple[str, ...] = OF_SURVEYS) -> Measure:
    return Measure(key, words, numerator, excluded=excluded, kind=Kind.COUNT, part=(key,))


SURVEYS: tuple[Measure, ...] = (
    _count("due", "Due", _DUE),
    _count(
        "called_off",
        "Called off",
        f"{NOT_AT_RISK}: not at risk",
        ONLY_TESTS,
    ),
    _of_due("sent", "Sent", "at least one text handed to the provider"),
    _of_due("delivered", "Delivered", "at least one text confirmed"),
    _of_due("started", "Started", "at least one answer stored"),
    _of_due(
        "completed",
        "Completed, of due",
        "surveys finished by whoever answered, by whatever channel",
        "PRO-TECT: completed of expected while at risk",
    ),
    Measure(
        "completed_delivered",
        "Completed, of delivered",
        "surveys finished of those with at least one text confirmed",
        "surveys with at least one text confirmed: a failed text is no refusal",
        OF_SURVEYS,
        "PRO-TECT: two denominators",
        part=("completed_delivered",),
        whole=("delivered",),
    ),
    _of_due(
        "by_self",
        "Completed by the patient alone",
        "surveys finished that she answered herself, nobody taking it down",
        "NCCTG rectal trial (PMC6209091): 77.2 % alone, 14.7 % through a person who phoned",
    ),
    _of_due(
        "assisted",
        "Completed with help",
        "surveys finished that a relative answered, or that staff took down",
        "NCCTG rectal trial (PMC6209091)",
    ),
    _of_due("by_proxy", "Completed by a relative", "surveys finished that a relative answered"),
    _of_due(
        "by_staff",
        "Completed through staff",
        "surveys finished that staff took down, with her or on the telephone",
    ),
    _of_due("late", "Late", "answered after the window had closed"),
    _of_due("partial", "Partial", "begun and not finished at the closing"),
    _of_due("not_answered", "Not answered", "asked, and no answer came"),
    _of_due(
        "not_sent",
        "Not sent",
        "never asked: no text left and nobody spoke to the patient (no contact, stopped, too late)",
        "Danish programme 2024 (s41687-024-00753-5): 12.5 and 19.6 % not sent, more than the"
        " 9.6 and 12.0 % who did not answer",
    ),
    Measure(
        "alerting",
        "Surveys that alerted",
        "surveys whose answers opened an alert",
        "surveys finished or partial",
        OF_SURVEYS,
        "STAR: 13 % of weeks; PRO-TECT: 34 % of surveys (another rule)",
        part=("alerting",),
        whole=("completed", "partial"),
    ),
    _count("items_answered", "Items answered", "items with an answer in surveys that are over"),
    Measure(
        "items_alerting",
        "Items that alerted",
        "items whose answer is a finding of the alert that the survey opened",
        "items with an answer in surveys that are over",
        OF_SURVEYS,
        "STAR: 2 % of items are 13 % of weeks; PRO-TECT: 6 % of items",
        part=("items_alerting",),
        whole=("items_answered",),
    ),
    _count("baseline_due", "Baselines due", _FIRST),
    Measure(
        "baseline_completed",
        "Baselines completed",
        "first surveys finished",
        _FIRST,
        OF_SURVEYS,
        part=("baseline_completed",),
        whole=("baseline_due",),
    ),
    _count(
        "unscheduled", "Reports of her own accord", "reports that no plan had asked for", ONLY_TESTS
    ),
)

SPANS: tuple[Measure, ...] = (
    Measure(
        "patient_weeks",
        "Patient-weeks",
        _WEEKS,
        excluded=_ASKED_WEEKS,
        kind=Kind.COUNT,
        basis=Basis.WEEK,
        part=("weeks_due",),
    ),
    Measure(
        "weekly_adherence",
        "Weekly adherence",
        "patient-weeks with at least one report, finished or partial",
        _WEEKS,
        _ASKED_WEEKS,
        "strict: 62 % where the monthly is 83 % (Judson), 79 % where it is 94 % (Denis)",
        basis=Basis.WEEK,
        part=("weeks_answered",),
        whole=("weeks_due",),
    ),
    Measure(
        "alerting_weeks",
        "Patient-weeks that alerted",
        "patient-weeks in which a report opened an alert",
        "patient-weeks with at least one report",
        _ASKED_WEEKS,
        "STAR: 13 %; PRO-TECT: 37 %",
        basis=Basis.WEEK,
        part=("weeks_alerting",),
        whole=("weeks_answered",),
    ),
    Measure(
        "monthly_adherence",
        "Monthly adherence",
        "patients with at least one report in the month, finished or partial; months added up",
        "patients with a survey due in the month",
        _ASKED_WEEKS,
        "loose: 83 % where the weekly is 62 % (Judson), 94 % where it is 79 % (Denis)",
        basis=Basis.MONTH,
        part=("months_answered",),
        whole=("months_due",),
    ),
    Measure(
        "alerting_months",
        "Patient-months that alerted",
        "patients of whom a report of the month opened an alert; months added up",
        "patients with at least one report in the month",
        _ASKED_WEEKS,
        basis=Basis.MONTH,
        part=("months_alerting",),
        whole=("months_answered",),
    ),
)
