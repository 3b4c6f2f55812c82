"""What counts as what: for each row of the connections frame the category of one question.

In: the frames and some rows of connections. Out: text on these rows, null where
unknown. The categories are labels, not judgements: whether one is acceptable is
for a policy to say.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING

from ..certificates.object_identifiers import RSA_KEYS
from ..failures.causes import CAUSES
from ..protocols import SILENT
from ..registry import is_grease, version_name
from ..registry.suites import SMALL_BLOCKS, parse_suite_name
from ..registry.versions import is_tls13, version_rank
from .hellos import cut_hellos, legacy_versions
from .observations import Categorise, Frames, leaf_of, name_of, with_tls
from .rows import (
    Columns,
    FrameColumns,
    Mask,
    Rows,
    among,
    columns_of,
    look_up,
    one_piece,
    renamed,
    says,
    text_column,
    values_of,
    where,
)
from .series import arrow_series, integer_dtype, is_false, is_true, text_dtype, text_series

if TYPE_CHECKING:
    import pandas as pd
    import pyarrow as pa

PAIR = " → "
SMALL_KEY_BITS = 64  # of keys that have been found by trying all: the export limits, DES in 1998, RC5 in 2002

RESUMPTIONS = {"ticket": "resumed by ticket", "session_id": "resumed by session id", "psk": "resumed by PSK"}
TRANSPORTS = {
    ("tls", "tcp"): "TLS over TCP",
    ("ssl2", "tcp"): "TLS over TCP",
    ("quic", "udp"): "QUIC",
    ("gquic", "udp"): "QUIC",
    ("dtls", "udp"): "DTLS",
}
OTHER_TRANSPORT = "TLS inside other packets"
FAILURES = {"closed": "closed before the end", "reset": "connection reset"}
VALIDATIONS = {
    "leaf_ok": "nothing against it",
    "expired": "expired",
    "not_yet_valid": "not yet valid",
    "self_signed": "self-signed",
    "name_mismatch": "not covering the name",
}


def by_column(column: str) -> Categorise:
    """Categories are the values of a column; an empty text is unknown."""

    def categorise(frames: Frames, rows: Rows) -> pa.Array:
        texts = rows.column(column)
        return where(among(rows, column, ("",)), None, texts)

    categorise.__doc__ = f"Categories are the values of `{column}`."
    return categorise


def by_flag(column: str, yes: str, no: str) -> Categorise:
    """Categories are two names for the values of a yes-or-no column."""

    def categorise(frames: Frames, rows: Rows) -> pa.Array:
        import pyarrow.compute as pc

        flags = rows.column(column)
        return pc.if_else(flags, yes, no)

    categorise.__doc__ = f"Categories are what `{column}` says: {yes} or {no}."
    return categorise


def offered_version_code(rows: pd.DataFrame) -> pd.Series[int]:
    """The best version that each client offers.

    From supported_versions without GREASE, failing that from legacy_version; null where the hello was cut before it
    said. Spec: RFC 8446 section 4.2.1.
    """
    offers = rows["supported_versions"].explode().dropna().astype(integer_dtype())
    codes = offers.unique().tolist()
    rank = {code: version_rank(code) for code in codes if not is_grease(code)}
    ranked = {place: code for code, place in rank.items()}
    best = offers.map(rank).dropna().astype(int).groupby(level=0).max().map(ranked)
    legacy = arrow_series(legacy_versions(FrameColumns(rows)), rows)
    return best.reindex(rows.index).astype(integer_dtype()).fillna(legacy)


def offered_version(frames: Frames, rows: pd.DataFrame) -> pd.Series[str]:
    """Categorise by the name of the best version that the client offers."""
    codes = offered_version_code(rows)
    return text_series(codes.map({code: version_name(code) for code in codes.dropna().unique().tolist()}), rows)


def version_pair(frames: Frames, rows: pd.DataFrame) -> pd.Series[str]:
    """Categorise by the best version offered together with the version agreed."""
    agreed = text_series(rows["version_name"].where(rows["version_name"] != "", None), rows)
    return text_series(offered_version(frames, rows) + PAIR + agreed, rows)


def version_limit(frames: Frames, rows: pd.DataFrame) -> pd.Series[str]:
    """Categorise by who kept a connection below TLS 1.3: nobody, the server or the client."""
    offered, chosen = offered_version_code(rows), rows["version"]
    known = offered.notna() & chosen.notna()
    able, agreed = is_tls_1_3(offered), is_tls_1_3(chosen)
    category = text_series(None, rows)
    category[known & agreed] = "TLS 1.3 agreed"
    category[known & ~agreed & able] = "server chose less"
    category[known & ~agreed & ~able] = "client offered less"
    return category


def is_tls_1_3(codes: pd.Series[int]) -> pd.Series[bool]:
    """Which codes stand for TLS 1.3, one of its drafts or DTLS 1.3."""
    return is_true(codes.isin([code for code in codes.dropna().unique().tolist() if is_tls13(code)]))


def cipher_class(frames: Frames, rows: pd.DataFrame) -> pd.Series[str]:
    """Categorise by kind of record protection, as studies of adoption do."""
    names = rows["cipher_suite_name"]
    return text_series(names.map({name: suite_class(name) for name in names.dropna().unique().tolist()}), rows)


def with_aead(frames: Frames) -> Mask:
    """The TLS connections whose suite is an AEAD one, and those whose suite is not known."""
    connections = columns_of(frames, "connections")
    names = one_piece(connections.column("cipher_suite_name")).unique().drop_null().to_pylist()
    return with_tls(frames) & ~among(connections, "cipher_suite_name", [each for each in names if not suite_aead(each)])


def aead(frames: Frames, rows: pd.DataFrame) -> pd.Series[str]:
    """Categorise by the algorithm that encrypts and authenticates the records, with its key length."""
    names = rows["cipher_suite_name"]
    return text_series(names.map({name: suite_aead(name) for name in names.dropna().unique().tolist()}), rows)


def suite_aead(suite_name: str) -> str | None:
    """The AEAD algorithm in a suite's name, AES-128-GCM; None where there is none. Spec: RFC 5116."""
    try:
        facts = parse_suite_name(suite_name)
    except KeyError:
        return None
    if facts.mac != "AEAD":
        return None
    named = facts.cipher if facts.cipher_mode in facts.cipher else f"{facts.cipher}_{facts.cipher_mode}"
    return named.replace("_", "-").replace("CHACHA20-POLY1305", "ChaCha20-Poly1305")


def suite_class(suite_name: str) -> str | None:
    """The kind of record protection that a suite's name stands for; None for a suite without a name."""
    try:
        facts = parse_suite_name(suite_name)
    except KeyError:
        return None
    if facts.cipher_mode == "NULL":
        return "no encryption"
    if facts.key_bits is not None and facts.key_bits <= SMALL_KEY_BITS:
        return "DES or export grade"
    if facts.mac == "AEAD":
        named = {("AES", "GCM"): "AES-GCM", ("CHACHA20", "POLY1305"): "ChaCha20-Poly1305"}
        return named.get((facts.cipher.partition("_")[0], facts.cipher_mode), "other AEAD")
    if facts.cipher.startswith("RC4"):
        return "RC4"
    if facts.cipher_mode == "CBC":
        return "64-bit blocks (3DES, IDEA)" if facts.cipher in SMALL_BLOCKS else "CBC"
    return "other stream cipher"


def secrecy(frames: Frames, rows: pd.DataFrame) -> pd.Series[str]:
    """Categorise by what would later open a recorded session: the server's key, a quantum computer, neither.

    No key exchange protects what is not encrypted, or under keys that are short enough to be tried.
    """
    category = text_series(None, rows)
    category[is_true(rows["forward_secrecy"]) & is_false(rows["post_quantum"])] = "forward secret, classical"
    category[is_true(rows["post_quantum"])] = "forward secret, post-quantum"
    category[is_false(rows["forward_secrecy"]) | is_true(rows["key_bits"] <= SMALL_KEY_BITS)] = "not forward secret"
    return category


def resumption(frames: Frames, rows: pd.DataFrame) -> pd.Series[str]:
    """Categorise by full handshake or the means of resumption."""
    means = text_series(rows["resumption"].map(RESUMPTIONS), rows)
    category = means.fillna("resumed").where(is_true(rows["resumed"]), None)
    category[is_false(rows["resumed"]) & rows["server_hello_packet"].notna()] = "full handshake"
    return category


def carried(frames: Frames, rows: pd.DataFrame) -> pd.Series[str]:
    """Categorise by what a connection carried; DTLS, QUIC and SSL 2.0 are TLS too, and silence is nothing known."""
    from ..connection import CARRIES_TLS

    spoken = rows["protocol"].mask(is_true(rows["protocol"] == SILENT), None)
    return text_series(spoken.mask(is_true(spoken.isin(CARRIES_TLS)), "tls"), rows)


def transport(frames: Frames, rows: pd.DataFrame) -> pd.Series[str]:
    """Categorise by what carries TLS: TCP, QUIC or DTLS; else the packets of EAP, OpenVPN, RDP over UDP."""
    pairs = list(zip(rows["protocol"].tolist(), rows["transport"].tolist(), strict=True))
    carriers = text_series([TRANSPORTS.get(pair, OTHER_TRANSPORT) for pair in pairs], rows)
    return carriers.where(rows["protocol"].notna() & rows["transport"].notna(), None)


def server_port(frames: Frames, rows: pd.DataFrame) -> pd.Series[str]:
    """Categorise by the server's port and its transport: 443/tcp."""
    return text_series(rows["server_port"].astype(text_dtype()) + "/" + rows["transport"], rows)


def server_name(frames: Frames, rows: Rows) -> pa.Array:
    """Categorise by the name that the client asked for, in small letters: names of hosts have no case (RFC 6066)."""
    return where(among(rows, "server_name", ("",)), None, name_of(rows))


def outcome(frames: Frames, rows: Rows) -> pa.Array:
    """Categorise by how the handshake ended."""
    return describe_outcome(rows)


def describe_outcome(rows: Columns) -> pa.Array:
    """How each handshake ended; an alert in the clear is named, with who sent it. Null where that is unknown."""
    import pyarrow.compute as pc

    ended = renamed(text_column(rows, "failure"), FAILURES)
    sender = pc.binary_join_element_wise(
        "alert", text_column(rows, "last_alert_name"), "from", text_column(rows, "last_alert_sender"), " "
    )
    ended = where(among(rows, "failure", ("alert",)), pc.fill_null(sender, "encrypted alert"), ended)
    return where(says(rows, "established"), "established", ended)


def describe_cause(rows: Columns) -> pa.Array:
    """Why each handshake failed, in a few words, and how it ended; the latter where that is all that is known."""
    import pyarrow.compute as pc

    titles = {code: cause.title for code, cause in CAUSES.items() if code != "capture_end"}
    ended = describe_outcome(rows)
    why = renamed(text_column(rows, "failure_cause"), titles)
    both = pc.binary_join_element_wise(why, pc.binary_join_element_wise("(", ended, ")", ""), " ")
    return pc.coalesce(both, why, ended)


def validation(frames: Frames, rows: pd.DataFrame) -> pd.Series[str]:
    """Categorise by what dates and names say against the server's certificate; unknown where its name is lost.

    What has nothing else against it is unknown there: were the others counted, their share would be too high.
    """
    lost = rows["client_hello_packet"].isna() | cut_hellos(FrameColumns(rows))
    return validation_words(rows).where(rows["server_name"].notna() | ~lost, None)


def validation_words(rows: pd.DataFrame) -> pd.Series[str]:
    """What dates and names say against the server's certificate, whatever else is known."""
    return text_series(rows["validation"].map(VALIDATIONS), rows).fillna(rows["validation"])


def by_leaf(describe: Callable[[Columns], Sequence[str | None]]) -> Callable[[Frames, Columns], pa.Array]:
    """Categories describe the server's certificate; `describe` names each row of the certificates table."""

    def categorise(frames: Frames, rows: Columns) -> pa.Array:
        import pyarrow as pa

        certificates = columns_of(frames, "certificates")
        named = pa.array(describe(certificates), pa.string())
        return look_up(leaf_of(frames, rows), text_column(certificates, "sha256"), named)

    categorise.__doc__ = f"About the first certificate that the server sent. {describe.__doc__}"
    return categorise


def key_type(certificates: Columns) -> list[str | None]:
    """Name each certificate's key: RSA 2048, EC secp256r1, Ed25519."""
    columns = values_of(certificates, "key_type", "key_bits", "curve")
    return [name_key(*values) for values in zip(*columns, strict=True)]


def name_key(kind: str | None, bits: int | None, curve: str | None) -> str | None:
    """The name of one key; None for one that is not known."""
    if kind in (*RSA_KEYS, "DSA", "DH") and bits is not None:
        return f"{kind} {bits}"
    return kind if kind is None or curve is None else f"{kind} {curve}"


def signature_algorithm(certificates: Columns) -> list[str | None]:
    """Name the algorithm of the issuer's signature."""
    return values_of(certificates, "signature_algorithm")[0]


def authority(certificates: Columns) -> list[str | None]:
    """Name who issued each certificate: the issuer's organization, failing that its common name, or itself."""
    issuers, own = values_of(certificates, "issuer", "self_signed")
    names = {text: issuer_label(text) for text in issuers if text is not None}
    return ["self-signed" if self_signed else names.get(text) for text, self_signed in zip(issuers, own, strict=True)]


def issuer_label(name: str) -> str:
    """The organization in a name as RFC 4514 text, failing that the common name, failing that all of it."""
    for attribute in ("O", "CN"):
        found = re.search(rf"(?:^|[,+]){attribute}=((?:\\.|[^,+\\])+)", name)
        if found:
            return re.sub(r'\\([ "#+,;<=>\\])', r"\1", found[1])
    return name or "an empty name"
