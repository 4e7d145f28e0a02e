"""The series that Prometheus sees. Labels are closed sets, never a person."""

from dataclasses import dataclass


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

ROLLUPS_WRONG = Exported(
    "rsm_rollups_wrong",
    "Days, weeks, months and courses of the last check whose figures were not as worked out anew",
    ("site",),
)

FIGURE_PART = Exported(
    "rsm_figure_part",
    "A measure of the last 28 days: the part of a rate, a count, or minutes",
    ("site", "measure"),
)
FIGURE_WHOLE = Exported(
    "rsm_figure_whole", "Of what a rate of the last 28 days is a part", ("site", "measure")
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
    ROLLUPS_WRONG,
    FIGURE_PART,
    FIGURE_WHOLE,
)
EXPORTED_NAMES = frozenset(series.name for series in EXPORTED)
