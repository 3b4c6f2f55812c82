"""One connection of an Inspection -> its Story."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from ..connection import CARRIES_TLS
from ..display_filter import display_filter, time_filter
from ..statistics.series import is_true
from ..statistics.wording import REASONS, bytes_text, duration_text, endpoint, milliseconds_text
from . import words
from .certificates import build_certificates
from .clues import find_clues
from .facts import build_chosen, build_offered
from .record import Fact, Inspected, Story
from .steps import build_steps

if TYPE_CHECKING:
    import pandas as pd

Row = dict[Any, Any]
SAME = ("client_ip", "client_port", "server_ip", "server_port", "transport")


def build_story(inspected: Inspected, connection_id: str) -> Story:
    """Tell one connection; raises KeyError for an id that is not among the connections."""
    found = inspected.connections[is_true(inspected.connections["connection_id"] == connection_id)]
    if found.empty:
        raise KeyError(connection_id)
    row = plain_rows(found)[0]
    row["unknown_reasons"] = dict(row["unknown_reasons"] or ())
    chain = rows_of(inspected.chains, connection_id)
    certificates = inspected.certificates
    seen = certificates[is_true(certificates["sha256"].isin([place["sha256"] for place in chain]))]
    known = {each["sha256"]: each for each in plain_rows(seen)}
    alerts = rows_of(inspected.alerts, connection_id)
    return Story(
        connection_id=connection_id,
        title=title(row),
        facts=tuple(fact for fact in build_facts(row) if fact.value),
        steps=build_steps(row, rows_of(inspected.messages, connection_id), alerts),
        offered=build_offered(row),
        chosen=build_chosen(row),
        certificates=build_certificates(row, chain, known),
        outcome=outcome(row),
        clues=tuple(find_clues(row, inspected.connections)) if row["failure"] else (),
        trust=trust_text(inspected, connection_id) if row["certificate_sha256s"] is not None else "",
        unseen=tuple(unseen(row, inspected)),
        display_filter=exact_filter(row, inspected.connections),
    )


def rows_of(frame: pd.DataFrame, connection_id: str) -> list[Row]:
    """The rows of one connection as dicts, nulls as None."""
    return plain_rows(frame[is_true(frame["connection_id"] == connection_id)])


def plain_rows(frame: pd.DataFrame) -> list[Row]:
    """Rows as dicts of Python values, nulls as None."""
    names, columns = list(frame.columns), [frame[name].to_list() for name in frame.columns]
    rows = [dict(zip(names, values, strict=True)) for values in zip(*columns, strict=True)]
    return [{name: plain_value(value) for name, value in row.items()} for row in rows]


def plain_value(value: Any) -> Any:
    """A value as Python has it: a list for an array, None for a null."""
    import pandas as pd

    if value is None or value is pd.NA or value is pd.NaT:
        return None
    return value.tolist() if hasattr(value, "tolist") else value


def title(row: Row) -> str:
    """Who speaks to whom, and in what."""
    name = f"{row['server_name']} at " if row["server_name"] else ""
    carried = row["version_name"] or row["protocol"]
    return f"{row['client_ip'] or '?'} to {name}{endpoint(row['server_ip'], row['server_port'])}: {carried}"


def build_facts(row: Row) -> list[Fact]:
    """Where and when, how much, and what it is wrapped in."""
    sizes = f"{bytes_text(row['client_bytes'] or 0)} from the client, {bytes_text(row['server_bytes'] or 0)} back"
    seconds = (row["time_end"] - row["time_start"]).total_seconds()
    length = duration_text(seconds) if seconds >= 1 else milliseconds_text(1000 * seconds)
    return [
        Fact("time", f"{row['time_start']:%Y-%m-%d %H:%M:%S.%f} UTC, for {length}"),
        Fact("client", endpoint(row["client_ip"], row["client_port"])),
        Fact("server", endpoint(row["server_ip"], row["server_port"])),
        Fact("transport", transport(row)),
        Fact("payload", sizes),
        Fact("STARTTLS", " ".join(filter(None, (row["starttls_protocol"], row["starttls_status"])))),
        Fact("tunnels", ", ".join(row["tunnels"] or ())),
        Fact("VLANs", ", ".join(map(str, row["vlans"] or ()))),
        Fact("capture", row["capture"] or ""),
        Fact("id", row["connection_id"]),
    ]


def transport(row: Row) -> str:
    """What carries it: "tcp", "udp, QUIC version 1"."""
    version = row["quic_version_name"]
    return f"{row['transport']}, QUIC version {version}" if version else str(row["transport"])


def outcome(row: Row) -> str:
    """How it ended, in a sentence or two."""
    if row["protocol"] not in CARRIES_TLS:
        return not_tls(row)
    if row["established"] is True:
        evidence = words.EVIDENCE.get(row["established_evidence"], "as the messages show")
        took = row["handshake_ms"]
        time = "" if took is None else f" It took {milliseconds_text(took)} to the first application data."
        sent = f"{bytes_text(row['client_application_bytes'] or 0)} of application data from the client"
        got = f"{bytes_text(row['server_application_bytes'] or 0)} from the server"
        return f"The handshake succeeded: {evidence}.{time} {sent}, {got}."
    if row["failure"] is None:
        return "Whether the handshake succeeded cannot be said."
    meaning = words.ALERTS.get(row["last_alert_name"] or "") if row["failure"] == "alert" else None
    advice = f"What most likely helps: {row['failure_advice']}" if row["failure_advice"] else ""
    said = [row["failure_reason"], f"The alert means: {meaning}" if meaning else "", advice]
    return " ".join(["The handshake was not finished.", *filter(None, said)])


def trust_text(inspected: Inspected, connection_id: str) -> str:
    """The verdict on the server's chain, in a sentence."""
    for row in rows_of(inspected.validation, connection_id):
        lead = words.TRUSTED.get(row["verdict"], "A client that trusts Mozilla's roots refuses the server's chain")
        return f"{lead} ({row['verdict'].replace('_', ' ')}): {row['detail']}."
    return ""


def not_tls(row: Row) -> str:
    """What it is if it is not TLS."""
    if row["protocol"] == "silent":
        return "Nobody said anything: it is not TLS, and nothing else either."
    if row["protocol"] == "unknown":
        return "This is not TLS that anybody could recognise, and no other protocol that is known here."
    return f"This is not TLS: it is {row['protocol']}, by its first octets, in the clear."


def unseen(row: Row, inspected: Inspected) -> list[str]:
    """What this capture cannot show of the connection."""
    lines = [text for column, text in words.FLAWS.items() if row[column] is True]
    reason = row["unknown_reasons"].get("certificate_sha256s")
    if reason not in (None, "not_applicable", "not_offered"):
        lines.append(f"No server certificate: {REASONS[reason]}.")
    for problem in rows_of(inspected.problems, row["connection_id"]):
        place = f" in packet {problem['packet']}" if problem["packet"] is not None else ""
        lines.append(f"{problem['layer']}: {problem['kind']}{place}, expected {problem['expected']}.")
    return lines


def exact_filter(row: Row, connections: pd.DataFrame) -> str:
    """A display filter for this connection alone: with its time where the same ports were used again."""
    shown = display_filter(row)
    same = is_true(connections["connection_id"] != row["connection_id"])
    for column in SAME:
        same &= is_true(connections[column] == row[column])
    return f"{shown} && {time_filter(row)}" if shown and same.any() else shown
