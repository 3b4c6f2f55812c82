"""What became of an upgrade to TLS: the values of the starttls_status column."""

from __future__ import annotations

USED = "used"  # TLS began behind the clear text
OFFERED = "offered"  # the server announced or demanded it, and the client never asked
REQUESTED = "requested"  # the client asked, and neither a refusal nor TLS followed
REFUSED = "refused"  # the client asked, and the server said no
STRIPPED = "stripped"  # the announcement or the command was overwritten with X on the way
NOT_OFFERED = "not_offered"  # the server said what it can do, and this is not among it
STATUSES = (USED, OFFERED, REQUESTED, REFUSED, STRIPPED, NOT_OFFERED)
ANSWERED = frozenset({USED, REFUSED})  # the server's answer decided
NOT_TAKEN = frozenset({OFFERED, REQUESTED, REFUSED, STRIPPED})

Status = str | None
