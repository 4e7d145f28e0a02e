"""Measures of patients' courses, from eligible to her last report, and of what messages cost."""

from rsm.metrics.measure import ONLY_TESTS, Basis, Kind, Measure

_ELIGIBLE = "patients found eligible and entered in the period, those never asked included"
_ENROLLED = "patients enrolled in the period"
_LOST = (*ONLY_TESTS, "from then on, patients who died, moved away or ended treatment")
WEEKS_OF_RETENTION = (4, 12, 24, 52)


def _entered(key: str, words: str, numerator: str, source: str = "") -> Measure:
    return Measure(
        key,
        words,
        numerator,
        _ELIGIBLE,
        source=source,
        basis=Basis.ENTRY,
        part=(key,),
        whole=("eligible",),
    )


def _of(whole: str, measure: Measure) -> Measure:
    """One of enrolled patients; `whole` is the column of its denominator."""
    fields = {"basis": Basis.ENROLMENT, "part": (measure.id,), "whole": (whole,)}
    return Measure(**{**vars(measure), **fields})


def _retained(weeks: int) -> Measure:
    return Measure(
        f"retained_{weeks}",
        f"Still reporting at week {weeks}",
        f"patients whose last report came {weeks} weeks after enrolment or later"
        " (Kaplan-Meier estimate)",
        _ENROLLED,
        _LOST,
        "UAB navigation programme: 24 weeks; a drop in the last month of life is expected",
        basis=Basis.ENROLMENT,
        part=(f"retained_{weeks}",),
        whole=("enrolled",),
    )


def _messages(key: str, words: str, numerator: str) -> Measure:
    return Measure(key, words, numerator, kind=Kind.COUNT, basis=Basis.WRITING, part=(key,))


COURSES: tuple[Measure, ...] = (
    Measure(
        "eligible",
        "Patients found eligible",
        _ELIGIBLE,
        kind=Kind.COUNT,
        basis=Basis.ENTRY,
        part=("eligible",),
    ),
    _entered(
        "reach",
        "Patients reached, of eligible",
        "patients ever enrolled",
        "RE-AIM: reach; PRM 48 of 79",
    ),
    _entered("approached", "Approached, of eligible", "patients who were ever asked to take part"),
    Measure(
        "declined",
        "Declined, of approached",
        "patients who said no",
        "patients entered in the period who were ever asked to take part",
        source="UAB navigation programme: 6 %",
        basis=Basis.ENTRY,
        part=("declined",),
        whole=("approached",),
    ),
    Measure(
        "never_asked",
        "Patients never asked",
        "patients to whom no survey ever left and to whom nobody spoke about one",
        "patients found eligible and entered in the period who did not decline",
        source="Danish programme 2024 (s41687-024-00753-5): a rate per sent survey hides them",
        basis=Basis.ENTRY,
        part=("never_asked",),
        whole=("not_declined",),
    ),
    Measure(
        "enrolled",
        "Patients enrolled",
        _ENROLLED,
        kind=Kind.COUNT,
        basis=Basis.ENROLMENT,
        part=("enrolled",),
    ),
    _of(
        "ever_due",
        Measure(
            "never_sent",
            "Enrolled and never asked",
            "patients to whom no survey ever left and to whom nobody spoke about one",
            "patients enrolled in the period who had a survey due",
            source="Danish programme 2024 (s41687-024-00753-5)",
        ),
    ),
    _of(
        "enrolled",
        Measure(
            "activation",
            "Activation",
            "patients with at least one report",
            _ENROLLED,
            source="eSyM: 48 to 51 %; Texas: 73 %",
        ),
    ),
    _of(
        "with_baseline",
        Measure(
            "follow_up",
            "Follow-up of baselines",
            "patients who finished a later planned survey as well",
            "patients enrolled in the period who finished their baseline, and had a later survey"
            " due",
            source="third sector (10.1186/s41687-022-00485-4): 19.8 %, 8.8 to 41.9 % by worker",
        ),
    ),
    _of(
        "active",
        Measure(
            "alerting_patients",
            "Patients with an alert",
            "patients with at least one alert",
            "patients enrolled in the period with at least one report",
        ),
    ),
    *(_retained(weeks) for weeks in WEEKS_OF_RETENTION),
    Measure(
        "silent_before_event",
        "Silence before events",
        "events with no report in the 28 days before",
        "ends by death or hospice, stays in hospital, visits to an emergency department or"
        " admissions by a nurse's word, in the period, of patients enrolled by then",
        basis=Basis.EVENT,
        part=("silent_events",),
        whole=("events",),
    ),
)

MESSAGES: tuple[Measure, ...] = (
    _messages("texts", "Messages to patients", "messages to patients that a provider took"),
    _messages(
        "segments", "Segments to patients", "segments of texts to patients, as carriers bill"
    ),
    Measure(
        "texts_failed",
        "Messages that failed",
        "messages to patients that did not arrive, as the provider said",
        "messages to patients that a provider took",
        basis=Basis.WRITING,
        part=("texts_failed",),
        whole=("texts",),
    ),
    _messages("staff_texts", "Messages to staff", "messages to staff that a provider took"),
    _messages(
        "staff_segments", "Segments to staff", "segments of texts to staff, as carriers bill"
    ),
)
