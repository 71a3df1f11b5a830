"""Kill -9 of the core, of its log and of PostgreSQL, and a PostgreSQL that answers nothing."""

from collections.abc import Iterator

from tests.faults.rig import Rig
from tests.faults.trial import Row, Scale, Trial, progress, three_phases, trial

BETWEEN_KILLS = 20


def _kills(row: Row, scale: Scale) -> Iterator[int]:
    """Count the kills, and say how many there were after every ten."""
    for number in range(1, scale.kills + 1):
        yield number
        if number % 10 == 0:
            progress(row.fault, f"{number} kills")


def core_killed(row: Row, rig: Rig, scale: Scale) -> None:
    """Again and again, at whatever moment: the journal alone knows what was said."""

    def kill_again_and_again(one: Trial) -> None:
        starts_s = []
        for _ in _kills(row, scale):
            # Not once all is calm: each kill meets some who are still on their way back.
            one.ledger.more(stored=BETWEEN_KILLS, shown=BETWEEN_KILLS // 2)
            rig.kill_core()
            one.ledger.killed()
            starts_s.append(rig.start_core())
        one.ledger.more(stored=BETWEEN_KILLS)
        one.note(f"{scale.kills} kills, up again within {max(starts_s):.1f} s")

    with rig.another_core("core-killed"), trial(row, rig, scale) as one:
        three_phases(one, kill_again_and_again)
        one.audit()


def log_killed(row: Row, rig: Rig, scale: Scale) -> None:
    """Dispatch goes on; what had not been stored yet is stored by another process, or never said
    to be."""

    def kill_again_and_again(one: Trial) -> None:
        for _ in _kills(row, scale):
            one.ledger.more(stored=BETWEEN_KILLS)
            rig.kill_log()
        one.ledger.more(stored=BETWEEN_KILLS)
        one.note(f"{scale.kills} kills")

    with rig.another_core("log-killed"), trial(row, rig, scale) as one:
        three_phases(one, kill_again_and_again)
        one.audit(disk_failed=True)
        one.unfelt()
        one.expect(one.ledger.downs == 0, f"{one.ledger.downs} devices lost their connection")


def database_killed(row: Row, rig: Rig, scale: Scale) -> None:
    """Nobody notices but who asks PostgreSQL."""

    def kill(one: Trial) -> None:
        for _ in range(scale.rounds):
            rig.kill_postgres()
            try:
                one.ledger.more(stored=scale.phase // scale.rounds)
            finally:
                rig.start_postgres()
            one.ledger.more(stored=scale.phase // scale.rounds // 4)

    with rig.another_core("database-killed"), trial(row, rig, scale) as one:
        three_phases(one, kill)
        one.audit()
        one.unfelt()
        one.expect(one.ledger.downs == 0, f"{one.ledger.downs} devices lost their connection")


def both_killed(row: Row, rig: Rig, scale: Scale) -> None:
    """The core starts, dispatches and stores while PostgreSQL is dead."""

    def kill(one: Trial) -> None:
        rig.kill_postgres()
        try:
            rig.kill_core()
            one.ledger.killed()
            one.note(f"up without PostgreSQL within {rig.start_core():.1f} s")
            one.ledger.more(stored=scale.phase)
        finally:
            rig.start_postgres()

    with rig.another_core("both-killed"), trial(row, rig, scale) as one:
        three_phases(one, kill)
        one.audit()


def database_stopped(row: Row, rig: Rig, scale: Scale) -> None:
    """It takes connections and answers nothing, which is worse than dead."""

    def stop(one: Trial) -> None:
        with rig.postgres_stopped():
            one.ledger.more(stored=scale.phase)

    with rig.another_core("database-stopped"), trial(row, rig, scale) as one:
        three_phases(one, stop)
        one.audit()
        one.unfelt()
        one.expect(one.ledger.downs == 0, f"{one.ledger.downs} devices lost their connection")
