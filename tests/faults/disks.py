"""Disks that are full, that fail, and that lose their power."""

import shutil
import subprocess
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager, suppress
from pathlib import Path
from typing import Final

from dispatch.journal.inspect import verify
from protocol.vocabulary import ErrorCode
from tests.faults.audit import in_journal, missing_in
from tests.faults.rig import Rig, until
from tests.faults.trial import CannotTry, Row, Scale, Trial, three_phases, trial

DISK_BYTES: Final = 256 * 2**20
"""Room for all of a trial: some 15 kB a press, from its signal to its close."""
REFUSED: Final = 10
"""So many presses at least are told that they cannot be stored."""
RED: Final = "unable_to_store"
PRELOADED: Final = Path(__file__).with_name("eio.c")


def disk_full(row: Row, rig: Rig, scale: Scale) -> None:
    """Nothing fits any more, and then something does."""
    disk = rig.home / "disk-full" / "journal"
    ballast = disk / "ballast"

    def fill_and_free(one: Trial) -> None:
        for _ in range(scale.rounds):
            fill(ballast)
            not_storing(one)
            ballast.unlink()
            storing_again(one)

    with (
        mounted("tmpfs", disk, "-t", "tmpfs", "-o", f"size={DISK_BYTES}"),
        rig.another_core("disk-full"),
        trial(row, rig, scale) as one,
    ):
        three_phases(one, fill_and_free)
        one.audit(disk_failed=True)


def write_fails(row: Row, rig: Rig, scale: Scale) -> None:
    """EIO of write."""
    disk_fails("write", row, rig, scale)


def sync_fails(row: Row, rig: Rig, scale: Scale) -> None:
    """EIO of fsync, after which nothing that was written may be trusted."""
    disk_fails("sync", row, rig, scale)


def disk_fails(what: str, row: Row, rig: Rig, scale: Scale) -> None:
    """Have a call fail for a while; then start anew from what is on the disk."""
    name = f"{what}-fails"
    switch = rig.home / f"{name}.{what}"
    environment = {
        "LD_PRELOAD": str(compiled(rig.home)),
        "EIO_UNDER": str(rig.home / name / "journal"),
        "EIO_SWITCH": str(rig.home / name),
    }

    def fail_and_mend(one: Trial) -> None:
        for _ in range(scale.rounds):
            switch.touch()
            not_storing(one)
            switch.unlink()
            storing_again(one)
        rig.kill_core()
        one.ledger.killed()
        rig.start_core()

    with rig.another_core(name, environment), trial(row, rig, scale) as one:
        three_phases(one, fail_and_mend)
        one.audit(disk_failed=True)
        files = sorted(path.name for path in rig.journal.parent.glob("journal*.sqlite"))
        one.note(f"files: {', '.join(files)}")


def not_storing(one: Trial) -> None:
    """The disk takes nothing: senders are told so, patrols are called all the same."""
    one.ledger.wait_refused(ErrorCode.UNABLE_TO_STORE, REFUSED)
    one.rig.wait_health(RED)
    acked = len(one.ledger.acked())
    one.ledger.more(shown=one.scale.phase // 3)
    more = len(one.ledger.acked()) - acked
    one.expect(not more, f"{more} said to be stored while nothing can be")
    one.all_acked_are_in_journal()


def storing_again(one: Trial) -> None:
    """The disk is well: presses are stored again, and so is what was refused meanwhile."""
    one.rig.wait_health(RED, is_there=False)
    one.ledger.more(stored=one.scale.phase // 3)
    refused = {line.id for line in one.ledger.refused if line.word == ErrorCode.UNABLE_TO_STORE}
    until(
        "what was refused is stored all the same",
        lambda: refused <= in_journal(one.rig.journal).versions.keys(),
    )


def power_lost(row: Row, rig: Rig, scale: Scale) -> None:
    """What the disk held at one moment is all that is left; a core starts from that."""
    home, image = rig.home / "power-lost", rig.home / "power-lost.img"
    rescued, copy = rig.home / "power-back", rig.home / "power-back.img"
    with ExitStack() as stack:
        make_image(image)
        stack.enter_context(mounted(str(image), home / "journal", "-o", "loop"))
        stack.enter_context(rig.another_core("power-lost"))
        with trial(row, rig, scale) as one:
            acked: set[str] = set()

            def lose_power(one: Trial) -> None:
                acked.update(copy_at_one_moment(one, image, copy))
                one.ledger.more(stored=one.scale.phase // 3)

            three_phases(one, lose_power)
            one.audit()
        stack.enter_context(mounted(str(copy), rescued / "journal", "-o", "loop"))
        with rig.another_core("power-back"):
            lost = missing_in(in_journal(rig.journal), acked)
            findings = [finding.line() for finding in verify(rig.journal)]
        row.missing += len(lost)
        one.expect(not lost, f"acknowledged before the power was lost, and gone: {lost[:5]}")
        one.expect(not findings, f"journal verify after the power was lost: {findings[:5]}")
        one.note(f"{len(acked)} acknowledged before the power was lost: all there")


def copy_at_one_moment(one: Trial, image: Path, copy: Path) -> set[str]:
    """Copy what has got to the disk, and not what the kernel still means to write.

    The core is held for as long as the copy takes, and the process that writes its log: so the
    copy is of one moment. Returns what had been acknowledged before.
    """
    acked = set(one.ledger.acked())
    with one.rig.core_held():
        subprocess.run(["cp", "--sparse=always", image, copy], check=True)
    return acked


# --- what it takes ------------------------------------------------------------------------------


@contextmanager
def mounted(what: str, where: Path, *options: str) -> Iterator[None]:
    """Mount a file system for as long as the block lasts. Raises `CannotTry`."""
    where.mkdir(mode=0o700, parents=True, exist_ok=True)
    done = subprocess.run(
        ["mount", *options, what, str(where)], capture_output=True, text=True, check=False
    )
    if done.returncode != 0:
        raise CannotTry(f"mount: {done.stderr.strip()} (this needs root)")
    try:
        where.chmod(0o700)
        yield
    finally:
        until(f"{where} is unmounted", lambda: is_unmounted(where))


def is_unmounted(where: Path) -> bool:
    """Try to unmount; what has it open may still be on its way out."""
    return subprocess.run(["umount", where], check=False, capture_output=True).returncode == 0


def make_image(image: Path) -> None:
    """Make a file with an ext4 file system in it. Raises `CannotTry`."""
    with image.open("wb") as file:
        file.truncate(DISK_BYTES)
    if shutil.which("mkfs.ext4") is None:
        raise CannotTry("mkfs.ext4 is missing: apt-get install e2fsprogs")
    subprocess.run(["mkfs.ext4", "-q", image], check=True)


def fill(ballast: Path) -> None:
    """Take all the room that is left."""
    with suppress(OSError), ballast.open("wb", buffering=0) as file:
        for size in (2**22, 4096):
            with suppress(OSError):
                while True:
                    file.write(b"\0" * size)


def compiled(folder: Path) -> Path:
    """Compile the library that makes calls fail. Raises `CannotTry`."""
    library = folder / "eio.so"
    if shutil.which("gcc") is None:
        raise CannotTry("gcc is missing: apt-get install gcc")
    subprocess.run(
        ["gcc", "-Wall", "-O2", "-shared", "-fPIC", "-o", library, PRELOADED, "-ldl"], check=True
    )
    return library
