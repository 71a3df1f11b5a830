import json
from pathlib import Path

import pytest

from dispatch.push.fcm.account import AccountUnusable, read_account
from tests.push.fcm.stand_in import EMAIL, PROJECT, account_file, info

URL = "https://localhost"


def test_an_account_is_read_and_its_key_not_shown(tmp_path: Path) -> None:
    account = read_account(account_file(tmp_path, URL))
    assert account.project_id == PROJECT
    assert account.credentials.service_account_email == EMAIL
    assert repr(account) == f"Account(project_id='{PROJECT}')"


def test_a_file_that_is_none_is_said(tmp_path: Path) -> None:
    with pytest.raises(AccountUnusable, match="No such file"):
        read_account(tmp_path / "none.json")


WHOLE = info(URL)


@pytest.mark.parametrize(
    "content",
    [
        "",
        "[]",
        "\xff",
        json.dumps({"type": "service_account"}),
        *(
            json.dumps({k: v for k, v in WHOLE.items() if k != name})
            for name in ("project_id", "private_key", "client_email", "token_uri")
        ),
        json.dumps({**WHOLE, "private_key": "nothing"}),
        json.dumps({**WHOLE, "private_key": WHOLE["private_key"][:300]}),
        json.dumps({**WHOLE, "project_id": "../v1/projects/other"}),
        json.dumps({**WHOLE, "token_uri": "http://localhost/token"}),
        json.dumps({**WHOLE, "project_id": 7}),
    ],
)
def test_what_firebase_never_made_is_said_and_not_shown(tmp_path: Path, content: str) -> None:
    path = tmp_path / "account.json"
    path.write_text(content, encoding="latin-1")
    with pytest.raises(AccountUnusable) as caught:
        read_account(path)
    assert str(caught.value).startswith(f"{path}: it")
    assert "BEGIN" not in str(caught.value)
