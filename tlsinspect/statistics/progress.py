"""How far failed handshakes came: the last step that the wire shows.

In: rows of the connections frame. Out: one category per row. The letters are those of
`handshake_history`: of the client in capitals, of the server in small ones.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from .categories import is_tls_1_3
from .observations import Frames, has_failed, with_tls
from .rows import Mask, columns_of
from .series import text_series

if TYPE_CHECKING:
    import pandas as pd

NOT_STARTED = "before the ClientHello"
# The letters that show a step, in the order of a full handshake of TLS 1.2 (RFC 5246 section 7.3).
STEPS: tuple[tuple[str, str], ...] = (
    ("C", "ClientHello"),
    ("jv", "HelloRetryRequest or HelloVerifyRequest"),
    ("s", "ServerHello"),
    ("xukr", "server's certificate or key exchange"),
    ("n", "ServerHelloDone"),
    ("G", "client's key exchange"),
    ("iI", "ChangeCipherSpec"),
    ("fF", "Finished"),
)
STEP_ORDER = (NOT_STARTED, *(name for _, name in STEPS))


def with_failure(frames: Frames) -> Mask:
    """The TLS connections whose handshake failed."""
    return with_tls(frames) & has_failed(columns_of(frames, "connections"))


def last_step(frames: Frames, rows: pd.DataFrame) -> pd.Series[str]:
    """Categorise by the last step of the handshake that is seen in the clear.

    In TLS 1.3 a ChangeCipherSpec is no step: it means nothing (RFC 8446 appendix D.4).
    """
    histories = rows["handshake_history"]
    older = rows["version"].notna() & ~is_tls_1_3(rows["version"])
    histories = histories.where(older, histories.str.replace("[iI]", "", regex=True))
    steps = {history: step_reached(history) for history in histories.dropna().unique().tolist()}
    return text_series(histories.map(steps), rows)


def step_reached(history: str) -> str:
    """The name of the last step that these letters show."""
    reached = [name for letters, name in STEPS if any(letter in history for letter in letters)]
    return reached[-1] if reached else NOT_STARTED
