"""What became of an upgrade to TLS: the values of the starttls_status column."""

from __future__ import annotations

USED = "used"  # TLS began behind the clear text
OFFERED = "offered"  # the server announced or demanded it, and the client never asked
REQUESTED = "requested"  # the client asked, and neither a refusal nor TLS followed
REFUSED = "refused"  # the client asked, and the server said no
STRIPPED = "stripped"  # the announcement or the command was overwritten with X on the way
NOT_OFFERED = "not_offered"  # the server said what it can do, and this is not among it
CAPTURE_END = "capture_end"  # offered or asked for, and its packets end before they show what came of it
STATUSES = (USED, OFFERED, REQUESTED, REFUSED, STRIPPED, NOT_OFFERED, CAPTURE_END)
ANSWERED = frozenset({USED, REFUSED})  # the server's answer decided
NOT_TAKEN = frozenset({OFFERED, REQUESTED, REFUSED, STRIPPED})
SPOKEN_OF = NOT_TAKEN | {CAPTURE_END}
"""Where TLS did not begin although it came up: such a dialogue has a row on any port."""

Status = str | None
