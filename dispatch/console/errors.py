"""What the console answers when it does not do what it is asked: a problem (RFC 9457).

    {"type": "urn:cuadrante:problem:bad_field", "title": "Bad Request", "status": 400,
     "detail": "…", "code": "bad_field", "field": "camera", "text": {"es": "…", "en": "…"}}

`code`, `field` and `text` are as on the WebSocket.
"""

import math
from collections.abc import Mapping
from enum import StrEnum
from http import HTTPStatus
from typing import Final

import structlog
from fastapi import FastAPI, Request
from fastapi.exceptions import RequestValidationError
from fastapi.responses import JSONResponse
from starlette.exceptions import HTTPException

from dispatch.console.bounds import RETRY_AFTER_S
from dispatch.store.errors import Refused, StoreUnavailable
from protocol.messages import Text

PROBLEM: Final = "application/problem+json"

log = structlog.get_logger()


class ErrorCode(StrEnum):
    """Why a request was not acted on. Where the WebSocket has the same reason, by the same word."""

    BAD_FIELD = "bad_field"
    """`field` is missing, of the wrong form or out of its range."""
    NOT_AUTHENTICATED = "not_authenticated"
    TOTP_REQUIRED = "totp_required"
    """The password is right; the account's one-time password is missing."""
    NOT_ALLOWED = "not_allowed"
    NOT_FOUND = "not_found"
    BAD_METHOD = "bad_method"
    CONFLICT = "conflict"
    """It does not go with what is there already."""
    EXPIRED = "expired"
    """It was good for a while, and that is over."""
    TOO_LARGE = "too_large"
    TOO_SLOW = "too_slow"
    NOT_A_PICTURE = "not_a_picture"
    TOO_MANY = "too_many"
    """More than anybody needs, or after too many failures: ask again later."""
    UNAVAILABLE = "unavailable"
    """What this needs does not work at the moment: ask again later."""
    UNABLE_TO_STORE = "unable_to_store"
    """There is no room, or the disk does not take it: ask again later."""
    BUG = "bug"


STATUS: Final[Mapping[ErrorCode, int]] = {
    ErrorCode.BAD_FIELD: 400,
    ErrorCode.NOT_AUTHENTICATED: 401,
    ErrorCode.TOTP_REQUIRED: 401,
    ErrorCode.NOT_ALLOWED: 403,
    ErrorCode.NOT_FOUND: 404,
    ErrorCode.BAD_METHOD: 405,
    ErrorCode.TOO_SLOW: 408,
    ErrorCode.CONFLICT: 409,
    ErrorCode.EXPIRED: 410,
    ErrorCode.TOO_LARGE: 413,
    ErrorCode.NOT_A_PICTURE: 415,
    ErrorCode.TOO_MANY: 429,
    ErrorCode.BUG: 500,
    ErrorCode.UNAVAILABLE: 503,
    ErrorCode.UNABLE_TO_STORE: 507,
}

_CODE_OF: Final = {
    status: code for code, status in STATUS.items() if code is not ErrorCode.TOTP_REQUIRED
}
_CHALLENGE: Final = {"WWW-Authenticate": 'Bearer realm="cuadrante"'}
_HEADERS: Final[Mapping[ErrorCode, Mapping[str, str]]] = {
    ErrorCode.NOT_AUTHENTICATED: _CHALLENGE,
    ErrorCode.TOTP_REQUIRED: _CHALLENGE,
    ErrorCode.UNAVAILABLE: {"Retry-After": str(RETRY_AFTER_S)},
    ErrorCode.UNABLE_TO_STORE: {"Retry-After": str(RETRY_AFTER_S)},
}


class Declined(Exception):  # noqa: N818 - an answer to whoever asked, not a fault of ours
    """A request is not acted on; this is what its sender is told."""

    def __init__(
        self,
        code: ErrorCode,
        es: str,
        en: str,
        field: str | None = None,
        *,
        retry_after_s: float | None = None,
    ) -> None:
        super().__init__(code)
        self.code = code
        self.text = Text(es, en)
        self.field = field
        self.retry_after_s = retry_after_s

    def answer(self) -> JSONResponse:
        """Return it as the client reads it."""
        status = STATUS[self.code]
        problem = {
            "type": f"urn:cuadrante:problem:{self.code}",
            "title": HTTPStatus(status).phrase,
            "status": status,
            "detail": self.text.en,
            "code": self.code.value,
            "field": self.field,
            "text": {"es": self.text.es, "en": self.text.en},
        }
        headers = dict(_HEADERS.get(self.code, {}))
        if self.retry_after_s is not None:
            headers["Retry-After"] = str(math.ceil(self.retry_after_s))
        return JSONResponse(problem, status, headers, PROBLEM)


def bad_field(field: str, es: str, en: str) -> Declined:
    """A field cannot be used, and why."""
    return Declined(ErrorCode.BAD_FIELD, es, en, field)


def unavailable() -> Declined:
    """PostgreSQL does not answer, and this cannot be done without it."""
    return Declined(
        ErrorCode.UNAVAILABLE,
        "La base de datos no responde; intente de nuevo en unos segundos.",
        "The database does not answer; try again in a few seconds.",
    )


def not_found(es: str, en: str) -> Declined:
    """What was named is not there."""
    return Declined(ErrorCode.NOT_FOUND, es, en)


def answer_errors(app: FastAPI) -> None:
    """Have every error of `app` answered in the one shape, sorted by blame."""

    @app.exception_handler(Declined)
    async def declined(_request: Request, error: Declined) -> JSONResponse:
        return error.answer()

    @app.exception_handler(RequestValidationError)
    async def invalid(_request: Request, error: RequestValidationError) -> JSONResponse:
        first = error.errors()[0]
        field = str(first["loc"][-1])
        return bad_field(
            field, f"El campo «{field}» no sirve.", f"The field “{field}” cannot be used."
        ).answer()

    @app.exception_handler(HTTPException)
    async def refused(_request: Request, error: HTTPException) -> JSONResponse:
        code = _CODE_OF.get(error.status_code, ErrorCode.NOT_FOUND)
        answer = Declined(
            code, "Aquí no hay nada así.", "There is nothing like this here."
        ).answer()
        answer.headers.update(error.headers or {})
        return answer

    @app.exception_handler(StoreUnavailable)
    async def without_database(_request: Request, error: StoreUnavailable) -> JSONResponse:
        log.warning("database_away", reason=error.reason)
        return unavailable().answer()

    @app.exception_handler(Refused)
    async def refused_by_store(_request: Request, error: Refused) -> JSONResponse:
        return Declined(
            ErrorCode.CONFLICT, f"El registro no lo acepta: {error}.", f"The registry: {error}."
        ).answer()

    @app.exception_handler(Exception)
    async def bug(request: Request, error: Exception) -> JSONResponse:
        log.error("bug", method=request.method, exc_info=error)
        return Declined(
            ErrorCode.BUG,
            "Algo falló en el servidor, y quedó anotado.",
            "Something failed in the server, and was noted.",
        ).answer()
