"""The bar that people watch: it fills on a terminal, and a log has a line for each tenth."""

from io import StringIO

from rsm.simulate.progress import Bar


class Terminal(StringIO):
    def isatty(self) -> bool:
        return True


def shown(out: StringIO, steps: int) -> str:
    bar = Bar(out)
    for step in range(steps + 1):
        bar.at(step / steps, f"day {step}")
    bar.at(1.0, "done once more")
    return out.getvalue()


def test_a_log_has_one_line_for_each_tenth() -> None:
    lines = shown(StringIO(), 200).splitlines()
    assert len(lines) == 11
    assert lines[0] == "  0 %  day 0"
    assert lines[5] == " 50 %  day 100"
    assert lines[-1] == "100 %  day 200"


def test_a_terminal_has_one_line_that_fills_up() -> None:
    said = shown(Terminal(), 200)
    assert said.count("\n") == 1
    assert said.endswith("█" * 32 + " 100 %  day 200\n")
    assert "█" * 16 + "░" * 16 + "  50 %  day 100" in said


def test_it_never_goes_backwards_nor_beyond() -> None:
    out = StringIO()
    bar = Bar(out)
    for share in (0.5, 0.2, 1.7):
        bar.at(share, "x")
    assert out.getvalue().split() == ["50", "%", "x", "100", "%", "x"]
