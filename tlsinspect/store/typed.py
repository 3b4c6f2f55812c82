"""What JSON says -> a record of declared types, or a ValueError: a store may come from anybody.

Knows the types that records are declared with: dataclasses, tuples, mappings, None beside another type, and what JSON
has itself. Whole numbers fit 64 bits. A store has thousands of records, so a type is looked at once: what is found is
a reader, which makes a value of that type of what JSON says.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import MISSING, fields, is_dataclass
from functools import cache, partial
from types import UnionType
from typing import Any, get_args, get_origin, get_type_hints

LARGEST = (1 << 63) - 1

Reader = Callable[[Any], Any]


def build(kind: Any, said: Any) -> Any:
    """A value of a type; raises ValueError where JSON says something of another type."""
    return reader(kind)(said)


@cache
def reader(kind: Any) -> Reader:
    """The reader of a type."""
    origin, inner = get_origin(kind), get_args(kind)
    if kind is Any:
        return as_it_is
    if isinstance(kind, type) and is_dataclass(kind):
        needed = (each.name for each in fields(kind) if each.default is MISSING and each.default_factory is MISSING)
        readers = {name: reader(each) for name, each in get_type_hints(kind).items()}
        return partial(read_record, kind, readers, frozenset(needed))
    if origin is tuple and inner[1:] == (...,):
        return partial(read_many, kind, inner[0], reader(inner[0]))
    if origin is tuple:
        return partial(read_row, kind, tuple(map(reader, inner)))
    if origin is Mapping:
        return partial(read_mapping, kind, reader(inner[1]))
    if origin is UnionType:
        return partial(read_optional, reader(inner[0]))
    return partial(read_plain, kind)


def as_it_is(said: Any) -> Any:
    """Anything."""
    return said


def read_record(kind: Any, readers: Mapping[str, Reader], needed: frozenset[str], said: Any) -> Any:
    """A dataclass, of which those fields have to be said that have no default."""
    if isinstance(said, dict) and said.keys() <= readers.keys() and needed <= said.keys():
        return kind(**{name: readers[name](value) for name, value in said.items()})
    raise wrong(kind)


def read_many(kind: Any, each: Any, read: Reader, said: Any) -> tuple[Any, ...]:
    """A tuple of any length."""
    if not isinstance(said, list):
        raise wrong(kind)
    plain = each is str and set(map(type, said)) <= {str}  # ids, of which there may be many
    return tuple(said) if plain else tuple([read(value) for value in said])


def read_row(kind: Any, readers: tuple[Reader, ...], said: Any) -> tuple[Any, ...]:
    """A tuple whose every place has its type."""
    if not isinstance(said, list):
        raise wrong(kind)
    return tuple([read(value) for read, value in zip(readers, said, strict=True)])


def read_mapping(kind: Any, read: Reader, said: Any) -> dict[str, Any]:
    """A mapping from names."""
    if not isinstance(said, dict):
        raise wrong(kind)
    return {name: read(value) for name, value in said.items()}


def read_optional(read: Reader, said: Any) -> Any:
    """None, or a value of the type beside it."""
    return None if said is None else read(said)


def read_plain(kind: Any, said: Any) -> Any:
    """What JSON has itself."""
    if type(said) is kind and not (kind is int and abs(said) > LARGEST):
        return said
    raise wrong(kind)


def wrong(kind: Any) -> ValueError:
    """The error for what is of another type."""
    return ValueError(f"not of the type {kind}")
