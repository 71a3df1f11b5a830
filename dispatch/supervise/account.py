"""The unprivileged account that PostgreSQL runs under when Cuadrante is started by root.

PostgreSQL refuses to run as root. Its account must reach the data and the programs, which may
lie below a closed directory such as root's home. Opening that directory to everyone would be too
much: an access control entry lets this one account pass through it, and no more (`ls` stays
forbidden).
"""

import errno
import os
import pwd
import struct
import subprocess
import sys
from collections.abc import Iterable
from pathlib import Path

ACCOUNT = "cuadrante"

_ACL = "system.posix_acl_access"
_ACL_VERSION = 2
_USER_OBJ, _USER, _GROUP_OBJ, _MASK, _OTHER = 0x01, 0x02, 0x04, 0x10, 0x20
_NO_ID = 0xFFFFFFFF
_PASS = 0o1


class AccountError(Exception):
    """No account could be prepared; the message says what to do."""


def become_account(home: Path, programs: Iterable[Path]) -> None:
    """Turn this root process for good into the owner of `home` (created when missing).

    `home` becomes private to the account; every directory above it and above `programs` lets
    the account pass. Raises `AccountError`.
    """
    home.mkdir(parents=True, exist_ok=True)
    uid, gid = _owner(home)
    os.chown(home, uid, gid)
    home.chmod(0o700)
    for path in (home, *programs):
        for directory in reversed(path.resolve().parents):
            _let_pass(directory, uid)
    os.setgroups([])
    os.setgid(gid)
    os.setuid(uid)
    os.environ["HOME"] = str(home)


def _owner(home: Path) -> tuple[int, int]:
    """Whoever owns existing data keeps it, so both root and that person can start the server."""
    owned = home.stat()
    if owned.st_uid != 0:
        return owned.st_uid, owned.st_gid
    entry = _find(ACCOUNT) or _create(ACCOUNT)
    return entry.pw_uid, entry.pw_gid


def _find(name: str) -> pwd.struct_passwd | None:
    try:
        return pwd.getpwnam(name)
    except KeyError:
        return None


def _create(name: str) -> pwd.struct_passwd:
    command = ["useradd", "--system", "--no-create-home", "--shell", "/usr/sbin/nologin", name]
    try:
        said = subprocess.run(command, check=False, capture_output=True, text=True).stderr  # noqa: S603
    except OSError as error:
        said = str(error)
    entry = _find(name)  # also when another process was quicker
    if entry is None:
        raise AccountError(
            f"PostgreSQL does not run as root, and its account {name!r} could not be created "
            f"({said.strip()}). Create it, run as an ordinary user, or configure a database DSN."
        )
    print(f"created the system account {name!r} for PostgreSQL", file=sys.stderr)  # noqa: T201
    return entry


def _let_pass(directory: Path, uid: int) -> None:
    status = directory.stat()
    if status.st_mode & _PASS or status.st_uid == uid:
        return
    entries = _read_acl(directory, status.st_mode)
    if entries.get((_USER, uid), 0) & entries.get((_MASK, _NO_ID), 0) & _PASS:
        return
    group_like = entries[_GROUP_OBJ, _NO_ID]
    entries[_USER, uid] = entries.get((_USER, uid), 0) | _PASS
    entries[_MASK, _NO_ID] = entries.get((_MASK, _NO_ID), group_like) | _PASS
    try:
        os.setxattr(directory, _ACL, _packed(entries))
    except OSError as error:
        raise AccountError(
            f"PostgreSQL does not run as root, and its account may not pass {directory} "
            f"({error.strerror}). Run `chmod o+x {directory}`, install elsewhere, run as an "
            "ordinary user, or configure a database DSN."
        ) from error
    print(f"let PostgreSQL's account pass {directory}", file=sys.stderr)  # noqa: T201


def _read_acl(directory: Path, mode: int) -> dict[tuple[int, int], int]:
    """Permissions by (tag, id), as in acl(5); those of the mode where there is no list yet."""
    try:
        packed = os.getxattr(directory, _ACL)
    except OSError as error:
        if error.errno not in (errno.ENODATA, errno.EOPNOTSUPP):
            raise
        return {
            (_USER_OBJ, _NO_ID): mode >> 6 & 7,
            (_GROUP_OBJ, _NO_ID): mode >> 3 & 7,
            (_OTHER, _NO_ID): mode & 7,
        }
    return {(tag, who): perm for tag, perm, who in struct.iter_unpack("<HHI", packed[4:])}


def _packed(entries: dict[tuple[int, int], int]) -> bytes:
    # The kernel wants them sorted by tag, then by id.
    rows = (struct.pack("<HHI", tag, perm, who) for (tag, who), perm in sorted(entries.items()))
    return struct.pack("<I", _ACL_VERSION) + b"".join(rows)
