"""A document written piece by piece: the text of json.dumps, of which nothing is made before its turn."""

from __future__ import annotations

import json
from collections.abc import Iterator
from io import BytesIO
from random import Random
from typing import Any

import pytest
from samples import CAPTURES, inspect

from tlsinspect.export import misp
from tlsinspect.export.document import iter_document
from tlsinspect.export.tools import write_file

PLAIN = (None, True, False, 0, -1, 1 << 70, 0.5, "", "plain", 'quoted "\\\n', "\u00e9\u2603\U0001f600\udc80")


def made_up(chance: Random, depth: int) -> Any:
    kind = chance.randrange(4) if depth else 0
    if kind == 1:
        return [made_up(chance, depth - 1) for _ in range(chance.randrange(4))]
    if kind == 2:
        return {f"{place}{chance.choice(PLAIN)}": made_up(chance, depth - 1) for place in range(chance.randrange(4))}
    if kind == 3:
        return tuple(made_up(chance, depth - 1) for _ in range(chance.randrange(3)))
    return chance.choice(PLAIN)


@pytest.mark.parametrize("seed", range(200))
def test_a_document_has_the_text_that_json_dumps_makes(seed: int) -> None:
    value = made_up(Random(seed), 6)
    assert "".join(iter_document(value)) == json.dumps(value, indent=1)


@pytest.mark.parametrize("things", [[], [1], [{"a": []}, "b"]])
def test_an_iterator_is_written_as_the_list_of_its_things(things: list[Any]) -> None:
    lazy = {"Event": {"Object": iter(things)}, "last": {}}
    assert "".join(iter_document(lazy)) == json.dumps({"Event": {"Object": things}, "last": {}}, indent=1)


def test_a_thing_is_asked_for_when_the_one_before_it_is_written() -> None:
    asked: list[int] = []

    def things() -> Iterator[int]:
        for number in range(3):
            asked.append(number)
            yield number

    pieces = iter_document({"Object": things()})
    written = [(piece.strip(", \n["), list(asked)) for piece in pieces if piece.strip(", \n[").isdigit()]
    assert written == [("0", [0]), ("1", [0, 1]), ("2", [0, 1, 2])]


def test_misp_makes_an_object_when_the_one_before_it_is_written(monkeypatch: pytest.MonkeyPatch) -> None:
    made: list[int] = []
    original = misp.connection_object

    def counted(*arguments: Any) -> misp.Object:
        made.append(out.tell())
        return original(*arguments)

    monkeypatch.setattr(misp, "connection_object", counted)
    out = BytesIO()
    write_file(inspect(CAPTURES / "demo.pcapng"), "misp", out)
    assert len(made) == len(set(made)) > 100
