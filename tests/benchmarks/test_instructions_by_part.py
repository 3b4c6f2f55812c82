"""Instructions of a profile go to the parts whose functions they are, or who called them."""

from __future__ import annotations

from pathlib import Path

import instructions
import pytest

import tlsinspect

PROFILE = """\
ob=(1) /x/tlsinspect/wire/walk.cpython-311.so
fn=(1) advance
1 10
cob=(2) /x/tlsinspect/wire/stream.cpython-311.so
cfn=(2) accept
calls=1 1
1 60
cob=(3) /usr/lib/libc.so
cfn=(3) memcpy
calls=1 1
1 10

ob=(2)
fn=(2)
+1 30
cob=(3)
cfn=(3)
calls=3 1
* 30

ob=(3)
fn=(3)
1 40
"""


def test_a_tool_counts_for_those_who_called_it_as_far_as_they_did() -> None:
    shares = instructions.shares_of(instructions.parse_profile(PROFILE.splitlines()))
    assert shares["frames, IP and tunnels"] == pytest.approx(20 / 80)
    assert shares["TCP reassembly"] == pytest.approx(60 / 80)
    assert sum(shares.values()) == pytest.approx(1)


def test_tools_that_call_each_other_belong_to_who_called_the_first() -> None:
    profile = PROFILE + "cfn=(4) helper\ncalls=1 1\n1 8\n\nfn=(4)\n1 8\ncfn=(3)\ncalls=1 1\n1 4\n"
    shares = instructions.shares_of(instructions.parse_profile(profile.splitlines()))
    assert shares["TCP reassembly"] == pytest.approx((30 + 0.75 * 48) / 88)


def test_a_file_that_is_named_for_a_call_is_that_of_the_next_call_alone() -> None:
    profile = """\
ob=(1) /x/tlsinspect/wire/walk.cpython-311.so
fn=(1) advance
1 10
cob=(2) /x/tlsinspect/wire/cursor.cpython-311.so
cfn=(2) read
calls=1 1
1 30

ob=(2)
fn=(2)
1 5
cob=(3) /usr/lib/libc.so
cfn=(3) memcpy
calls=1 1
1 5
cfn=(4) need
calls=1 1
1 20

fn=(4)
1 20

ob=(3)
fn=(3)
1 5
"""
    functions = instructions.parse_profile(profile.splitlines())
    assert sorted(name for _, name in functions) == ["advance", "memcpy", "need", "read"]
    assert instructions.shares_of(functions)["frames, IP and tunnels"] == pytest.approx(1)


def test_every_compiled_part_of_the_walk_has_a_place() -> None:
    wire = Path(tlsinspect.__file__).parent / "wire"
    tools = {"codes", "cursor", "limits", "numbered", "octets", "packet", "pieces", "pseudoheader"}
    named = {module for modules in instructions.PARTS.values() for module in modules}
    assert {path.stem for path in wire.glob("*.py")} - {"__init__"} <= named | tools
