"""Hypothesis strategies made from the messages themselves: a new field is tested by being there."""

from typing import Any, get_args

import msgspec
from hypothesis import strategies as st
from msgspec import inspect

from protocol.messages import TEXT_PATTERN, AnyClientMessage, AnyServerMessage

CLIENT_MESSAGES = get_args(AnyClientMessage)
SERVER_MESSAGES = get_args(AnyServerMessage)

# As JSON can carry it: no lone surrogates.
any_text = st.text(st.characters(exclude_categories=("Cs",)))
_printable = st.characters(exclude_categories=("Cs", "Cc")) | st.sampled_from("\t\n\r")


def messages(*structs: type[msgspec.Struct]) -> st.SearchStrategy[Any]:
    """Valid messages of any of these types."""
    return st.one_of([_valid(described) for described in inspect.multi_type_info(structs)])


def _valid(described: inspect.Type) -> st.SearchStrategy[Any]:
    match described:
        case inspect.Metadata(type=inner):
            return _valid(inner)
        case inspect.StructType(cls=cls, fields=fields):
            optional = {each.name: _valid(each.type) for each in fields if not each.required}
            required = {each.name: _valid(each.type) for each in fields if each.required}
            return st.fixed_dictionaries(required, optional=optional).map(lambda it: cls(**it))
        case inspect.StrType():
            return _valid_text(described)
        case inspect.IntType(ge=ge, le=le):
            return st.integers(-(2**53) if ge is None else ge, 2**53 if le is None else le)
        case inspect.FloatType(ge=ge, le=le):
            return st.floats(ge, le, allow_nan=False, allow_infinity=False)
        case inspect.BoolType():
            return st.booleans()
        case inspect.NoneType():
            return st.none()
        case inspect.EnumType(cls=choices) | inspect.LiteralType(values=choices):
            return st.sampled_from(choices)
        case inspect.UnionType(types=types):
            return st.one_of([_valid(each) for each in types])
        case inspect.VarTupleType(item_type=item):
            return st.lists(_valid(item), max_size=3).map(tuple)
        case unknown:
            raise NotImplementedError(f"a message has a field of a new kind: {unknown}")


def _valid_text(described: inspect.StrType) -> st.SearchStrategy[str]:
    if described.pattern == TEXT_PATTERN:
        return st.text(_printable, max_size=described.max_length)
    if described.pattern is not None:
        return st.from_regex(described.pattern, fullmatch=True).filter(str.isascii)
    characters = st.characters(exclude_categories=("Cs",))
    return st.text(
        characters, min_size=described.min_length or 0, max_size=described.max_length or 60
    )
