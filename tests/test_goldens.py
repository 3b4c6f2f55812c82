"""Every sample capture reads as it did before."""

from __future__ import annotations

import pytest
from golden import GOLDENS, golden_of, render
from samples import SAMPLES, inspect


@pytest.mark.parametrize("sample", SAMPLES)
def test_sample_reads_as_its_golden_says(sample: str) -> None:
    written = golden_of(sample)
    assert written.exists(), f"no golden: run python tests/golden.py {sample}"
    assert render(inspect(sample)).splitlines() == written.read_text(encoding="utf-8").splitlines()


def test_every_golden_belongs_to_a_sample() -> None:
    assert set(GOLDENS.rglob("*.txt")) == {golden_of(sample) for sample in SAMPLES}
