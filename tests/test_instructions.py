"""The kernel does not become slower unnoticed: its instructions for the demo capture are counted."""

from __future__ import annotations

import count_instructions
import pytest

from tlsinspect.wire import record


def test_the_kernel_takes_as_many_instructions_as_it_did() -> None:
    if str(record.__file__).endswith(".py"):
        pytest.skip("the instructions of the compiled kernel are what is counted")
    if count_instructions.find_valgrind() is None:
        pytest.skip("valgrind is missing (Debian: apt-get install valgrind)")
    reference = count_instructions.load_references().get(count_instructions.PLACE)
    if reference is None:
        pytest.skip(f"no count is stored for {count_instructions.PLACE}: tests/count_instructions.py --record")
    counted = count_instructions.count_instructions()
    change = counted / reference - 1
    assert abs(change) <= count_instructions.TOLERANCE, (
        f"{counted:,} instructions are {change:+.1%} of the {reference:,} that are stored. Meant? "
        "python tests/count_instructions.py --record"
    )
