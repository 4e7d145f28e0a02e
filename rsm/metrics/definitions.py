"""What each figure means: numerator, denominator, who is left out, in words and as data.

Pages, exports and the manual take their wording from here, so that a rate never changes its meaning
between two of them.
"""

from dataclasses import dataclass

TEST_PATIENTS = "test patients, their surveys, alerts and messages"
NOT_AT_RISK = "surveys cancelled by a pause, an end of enrolment or death"


@dataclass(frozen=True)
class Measure:
    """One figure of the site page. `denominator` is empty for a count or a duration."""

    id: str
    words: str
    numerator: str
    denominator: str = ""
    excluded: tuple[str, ...] = (TEST_PATIENTS,)
    source: str = ""


_SURVEYS = (TEST_PATIENTS, NOT_AT_RISK, "surveys whose window is still open")
_DUE = "surveys due: windows that opened in the period and are over"
_ALERTS = "alerts opened in the period"

MEASURES: tuple[Measure, ...] = (
    Measure(
        "reach",
        "Patients reached, of eligible",
        "patients ever enrolled",
        "patients found eligible, those never asked included",
        source="RE-AIM: reach",
    ),
    Measure("due", "Due", _DUE, excluded=_SURVEYS),
    Measure("sent", "Sent", "at least one text handed to the provider", _DUE, _SURVEYS),
    Measure("delivered", "Delivered", "at least one text confirmed", _DUE, _SURVEYS),
    Measure("started", "Started", "at least one answer stored", _DUE, _SURVEYS),
    Measure(
        "completed",
        "Completed, of due",
        "surveys finished by whoever answered, by whatever channel",
        _DUE,
        _SURVEYS,
        "PRO-TECT: completed of expected while at risk",
    ),
    Measure(
        "completed_delivered",
        "Completed, of delivered",
        "surveys finished of those with at least one text confirmed",
        "surveys with at least one text confirmed: a failed text is no refusal",
        _SURVEYS,
        "PRO-TECT: two denominators",
    ),
    Measure(
        "by_self",
        "Completed by the patient alone",
        "surveys finished that she answered herself, nobody taking it down",
        _DUE,
        _SURVEYS,
        "NCCTG rectal trial (PMC6209091): 77.2 % alone, 14.7 % through a person who phoned",
    ),
    Measure(
        "assisted",
        "Completed with help",
        "surveys finished that a relative answered, or that staff took down",
        _DUE,
        _SURVEYS,
        "NCCTG rectal trial (PMC6209091)",
    ),
    Measure("late", "Late", "answered after the window had closed", _DUE, _SURVEYS),
    Measure(
        "alerting",
        "Surveys that alerted",
        "surveys whose answers opened an alert",
        "surveys finished or partial",
        _SURVEYS,
        "STAR: 13 % of weeks; PRO-TECT: 34 % of surveys (another rule)",
    ),
    Measure(
        "baseline_due",
        "Baselines due",
        "each patient's first planned survey that was not cancelled",
        excluded=_SURVEYS,
    ),
    Measure(
        "baseline_completed",
        "Baselines completed",
        "first surveys finished",
        "each patient's first planned survey that was not cancelled",
        _SURVEYS,
    ),
    Measure(
        "unscheduled",
        "Reports of her own accord",
        "reports that no plan had asked for",
        excluded=(TEST_PATIENTS,),
    ),
    Measure("partial", "Partial", "begun and not finished at the closing", _DUE, _SURVEYS),
    Measure("not_answered", "Not answered", "asked, and no answer came", _DUE, _SURVEYS),
    Measure(
        "not_sent",
        "Not sent",
        "never asked: no text left and nobody spoke to the patient (no contact, stopped, too late)",
        _DUE,
        _SURVEYS,
    ),
    Measure("alerts", "Alerts by level", _ALERTS),
    Measure(
        "acknowledge_time",
        "Time to acknowledge",
        "from opening to the first acknowledgement, clock hours; median and P90",
        _ALERTS + "; not yet acknowledged counts as longest",
    ),
    Measure(
        "close_time",
        "Time to close",
        "under 48 h, 48 to 72 h, 3 to 7 days, over 7 days, clock hours; median and P90",
        _ALERTS + "; open counts as over 7 days",
        source="UAB navigation programme: target under 48 h and these buckets",
    ),
    Measure(
        "opened",
        "Alerts opened",
        "alerts of every kind, by the day of the site's clock on which they were opened",
    ),
    Measure(
        "acted",
        "Acted upon",
        "alerts with a coded action: advice, medicine, visit, emergency department, admission",
        _ALERTS,
        source="PRO-TECT: 59 % led to immediate action; PROMPT-Care: 43.7 %",
    ),
    Measure(
        "not_actionable",
        "Not actionable",
        "alerts closed as raised by a wrong threshold",
        _ALERTS,
    ),
    Measure(
        "minutes_spent",
        "Minutes of staff",
        "as whoever closed the alert said",
        excluded=(TEST_PATIENTS,),
    ),
    Measure("told", "Staff told", "messages to staff about alerts of the period"),
    Measure("nobody", "Nobody on duty", "steps of the ladder that found nobody to tell"),
)


@dataclass(frozen=True)
class Exported:
    """One series that Prometheus sees. `labels` are closed sets, never a person."""

    name: str
    help: str
    labels: tuple[str, ...] = ()
    counter: bool = False


ALERTS = Exported(
    "rsm_alerts",
    "Alerts opened in the last seven days, and how many of them were acknowledged and closed",
    ("site", "level", "stage"),
)
ALERT_SECONDS = Exported(
    "rsm_alert_seconds",
    "From opening to the first acknowledgement and to closing, of alerts of the last seven days",
    ("site", "level", "stage", "quantile"),
)
ALERTS_OPEN = Exported("rsm_alerts_open", "Alerts that are not closed", ("site", "level"))
UNACKNOWLEDGED = Exported(
    "rsm_alerts_unacknowledged_oldest_seconds",
    "Age of the oldest alert that nobody has acknowledged",
    ("site", "level"),
)
AUDIT_PROBLEMS = Exported(
    "rsm_audit_problems", "What the auditor found when it last re-derived the promises", ("check",)
)
ESCALATIONS = Exported(
    "rsm_escalations_total",
    "Moves of alerts on their ladders; begins anew each Monday, UTC",
    ("site", "reason"),
    counter=True,
)
HEARTBEAT = Exported(
    "rsm_heartbeat_timestamp_seconds", "Last sign of life of this process", ("process",)
)
MESSAGES = Exported(
    "rsm_messages", "Messages of the last seven days by state", ("site", "channel", "state")
)
NOBODY_ON_DUTY = Exported(
    "rsm_nobody_on_duty", "1 when nobody is on duty and somebody should be", ("site",)
)
QUEUE_AGE = Exported(
    "rsm_outbox_queue_age_seconds", "How long the oldest due message has been waiting", ("lane",)
)
SURVEYS = Exported("rsm_surveys", "Surveys of the last seven days by state", ("site", "state"))
SENDING_HELD = Exported(
    "rsm_sending_held_seconds",
    "How long nothing has gone to patients, since the provider's record is read first; 0: free",
    ("why",),
)
TEXTS_STOPPED = Exported(
    "rsm_patients_stopped",
    "Patients who get no texts until a person has looked: more than a day allows were due",
    ("site",),
)
SUPPRESSED = Exported(
    "rsm_findings_suppressed",
    "Findings of the last seven days that nobody was told anew, by the reason that is on record",
    ("site", "reason"),
)
EXPECTED_LEVELS = Exported(
    "rsm_expected_levels", "Symptoms of patients that a nurse expects up to a grade now", ("site",)
)
PROVIDER_LIST = Exported(
    "rsm_provider_list",
    "What the last daily reading of the provider's list found beside our record",
    ("finding",),
)
PROVIDER_LIST_READ = Exported(
    "rsm_provider_list_read_timestamp_seconds",
    "When the provider's list of a day was last read to its end",
)
CLOCK_SKEW = Exported(
    "rsm_clock_skew_seconds",
    "How far the clock of this process' host is ahead of the database's; behind is negative",
    ("process",),
)
STAFFING = Exported(
    "rsm_staffing_open",
    "What a manager was asked to mend in the roster and has not: service hours with nobody on duty,"
    " people on duty soon who could not be told",
    ("site", "finding"),
)
ROSTER_GAP_HOURS = Exported(
    "rsm_roster_gap_hours",
    "Hours of service in the seven days ahead with nobody on duty, over all teams",
    ("site",),
)
JOB_ROUNDS = Exported(
    "rsm_job_rounds_total", "Rounds of a job that ended without an error", ("job",), counter=True
)
JOB_FAILURES = Exported(
    "rsm_job_failures_total", "Rounds of a job that ended in an error", ("job",), counter=True
)

EXPORTED: tuple[Exported, ...] = (
    ALERTS,
    ALERT_SECONDS,
    ALERTS_OPEN,
    UNACKNOWLEDGED,
    AUDIT_PROBLEMS,
    ESCALATIONS,
    HEARTBEAT,
    MESSAGES,
    NOBODY_ON_DUTY,
    QUEUE_AGE,
    SURVEYS,
    SENDING_HELD,
    TEXTS_STOPPED,
    SUPPRESSED,
    EXPECTED_LEVELS,
    PROVIDER_LIST,
    PROVIDER_LIST_READ,
    CLOCK_SKEW,
    STAFFING,
    ROSTER_GAP_HOURS,
    JOB_ROUNDS,
    JOB_FAILURES,
)
EXPORTED_NAMES = frozenset(series.name for series in EXPORTED)
