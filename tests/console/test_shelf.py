"""A picture is on the shelf whole, with what it is of, or not at all."""

import errno
import os
from pathlib import Path

import pytest

from dispatch.console.shelf import PART, Kept, NoRoom, Provenance, Shelf, digest_of
from tests.console.samples import ALERT, JPEG, PICTURE

OTHER_PICTURE = "01932f7a-5c00-7abc-8def-0123456789ac"
PROVENANCE = Provenance(ALERT, "cam-1", "gw:1", 1_800_000_000_000, digest_of(JPEG))


@pytest.fixture
def shelf(tmp_path: Path) -> Shelf:
    return Shelf(tmp_path / "pictures", floor_bytes=0)


def files(folder: Path) -> set[str]:
    return {path.name for path in folder.rglob("*") if path.is_file()}


def test_what_is_kept_is_there(shelf: Shelf, tmp_path: Path) -> None:
    assert shelf.keep(PICTURE, JPEG, PROVENANCE) is Kept.NEW
    assert shelf.picture(PICTURE) == JPEG
    assert files(tmp_path) == {f"{PICTURE}.jpg", f"{PICTURE}.json"}


def test_the_same_again_changes_nothing(shelf: Shelf) -> None:
    shelf.keep(PICTURE, JPEG, PROVENANCE)

    assert shelf.keep(PICTURE, JPEG, PROVENANCE) is Kept.ALREADY
    assert shelf.picture(PICTURE) == JPEG


def test_another_one_under_its_id_does_not_replace_it(shelf: Shelf) -> None:
    shelf.keep(PICTURE, JPEG, PROVENANCE)
    other = JPEG + b"\xff\xd9"
    provenance = Provenance(ALERT, "cam-1", "gw:1", 1_800_000_000_000, digest_of(other))

    assert shelf.keep(PICTURE, other, provenance) is Kept.CONFLICT
    assert shelf.picture(PICTURE) == JPEG


def test_cut_short_between_its_files_it_is_kept_the_next_time(shelf: Shelf, tmp_path: Path) -> None:
    shelf.keep(PICTURE, JPEG, PROVENANCE)
    next(tmp_path.rglob("*.jpg")).unlink()

    assert shelf.picture(PICTURE) is None
    assert shelf.keep(PICTURE, JPEG, PROVENANCE) is Kept.NEW
    assert shelf.picture(PICTURE) == JPEG


def test_there_is_nothing_of_an_id_that_was_not_kept(shelf: Shelf) -> None:
    assert shelf.picture(OTHER_PICTURE) is None


@pytest.mark.parametrize("fails_at", range(4))
@pytest.mark.parametrize(
    ("number", "raises"), [(errno.ENOSPC, NoRoom), (errno.EDQUOT, NoRoom), (errno.EIO, OSError)]
)
def test_a_disk_that_fails_keeps_nothing_half(
    shelf: Shelf,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    fails_at: int,
    number: int,
    raises: type[Exception],
) -> None:
    synced = []

    def fsync(descriptor: int) -> None:
        synced.append(descriptor)
        if len(synced) == fails_at + 2:  # the first is of the folder that is made
            raise OSError(number, "")

    monkeypatch.setattr(os, "fsync", fsync)
    with pytest.raises(raises):
        shelf.keep(PICTURE, JPEG, PROVENANCE)
    monkeypatch.undo()

    assert not [name for name in files(tmp_path) if name.endswith(PART)]
    assert shelf.picture(PICTURE) in (None, JPEG)
    assert shelf.keep(PICTURE, JPEG, PROVENANCE) in (Kept.NEW, Kept.ALREADY)


def test_the_last_room_is_not_taken(tmp_path: Path) -> None:
    shelf = Shelf(tmp_path / "pictures", floor_bytes=2**62)

    assert not shelf.has_room()
    with pytest.raises(NoRoom):
        shelf.keep(PICTURE, JPEG, PROVENANCE)
    assert not files(tmp_path)


def test_old_ones_are_found_by_their_alert_and_go(shelf: Shelf, tmp_path: Path) -> None:
    for picture_id in (PICTURE, OTHER_PICTURE):
        shelf.keep(picture_id, JPEG, PROVENANCE)
    for path in tmp_path.rglob(f"{PICTURE}.*"):
        os.utime(path, (0, 0))

    old = list(shelf.older_than(3600))
    assert [(alert_id, path.stem) for alert_id, path in old] == [(ALERT, PICTURE)]
    assert shelf.forget([path for _, path in old]) == 1
    assert shelf.picture(PICTURE) is None
    assert shelf.picture(OTHER_PICTURE) == JPEG

    rest = [path for _, path in shelf.older_than(-1)]
    shelf.forget(rest)
    assert not list((tmp_path / "pictures").iterdir()), "empty folders go as well"


def test_what_was_never_finished_is_cleared_away_when_it_is_stale(
    shelf: Shelf, tmp_path: Path
) -> None:
    shelf.keep(PICTURE, JPEG, PROVENANCE)
    folder = next((tmp_path / "pictures").iterdir())
    fresh, stale = folder / f"fresh{PART}", folder / f"stale{PART}"
    for path in (fresh, stale):
        path.touch()
    os.utime(stale, (0, 0))

    list(shelf.older_than(3600))

    assert fresh.exists()
    assert not stale.exists()


def test_a_picture_of_which_nothing_can_be_read_is_nobodys(shelf: Shelf, tmp_path: Path) -> None:
    shelf.keep(PICTURE, JPEG, PROVENANCE)
    next(tmp_path.rglob("*.json")).write_bytes(b"{")

    assert [alert_id for alert_id, _ in shelf.older_than(-1)] == [""]


def test_a_shelf_that_was_never_used_holds_nothing_old(shelf: Shelf) -> None:
    assert list(shelf.older_than(0)) == []
