"""The floor that PostgreSQL itself is: one transaction with as many statements as a submit has."""

from tests.bench import pgbench


def test_a_transaction_has_as_many_writes_and_reads_as_a_submit_of_ours() -> None:
    lines = pgbench.script(writes=8, reads=21).splitlines()
    assert (lines[0], lines[-1]) == ("BEGIN;", "COMMIT;")
    assert sum(line.startswith("INSERT") for line in lines) == 8
    assert sum(line.startswith("SELECT") for line in lines) == 21
    assert len(lines) == 31


def test_no_answer_is_taken_for_a_variable_of_pgbench() -> None:
    """A colon and a word would be one."""
    lines = pgbench.script(writes=2, reads=0).splitlines()
    assert [line for line in lines if ":" in line.replace(": ", "")] == []


def test_the_program_comes_with_the_server() -> None:
    assert pgbench._program().exists()
