import signal

import pytest

from dispatch.supervise.exit_codes import WORDS, Ending, ExitCode, ending_of


@pytest.mark.parametrize(
    ("returncode", "ending"),
    [
        (0, Ending("exit code 0 (ok)")),
        (1, Ending("exit code 1 (failed, see the lines above)")),
        (2, Ending("exit code 2 (wrong use of the command line)", curable=False)),
        (3, Ending("exit code 3 (configuration)", curable=False)),
        (4, Ending("exit code 4 (database)")),
        (77, Ending("exit code 77")),
        (-signal.SIGKILL, Ending("killed by SIGKILL")),
        (-signal.SIGSEGV, Ending("killed by SIGSEGV")),
        (-(signal.SIGRTMIN + 3), Ending(f"killed by signal {signal.SIGRTMIN + 3}")),
    ],
)
def test_an_ending_is_put_into_words(returncode: int, ending: Ending) -> None:
    assert ending_of(returncode) == ending


def test_every_exit_code_has_words() -> None:
    assert set(WORDS) == set(ExitCode)
