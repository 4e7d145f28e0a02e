"""Who gets reports, what was sent, and the change from baseline to follow-up, in PostgreSQL."""

from datetime import UTC, date, datetime, timedelta
from statistics import correlation, mean, stdev
from uuid import UUID

import pytest
from sqlalchemy import Engine, text
from sqlalchemy.exc import ProgrammingError

from rsm.db.work import Database, Scope
from rsm.kernel.errors import NotFound
from rsm.kernel.ids import SeededIds, new_id
from rsm.metrics import asked_store, change_store
from rsm.metrics.change_store import Changed, Cohort
from rsm.metrics.dimensions import Dimension
from rsm.reports import service as reports
from rsm.reports.model import PDF, File, Made, Month, Wanted, Wish
from rsm.responses.tables import Response
from rsm.scoring.tables import ScoreSet
from tests.clinic import Clinic, build_clinic
from tests.hand_clinic import Rows

OCTOBER = Month(date(2026, 10, 1))
MADE = Made("<p>", "digest", "v1", ("one", "two", "three"))
FILE = File(PDF, b"%PDF-1.7")
PIN = {"key": "weekly-symptoms", "version": "1.0.0", "hash": "0"}
COHORT = Cohort(datetime(2026, 1, 1, tzinfo=UTC), datetime(2026, 11, 1, tzinfo=UTC))


@pytest.fixture
def clinic(web_db: Database) -> Clinic:
    return build_clinic(web_db)


def keep(worker: Database, clinic: Clinic, made: Made = MADE) -> UUID:
    with worker.begin(Scope.site(clinic.site)) as tx:
        return reports.keep(tx, Wanted(clinic.site, OCTOBER, "en"), made, FILE).id


def test_a_reader_has_one_wish_at_a_time_and_the_last_one_counts(clinic: Clinic) -> None:
    for wish in (Wish(1, "en"), Wish(1, "en"), Wish(5, "es", funders=True)):
        with clinic.begin(clinic.nurse) as tx:
            reports.subscribe(tx, clinic.site, clinic.nurse, wish)
    with clinic.begin() as tx:
        (only,) = reports.subscriptions(tx, clinic.site)
        assert only.wish == Wish(5, "es", funders=True)
        assert list(reports.sites_with_readers(tx)) == [clinic.site]
        assert reports.unsubscribe(tx, clinic.site, clinic.nurse)
        assert list(reports.subscriptions(tx, clinic.site)) == []


def test_what_was_sent_first_stays_whatever_comes_later(
    clinic: Clinic, worker_db: Database
) -> None:
    first = keep(worker_db, clinic)
    again = keep(worker_db, clinic, Made("<p>2", "other", "v2", ("a", "b", "c")))
    assert first == again
    with clinic.begin() as tx:
        run = reports.run(tx, first)
        assert (run.digest, run.headlines) == ("digest", ("one", "two", "three"))
        assert reports.file(tx, first) == FILE
        with pytest.raises(NotFound):
            reports.run(tx, clinic.site)


def test_nobody_changes_what_was_sent(clinic: Clinic, worker_db: Database) -> None:
    keep(worker_db, clinic)
    for db in (clinic.db, worker_db):
        for change in ("UPDATE report_run SET digest = 'x'", "DELETE FROM report_run"):
            with (
                pytest.raises(ProgrammingError, match="permission denied"),
                db.begin(Scope.site(clinic.site)) as tx,
            ):
                tx.session.execute(text(change))


def test_another_site_and_a_patient_see_nothing_of_it(clinic: Clinic, worker_db: Database) -> None:
    keep(worker_db, clinic)
    maria = clinic.enrol_patient()
    numbers = ("+12025550170", "+12025550171")
    other = build_clinic(clinic.db, name="Hillside Clinic", numbers=numbers)
    for scope in (Scope.site(other.site), Scope.of_patient(clinic.site, maria)):
        with clinic.db.begin(scope) as tx:
            assert list(reports.runs(tx, clinic.site, OCTOBER)) == []
            assert tx.session.execute(text("SELECT 1 FROM report_subscription")).all() == []


# --- baseline to follow-up ------------------------------------------------------------------------


class Scored(Rows):
    """Reports with scores and answers, written past the services."""

    def patient(self, clinic: Clinic, enrolled: datetime) -> UUID:
        who = clinic.enrol_patient(phone=f"+120255501{60 + clinic.patients_made}")
        with self.owner.begin() as connection:
            connection.execute(
                text("UPDATE patient SET enrolled_at = :at WHERE id = :id"),
                {"at": enrolled, "id": who},
            )
        return who

    def report(self, who: UUID, at: datetime, value: int | None, **others: object) -> UUID:
        survey = self.asked(who, at)
        report = self.add(
            Response,
            patient_id=who,
            occurrence_id=survey,
            revision=1,
            instrument=PIN,
            language="en",
            answers={"pain.severity": {"status": "answered", "value": value}},
            started_at=at,
            submitted_at=at,
            **({"state": "final", "reporter": "self", "channel": "web", "is_test": False} | others),
        )
        with self.owner.begin() as connection:
            connection.execute(
                ScoreSet.__table__.insert().values(  # type: ignore[attr-defined]  # a table
                    response_id=report,
                    site_id=self.site,
                    patient_id=who,
                    instrument=PIN,
                    scores={"pain.max": {"value": value, "reason": "max"}},
                    at=at,
                )
            )
        return report

    def asked(self, who: UUID, at: datetime) -> UUID:
        made = new_id(self.ids, at)
        with self.owner.begin() as connection:
            connection.execute(
                text(
                    "INSERT INTO occurrence (id, site_id, patient_id, window_key, local_date,"
                    " opens_at, closes_at, reminders, state, instrument, language, scheduled,"
                    " is_test) VALUES (:id, :site, :who, :key, :day, :at, :at, '[]', 'completed',"
                    " '{}', 'en', true, false)"
                ),
                {
                    "id": made,
                    "site": self.site,
                    "who": who,
                    "key": str(made),
                    "day": at.date(),
                    "at": at,
                },
            )
        return made


@pytest.fixture
def rows(clinic: Clinic, owner: Engine) -> Scored:
    return Scored(owner, clinic.site, SeededIds("reports"))


def changed(clinic: Clinic, what: str = "pain.max", cohort: Cohort = COHORT) -> Changed | None:
    with clinic.begin() as tx:
        every = [
            *change_store.of_scores(tx, clinic.site, cohort),
            *change_store.of_items(tx, clinic.site, cohort),
        ]
    return next((each for each in every if each.name == what), None)


JUNE = datetime(2026, 6, 1, 9, tzinfo=UTC)
WEEK = timedelta(days=7)


def test_first_and_last_of_each_are_put_beside_one_another(clinic: Clinic, rows: Scored) -> None:
    """Five people: 3 1 | 4 0 | 2 2 | 4 3 | and one who answered once, with 1."""
    values = [(3, 2, 1), (4, 1, 0), (2, 4, 2), (4, 4, 3), (1,)]
    for several in values:
        who = rows.patient(clinic, JUNE)
        for place, value in enumerate(several):
            rows.report(who, JUNE + place * 2 * WEEK, value)
    before, after = (3, 4, 2, 4), (1, 0, 2, 3)
    for name in ("pain.max", "pain.severity"):
        found = changed(clinic, name)
        assert found is not None
        assert found.pairs is not None
        assert (found.baseline, found.followed, found.days) == (5, 4, 28.0)
        assert (found.pairs.mean_before, found.pairs.mean_after) == (mean(before), mean(after))
        assert found.pairs.sd_before == pytest.approx(stdev(before))
        assert found.pairs.sd_after == pytest.approx(stdev(after))
        assert found.pairs.correlation == pytest.approx(correlation(before, after))
    with clinic.begin() as tx:
        assert [pin.key for pin in change_store.asked(tx, clinic.site, COHORT)] == [
            "weekly-symptoms"
        ]
        assert change_store.enrolled(tx, clinic.site, COHORT) == 5


def test_a_value_within_the_week_is_no_follow_up_and_two_people_are_too_few(
    clinic: Clinic, rows: Scored
) -> None:
    for days in (6, 7, 8):
        who = rows.patient(clinic, JUNE)
        rows.report(who, JUNE, 3)
        rows.report(who, JUNE + timedelta(days=days), 1)
    found = changed(clinic)
    assert found is not None
    assert (found.baseline, found.followed, found.pairs) == (3, 2, None)


@pytest.mark.parametrize(
    "others",
    [
        {"reporter": "proxy"},
        {"state": "superseded"},
        {"quarantined_at": JUNE},
        {"is_test": True},
    ],
)
def test_others_words_corrected_reports_strangers_and_tests_are_left_out(
    clinic: Clinic, rows: Scored, others: dict[str, object]
) -> None:
    who = rows.patient(clinic, JUNE)
    rows.report(who, JUNE, 3, **others)
    assert changed(clinic) is None


def test_a_missing_value_is_no_zero_and_a_zero_is_a_value(clinic: Clinic, rows: Scored) -> None:
    missing, zero = rows.patient(clinic, JUNE), rows.patient(clinic, JUNE)
    rows.report(missing, JUNE, None)
    rows.report(zero, JUNE, 0)
    found = changed(clinic)
    assert found is not None
    assert found.baseline == 1


def test_whoever_was_enrolled_before_has_her_baseline_elsewhere(
    clinic: Clinic, rows: Scored
) -> None:
    early = rows.patient(clinic, COHORT.since - timedelta(seconds=1))
    rows.report(early, JUNE, 3)
    late = rows.patient(clinic, JUNE)
    rows.report(late, COHORT.until, 3)  # after the end of the month
    assert changed(clinic) is None


def test_people_who_were_asked_are_counted_once_however_often(clinic: Clinic, rows: Scored) -> None:
    first, second = rows.patient(clinic, JUNE), rows.patient(clinic, JUNE)
    october = datetime(2026, 10, 31, 13, tzinfo=UTC)
    for who, at in ((first, october), (first, october - WEEK), (second, october + WEEK)):
        rows.asked(who, at)
    with clinic.begin() as tx:
        asked = asked_store.patients_by(tx, clinic.site, OCTOBER.days)
        assert asked[Dimension.ALL] == {"": 1}
        assert asked[Dimension.LANGUAGE] == {"en": 1}
        nobody = asked_store.patients_by(tx, clinic.site, OCTOBER.before.days)
        assert nobody[Dimension.ALL] == {}
