"""The texts that columns of names can hold -> what to say of a text that no row can have.

A comparison with such a text would be true of no row, or with != of all, and nobody would learn why.
"""

from __future__ import annotations

import re
from collections.abc import Collection
from functools import cache

from .. import registry
from ..arguments import bare, nearest
from ..columns import UNKNOWN_REASONS
from ..columns.verdicts import SCT_FAULTS, STAPLE_VERDICTS, VERDICTS
from ..connection_builder import TRANSPORTS
from ..errors import KINDS
from ..failures.causes import CAUSES
from ..outcome import HEARTBLEED
from ..protocols import CLIENT_OPENINGS, COMMANDS, SERVER_OPENINGS, SILENT, UNKNOWN
from ..registry.suites import group_facts, suite_facts
from ..tables.leaf import VALIDATIONS
from ..tables.security import EDDSA
from ..upgrades.status import STATUSES

SIDES = ("client", "server")
WORDS: dict[str, Collection[str]] = {
    "sender": SIDES, "side": SIDES, "role": SIDES, "last_alert_sender": SIDES, "renegotiation": SIDES,
    "transport": tuple(TRANSPORTS.values()), "starttls_status": STATUSES, "starttls_injection": (*SIDES, "both"),
    "ech_type": ("outer", "inner", "esni"), "resumption": ("session_id", "ticket", "psk"),
    "established_evidence": ("finished", "application_data"), "failure": ("alert", "reset", "closed", "capture_end"),
    "heartbleed": HEARTBLEED[1:], "ocsp_status": ("present", "absent"),
    "validation": tuple(name for name in VALIDATIONS if name), "unknown_reasons": UNKNOWN_REASONS,
    "offers.kind": ("cipher_suite", "group", "signature_algorithm", "extension", "version", "alpn"),
    "problems.kind": KINDS, "fingerprints.kind": ("ja3", "ja4", "ja3s"), "suite_order": (*SIDES, "mixed"),
    "confidence": ("certain", "likely"), "failure_cause": CAUSES,
    **dict.fromkeys(("validation.verdict", "client_validation.verdict"), VERDICTS), "ocsp.verdict": STAPLE_VERDICTS,
    **dict.fromkeys(("validation.faults", "client_validation.faults"), VERDICTS), "ocsp.faults": STAPLE_VERDICTS,
    "sct_verdict": ("enough", *SCT_FAULTS, "unknown"), "sct_faults": SCT_FAULTS,
    **dict.fromkeys(("validation.reason", "client_validation.reason"), UNKNOWN_REASONS),
    "findings.subject_kind": ("server", "client", "certificate", "client_certificate", "capture"),
}  # fmt: skip
"""Column, with its table where another table's means something else -> all that it can hold."""

NAMES = {
    **dict.fromkeys(("version_name", "lowest_version", "highest_version", "versions"), registry.VERSIONS),
    "offered_versions": registry.VERSIONS, "cipher_suite_name": registry.CIPHER_SUITES,
    "chosen_suites": registry.CIPHER_SUITES, "offered_suites": registry.CIPHER_SUITES, "group_name": registry.GROUPS,
    "server_signature_algorithm_name": registry.SIGNATURE_SCHEMES, "last_alert_name": registry.ALERTS,
    "ech_kdf_name": registry.HPKE_KDFS, "ech_aead_name": registry.HPKE_AEADS, "record_type": registry.CONTENT_TYPES,
}  # fmt: skip
"""Column -> the registry whose names it holds."""

VERSIONS = ("version", "client_record_version", "client_legacy_version", "server_legacy_version", "supported_versions")
"""Columns of connections with versions as they are on the wire."""

NUMBERS = {
    **dict.fromkeys(VERSIONS, registry.VERSIONS), "cipher_suite": registry.CIPHER_SUITES,
    "cipher_suites": registry.CIPHER_SUITES, "group": registry.GROUPS, "supported_groups": registry.GROUPS,
    "key_share_groups": registry.GROUPS, "signature_algorithms": registry.SIGNATURE_SCHEMES,
    "server_signature_algorithm": registry.SIGNATURE_SCHEMES, "client_extensions": registry.EXTENSIONS,
    "server_extensions": registry.EXTENSIONS, "last_alert": registry.ALERTS,
}  # fmt: skip
"""Column of connections -> the registry of its numbers."""

UNREGISTERED = re.compile(r"(0x|GREASE \(0x|TLS 1\.3 \((Facebook|Google) |DTLS 1\.3 \(draft ).*")
"""Names that are made of numbers."""

SOME = {
    "protocol": {
        "tls", "dtls", "quic", "gquic", "ssl2", "http", SILENT, UNKNOWN, *COMMANDS.values(),
        *(name for name, _ in CLIENT_OPENINGS + SERVER_OPENINGS),
    },
    "key_type": {"RSA", "RSASSA-PSS", "EC", "Ed25519", "Ed448", "DSA"},
}  # fmt: skip
"""Column -> some of what it can hold: another spelling of these is a mistake, any other text is not."""

MOST_LISTED = 12


@cache
def security_names() -> dict[str, frozenset[str]]:
    """The columns that say what a suite and a group mean, and all that they can hold."""
    suites = [suite_facts(code) for code in registry.CIPHER_SUITES]
    names = {
        name: {getattr(suite, name) for suite in suites}
        for name in ("key_exchange", "authentication", "cipher", "cipher_mode", "mac")
    }
    names["key_exchange"] |= {group_facts(code).key_exchange for code in registry.GROUPS}
    names["authentication"].add(EDDSA)
    return {name: frozenset(texts - {""}) for name, texts in names.items()}


def known_texts(table: str, column: str) -> Collection[str]:
    """All that a column can hold, but for names that are made of numbers; nothing where anything may stand there."""
    found = WORDS.get(f"{table}.{column}") or WORDS.get(column)
    if found:
        return found
    if column in NAMES:
        return NAMES[column].values()
    return security_names()[column] if table == "connections" and column in security_names() else ()


def objection(table: str, column: str, value: str | float, words: Collection[str] = ()) -> str:
    """What to say of a value that no row of a table can have in a column, with what was meant; "" of any other.

    `words` are all that the column can hold, where who asks knows them.
    """
    return of_text(table, column, value, words) if isinstance(value, str) else of_fraction(table, column, value)


def of_text(table: str, column: str, text: str, words: Collection[str] = ()) -> str:
    """The same of a text."""
    known = words or known_texts(table, column)
    if not known:
        other = [each for each in SOME.get(column, ()) if bare(each) == bare(text)]
        return f"no row has {text!r} in {column}; write {other[0]!r}" if other and text not in other else ""
    if text in known or UNREGISTERED.fullmatch(text):
        return ""
    meant = nearest(text, known)
    if len(known) <= MOST_LISTED:
        hint = f"it is one of {', '.join(sorted(known) if isinstance(known, frozenset) else known)}"
    elif meant:
        hint = f"did you mean {' or '.join(map(repr, meant))}?"
    else:
        hint = "docs/columns.md says what stands there"
    return f"no row has {text!r} in {column}; {hint}"


def of_fraction(table: str, column: str, number: float) -> str:
    """The same of a number with a point, which versions, such as 1.2, have elsewhere."""
    if table != "connections" or column not in VERSIONS:
        return ""
    codes = {name: code for code, name in registry.VERSIONS.items()}
    code = codes.get(f"TLS {number}", codes.get(f"SSL {number}"))
    meant = f"; write 0x{code:04X} for {registry.VERSIONS[code]}" if code is not None else ""
    return f"{column} has numbers as they are on the wire{meant}"


def number_of(column: str, text: str) -> str:
    """The advice to write the number whose name, or a name like it, stands in the place of a number; "" without one."""
    names = {name: code for code, name in NUMBERS.get(column, {}).items()}
    meant = [text] if text in names else nearest(text, names)[:1]
    return "".join(f"; write 0x{names[name]:04X} for {name}" for name in meant)
