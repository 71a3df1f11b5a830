"""uvicorn as its documentation says for speed: uvloop, the sans-IO protocol, no log of accesses."""

from typing import Any

import uvicorn


def serve(application: Any, port: int) -> None:
    """Serve until it is ended."""
    uvicorn.run(
        application,
        host="127.0.0.1",
        port=port,
        loop="uvloop",
        ws="websockets-sansio",
        ws_per_message_deflate=False,
        access_log=False,
        log_level="warning",
        backlog=4_096,
    )
