from bench.goals import GOALS, standings
from tests.bench.figures import results


def test_what_was_reached_and_what_was_not_measured() -> None:
    verdicts = {each.figure: each.verdict for each in standings(results())}
    assert len(verdicts) == len(GOALS)
    assert verdicts.pop("signals/s a core ÷ NATS + worker") == "not measured"
    assert set(verdicts.values()) == {"met"}


def test_what_was_missed_says_by_how_much() -> None:
    figures = results()
    figures["floor"]["ratio"] = 3.0
    figures["peers"]["peers"]["node-ws"]["ratio"] = 0.6
    figures["latency"]["lost"] = 2
    verdicts = {each.figure: each.verdict for each in standings(figures)}
    assert verdicts["CPU a signal ÷ floor"] == "missed by a factor of 1.50"
    assert verdicts["signals/s a core ÷ Node ws"] == "missed by a factor of 2.00"
    assert verdicts["lost, doubled or misrouted under load"] == "missed by 2"


def test_nothing_measured_is_nothing_met() -> None:
    assert {each.verdict for each in standings({})} == {"not measured"}
