import pytest

from clients.demo import reports
from clients.demo.reports import Pressed, Shown, tell
from protocol.vocabulary import Kind


def test_what_is_told_is_read_again(capfdbinary: pytest.CaptureFixture[bytes]) -> None:
    told = [Pressed("s", "d", Kind.FIRE, 1), Shown("a", "d", 2, 3)]
    for report in told:
        tell(report)
    lines = capfdbinary.readouterr().out.splitlines()
    assert [reports.read(line) for line in lines] == told


@pytest.mark.parametrize("line", [b"", b"Traceback", b"{}", b'{"report":"news"}'])
def test_other_lines_are_no_reports(line: bytes) -> None:
    assert reports.read(line) is None
