"""Every way to divide a site's patients, of measures of every sort: each under her own value.

Ann and Bea differ in everything that a site records. Each was enrolled on 1 September 2026 and
asked on 28 September: Ann answered, her text arrived; Bea did not, hers failed, and she was in
hospital on 10 October, silent. Ann's alert was taken after an hour and closed after 50; Bea's is
open.
"""

from collections.abc import Mapping
from datetime import UTC, date, datetime, timedelta
from uuid import UUID

import pytest
from sqlalchemy import update

from rsm.kernel.ids import SeededIds
from rsm.kernel.words import Channel, Level
from rsm.messaging.model import MessageState
from rsm.metrics import rollup
from rsm.metrics.definitions import BY_ID
from rsm.metrics.dimensions import Dimension
from rsm.metrics.figures import Figure, figures
from rsm.metrics.measure import Basis
from rsm.metrics.model import Days
from rsm.patients.model import PauseReason
from rsm.patients.tables import Patient, Pause
from tests.clinic import Clinic, build_clinic
from tests.databases import Doors
from tests.hand_clinic import HOUR, C, M, Rows

DAYS = Days(date(2026, 8, 1), date(2026, 10, 31))
ENROLLED = datetime(2026, 9, 1, 13, tzinfo=UTC)
HERS = {
    Dimension.AGE: ("born_decade", 1950, 1980),
    Dimension.SEX: ("sex", "female", "male"),
    Dimension.ETHNICITY: ("ethnicity", "white", "black"),
    Dimension.LANGUAGE: ("language", "en", "es"),
    Dimension.CHANNEL: ("channel", Channel.SMS, Channel.VOICE),
    Dimension.INSURANCE: ("insurance", "public", "private"),
    Dimension.RURALITY: ("rurality", "rural", "metropolitan"),
    Dimension.DEPRIVATION: ("deprivation", "1", "10"),
}
Told = dict[str, tuple[float | None, int | None]]
# One measure of each time basis → part and whole of Ann's, of Bea's.
WANTED: Mapping[str, tuple[tuple[float | None, int | None], tuple[float | None, int | None]]] = {
    "completed": ((1, 1), (0, 1)),
    "weekly_adherence": ((1, 1), (0, 1)),
    "monthly_adherence": ((1, 1), (0, 1)),
    "closed_48_to_72h": ((1, 1), (0, 1)),
    "acknowledge_time": ((60, None), (None, None)),
    "texts_failed": ((0, 1), (1, 1)),
    "reach": ((1, 1), (1, 1)),
    "activation": ((1, 1), (0, 1)),
    "silent_before_event": ((0, 0), (1, 1)),
    "open_now": ((0, None), (1, None)),
}


@pytest.fixture
def clinic(doors: Doors) -> Clinic:
    return doors.furnished("clinic of dimensions", _live)


def _live(doors: Doors) -> Clinic:
    clinic = build_clinic(doors.web)
    ann, bea = clinic.enrol_patient("Ann"), clinic.enrol_patient("Bea")
    for place, (patient, worker) in enumerate(((ann, clinic.nurse), (bea, clinic.second)), start=1):
        values = {each[0]: each[place] for each in HERS.values()}
        values |= {"worker_id": worker, "enrolled_at": ENROLLED}
        with doors.owner.begin() as connection:
            connection.execute(update(Patient).where(Patient.id == patient).values(**values))
    lives(Rows(doors.owner, clinic.site, SeededIds("dimensions")), ann, bea)
    rollup.roll_up_all(doors.worker)
    return clinic


def lives(rows: Rows, ann: UUID, bea: UUID) -> None:
    rows.text(rows.survey(ann, 0, C), ann, MessageState.DELIVERED)
    missed = rows.survey(bea, 0, M, miss_reason="not_answered")
    rows.text(missed, bea, MessageState.UNDELIVERED)
    rows.alert(Level.SOON, HOUR, 50 * HOUR, patient_id=ann)
    rows.alert(Level.SOON, None, None, patient_id=bea)
    since = datetime(2026, 10, 10, 13, tzinfo=UTC)
    stay = {"started_at": since, "ended_at": since + timedelta(days=2)}
    rows.add(Pause, patient_id=bea, reason=PauseReason.INPATIENT, **stay)


def told(found: Mapping[str, Figure]) -> Told:
    return {id_: (found[id_].part, found[id_].whole) for id_ in WANTED}


def test_there_is_a_measure_of_every_time_basis_and_a_value_of_every_dimension() -> None:
    assert {BY_ID[id_].basis for id_ in WANTED} == set(Basis)
    assert {*HERS, Dimension.ALL, Dimension.WORKER} == set(Dimension)


@pytest.mark.parametrize("dimension", [*HERS, Dimension.WORKER])
def test_each_patient_counts_under_her_own_value_in_measures_of_every_sort(
    dimension: Dimension, clinic: Clinic
) -> None:
    workers = ("", clinic.nurse, clinic.second)
    _, hers, others = HERS.get(dimension, workers)
    with clinic.begin() as tx:
        found = figures(tx, clinic.site, DAYS, dimension)
    assert {value: told(each) for value, each in found.items()} == {
        str(hers): {id_: pair[0] for id_, pair in WANTED.items()},
        str(others): {id_: pair[1] for id_, pair in WANTED.items()},
    }
