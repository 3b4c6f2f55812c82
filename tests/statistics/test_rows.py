"""The columns that statistics take, and counting in them."""

from __future__ import annotations

import numpy as np
import pyarrow as pa

from tests.synthetic import make_connection, make_frames
from tlsinspect.statistics import build_shares
from tlsinspect.statistics.rows import Rows, columns_of, look_up, mask_of, renamed
from tlsinspect.statistics.tally import split_categories


def test_columns_are_those_of_a_frame_that_was_changed() -> None:
    frames = make_frames(connections=[make_connection(0), make_connection(1)])
    frames.connections.loc[0, "version_name"] = "TLS 1.2"
    assert columns_of(frames, "connections").column("version_name").to_pylist() == ["TLS 1.2", "TLS 1.3"]
    assert build_shares("versions", frames).counts == [("TLS 1.3", 1), ("TLS 1.2", 1)]


def test_rows_are_those_of_the_mask_in_columns_and_frame() -> None:
    frames = make_frames(connections=[make_connection(number) for number in range(3)])
    rows = Rows(frames, np.array([True, False, True]))
    assert len(rows) == 2
    assert rows.column("connection_id").to_pylist() == rows.frame["connection_id"].tolist() == ["0" * 16, f"{2:016x}"]


def test_what_is_missing_is_no_answer_and_no_key() -> None:
    assert mask_of(pa.array([True, None, False])).tolist() == [True, False, False]
    assert renamed(pa.array(["a", None, "b"]), {"a": "A"}).to_pylist() == ["A", None, None]
    found = look_up(pa.array(["a", None, "z"]), pa.array(["x", None, "a", "a"]), pa.array(["0", "1", "2", "3"]))
    assert found.to_pylist() == ["2", None, None]  # where it first stands


def test_a_row_has_each_of_its_categories_and_an_empty_list_none() -> None:
    lists = pa.array([["a", "b"], [], None, ["b"]])
    names, codes, places = split_categories(lists, np.array([True, True, False, True]))
    assert [(names[code], place) for code, place in zip(codes, places, strict=True)] == [("a", 0), ("b", 0), ("b", 3)]
