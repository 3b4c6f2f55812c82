"""Errors: what they say, and that they come whole from another process."""

from __future__ import annotations

import pickle

import pytest

from tlsinspect import errors
from tlsinspect.errors import DecodeError, FilterError, NamedError, TlsInspectError, ToolError

ERRORS = [
    (TlsInspectError("nothing can be compared"), "nothing can be compared"),
    *((kind("march.pcap", "no such file"), "march.pcap: no such file") for kind in NamedError.__subclasses__()),
    (ToolError("tshark", "is not installed"), "tshark: is not installed"),
    (DecodeError("tcp", "gap", 7, "the octets"), "tcp: gap at offset 7: expected the octets"),
    (FilterError("a ==\x1b", 5, 5, "a value is missing"), "a value is missing\n  a ==?\n       ^"),
]


def test_every_error_of_the_list_is_among_these() -> None:
    listed = {each for each in vars(errors).values() if isinstance(each, type) and issubclass(each, TlsInspectError)}
    assert listed - {NamedError} == {type(error) for error, _ in ERRORS}


@pytest.mark.parametrize(("error", "text"), ERRORS, ids=lambda each: type(each).__name__)
def test_an_error_says_one_text_and_survives_the_way_between_processes(error: TlsInspectError, text: str) -> None:
    again = pickle.loads(pickle.dumps(error))
    assert str(error) == text
    assert (type(again), str(again), vars(again)) == (type(error), text, vars(error))
