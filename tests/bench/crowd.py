"""Enrolments in bulk: patients with a number, a consent, a plan and an open survey, made by SQL.

Each is a copy of one who was enrolled as a page would do it. Plans fall due evenly over a week from
`begin` on, whatever their number is; the surveys' next step and the texts that wait are later, so
that nothing of them is due.
"""

from datetime import datetime, timedelta

from rsm.kernel.localtime import zone_data_version
from tests.bench.ward import Ward

PER_SITE = 2_000
_N = "generate_series(CAST(:first AS bigint), CAST(:last AS bigint)) n"
_SITE = f"md5('site ' || n / {PER_SITE})::uuid"
_PATIENT = "md5('patient ' || n)::uuid"
# Her place in the week: multiples of the golden ratio fill it evenly, however many there are.
_OPENS = """date_trunc('minute', CAST(:begin AS timestamp)
    + (n * 0.6180339887498949 - floor(n * 0.6180339887498949)) * interval '7 days')"""
_MODEL = "(SELECT id FROM patient ORDER BY created_at, id LIMIT 1)"
_SITES = f"""
INSERT INTO site SELECT made.* FROM site s,
  generate_series(CAST(:first AS bigint) / {PER_SITE}, CAST(:last AS bigint) / {PER_SITE}) n,
  jsonb_populate_record(s, jsonb_build_object(
    'id', md5('site ' || n)::uuid, 'name', 'Site ' || n)) made
WHERE s.id = (SELECT site_id FROM patient WHERE id = {_MODEL})
ON CONFLICT DO NOTHING
"""
_COPY = f"""
INSERT INTO {{table}} SELECT made.* FROM {{table}} t, {_N}, jsonb_populate_record(t,
  jsonb_build_object('site_id', {_SITE}, {{changes}})) made
WHERE t.{{owner}} = {_MODEL} {{which}}
"""
_ID = "'id', md5('{table} ' || n)::uuid, 'patient_id', {patient}"
_PLANS = f"""
INSERT INTO plan_assignment (id, site_id, patient_id, plan, weekday, local_time, zone, starts_on,
    active, next_key, next_at, zone_data)
SELECT md5('plan ' || n)::uuid, {_SITE}, {_PATIENT}, p.plan,
    CAST(extract(isodow FROM opens) AS integer) - 1, CAST(opens AS time), 'Etc/UTC',
    CAST(opens AS date), true, CAST(CAST(opens AS date) AS text), opens AT TIME ZONE 'UTC', :zones
FROM plan_assignment p, {_N}, LATERAL (SELECT {_OPENS} AS opens) at
WHERE p.patient_id = {_MODEL}
"""
# The ward's own two patients.
_REST = (
    """UPDATE plan_assignment SET active = false, next_at = NULL
    WHERE site_id = :site AND CAST(:until AS timestamptz) IS NOT NULL""",
    "UPDATE occurrence SET next_at = :until WHERE site_id = :site AND next_at IS NOT NULL",
    "UPDATE message SET next_at = :until WHERE site_id = :site AND next_at IS NOT NULL",
)
_LATER = "'next_at', CAST(:begin AS timestamp) + interval '20 days' + n * interval '1 second'"


def add(ward: Ward, first: int, last: int, begin: datetime) -> None:
    """The patients of these numbers, both included; the plans of `ward`'s own rest."""
    given: dict[str, object] = {"first": first, "last": last}
    later = {**given, "begin": begin.replace(tzinfo=None)}
    for statement in _REST:
        ward.run(statement, site=ward.clinic.site, until=begin + timedelta(days=20))
    ward.run(_SITES, **given)
    ward.run(
        _copy(
            "patient",
            "id",
            f"""'id', {_PATIENT}, 'zone', 'Etc/UTC',
        'created_at', t.created_at + interval '1 second',
        'record_number_hash', decode(md5('record ' || n), 'hex')""",
        ),
        **given,
    )
    ward.run(_copy("data_key", "patient_id", f"'patient_id', {_PATIENT}"), **given)
    ward.run(_copy("consent", "patient_id", _own("consent")), **given)
    hashed = "'address_hash', decode(md5('address ' || n), 'hex')"
    ward.run(_copy("contact_point", "patient_id", f"{_own('contact_point')}, {hashed}"), **given)
    ward.run(_PLANS, zones=zone_data_version(), **later)
    open_one = f"{_own('occurrence')}, 'assignment_id', md5('plan ' || n)::uuid, {_LATER}"
    ward.run(_copy("occurrence", "patient_id", open_one, "AND t.state = 'started'"), **later)
    waiting = f"{_own('message')}, {_LATER}, 'state', 'queued', 'business_key', 'crowd ' || n"
    ward.run(_copy("message", "patient_id", waiting, "AND t.purpose = 'survey_invite'"), **later)
    for table in ("patient", "plan_assignment", "occurrence", "message", "contact_point"):
        ward.run(f"ANALYZE {table}")


def _copy(table: str, owner: str, changes: str, which: str = "") -> str:
    """The statement that copies the first patient's row of that table."""
    return _COPY.format(table=table, owner=owner, changes=changes, which=which)


def _own(table: str) -> str:
    return _ID.format(table=table, patient=_PATIENT)
