"""The published vectors, as the tests of every implementation read them."""

import json
from pathlib import Path
from typing import Any, Final

import protocol.button

PATH: Final = Path(protocol.button.__file__).with_name("vectors.json")
VECTORS: Final[dict[str, Any]] = json.loads(PATH.read_text())
KEY: Final = bytes.fromhex(VECTORS["key"])
DEVICE_ID: Final[str] = VECTORS["device_id"]
QUESTIONS: Final = {each["name"]: bytes.fromhex(each["bytes"]) for each in VECTORS["messages"]}
"""Messages by name, as answers name what they answer."""


def name_of(vector: dict[str, Any]) -> str:
    return str(vector.get("name") or vector.get("reception") or vector)
