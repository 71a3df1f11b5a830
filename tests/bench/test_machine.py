from bench.machine import PACKAGES, machine


def test_a_machine_says_what_it_is() -> None:
    told = machine()
    assert told["cores"] >= 1
    assert told["processor"]
    assert told["commit"]
    assert set(told["versions"]) == set(PACKAGES)
    assert "missing" not in told["versions"].values()
    assert 0.0 <= told["stolen_share"] <= 1.0
