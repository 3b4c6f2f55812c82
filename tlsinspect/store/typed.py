"""What JSON says -> a record of declared types, or a ValueError: a store may come from anybody.

Knows the types that records are declared with: dataclasses, tuples, mappings, None beside another type, and what JSON
has itself. Whole numbers fit 64 bits.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import MISSING, fields, is_dataclass
from functools import cache
from types import UnionType
from typing import Any, get_args, get_origin, get_type_hints

LARGEST = (1 << 63) - 1


def build(kind: Any, said: Any) -> Any:
    """A value of a type; raises ValueError where JSON says something of another type."""
    origin, inner = get_origin(kind), get_args(kind)
    if kind is Any:
        return said
    if isinstance(kind, type) and is_dataclass(kind) and isinstance(said, dict):
        types, needed = types_of(kind)
        if said.keys() <= types.keys() and needed <= said.keys():
            return kind(**{name: build(types[name], value) for name, value in said.items()})
    elif origin is tuple and isinstance(said, list):
        if inner[1:] != (...,):
            return tuple(build(each, value) for each, value in zip(inner, said, strict=True))
        plain = inner[0] is str and set(map(type, said)) <= {str}  # ids, of which there may be many
        return tuple(said) if plain else tuple(build(inner[0], value) for value in said)
    elif origin is Mapping and isinstance(said, dict):
        return {name: build(inner[1], value) for name, value in said.items()}
    elif origin is UnionType:
        return None if said is None else build(inner[0], said)
    elif type(said) is kind and not (kind is int and abs(said) > LARGEST):
        return said
    raise ValueError(f"not of the type {kind}")


@cache
def types_of(kind: Any) -> tuple[dict[str, Any], frozenset[str]]:
    """The types of a dataclass's fields by name, and the names of those that have to be said."""
    needed = (field.name for field in fields(kind) if field.default is MISSING and field.default_factory is MISSING)
    return get_type_hints(kind), frozenset(needed)
