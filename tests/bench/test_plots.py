from xml.etree import ElementTree as ET

import pytest

from bench import plots as under_test
from bench.plots import NO_PLOTS, PLOTS, plots
from tests.bench.figures import results


def test_every_plot_is_drawn() -> None:
    pytest.importorskip("matplotlib", reason="matplotlib is missing: install the extra `bench`")
    drawn = list(plots(results()))
    assert len(drawn) == len(PLOTS)
    for each in drawn:
        assert ET.fromstring(each).tag.endswith("svg")  # noqa: S314 - our own
    assert list(plots({})) == []


def test_without_matplotlib_it_says_so(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(under_test, "find_spec", lambda _: None)
    assert list(plots(results())) == [NO_PLOTS]
