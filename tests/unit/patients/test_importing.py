"""The file itself: what is wrong with it as a whole, and how its cells are read."""

from datetime import date, time

import pytest

from rsm.kernel.errors import Invalid
from rsm.patients import importing
from rsm.patients.entering import read_patient
from rsm.patients.importing import MOST_ROWS, decode, read_rows
from rsm.patients.model import DeclineReason, NewPatient, PatientStatus

HEAD = "name,record_number,birth_date"
MARIA = {"name": "Maria Alvarez", "record_number": "R1", "birth_date": "1957-03-04"}


def complaint(text: str) -> str:
    with pytest.raises(Invalid) as refused:
        read_rows(text)
    return str(refused.value)


def test_a_file_without_anything_is_refused() -> None:
    assert "is empty" in complaint("")
    assert "is empty" in complaint(" , ,\n")


def test_a_head_line_alone_is_refused() -> None:
    assert "no row below" in complaint(f"{HEAD}\n\n , , \n")


def test_an_unknown_column_is_refused_with_the_nearest_name() -> None:
    assert "did you mean `language`?" in complaint(f"{HEAD},langauge\nA,1,1957-03-04,en\n")
    assert "did you mean `local_time`?" in complaint(f"{HEAD},hour\nA,1,1957-03-04,09:00\n")


def test_every_missing_required_column_is_named() -> None:
    told = complaint("name,phone\nA,\n")
    assert "`record_number` is missing" in told
    assert "`birth_date` is missing" in told


def test_a_column_that_comes_twice_is_refused() -> None:
    assert "two columns are called `name`" in complaint(f"{HEAD},name\nA,1,1957-03-04,B\n")


def test_a_quotation_mark_that_never_closes_is_refused_with_its_line() -> None:
    assert "is not CSV" in complaint(f'{HEAD}\n"A,1,1957-03-04\n')


def test_a_file_in_another_encoding_is_refused() -> None:
    with pytest.raises(Invalid, match="not UTF-8"):
        decode("name\nJosé".encode("latin-1"))


def test_a_file_that_is_too_large_is_refused() -> None:
    with pytest.raises(Invalid, match="larger than 5 MB"):
        decode(b"x" * (importing.MOST_BYTES + 1))


def test_the_mark_that_spreadsheets_put_in_front_is_no_part_of_a_name() -> None:
    rows = read_rows(decode(f"{HEAD}\nJosé,1,1957-03-04\n".encode("utf-8-sig")))
    assert rows[0].values["name"] == "José"


def test_too_many_rows_are_refused_and_the_most_are_read() -> None:
    row = "A,1,1957-03-04\n"
    assert len(read_rows(f"{HEAD}\n{row * MOST_ROWS}")) == MOST_ROWS
    assert "more than 5000 rows" in complaint(f"{HEAD}\n{row * (MOST_ROWS + 1)}")


def test_lines_are_counted_as_an_editor_counts_them() -> None:
    text = f'{HEAD}\n\n"Maria\nAlvarez",1,1957-03-04\nBen,2,1957-03-04\n'
    assert [row.line for row in read_rows(text)] == [3, 5]


def test_a_row_with_another_number_of_cells_has_a_problem_of_its_own() -> None:
    rows = read_rows(f"{HEAD}\nA,1\nB,2,1957-03-04,x\nC,3,1957-03-04\n")
    assert [row.problem is not None for row in rows] == [True, True, False]
    assert rows[0].problem is not None
    assert rows[0].problem.what == "has 2 cells, the first line has 3"


def test_heads_may_be_written_in_capitals() -> None:
    assert read_rows("Name,RECORD_NUMBER,Birth_Date\nA,1,1957-03-04\n")[0].values["name"] == "A"


def test_cells_are_read_as_people_write_them() -> None:
    found = read_patient(
        MARIA
        | {
            "weekday": "Thu",
            "local_time": "9:30",
            "interpreter": "Yes",
            "is_test": "0",
            "language": "ES",
            "status": "Declined",
            "decline_reason": "too ill",
            "cycle_starts": "2026-10-01; 2026-10-15 2026-10-29",
            "regimen": "  ",
        }
    )
    assert (found.weekday, found.local_time) == (3, time(9, 30))
    assert (found.interpreter, found.is_test, found.language) == (True, False, "es")
    assert (found.status, found.decline_reason) == (PatientStatus.DECLINED, DeclineReason.TOO_ILL)
    assert found.cycle_starts == (date(2026, 10, 1), date(2026, 10, 15), date(2026, 10, 29))
    assert found.regimen is None


@pytest.mark.parametrize(
    ("name", "text", "mend"),
    [
        ("birth_date", "04/03/1957", "1962-04-30"),
        ("consent_on", "yesterday", "1962-04-30"),
        ("cycle_starts", "2026-10-01, soon", "1962-04-30"),
        ("local_time", "9", "09:00"),
        ("weekday", "mnday", "did you mean `monday`?"),
        ("weekday", "0", "monday, tuesday"),
        ("interpreter", "perhaps", "yes or no"),
        ("status", "enroled", "did you mean `enrolled`?"),
        ("decline_reason", "because", "too_ill"),
        ("channel", "pigeon", "sms"),
        ("language", "english", "en or es"),
    ],
)
def test_a_cell_that_cannot_be_read_says_how_to_mend_it(name: str, text: str, mend: str) -> None:
    with pytest.raises(Invalid) as refused:
        read_patient(MARIA | {name: text})
    assert [problem.where for problem in refused.value.problems] == [name]
    assert mend in refused.value.problems[0].mend


def test_all_problems_of_a_row_are_told_at_once() -> None:
    with pytest.raises(Invalid) as refused:
        read_patient({"name": "x" * 201, "birth_date": "1957", "weekday": "never"})
    assert {problem.where for problem in refused.value.problems} == {
        "name",
        "record_number",
        "birth_date",
        "weekday",
    }


def test_no_problem_repeats_what_names_somebody() -> None:
    with pytest.raises(Invalid) as refused:
        read_patient(MARIA | {"birth_date": "4 March 1957", "name": "Alvarez" * 40})
    assert "1957" not in str(refused.value)
    assert "Alvarez" not in str(refused.value)


def test_an_empty_cell_takes_nothing_away() -> None:
    known = NewPatient.model_validate(MARIA | {"language": "es", "regimen": "FOLFOX"})
    found = read_patient(MARIA | {"language": "", "regimen": " ", "weekday": "friday"}, known)
    assert (found.language, found.regimen, found.weekday) == ("es", "FOLFOX", 4)
