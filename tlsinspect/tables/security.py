"""What a session's cipher suite, version and group mean together."""

from __future__ import annotations

from typing import NamedTuple

from ..registry.suites import group_facts, suite_facts

SECURITY_COLUMNS = {
    "key_exchange": "string",
    "authentication": "string",
    "cipher": "string",
    "cipher_mode": "string",
    "mac": "string",
    "key_bits": "int64",
    "forward_secrecy": "bool",
    "post_quantum": "bool",
}
EDDSA = "EdDSA"


class SessionSecurity(NamedTuple):
    """The security columns of a session; None is unknown."""

    key_exchange: str | None
    authentication: str | None
    cipher: str | None
    cipher_mode: str | None
    mac: str | None
    key_bits: int | None
    forward_secrecy: bool | None
    post_quantum: bool | None


def session_security(
    cipher_suite: int, tls13: bool, group: int | None, psk_selected: bool, eddsa: bool = False
) -> SessionSecurity | None:
    """Work out the security columns; None for a hello without a suite.

    In TLS 1.3 the suite names the cipher only: the key exchange follows from the
    group, or is the pre-shared key alone (RFC 8446 2.2, 4.2.9), and authentication is
    encrypted unless a pre-shared key stands for it. A group without a name may be post-quantum.
    Before, a suite with ECDSA may be used with EdDSA, as the signature of the key exchange
    says: `eddsa` (RFC 8422 section 2.2).
    """
    if cipher_suite < 0:
        return None
    suite = suite_facts(cipher_suite)
    bulk = (suite.cipher or None, suite.cipher_mode or None, suite.mac or None, suite.key_bits)
    if not tls13:
        exchange = None if group is None else group_facts(group)
        quantum = bool(exchange and exchange.post_quantum)
        signed = EDDSA if eddsa and suite.authentication == "ECDSA" else suite.authentication or None
        return SessionSecurity(suite.key_exchange or None, signed, *bulk, suite.forward_secrecy, quantum)
    authentication = "PSK" if psk_selected else None
    if group is not None:
        facts = group_facts(group)
        quantum_safe = facts.post_quantum if facts.key_exchange else None
        return SessionSecurity(facts.key_exchange or None, authentication, *bulk, True, quantum_safe)
    if psk_selected:
        return SessionSecurity("PSK", authentication, *bulk, False, False)
    return SessionSecurity(None, authentication, *bulk, None, None)
