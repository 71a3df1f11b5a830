import os
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dispatch.store.sealed_file import Seal, Unusable, read_sealed, write_sealed

SEAL = Seal("registry", 3)
CONTENT = b"first\nsecond\x00"


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "copies" / "registry.copy"


@pytest.fixture
def written(path: Path) -> Path:
    write_sealed(path, SEAL, [CONTENT[:4], b"", CONTENT[4:]])
    return path


def test_what_was_written_is_read(written: Path) -> None:
    assert read_sealed(written, SEAL) == CONTENT


def test_it_is_its_owners_alone(written: Path) -> None:
    assert written.stat().st_mode & 0o777 == 0o600
    assert written.parent.stat().st_mode & 0o777 == 0o700


def test_no_file_is_no_fault(path: Path) -> None:
    assert read_sealed(path, SEAL) is None


def test_the_newest_is_read_and_nothing_else_is_left(written: Path) -> None:
    write_sealed(written, SEAL, [b"newer"])
    assert read_sealed(written, SEAL) == b"newer"
    assert os.listdir(written.parent) == [written.name]


def test_what_a_crash_left_is_in_nobodys_way(written: Path) -> None:
    left = written.with_name("registry.copy.new")
    left.write_bytes(b"half")
    left.chmod(0o644)
    assert read_sealed(written, SEAL) == CONTENT
    write_sealed(written, SEAL, [b"newer"])
    assert (read_sealed(written, SEAL), written.stat().st_mode & 0o777) == (b"newer", 0o600)


def test_where_it_cannot_be_written_the_former_stays(written: Path) -> None:
    written.with_name("registry.copy.new").mkdir()
    with pytest.raises(OSError, match=r"directory|permitted"):
        write_sealed(written, SEAL, [b"newer"])
    assert read_sealed(written, SEAL) == CONTENT


@given(data=st.data())
def test_no_torn_or_altered_file_is_used(
    data: st.DataObject, tmp_path_factory: pytest.TempPathFactory
) -> None:
    path = tmp_path_factory.mktemp("torn") / "registry.copy"
    write_sealed(path, SEAL, [CONTENT])
    whole = path.read_bytes()
    at = data.draw(st.integers(0, len(whole) - 1))
    torn = data.draw(
        st.sampled_from([whole[:at], whole[:at] + bytes([whole[at] ^ 1]) + whole[at + 1 :]])
    )
    path.write_bytes(torn)
    with pytest.raises(Unusable):
        read_sealed(path, SEAL)


@pytest.mark.parametrize(
    ("seal", "reason"),
    [
        (Seal("registry", 4), "it is of format 3, this version reads format 4"),
        (Seal("quadrants", 3), "it is no quadrants file"),
    ],
)
def test_another_kind_or_format_is_named(written: Path, seal: Seal, reason: str) -> None:
    with pytest.raises(Unusable, match=reason):
        read_sealed(written, seal)


@pytest.mark.parametrize("mode", [0o620, 0o602])
def test_what_others_may_write_is_not_trusted(written: Path, mode: int) -> None:
    written.chmod(mode)
    with pytest.raises(Unusable, match="another user"):
        read_sealed(written, SEAL)


@pytest.mark.skipif(os.geteuid() != 0, reason="only root gives files away")
def test_what_is_anothers_is_not_trusted(written: Path) -> None:
    os.chown(written, 65534, -1)
    with pytest.raises(Unusable, match="another user"):
        read_sealed(written, SEAL)


def test_what_is_no_file_is_named(path: Path) -> None:
    path.mkdir(parents=True)
    with pytest.raises(Unusable, match="directory"):
        read_sealed(path, SEAL)
