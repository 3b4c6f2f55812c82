"""What a notebook shows of an Inspection: what was read, the versions in use, and which frames to go on with.

Goes in: frames. Comes out: a piece of HTML in which everything from the network is escaped.
"""

from __future__ import annotations

from html import escape

from .answers import Inspected
from .capture import printable
from .columns import COLUMNS, COMPLETE
from .statistics import UNITS, build_shares
from .statistics.observations import tls_connections
from .statistics.wording import basis, count_text, interval_text, number_text, period_text, share_text, statement

CAPTURES_NAMED = 5
VERSIONS_SHOWN = 6


def render_glance(inspection: Inspected) -> str:
    """An inspection as HTML: its captures, the share of each version with its interval, the frames."""
    frames = ", ".join(f"<code>{name}</code>" for name in COLUMNS)
    return describe_captures(inspection) + describe_versions(inspection) + f"<p>Frames: {frames}</p>"


def describe_captures(inspection: Inspected) -> str:
    """Which files, how much is in them, when it was, and whether they are whole."""
    captures = inspection.captures
    named = ", ".join(escape(str(name)) for name in captures["capture"][:CAPTURES_NAMED]) or "no capture"
    more = f" and {len(captures) - CAPTURES_NAMED:,} more" if len(captures) > CAPTURES_NAMED else ""
    carried = count_text(len(tls_connections(inspection)), UNITS["connections"])
    facts = [
        f"packets: {int(captures['packets'].sum()):,}",
        f"{carried} with TLS",
        period_text(captures["time_start"].min(), captures["time_end"].max()),
    ]
    flaws = [escape(str(flaw)) for flaw in sorted(set(captures["quality"].dropna()) - {COMPLETE})]
    problems = len(inspection.problems)
    unread = f"what could not be read is in <code>problems</code>: {problems:,}" if problems else ""
    quality = "; ".join(filter(None, (", ".join(flaws), unread))) or COMPLETE
    return f"<p><b>{named}{more}</b>; {', '.join(filter(None, facts))}</p><p>Capture quality: {quality}</p>"


def render_line(inspection: Inspected) -> str:
    """The captures and how many connections there are, on one line without control characters."""
    names = [str(name) for name in inspection.captures["capture"]]
    more = f" and {len(names) - CAPTURES_NAMED:,} more" if len(names) > CAPTURES_NAMED else ""
    counts = f"{number_text(len(inspection.connections), 'connection')}, {len(tls_connections(inspection)):,} with TLS"
    return printable(f"<Inspection of {', '.join(names[:CAPTURES_NAMED]) or 'no capture'}{more}: {counts}>")


def describe_versions(inspection: Inspected) -> str:
    """The versions agreed, as a table, and what its shares rest on."""
    shares = build_shares("versions", inspection, top=VERSIONS_SHOWN)
    if not shares.denominator:
        return f"<p>{escape(statement(shares))}</p>"
    rows = "".join(
        f"<tr><td>{escape(str(category))}</td><td>{count:,}</td><td>{share_text(count, shares.denominator)}</td>"
        f"<td>{interval_text(low, high, shares.denominator)}</td></tr>"
        for category, count, low, high in shares.table[["category", "count", "low", "high"]].itertuples(index=False)
    )
    head = "<tr><th>version agreed</th><th>connections</th><th>share</th><th>95% interval</th></tr>"
    return f"<table><thead>{head}</thead><tbody>{rows}</tbody></table><p>Shares {escape(basis(shares))}</p>"
