"""Cases: which connections a question is about, and what each of them shows.

In: the frames. Out: text on the index of the connections frame, null for rows that
are no case.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from ..policy import ENDING_SOON, FORBIDDEN_VERSIONS, SENTINEL_OLDER, SENTINEL_TLS12, WEAK_CLASSES
from ..statistics import categories
from ..statistics.catalogue import find_statistic
from ..statistics.flaws import CUT_OFF, FLAWS, describe_flaws
from ..statistics.observations import connections_on_tls_ports, is_cut_off, tls_connections
from ..statistics.renewal import ends_soon
from ..statistics.rows import FrameColumns, where
from ..statistics.series import arrow_series, is_false, is_true, text_series
from ..statistics.shares import observe
from ..statistics.wording import REASONS
from .record import Inspected

if TYPE_CHECKING:
    import pandas as pd

UNKNOWN_PROTOCOL = "an unknown protocol"
ADVICE = {
    FLAWS["gap"]: "Give the recorder more buffer (tcpdump -B 65536) and a fast disk, and record only what is needed.",
    FLAWS["midstream"]: "Start recording before the programs that you watch, or restart them.",
    FLAWS["one_sided"]: "Mirror both directions of the link to the recorder.",
    FLAWS["truncated"]: "Record whole packets: tcpdump -s 0, and no capture length in Wireshark.",
    CUT_OFF: "Record some seconds longer than the connections that matter.",
}
ADVICE_FILTER = "Filter by addresses and ports, not by kinds of messages: tcpdump -w whole.pcap port 443."
ADVICE_PROBLEMS = "See what could not be read: tlsinspect export CAPTURE --table problems."
ADVICE_KEYS = "Nothing is missing. Only session keys (SSLKEYLOGFILE) would open what TLS 1.3 encrypts."


def onto(frames: Inspected, found: pd.Series[str]) -> pd.Series[str]:
    """Texts for some rows of the connections frame, on all of its rows."""
    return text_series(found.reindex(frames.connections.index), frames.connections)


def on_tls_ports(frames: Inspected) -> pd.DataFrame:
    """The connections to the ports that were asked for as TLS ports."""
    return connections_on_tls_ports(frames)


def other_protocols(frames: Inspected) -> pd.Series[str]:
    """What is spoken on TLS ports and is not TLS."""
    rows = on_tls_ports(frames)
    spoken = categories.carried(frames, rows).replace("unknown", UNKNOWN_PROTOCOL)
    return onto(frames, spoken.where(spoken != "tls", None))


def on_other_ports(frames: Inspected) -> pd.Series[str]:
    """TLS on ports that were not asked for as TLS ports."""
    rows = tls_connections(frames)
    away = rows[~rows.index.isin(on_tls_ports(frames).index)]
    return onto(frames, away["protocol"] + " on port " + away["server_port"].astype(away["protocol"].dtype))


def tls13(frames: Inspected) -> pd.Series[str]:
    """Versions that are TLS 1.3, one of its drafts or DTLS 1.3."""
    rows = tls_connections(frames)
    agreed = categories.is_tls_1_3(rows["version"])
    return onto(frames, rows["version_name"].where(agreed, None))


def below_tls13(frames: Inspected) -> pd.Series[str]:
    """Who kept a connection below TLS 1.3.

    A server that can speak TLS 1.3 and is brought to choose TLS 1.2 marks its random so; where the capture
    shows an offer of TLS 1.3 all the same, something between it and the server cut the offer down.
    Spec: RFC 8446 section 4.1.3.
    """
    rows = tls_connections(frames)
    limit = categories.version_limit(frames, rows)
    mark = rows["server_random"].str[-len(SENTINEL_TLS12) :]
    able, marked = is_true(mark == SENTINEL_TLS12), is_true(mark.isin((SENTINEL_TLS12, SENTINEL_OLDER)))
    what = text_series(None, rows)
    what[is_true(limit == "server chose less")] = "the server chose less"
    what[is_true(limit == "server chose less") & marked] = "cut down in between (the server's random says so)"
    what[is_true(limit == "client offered less")] = "the client never offered it"
    what[is_true(limit == "client offered less") & able] = "the client never offered it although the server could"
    return onto(frames, what)


def no_forward_secrecy(frames: Inspected) -> pd.Series[str]:
    """The key exchange of sessions that the long-term key opens later."""
    rows = tls_connections(frames)
    return onto(frames, rows["key_exchange"].fillna("unknown").where(is_false(rows["forward_secrecy"]), None))


def old_versions(frames: Inspected) -> pd.Series[str]:
    """Versions in force that are older than TLS 1.2."""
    rows = tls_connections(frames)
    return onto(frames, rows["version_name"].where(is_true(rows["version_name"].isin(FORBIDDEN_VERSIONS)), None))


def weak_suites(frames: Inspected) -> pd.Series[str]:
    """Why a chosen suite is weak."""
    rows = tls_connections(frames)
    kind = categories.cipher_class(frames, rows)
    weak = kind.where(is_true(kind.isin(WEAK_CLASSES)), None)
    anonymous = is_true(rows["authentication"] == "anon")
    return onto(frames, weak.where(weak.notna() | ~anonymous, "no authentication"))


def authorities(frames: Inspected) -> pd.Series[str]:
    """Who issued the server's certificate."""
    rows = tls_connections(frames)
    named = categories.by_leaf(categories.authority)(frames, FrameColumns(rows))
    return onto(frames, arrow_series(named, rows))


def certificate_checks(frames: Inspected) -> pd.Series[str]:
    """What dates and names say against the server's certificate."""
    rows = tls_connections(frames)
    return onto(frames, categories.validation_words(rows).where(~is_true(rows["validation"] == "leaf_ok"), None))


def date_faults(certificates: pd.DataFrame) -> pd.Series[str]:
    """What the dates say against each certificate, at the times when it was seen."""
    until, seen = certificates["not_after"], certificates["last_seen"]
    what = text_series(None, certificates)
    what[ends_soon(FrameColumns(certificates))] = f"ending within {ENDING_SOON.days} days"
    what[is_true(certificates["not_before"] > certificates["first_seen"])] = "not yet valid"
    what[is_true(until < seen)] = "expired"
    return what


def certificate_dates(frames: Inspected) -> pd.Series[str]:
    """The first certificate of each connection, of either side, that is out of date or soon to be."""
    certificates, chains = frames.certificates, frames.chains
    named = date_faults(certificates) + ": " + certificates["subject"].fillna("")
    faults = dict(zip(certificates["sha256"], named, strict=True))
    found = chains.assign(what=text_series(chains["sha256"].map(faults), chains)).dropna(subset=["what"])
    first = found.drop_duplicates("connection_id").set_index("connection_id")["what"].to_dict()
    return text_series(frames.connections["connection_id"].map(first), frames.connections)


def names_of(certificates: pd.DataFrame) -> pd.Series[int]:
    """How many DNS names and addresses each certificate covers."""
    import pandas as pd

    pairs = zip(certificates["san_dns"], certificates["san_ip"], strict=True)
    return pd.Series([size(names) + size(addresses) for names, addresses in pairs], certificates.index, "int64")


def size(names: object) -> int:
    """The length of a list; 0 for none."""
    return len(names) if hasattr(names, "__len__") else 0


def names_per_certificate(frames: Inspected) -> pd.Series[str]:
    """How many names the server's certificate covers, where it is more than one."""
    rows = frames.connections
    counts = rows["san_count"].fillna(0).astype(int)
    return text_series(counts.map(lambda count: f"{count} names" if count > 1 else None), rows)


def resumed(frames: Inspected) -> pd.Series[str]:
    """By what means a session was resumed."""
    rows = tls_connections(frames)
    means = categories.resumption(frames, rows)
    return onto(frames, means.where(means != "full handshake", None))


def post_quantum(frames: Inspected) -> pd.Series[str]:
    """The group of post-quantum key exchanges."""
    rows = tls_connections(frames)
    return onto(frames, rows["group_name"].fillna("unknown group").where(is_true(rows["post_quantum"]), None))


def failed(frames: Inspected) -> pd.Series[str]:
    """Why handshakes were not finished, as far as each connection shows it."""
    rows = tls_connections(frames)
    causes = arrow_series(categories.describe_cause(FrameColumns(rows)), rows)
    return onto(frames, causes.where(~is_true(rows["established"]), None))


def delegated(frames: Inspected) -> pd.Series[str]:
    """Clients that would accept a delegated credential."""
    rows = tls_connections(frames)
    return onto(
        frames, text_series("accepts delegated credentials", rows).where(is_true(rows["delegated_credential"]), None)
    )


def named(frames: Inspected) -> pd.Series[str]:
    """Connections that name the server in the clear."""
    rows = tls_connections(frames)
    return onto(frames, text_series("server name in the clear", rows).where(is_true(rows["server_name"] != ""), None))


def not_seen(frames: Inspected) -> pd.Series[str]:
    """Why no server certificate was seen, where there was one to see."""
    rows = tls_connections(frames)
    seen = observe(find_statistic("key_types"), frames)
    reasons = arrow_series(where(seen.applies, seen.reason, None), rows)
    return onto(frames, text_series(reasons.map(REASONS), rows))


def handshakes_only(rows: pd.DataFrame) -> bool:
    """Whether it looks as if a filter had kept the handshakes and dropped the rest of each connection."""
    carried = rows["client_application_bytes"].fillna(0) + rows["server_application_bytes"].fillna(0)
    return 2 * int(is_cut_off(FrameColumns(rows)).sum()) > len(rows) and not carried.any()


def flaws(frames: Inspected) -> pd.Series[str]:
    """What the capture lacks of a connection with TLS."""
    rows = tls_connections(frames)
    return onto(frames, arrow_series(describe_flaws(FrameColumns(rows)), rows))
