"""All keys are the same: with a random one, now and then an address's pseudonym is another original address."""

from __future__ import annotations

from types import SimpleNamespace

import pytest


@pytest.fixture(autouse=True)
def known_key(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(
        "tlsinspect.anonymise.key.secrets", SimpleNamespace(token_bytes=lambda length: bytes(range(length)))
    )
