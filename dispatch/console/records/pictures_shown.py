"""Pictures of a recorded alert, with paths where they can be read for a while."""

import time
from collections.abc import Mapping
from typing import Any

from dispatch.console.bounds import PICTURE_PATH_HOLDS_S
from dispatch.core.picture_paths import picture_path


def with_fresh_paths(view: Mapping[str, Any], key: bytes) -> dict[str, Any]:
    """Return a recorded `alert` as it may be shown now: the paths it was recorded with are over."""
    until_s = int(time.time()) + PICTURE_PATH_HOLDS_S
    pictures = [
        picture | {"path": picture_path(picture["picture_id"], until_s, key)}
        for picture in view.get("pictures", ())
    ]
    return {**view, "pictures": pictures}
