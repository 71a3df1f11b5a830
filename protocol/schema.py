"""`cuadrante.v1` as an AsyncAPI 3.0 document, generated from the code that speaks it.

The schemas keep to what JSON Schema drafts 07 and 2020-12 share: AsyncAPI 3.0 reads the former
("Schema Object", a superset of draft 07), most validators the latter. What AsyncAPI has no place
for (session states, close codes, error codes, limits) stands in extensions named `x-`.
"""

import ast
import inspect
import json
from itertools import pairwise
from types import ModuleType
from typing import Any, Final, get_args

import msgspec

from protocol import MAX_FRAME_BYTES, PATH, SUBPROTOCOL, limits
from protocol.close_codes import CloseCode, may_reconnect
from protocol.messages import AnyClientMessage, AnyServerMessage
from protocol.session import ALLOWED, TRANSITIONS, SessionState
from protocol.vocabulary import BLAME, Blame, ErrorCode

_CLIENT: Final = get_args(AnyClientMessage)
_SERVER: Final = get_args(AnyServerMessage)


def document() -> dict[str, Any]:
    """Return the whole document. The same code always gives the same document, in this order."""
    return {
        "asyncapi": "3.0.0",
        "info": {
            "title": "Cuadrante",
            "version": SUBPROTOCOL.rpartition(".v")[2] + ".0.0",
            "description": "A neighbour presses a panic button; the patrol of the quadrant sees it "
            "at once, and the neighbour sees how far the call for help has got.",
            "license": {"name": "MIT"},
        },
        "defaultContentType": "application/json",
        "servers": {
            "local": {"host": "127.0.0.1:7310", "protocol": "ws"},
            "city": {
                "host": "{host}",
                "protocol": "wss",
                "variables": {"host": {"description": "The name in the server's certificate."}},
            },
        },
        "channels": {"session": _channel()},
        "operations": {
            "hear": _operation("receive", _CLIENT, "What the server hears from a client."),
            "say": _operation("send", _SERVER, "What the server says to a client."),
        },
        "components": {
            "messages": {_tag(struct): _message(struct) for struct in _CLIENT + _SERVER},
            "schemas": schemas(),
        },
        "x-session": _session(),
        "x-close-codes": _close_codes(),
        "x-error-codes": _error_codes(),
        "x-limits": _limits(),
    }


def rendered() -> str:
    """Return the document as the text of `protocol/asyncapi.json`."""
    return json.dumps(document(), indent=2, ensure_ascii=False) + "\n"


def schemas() -> dict[str, Any]:
    """Return the JSON Schema of every message, and of what they are made of, by its name."""
    _, components = msgspec.json.schema_components(
        _CLIENT + _SERVER, ref_template="#/components/schemas/{name}"
    )
    return {name: _one_line(components[name]) for name in sorted(components)}


def _channel() -> dict[str, Any]:
    subprotocol = {"type": "string", "enum": [SUBPROTOCOL]}
    return {
        "address": PATH,
        "title": "One device's session",
        "description": f"A WebSocket of JSON text frames of at most {MAX_FRAME_BYTES} bytes, one "
        "object a frame, without compression. Unknown fields are ignored.",
        "messages": {
            _tag(struct): {"$ref": f"#/components/messages/{_tag(struct)}"}
            for struct in _CLIENT + _SERVER
        },
        "bindings": {
            "ws": {
                "method": "GET",
                "headers": {
                    "type": "object",
                    "properties": {"Sec-WebSocket-Protocol": subprotocol},
                    "required": ["Sec-WebSocket-Protocol"],
                },
                "bindingVersion": "0.1.0",
            }
        },
    }


def _operation(action: str, structs: tuple[Any, ...], summary: str) -> dict[str, Any]:
    return {
        "action": action,
        "channel": {"$ref": "#/channels/session"},
        "summary": summary,
        "messages": [{"$ref": f"#/channels/session/messages/{_tag(each)}"} for each in structs],
    }


def _message(struct: Any) -> dict[str, Any]:
    return {
        "name": _tag(struct),
        "title": struct.__name__,
        "summary": " ".join(struct.__doc__.split()),
        "payload": {"$ref": f"#/components/schemas/{struct.__name__}"},
    }


def _session() -> dict[str, Any]:
    return {
        "states": {
            state.value: {
                "client_may_send": [_tag(each) for each in _CLIENT if each in ALLOWED[state]]
            }
            for state in SessionState
        },
        "transitions": [
            {"from": state.value, "event": event.value, "to": to.value}
            for (state, event), to in TRANSITIONS.items()
        ],
    }


def _close_codes() -> list[dict[str, Any]]:
    said = _docstrings(CloseCode)
    return [
        {
            "code": code.value,
            "name": code.name.lower(),
            "may_reconnect": may_reconnect(code),
            "description": said[code.name],
        }
        for code in CloseCode
    ]


def _error_codes() -> dict[str, Any]:
    blames, codes = _docstrings(Blame), _docstrings(ErrorCode)
    return {
        "blames": {blame.value: blames[blame.name] for blame in Blame},
        "codes": [
            {"code": code.value, "blame": BLAME[code].value, "description": codes[code.name]}
            for code in ErrorCode
        ],
    }


def _limits() -> dict[str, Any]:
    said = _docstrings(limits)
    return {
        "max_frame_bytes": {
            "value": MAX_FRAME_BYTES,
            "description": "The longest frame, in bytes of UTF-8.",
        },
        **{
            name.lower(): {"value": getattr(limits, name), "description": description}
            for name, description in said.items()
        },
    }


def _tag(struct: Any) -> str:
    return str(struct.__struct_config__.tag)


def _one_line(schema: Any) -> Any:
    # Docstrings bring their line breaks and indentation along.
    if isinstance(schema, list):
        return [_one_line(each) for each in schema]
    if not isinstance(schema, dict):
        return schema
    return {
        key: " ".join(value.split())
        if key == "description" and isinstance(value, str)
        else _one_line(value)
        for key, value in schema.items()
    }


def _docstrings(owner: type | ModuleType) -> dict[str, str]:
    """Return what is said under each name assigned in a class or module.

    Python keeps no docstrings of members, so they are read from the source, in its order.
    """
    tree = ast.parse(inspect.getsource(owner))
    body = tree.body[0].body if isinstance(tree.body[0], ast.ClassDef) else tree.body
    said: dict[str, str] = {}
    for named, text in pairwise(body):
        match named, text:
            case (
                ast.Assign(targets=[ast.Name(id=name)]) | ast.AnnAssign(target=ast.Name(id=name)),
                ast.Expr(value=ast.Constant(value=str(description))),
            ):
                said[name] = " ".join(description.split())
    return said
