"""The words of stories: what each message is for, what each choice and each alert means.

Titles are the names of RFC 8446, RFC 5246 and their relatives; explanations are for a
reader who has just met HTTPS.
"""

from __future__ import annotations

MESSAGES: dict[str, tuple[str, str]] = {
    "client_hello": ("ClientHello", "The client opens: which versions, ciphers and extensions it can do."),
    "server_hello": ("ServerHello", "The server chooses one version and one cipher suite from the offer."),
    "hello_retry_request": (
        "HelloRetryRequest",
        "The server cannot use the client's key share, or wants its address confirmed: please try again.",
    ),
    "hello_verify_request": (
        "HelloVerifyRequest",
        "Before it spends work, the server has the client repeat its hello with a cookie: that proves its address.",
    ),
    "hello_request": ("HelloRequest", "The server asks the client to start another handshake."),
    "certificate": (
        "Certificate",
        "The sender shows who it is: its certificate and those of the authorities above it.",
    ),
    "server_key_exchange": (
        "ServerKeyExchange",
        "The server's part of the key exchange: a fresh public value, usually signed with the certificate's key.",
    ),
    "certificate_request": ("CertificateRequest", "The server asks the client for a certificate too."),
    "server_hello_done": ("ServerHelloDone", "The server has said all; it is the client's turn."),
    "client_key_exchange": (
        "ClientKeyExchange",
        "The client's part of the key exchange. From here both sides can compute the same keys.",
    ),
    "certificate_verify": ("CertificateVerify", "A signature proves that the sender has the key of its certificate."),
    "certificate_status": ("CertificateStatus", "A stapled statement of the authority (OCSP): has it been revoked?"),
    "new_session_ticket": ("NewSessionTicket", "A ticket with which the client may resume this session later."),
    "change_cipher_spec": ("ChangeCipherSpec", "From the next record on, the sender encrypts."),
    "finished": (
        "Finished",
        "A check value over the whole handshake: had anybody changed a message, it would not fit.",
    ),
    "encrypted_extensions": ("EncryptedExtensions", "The rest of the server's answers, already encrypted."),
    "key_update": ("KeyUpdate", "The sender moves on to new keys."),
    "end_of_early_data": ("EndOfEarlyData", "The client has sent all of its early data."),
    "heartbeat": ("Heartbeat", "A sign of life (RFC 6520); known for Heartbleed, where an answer leaked memory."),
    "supplemental_data": ("SupplementalData", "Additional data for authorization (RFC 4680)."),
    "certificate_url": ("CertificateURL", "Where the client's certificate can be fetched (RFC 6066)."),
}
SSLV2_MESSAGES = {
    "server_hello": (
        "ServerHello",
        "Its certificate, and the ciphers offered that it knows: the client takes one. A resumed session has neither.",
    ),
    "client_key_exchange": (
        "ClientMasterKey",
        "The cipher that the client takes, and the secret, encrypted to the server's key: both have the keys now.",
    ),
    "encrypted_handshake": (
        "Encrypted message",
        "SSL 2.0 does not say what it encrypts: first what proves the keys, and Finished of each side, then data.",
    ),
}
COMPATIBILITY = "In TLS 1.3 it means nothing: it makes old devices on the way believe that this is TLS 1.2."
SECOND_HELLO = "The client repeats its hello with what the server asked for."
UNASKED_HELLO = "The client sent a hello twice here: nothing in the capture asked it to."
RENEGOTIATION = (
    "Encrypted handshake message",
    "One more handshake message under encryption: mostly of a renegotiation.",
)
FINISHED = ("Finished (encrypted)", MESSAGES["finished"][1])
EARLY_DATA = ("Early data (0-RTT)", "Sent before the server answered, under the keys of an earlier session.")
SERVER_REST = (
    "Encrypted handshake, then application data",
    "EncryptedExtensions, the certificate with its proof, and Finished: TLS 1.3 encrypts all of it.",
)
SERVER_REST_RESUMED = (
    "Encrypted handshake, then application data",
    "EncryptedExtensions and Finished: a resumed session needs no certificate.",
)
CLIENT_REST = ("Finished (encrypted), then application data", MESSAGES["finished"][1])
APPLICATION = ("Application data", "The first encrypted data of this side: what all of this was for.")
ENCRYPTED_ALERT = ("Alert (encrypted)", "Usually close_notify, the regular goodbye; what it says is encrypted.")
UNEXPLAINED = "A message of a kind that is not explained here."

ALERTS = {
    "close_notify": "The regular goodbye: nothing more will follow.",
    "unexpected_message": "A message came that does not belong here.",
    "bad_record_mac": "A record failed its integrity check: damaged, forged, or the keys differ.",
    "handshake_failure": "No acceptable set of versions, suites and groups in common.",
    "bad_certificate": "The certificate is broken, or its signatures do not hold.",
    "unsupported_certificate": "The certificate is of a kind that the sender cannot use.",
    "certificate_revoked": "The authority has revoked the certificate.",
    "certificate_expired": "The certificate is out of date by the sender's clock.",
    "certificate_unknown": "The sender did not accept the certificate and does not say why.",
    "illegal_parameter": "A field of the handshake has a value that is not allowed.",
    "unknown_ca": "The sender does not trust the authority that issued the certificate.",
    "access_denied": "The certificate is valid, but its owner may not come in.",
    "decode_error": "A message could not be decoded.",
    "decrypt_error": "A signature or a check value of the handshake is wrong.",
    "protocol_version": "The sender does not speak the version that was offered or chosen.",
    "insufficient_security": "The sender demands better ciphers than were offered.",
    "internal_error": "The sender failed for reasons of its own.",
    "inappropriate_fallback": "The client came back with a lower version than both sides can speak.",
    "user_canceled": "Somebody called the handshake off.",
    "no_renegotiation": "The sender does not want another handshake.",
    "missing_extension": "A required extension was not sent.",
    "unsupported_extension": "An extension came that nobody had offered.",
    "unrecognized_name": "The server knows no site of the name asked for.",
    "unknown_psk_identity": "The server does not know the pre-shared key.",
    "certificate_required": "The server wants a certificate, and the client sent none.",
    "no_application_protocol": "No application protocol (ALPN) in common.",
}

VERSIONS = {
    "TLS 1.3": "The current version.",
    "TLS 1.2": "Still allowed; safe with the right cipher suites.",
    "TLS 1.1": "Forbidden since 2021 (RFC 8996).",
    "TLS 1.0": "Forbidden since 2021 (RFC 8996).",
    "SSL 3.0": "Broken, forbidden since 2015 (RFC 7568).",
    "SSL 2.0": "Broken, forbidden since 2011 (RFC 6176).",
    "DTLS 1.3": "TLS 1.3 over datagrams.",
    "DTLS 1.2": "TLS 1.2 over datagrams.",
    "DTLS 1.0": "TLS 1.1 over datagrams: forbidden since 2021 (RFC 8996).",
    "DTLS 1.0 (OpenSSL pre 0.9.8f)": "DTLS 1.0 before it was a standard: forbidden since 2021 (RFC 8996).",
}
CIPHERS = {
    "AES-GCM": "Encrypts and protects in one (AEAD): the usual good choice.",
    "ChaCha20-Poly1305": "Encrypts and protects in one (AEAD): good, and quick without AES hardware.",
    "other AEAD": "Encrypts and protects in one (AEAD).",
    "CBC": "Older construction; how old versions use it has been attacked (Lucky 13, BEAST).",
    "RC4": "Broken, forbidden (RFC 7465).",
    "64-bit blocks (3DES, IDEA)": "Blocks too short for much data (Sweet32, CVE-2016-2183).",
    "DES or export grade": "Keys so short that they can be searched.",
    "no encryption": "Nothing is encrypted: everybody on the way can read it.",
}
KEY_EXCHANGES = {
    "RSA": "The client encrypts the secret to the server's public key: whoever gets the private key can read it later.",
    "ECDHE": "Ephemeral elliptic-curve Diffie-Hellman: both keys are thrown away afterwards.",
    "DHE": "Ephemeral Diffie-Hellman: both keys are thrown away afterwards.",
    "hybrid": "Elliptic curves and a post-quantum KEM together: an attacker must break both.",
    "PSK": "Only a key shared before, with no fresh exchange.",
}
FORWARD_SECRECY = {
    True: "The server's private key does not open a recording of this session.",
    False: "Whoever gets the long-term key later can read a recording of this session.",
}
POST_QUANTUM = {
    True: "A later quantum computer would not open a recording either.",
    False: "A later quantum computer could open a recording.",
}
EVIDENCE = {
    "finished": "both sides sent Finished",
    "application_data": "application data followed",
}
FLAWS = {
    "gap": "The capture lacks segments that were sent.",
    "midstream": "The capture starts after the connection did.",
    "one_sided": "Only one direction is in the capture.",
    "truncated": "Packets were cut by the capture length.",
}

TRUSTED = {  # the rest of the verdicts say no
    "valid": "The server's chain is trusted",
    "wrong_order": "The server's chain is trusted by clients that put it in order",
    "incomplete_chain": "A client that does not know the missing issuer refuses the server's chain",
    "unsupported": "Whether the server's chain is trusted cannot be said",
    "limit": "Whether the server's chain is trusted cannot be said",
    "not_observable": "Whether the server's chain is trusted cannot be said",
}

CLIENT_TRUSTED = {
    "valid": "The client's chain is trusted",
    "wrong_order": "The client's chain is trusted by servers that put it in order",
    "incomplete_chain": "A server that does not know the missing issuer refuses the client's chain",
    "unsupported": "Whether the client's chain is trusted cannot be said",
    "limit": "Whether the client's chain is trusted cannot be said",
    "not_observable": "Whether the client's chain is trusted cannot be said",
}

STAPLED = {
    "malformed": "The stapled OCSP response cannot be read",
    "limit": "The stapled OCSP response was not read whole",
    "unsuccessful": "The stapled OCSP response is an error",
    "wrong_certificate": "The stapled OCSP response is about another certificate",
    "bad_signature": "The stapled OCSP response is forged or damaged",
    "unauthorized_responder": "The stapled OCSP response is signed by somebody who may not",
    "revoked": "The certificate is revoked, as the server's own stapled OCSP response says",
    "expired": "The stapled OCSP response is out of date",
    "not_yet_valid": "The stapled OCSP response is not valid yet",
    "unknown": "The authority does not know the certificate, as the stapled OCSP response says",
    "unchecked": "Whether the stapled OCSP response is right cannot be said",
    "good": "The stapled OCSP response says that the certificate is not revoked",
}
