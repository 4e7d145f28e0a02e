"""What becomes of each table that grows: kept as a file, dropped, or left, and why.

The one place that says so (decision 13). A test goes through all tables, so that a new one is not
forgotten. A row's month is that of its id: the month in which it was written.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType


@dataclass(frozen=True)
class Shelved:
    """Rows of whole months that ended `days` ago leave for a file; those `where` it holds (SQL)."""

    table: str
    days: int
    where: str
    why: str


@dataclass(frozen=True)
class Dropped:
    """Rows that nobody asks for `days` after their end, `where` it holds (SQL; `before` is that
    instant). They are kept nowhere."""

    table: str
    key: str
    days: int
    where: str
    why: str


# A year, and five weeks for whoever looks back at the same month. Of texts and callbacks the last
# hours and days are read: keys of a call, the provider's list of a week, a restore's gap.
_DAYS = 400
SHELVED = (
    Shelved(
        "delivery_event",
        _DAYS,
        "true",
        "what a provider said of a message: the message holds what it came to",
    ),
    Shelved(
        "inbound_message",
        _DAYS,
        # What an alert or a pause points to is shown with it, or can be: it stays.
        "inbound_message.state = 'handled' AND inbound_message.redact_at IS NULL"
        " AND NOT EXISTS (SELECT FROM alert a"
        "   WHERE a.business_key = 'text:' || CAST(inbound_message.id AS text))"
        " AND NOT EXISTS (SELECT FROM pause p WHERE p.inbound_id = inbound_message.id)",
        "texts that came in and were handled: the answer, the task or the STOP stands elsewhere",
    ),
    Shelved(
        "foresight",
        _DAYS,
        # The page lists the latest twenty of a site.
        "foresight.state IN ('done', 'failed') AND (SELECT count(*) FROM foresight later"
        "   WHERE later.site_id = foresight.site_id AND later.asked_at > foresight.asked_at) >= 20",
        "months that were simulated for a page, of which the page lists the latest",
    ),
    Shelved(
        "answer_event",
        _DAYS,
        # A draft goes on being one, and what was set aside as somebody else's stays as it is.
        "EXISTS (SELECT FROM response r WHERE r.id = answer_event.response_id"
        "   AND r.state IN ('final', 'superseded') AND r.quarantined_at IS NULL)",
        "answers one by one: their report has the values, `answer_trail` how each was given",
    ),
)
DROPPED = (
    Dropped(
        "staff_session",
        "token_hash",
        30,
        # Of each person the last one says when she was last there.
        "least(staff_session.ended_at, staff_session.expires_at) < :before"
        " AND (staff_session.second_factor_at IS NULL OR EXISTS (SELECT FROM staff_session later"
        "   WHERE later.staff_id = staff_session.staff_id AND later.second_factor_at IS NOT NULL"
        "   AND (later.seen_at, later.token_hash)"
        "     > (staff_session.seen_at, staff_session.token_hash)))",
        "log-ins that are over: the audit trail has when each began and ended",
    ),
    Dropped(
        "heartbeat",
        "process",
        30,
        "heartbeat.beat_at < :before"
        " AND heartbeat.beat_at < (SELECT max(latest.beat_at) FROM heartbeat latest)",
        "processes that are gone: each new container leaves one",
    ),
)
# The worker drops these by jobs of their own.
EMPTIED: Mapping[str, str] = MappingProxyType(
    {
        "idempotency_key": "a day: answers to repeated calls of the API (job `forget`)",
        "audit_pending": "until it is sealed (job `seal`)",
        "measure_change": "until figures are right again (job `roll_up`)",
        "rollup_due": "until it is worked out again (job `roll_up_slowly`)",
    }
)
STAYS: Mapping[str, tuple[str, ...]] = MappingProxyType(
    {
        "how each answer was given, once its event has left: the page of a report, corrections,"
        " exports and replays of that time read it": ("answer_trail",),
        "her record: baselines and charts compare with all of it": (
            *("patient", "contact_point", "proxy", "data_key", "pause", "treatment_cycle"),
            *("treatment_event", "plan_assignment", "occurrence", "response", "score_set"),
            *("expected_level", "task", "call_attempt", "hand_over_note"),
        ),
        "an old link has to open the page that says so, and offers another way": ("link",),
        "her record, and who was told what when": (
            *("alert", "alert_event", "finding", "escalation", "suppressed_finding"),
        ),
        "never the same message twice (P2) rests on its keys; figures and roll-ups count it": (
            *("message", "conversation", "listed"),
        ),
        "the latest line for a phone decides, however old (P8)": ("opt_event", "breaker"),
        "proof of what she agreed to": ("consent", "consent_text"),
        "the audit trail: a chain is verified from its beginning": ("audit_event", "audit_seal"),
        "roll-ups: figures of years past; a few rows a day and site": (
            *("survey_day", "alert_day", "survey_span", "message_day", "patient_course"),
        ),
        "published versions, to which old reports and alerts point (P11)": (
            *("instrument_version", "instrument_retired", "instrument_owner", "plan_version"),
            *("rule_pack_version", "policy_version", "site_text"),
        ),
        "why rules are as they are": (
            *("rule_override", "rule_release", "shadow_judgement", "instrument_draft"),
            *("instrument_draft_editor", "instrument_pilot", "pilot_member", "go_live_check"),
            *("go_live_signature", "site_trial", "journal_entry", "improvement_cycle"),
            *("improvement_step", "setting_use"),
        ),
        "who was on duty, and for whom": (
            *("duty_cover", "duty_cycle", "duty_cycle_shift", "duty_day_shift", "duty_override"),
            *("duty_rotation", "duty_shift", "duty_swap", "staff_absence", "staff_training"),
        ),
        "what left the house, and to whom": (
            *("export_run", "report_run", "report_subscription", "archived_file", "shared_figure"),
            *("shared_lesson", "aggregate_file", "exchange_offer", "foreign_site"),
        ),
        "as many as there are sites, people and numbers, or one a day": (
            *("organisation", "site", "team", "team_member", "staff_account", "staff_role"),
            *("api_key", "calendar_feed", "sender_address", "sender_pace", "ring_secret", "lease"),
            *("lifeline", "sending_hold", "reconciliation", "rollup_check", "collaborative"),
            *("collaborative_key", "collaborative_member", "collaborative_site"),
        ),
    }
)
