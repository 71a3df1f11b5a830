"""What requests and answers hold: the same typed structures as on the WebSocket and in the store.

`takes` and `gives` describe them to OpenAPI, so that what is checked and what is promised are one.
"""

import asyncio
from datetime import datetime
from http import HTTPStatus
from typing import Any, Final, TypeVar

import msgspec
from fastapi import FastAPI, Request, Response
from fastapi.openapi.utils import get_openapi
from fastapi.responses import JSONResponse

from dispatch.console.bounds import BODY_DEADLINE_S, BODY_MAX_BYTES
from dispatch.console.errors import PROBLEM, Declined, ErrorCode, bad_field

T = TypeVar("T")

_REF: Final = "#/components/schemas/{name}"
_described: Final[dict[str, Any]] = {}
"""Every structure that a route takes or gives, by name."""


class Json(JSONResponse):
    """An answer that is one of our structures."""

    def render(self, content: Any) -> bytes:
        """Return the bytes."""
        return msgspec.json.encode(content)


def takes(kind: Any) -> dict[str, Any]:
    """Describe the body that a route reads with `read`."""
    content = {"application/json": {"schema": _schema(kind)}}
    return {"openapi_extra": {"requestBody": {"required": True, "content": content}}}


def takes_file(media_type: str) -> dict[str, Any]:
    """Describe a body that is a file."""
    content = {media_type: {"schema": {"type": "string", "format": "binary"}}}
    return {"openapi_extra": {"requestBody": {"required": True, "content": content}}}


def gives(
    kind: Any = None, *, status: int = 200, says: str = "Done.", also: int | None = None
) -> dict[str, Any]:
    """Describe what a route answers: a structure, or nothing; `also` with another status."""
    answer: dict[str, Any] = {"description": says}
    if kind is not None:
        answer["content"] = {"application/json": {"schema": _schema(kind)}}
    return {
        "status_code": status,
        "response_class": Json if kind is not None else Response,
        "responses": {status: answer, "default": _PROBLEM} | _also(answer, also),
    }


def gives_file(media_type: str, says: str, *, also: int | None = None) -> dict[str, Any]:
    """Describe a route that answers with a file; `also` with another status, and nothing."""
    kind = "object" if media_type.endswith("json") else "string"
    content = {media_type: {"schema": {"type": kind}}}
    return {
        "response_class": Response,
        "responses": {200: {"description": says, "content": content}, "default": _PROBLEM}
        | _also({"description": "As it was."}, also),
    }


def _also(answer: dict[str, Any], status: int | None) -> dict[int, dict[str, Any]]:
    """Describe a further status; one that has no body is described without."""
    if status is None:
        return {}
    bodiless = status in (HTTPStatus.NO_CONTENT, HTTPStatus.NOT_MODIFIED)
    return {status: {"description": "There is nothing new."} if bodiless else answer}


async def read(request: Request, kind: type[T]) -> T:
    """Read a JSON body. Raises `Declined`, which names the field."""
    body = await read_bytes(request, BODY_MAX_BYTES)
    try:
        return msgspec.json.decode(body, type=kind)
    except msgspec.ValidationError as error:
        # "Expected `int`, got `str` - at `$.position.lat`"
        reason, _, path = str(error).partition(" - at `$")
        field = path.rstrip("`").lstrip(".") or "body"
        raise bad_field(
            field, f"«{field}» no tiene la forma que debe.", f"“{field}” cannot be used: {reason}."
        ) from None
    except (msgspec.DecodeError, UnicodeDecodeError):
        raise bad_field("body", "El cuerpo no es JSON.", "The body is not JSON.") from None


async def read_bytes(request: Request, max_bytes: int) -> bytes:
    """Read a body of bounded size, in bounded time. Raises `Declined`."""
    body = bytearray()
    try:
        async with asyncio.timeout(BODY_DEADLINE_S):
            async for chunk in request.stream():
                body += chunk
                if len(body) > max_bytes:
                    raise Declined(
                        ErrorCode.TOO_LARGE,
                        f"El cuerpo pesa más de {max_bytes} bytes.",
                        f"The body has more than {max_bytes} bytes.",
                        "body",
                    )
    except TimeoutError:
        raise Declined(
            ErrorCode.TOO_SLOW, "El cuerpo no llegó a tiempo.", "The body came too slowly."
        ) from None
    return bytes(body)


def at_ms(at: datetime) -> int:
    """Return a time as the protocol writes it: whole milliseconds since the Unix epoch."""
    return int(at.timestamp() * 1000)


def at_ms_or_none(at: datetime | None) -> int | None:
    """The same for a time that may be missing."""
    return None if at is None else at_ms(at)


def describe(app: FastAPI) -> None:
    """Have the application's OpenAPI document hold our structures."""

    def document() -> dict[str, Any]:
        if app.openapi_schema is None:
            described = get_openapi(title=app.title, version=app.version, routes=app.routes)
            schemas = described.setdefault("components", {}).setdefault("schemas", {})
            schemas.update(sorted(_described.items()))
            app.openapi_schema = described
        return app.openapi_schema

    app.openapi = document  # type: ignore[method-assign]  # as FastAPI's documentation says to


def _schema(kind: Any) -> dict[str, Any]:
    (schema,), components = msgspec.json.schema_components([kind], ref_template=_REF)
    _described.update(components)
    return schema


class Sentences(msgspec.Struct, frozen=True):
    """A sentence for people, in both languages."""

    es: str
    en: str


class Problem(msgspec.Struct, frozen=True):
    """Why a request was not acted on (RFC 9457)."""

    type: str
    title: str
    status: int
    detail: str
    code: ErrorCode
    field: str | None
    text: Sentences


_PROBLEM: Final[dict[str, Any]] = {
    "description": "Why it was not acted on.",
    "content": {PROBLEM: {"schema": _schema(Problem)}},
}
