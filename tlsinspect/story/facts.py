"""The row of a connection -> what was offered and what was chosen, in plain words.

In: a row of the connections frame, numbers as on the wire. Out: Facts; what is unknown says why.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from functools import lru_cache
from typing import Any

from ..policy import WEAK_CLASSES
from ..registry import (
    cipher_suite_name,
    compression_method_name,
    extension_name,
    group_name,
    is_grease,
    signature_scheme_name,
    version_name,
)
from ..registry.suites import group_facts
from ..statistics.categories import RESUMPTIONS, suite_class
from ..statistics.hellos import legacy_version_of
from ..statistics.wording import REASONS
from . import words
from .record import Fact

Row = dict[Any, Any]
MOST_LISTED = 6
UNKNOWN = "unknown"


def list_names(codes: Iterable[int] | None, name: Callable[[int], str], most: int = MOST_LISTED) -> str:
    """Numbers by name without GREASE, the first few: "x25519, secp256r1, 2 more"; empty for none."""
    return "" if codes is None else join_names(tuple(codes), name, most)


@lru_cache(maxsize=4096)
def join_names(codes: tuple[int, ...], name: Callable[[int], str], most: int) -> str:
    """What list_names gives: hellos repeat each other."""
    names = [name(code) for code in codes if not is_grease(code)]
    rest = len(names) - most
    return ", ".join([*names[:most], *([f"{rest} more"] if rest > 0 else [])])


@lru_cache(maxsize=512)
def kind_of(suite: str | None) -> str | None:
    """A suite's kind of record protection."""
    return suite_class(suite or "")


@lru_cache(maxsize=512)
def is_signal(code: int) -> bool:
    """Whether a number among the suites only tells the server something."""
    return cipher_suite_name(code).endswith("_SCSV")


def build_offered(row: Row) -> tuple[Fact, ...]:
    """What the client offered, in the order of its preference; nothing where its hello was not seen."""
    if row["client_hello_packet"] is None:
        return ()
    versions = list_names(row["supported_versions"], version_name) or name_of(legacy_version_of(row))
    versions = versions or told(row, "supported_versions")
    listed = row["sslv2_cipher_kinds"] or row["cipher_suites"] or ()
    suites = [code for code in listed if not is_grease(code) and not is_signal(code)]
    signals = [code for code in listed if is_signal(code)]
    facts = (
        Fact("server name", row["server_name"] or "", "Readable by everybody on the way."),
        Fact("versions", versions, "Best first." if "," in versions else ""),
        Fact("cipher suites", list_names(suites, cipher_suite_name), weak_text(suites)),
        Fact("signals", list_names(signals, cipher_suite_name), "Said in the list of suites, and no suites."),
        Fact("groups", list_names(row["supported_groups"], group_name), post_quantum_text(row["supported_groups"])),
        Fact("key shares", list_names(row["key_share_groups"], group_name), "Sent ahead, to spare a round trip."),
        Fact("signatures", list_names(row["signature_algorithms"], signature_scheme_name)),
        Fact("application", ", ".join(row["alpn_offered"] or ()), "What it wants to speak inside (ALPN)."),
        Fact("resumption", presented(row), "It would go on with an earlier session."),
        Fact("compression", list_names(non_null(row), compression_method_name), "Unsafe with secrets (CRIME)."),
        Fact("encrypted hello", row["ech_type"] or "", "ECH; a real one and a dummy (GREASE) look the same."),
        Fact("extensions", list_names(row["client_extensions"], extension_name, 20)),
        Fact("fingerprint", row["ja4"] or "", "JA4: the shape of this hello; programs with one library share it."),
    )
    return tuple(fact for fact in facts if fact.value)


def build_chosen(row: Row) -> tuple[Fact, ...]:
    """What the server chose, and what that means; nothing where its hello was not seen."""
    if row["server_hello_packet"] is None:
        return ()
    suite, exchange = row["cipher_suite_name"], row["key_exchange"]
    facts = (
        Fact("version", told(row, "version_name"), words.VERSIONS.get(row["version_name"] or "", "")),
        Fact("known ciphers", list_names(row["sslv2_server_cipher_kinds"], cipher_suite_name), "The client takes one."),
        Fact("cipher suite", told(row, "cipher_suite_name"), words.CIPHERS.get(kind_of(suite) or "", "")),
        Fact("key exchange", told(row, "key_exchange"), words.KEY_EXCHANGES.get(exchange or "", "")),
        Fact("group", told(row, "group_name")),
        Fact("prime", prime_text(row), "2,048 bits and more are asked for (RFC 9325 section 4.5)."),
        Fact("authentication", told(row, "authentication"), ""),
        Fact("forward secrecy", yes_or_no(row, "forward_secrecy"), meaning(row, "forward_secrecy")),
        Fact("post-quantum", yes_or_no(row, "post_quantum"), meaning(row, "post_quantum")),
        Fact("resumed", resumed_text(row), ""),
        Fact("application", told(row, "alpn"), ""),
        Fact("fingerprint", row["ja3s"] or "", "JA3S: the shape of this answer."),
    )
    return tuple(fact for fact in facts if fact.value)


def told(row: Row, column: str) -> str:
    """A value, or why it is unknown; empty where it does not apply or nobody asked for it."""
    value = row[column]
    if value not in (None, "", UNKNOWN):
        return str(value)
    reason = (row["unknown_reasons"] or {}).get(column, "")
    return "" if reason in ("", "not_applicable", "not_offered") else f"unknown: {REASONS[reason]}"


def yes_or_no(row: Row, column: str) -> str:
    """A flag in words, or why it is unknown."""
    value = row[column]
    return told(row, column) if value is None else ("yes" if value else "no")


def meaning(row: Row, column: str) -> str:
    """What a flag means."""
    table = words.FORWARD_SECRECY if column == "forward_secrecy" else words.POST_QUANTUM
    value = row[column]
    if column == "post_quantum" and row["forward_secrecy"] is False:
        return ""
    return "" if value is None else table[bool(value)]


def resumed_text(row: Row) -> str:
    """Whether an earlier session was resumed, and by what means."""
    if row["resumed"] is True:
        return RESUMPTIONS.get(row["resumption"], "yes").removeprefix("resumed ")
    return yes_or_no(row, "resumed")


def prime_text(row: Row) -> str:
    """The size of a finite-field Diffie-Hellman prime."""
    bits = row["dh_prime_bits"]
    return "" if bits is None else f"{bits:,} bits"


def presented(row: Row) -> str:
    """What the client presented to resume a session with."""
    kinds = (
        ("session ticket", row["session_ticket_offered"]),
        ("pre-shared key", row["psk_offered"]),
        ("early data", row["early_data_offered"]),
    )
    return ", ".join(name for name, flag in kinds if flag is True)


def non_null(row: Row) -> list[int]:
    """The compression methods that compress."""
    return [code for code in row["compression_methods"] or () if code]


def weak_text(suites: Sequence[int]) -> str:
    """How many of the suites offered are weak."""
    kinds = [kind_of(name) for name in map(cipher_suite_name, suites)]
    weak = sum(kind in WEAK_CLASSES for kind in kinds)
    return f"{weak} of {len(kinds)} {'is' if weak == 1 else 'are'} weak." if weak else ""


def post_quantum_text(groups: Iterable[int] | None) -> str:
    """Whether post-quantum groups are among those offered."""
    if groups is None:
        return ""
    found = any(group_facts(code).post_quantum for code in groups)
    return "Post-quantum among them." if found else "None of them post-quantum."


def name_of(version: int | None) -> str:
    """A version's name; empty for none."""
    return "" if version is None else version_name(version)
