"""Which processes `run` keeps: what may fail alone, and what is not there."""

from pathlib import Path

from dispatch.commands.children import children_of
from dispatch.settings import Settings

DSN = "postgresql://db.example/cuadrante"


def test_all_of_an_installation_and_only_the_core_is_essential(tmp_path: Path) -> None:
    children = children_of(Settings.model_validate({"data_dir": tmp_path}), None)
    names = [child.name for child in children]
    assert names == ["postgres", "core", "console", "gateway", "push"]
    assert [child.name for child in children if child.essential] == ["core"]


def test_a_database_elsewhere_is_not_run_and_not_overruled(tmp_path: Path) -> None:
    settings = Settings.model_validate({"data_dir": tmp_path, "dsn": DSN, "push": False})
    children = children_of(settings, Path("here.toml"))
    assert [child.name for child in children] == ["core", "console", "gateway"]
    for child in children:
        assert child.argv[-2:] == ("--config", "here.toml")
        assert child.env["CUADRANTE_DSN"] == DSN


def test_what_could_not_find_the_core_is_not_started(tmp_path: Path) -> None:
    settings = Settings.model_validate({"data_dir": tmp_path, "dsn": DSN, "port": 0})
    assert [child.name for child in children_of(settings, None)] == ["core", "console"]
