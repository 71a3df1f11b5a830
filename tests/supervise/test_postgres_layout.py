import os
from pathlib import Path
from urllib.parse import parse_qs, urlsplit

import pytest

from dispatch.supervise.postgres_layout import (
    SOCKET_NAME,
    SOCKET_PATH_MAX_BYTES,
    layout_of,
    programs_dir,
)

LONGEST = "/" + "x" * (SOCKET_PATH_MAX_BYTES - len(f"//{SOCKET_NAME}"))


def test_the_socket_lies_with_the_data() -> None:
    assert layout_of(Path("/srv/data")).socket_dir == Path("/srv/data")


@pytest.mark.parametrize(("path", "short"), [(LONGEST, False), (LONGEST + "x", True)])
def test_a_path_too_long_for_a_socket_gets_a_short_one(path: str, short: bool) -> None:
    layout = layout_of(Path(path))
    assert (layout.socket_dir != layout.home) is short
    assert len(os.fsencode(layout.socket_dir / SOCKET_NAME)) <= SOCKET_PATH_MAX_BYTES


def test_the_limit_counts_bytes_not_letters() -> None:
    layout = layout_of(Path("/" + "ñ" * 60))
    assert layout.socket_dir != layout.home


@pytest.mark.parametrize("odd", ["a,b", "a'b", 'a"b'])
def test_what_would_read_as_a_list_gets_a_short_one(odd: str) -> None:
    layout = layout_of(Path("/srv", odd))
    assert layout.socket_dir != layout.home


def test_short_ones_differ_by_data_directory() -> None:
    assert layout_of(Path(LONGEST + "x")).socket_dir != layout_of(Path(LONGEST + "y")).socket_dir


def test_every_way_to_name_a_directory_leads_to_the_same_server(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "link").symlink_to(tmp_path)
    (tmp_path / "sub").mkdir()
    monkeypatch.chdir(tmp_path)
    ways = [tmp_path / "data", tmp_path / "link" / "data", Path("data"), Path("sub/../data")]
    assert len({layout_of(way).dsn for way in ways}) == 1


def test_the_dsn_quotes_its_path() -> None:
    query = urlsplit(layout_of(Path("/srv/años & más")).dsn).query
    assert parse_qs(query) == {"host": ["/srv/años & más"]}


def test_the_programs_are_there() -> None:
    assert {"postgres", "initdb", "psql"} <= {each.name for each in programs_dir().iterdir()}
