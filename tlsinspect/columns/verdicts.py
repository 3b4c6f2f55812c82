"""The verdicts on chains and on stapled OCSP responses, each with what it means, and on timestamps: closed lists."""

from __future__ import annotations

VERDICTS = {
    # the gravest first: where a chain has several faults, the first of them is the verdict
    "malformed": "a certificate cannot be read, or lacks what validation needs",
    "bad_signature": "a signature does not fit the key of the issuer",
    "unsupported": "a signature is of a kind that cannot be checked here",
    "limit": "a named limit ended the search before an answer",
    "expired": "a certificate of the path had expired",
    "not_yet_valid": "a certificate of the path was not valid yet",
    "self_signed": "the certificate is signed with its own key and not trusted itself",
    "untrusted_root": "the path ends at an authority that is not trusted",
    "incomplete_chain": "an issuer that the path needs was not sent and is not trusted, or cannot be read",
    "constraint_violated": "a certificate is used for what its issuer or its own extensions rule out",
    "name_mismatch": "the certificate is not for the name that the client asked for",
    "wrong_order": "the chain is good, and was sent in an order that not every client puts right",
    "valid": "a path leads to a trusted root, and nothing speaks against it",
    "not_observable": "the certificate, or what it is held to, cannot be seen",
    "not_applicable": "no certificate is used, or the connection is not TLS",
}

STAPLE_VERDICTS = {
    # the gravest first: where a response has several faults, the first of them is the verdict
    "malformed": "the response cannot be read",
    "limit": "a named limit ended the reading before an answer",
    "unsuccessful": "the responder sent an error and no statement",
    "wrong_certificate": "it is about another certificate than those that the server sent",
    "bad_signature": "the signature does not fit the key of whom it names as responder",
    "unauthorized_responder": "it is signed neither by the issuer nor by whom the issuer has authorized",
    "revoked": "the certificate is revoked",
    "expired": "newer information was due (nextUpdate), or it has no such date and is older than a day",
    "not_yet_valid": "it was not valid yet (thisUpdate)",
    "unknown": "the responder does not know the certificate",
    "unchecked": "it says good, and whether that is true cannot be checked",
    "good": "the certificate is not revoked, as the authority says",
}

SCT_FAULTS = ("few_logs", "few_operators", "operator_missing")
