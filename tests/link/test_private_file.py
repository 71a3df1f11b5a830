import os
from pathlib import Path

import pytest

from link import private_file

posix = pytest.mark.skipif(os.name != "posix", reason="modes are POSIX's")


def test_the_new_content_takes_the_place_of_the_old(tmp_path: Path) -> None:
    path = tmp_path / "deep" / "file"
    private_file.write(path, b"old")
    private_file.write(path, b"new")
    assert path.read_bytes() == b"new"
    assert list(path.parent.iterdir()) == [path]


@posix
@pytest.mark.parametrize("mask", [0o000, 0o022, 0o077])
def test_nobody_else_may_read_it(tmp_path: Path, mask: int) -> None:
    path, before = tmp_path / "deep" / "file", os.umask(mask)
    try:
        private_file.write(path, b"secret")
    finally:
        os.umask(before)
    assert path.stat().st_mode & 0o777 == 0o600
    assert path.parent.stat().st_mode & 0o077 == 0
    assert private_file.is_private(path)
    path.chmod(0o640)
    assert not private_file.is_private(path)


def test_a_failed_write_leaves_the_old_content_and_no_litter(tmp_path: Path) -> None:
    path = tmp_path / "file"
    path.mkdir()  # nothing can be renamed over a directory
    with pytest.raises(OSError):  # noqa: PT011 - its kind differs between systems
        private_file.write(path, b"new")
    assert list(tmp_path.iterdir()) == [path]
