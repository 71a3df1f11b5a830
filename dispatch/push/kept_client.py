"""Connections to one push service that are kept for the next push."""

import ssl

import httpx

from dispatch.push.bounds import KEEP_CONNECTION_S, SENDERS_PER_LANE


def kept_client(context: ssl.SSLContext) -> httpx.AsyncClient:
    """Return a client for one push service. Each send needs a deadline around it."""
    return httpx.AsyncClient(
        verify=context,
        trust_env=False,
        follow_redirects=False,  # nobody sends what is for one telephone anywhere else
        timeout=None,  # noqa: S113 - the deadline of a send bounds all of it, not each step
        limits=httpx.Limits(max_connections=SENDERS_PER_LANE, keepalive_expiry=KEEP_CONNECTION_S),
    )
