"""Parts of an export: days that are counted, pseudonyms, columns of items, who took part."""

from dataclasses import replace
from datetime import UTC, date, datetime
from uuid import UUID

import pytest

from rsm.instruments import library
from rsm.instruments.load import load_instrument
from rsm.instruments.model import GradedItem, Instrument
from rsm.kernel.answers import SKIPPED, STRUCTURAL_ZERO, Answer, AnswerStatus, answered
from rsm.kernel.ids import SeededIds
from rsm.kernel.words import Pin
from rsm.metrics.extract_asked import Asked
from rsm.reports import participation
from rsm.reports.export_cells import Count, Naming, fields
from rsm.reports.export_columns import ANSWERS, TABLES
from rsm.reports.export_dictionary import Content, lines
from rsm.reports.export_items import ItemColumn, item_columns, item_values
from rsm.reports.export_model import Dates, Request
from rsm.reports.participation import Domain, domains_of
from rsm.security.keyring import KeyRing
from tests.conftest import KEYS, SECRET
from tests.every_kind import BODY
from tests.export_world import OCTOBER

SITE, OTHER = UUID(int=1), UUID(int=2)
EVENING = datetime(2026, 10, 20, 2, 30, tzinfo=UTC)  # still the 19th in New York
KINDS = load_instrument(BODY, "every-kind.toml")
WEEKLY = library.find("weekly-symptoms")


def changed(instrument: Instrument, **changes: object) -> Instrument:
    """Read anew, since a copy keeps what was worked out of the first."""
    return Instrument.model_validate_json(instrument.model_copy(update=changes).canonical_json)


def columns_of(*instruments: Instrument) -> dict[str, ItemColumn]:
    return {each.name: each for each in item_columns({one.pin: one for one in instruments})}


def test_days_are_counted_from_enrolment_on_her_own_clock() -> None:
    count = Count.since(Dates.STUDY_DAY, EVENING, "America/New_York")
    assert count.day(date(2026, 10, 19)) == 0
    assert count.instant(datetime(2026, 10, 21, 3, 59, tzinfo=UTC)) == 1
    assert count.instant(datetime(2026, 10, 21, 4, 0, tzinfo=UTC)) == 2
    assert count.day(date(2026, 10, 12)) == -7


def test_without_an_enrolment_there_is_nothing_to_count_from() -> None:
    count = Count.since(Dates.STUDY_DAY, None, "America/New_York")
    assert (count.day(date(2026, 10, 19)), count.instant(EVENING)) == (None, None)


def test_a_pseudonym_depends_on_site_project_and_kind_and_names_nobody() -> None:
    vault = KeyRing(KEYS, SECRET, SeededIds("names"))
    who = UUID(int=7)
    names = {
        Naming(vault, SITE, "a").of("patient", who),
        Naming(vault, OTHER, "a").of("patient", who),
        Naming(vault, SITE, "b").of("patient", who),
        Naming(vault, SITE, "a").of("survey", who),
    }
    assert len(names) == 4
    assert {len(name) for name in names} == {16}
    assert Naming(vault, SITE, "a", identified=True).of("patient", who) == str(who)
    assert "SECRET" not in repr(Naming(vault, SITE, "a"))


def test_every_table_has_its_key_among_its_columns_and_no_name_twice() -> None:
    for table in TABLES:
        for dates in Dates:
            names = [each.name for each in fields(table, dates)]
            assert len(set(names)) == len(names)
            assert set(table.key) <= set(names)


@pytest.mark.parametrize(
    ("answer", "value", "status"),
    [
        (answered(3), 3, "answered"),
        (STRUCTURAL_ZERO, 0, "structural_zero"),
        (SKIPPED, None, "skipped"),
        (None, None, "not_asked"),
    ],
)
def test_missing_is_not_zero_and_each_way_of_missing_is_told_apart(
    answer: Answer | None, value: int | None, status: str
) -> None:
    columns = item_columns({WEEKLY.pin: WEEKLY})
    answers = {"pain.severity": answer} if answer is not None else {}
    told = item_values(columns, WEEKLY.pin, answers, {})
    assert (told.get("pain.severity"), told["pain.severity.status"]) == (value, status)
    assert item_values(columns, None, {}, {})["pain.severity.status"] == "no_report"
    other = item_values(columns, Pin("another", "1.0.0", "0"), {}, {})
    assert other["pain.severity.status"] == "not_in_survey"


def test_items_that_mean_other_things_are_told_apart_by_their_questionnaire() -> None:
    fewer = {
        item.code: item.model_copy(update={"options": item.options[:-1]})
        for item in WEEKLY.items
        if isinstance(item, GradedItem) and item.code == "pain.severity"
    }
    items = tuple(fewer.get(item.code, item) for item in WEEKLY.items)
    newer = changed(WEEKLY, version="2.0.0", items=items)
    found = columns_of(WEEKLY, newer)
    assert "pain.severity" not in found
    assert {"pain.severity@weekly-symptoms@1.0.0", "pain.severity@weekly-symptoms@2.0.0"} <= (
        found.keys()
    )
    assert found["nausea.severity"].asked_in == {WEEKLY.pin, newer.pin}


def test_an_item_never_takes_the_name_of_another_column() -> None:
    item = WEEKLY.items[0].model_copy(update={"code": "language"})
    status = WEEKLY.items[1].model_copy(update={"code": "pain.status"})
    pain = WEEKLY.items[2].model_copy(update={"code": "pain"})
    made = changed(WEEKLY, items=(item, pain, status), scores=())
    found = item_columns({made.pin: made}, ["language"])
    names = [name for each in found for name in (each.name, f"{each.name}.status")]
    assert "language" not in names
    assert len(set(names)) == len(names)


def test_every_type_of_item_says_what_it_is_in_the_words_of_its_questionnaire() -> None:
    found = item_columns({KINDS.pin: KINDS})
    content = Content(Request(OCTOBER), (), {KINDS.pin: KINDS}, found, "es")
    told = {line[8]: line for line in lines(content) if line[9] == KINDS.key}
    assert told.keys() == {item.code for item in KINDS.items if not item.hidden}
    assert told["helps"][5].startswith("1 = Descansar; 2 = Caminar")
    assert told["weight"][3] == "kg"


def test_no_cell_of_the_dictionary_is_taken_for_a_formula() -> None:
    """What a site wrote into its questionnaire: unit, question and codes alike."""
    weight = next(item for item in KINDS.items if item.code == "weight")
    made = changed(KINDS, items=(weight.model_copy(update={"unit": "=1+1"}),), scores=())
    found = item_columns({made.pin: made})
    columns = tuple(each for one in found for each in one.columns)
    wide = (ANSWERS, fields(replace(ANSWERS, columns=columns), Dates.CALENDAR))
    content = Content(Request(OCTOBER), (wide,), {made.pin: made}, found, "en")
    cells = [cell for line in lines(content) for cell in line]
    assert [cell for cell in cells if cell.startswith(("=", "+", "-", "@"))] == []
    assert "'=1+1" in cells


def test_the_wording_of_a_questionnaire_that_may_not_be_shown_stays_here() -> None:
    licence = WEEKLY.licence.model_copy(update={"display": False})
    closed = changed(WEEKLY, licence=licence)
    found = item_columns({closed.pin: closed})
    content = Content(Request(OCTOBER), (), {closed.pin: closed}, found, "en")
    told = next(line for line in lines(content) if line[8] == "pain.severity")
    assert (told[4], told[5]) == ("", "0; 1; 2; 3; 4")


# --- who took part ---------------------------------------------------------------------------


def test_what_we_ship_is_tagged_and_none_of_it_asks_about_social_needs() -> None:
    assert domains_of(WEEKLY) == {Domain.SYMPTOMS, Domain.BEHAVIORAL_HEALTH}
    assert domains_of(library.find("phq-9")) == {Domain.BEHAVIORAL_HEALTH}
    assert domains_of(library.find("eq-5d-5l")) == {
        Domain.SYMPTOMS, Domain.FUNCTIONING, Domain.BEHAVIORAL_HEALTH,
    }  # fmt: skip
    for key, instrument in library.shipped().items():
        assert Domain.HRSN not in domains_of(instrument), key


def test_a_sites_own_item_says_its_domain_itself() -> None:
    item = WEEKLY.items[0].model_copy(update={"codes": {"epro-domain": "hrsn"}})
    own = changed(WEEKLY, key="own-needs", items=(item,), scores=())
    assert domains_of(own) == {Domain.HRSN}


def test_patients_are_counted_once_for_each_domain() -> None:
    """Ann answered twice, Bea was asked only; one enrolled patient was not asked at all."""
    pin = WEEKLY.pin
    asked = [Asked(UUID(int=1), pin, True), Asked(UUID(int=1), pin, True)]
    asked.append(Asked(UUID(int=2), pin, False))
    counts = participation.counted(asked, 3, {pin: domains_of(WEEKLY)})
    told = {each.definition.id: (each.part, each.whole) for each in counts}
    assert told == {
        "epro_used": (1, None),
        "enrolled": (3, None),
        "surveyed": (1, 3),
        "surveyed_symptoms": (1, 2),
        "surveyed_functioning": (0, 0),
        "surveyed_behavioral_health": (1, 2),
        "surveyed_hrsn": (0, 0),
    }


def test_the_file_says_what_is_not_known() -> None:
    told = list(participation.lines(participation.counted([], 0, {})))
    assert [line[0] for line in told].count("note") == len(participation.UNKNOWN)
    assert told[1][:3] == ("epro_used", "ePRO in use", "0")


def test_a_choice_of_several_is_its_codes_and_words_stay_where_they_are() -> None:
    found = item_columns({KINDS.pin: KINDS})
    several = next(each for each in found if each.item.type == "choices")
    words = next(each for each in found if each.item.type == "text")
    given = {
        several.code: Answer(AnswerStatus.ANSWERED, 2, (1, 2)),
        words.code: Answer(AnswerStatus.ANSWERED, 1),
    }
    told = item_values(found, KINDS.pin, given, {})
    assert told[several.name] == (1, 2)
    assert (told[words.name], told[f"{words.name}.status"]) == (None, "answered")
    assert words.columns[0].identified
