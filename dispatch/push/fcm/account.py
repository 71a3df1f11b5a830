"""The service account that Firebase gives out as a JSON file, with a key of ours in it."""

import re
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

import msgspec
from google.oauth2.service_account import Credentials

SCOPE: Final = "https://www.googleapis.com/auth/firebase.messaging"
"""To send messages, and nothing else that the account may do."""
_PROJECT: Final = re.compile(r"[a-z0-9:.-]{1,64}")


class AccountUnusable(Exception):  # noqa: N818 - it is shown as a sentence
    """An account's file cannot be used; the message says why, and nothing of what is in it."""


@dataclass(frozen=True, slots=True)
class Account:
    """Who we are to Firebase, and the project that the apps are of."""

    project_id: str
    credentials: Credentials = field(repr=False)


def read_account(path: Path) -> Account:
    """Read an account. Raises `AccountUnusable`."""
    try:
        info = msgspec.json.decode(path.read_bytes(), type=dict[str, str])
        project_id, token_uri = info["project_id"], info["token_uri"]
        credentials = Credentials.from_service_account_info(  # type: ignore[no-untyped-call]
            info, scopes=[SCOPE]
        )
    except OSError as error:
        raise AccountUnusable(f"{path}: {error.strerror}") from None
    except (ValueError, KeyError):  # msgspec's are ValueErrors, as are google-auth's
        raise AccountUnusable(f"{path}: it is no service account's key in JSON") from None
    if not _PROJECT.fullmatch(project_id) or not token_uri.startswith("https://"):
        raise AccountUnusable(f"{path}: its project_id or token_uri is none")
    return Account(project_id, credentials)
