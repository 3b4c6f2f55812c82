"""FAMILIES: the columns of a connection that its categories follow from, declared once; LOOKS: those a store keeps."""

from __future__ import annotations

from typing import NamedTuple


class Part(NamedTuple):
    """A column that categories follow from, and what of it they look at.

    value: the value itself; present: whether there is one; set: the values of a list, whatever their
    order, GREASE as one; first: the first of a list; reasons: the reasons for what is missing of EXPLAINED.
    """

    column: str
    looks_at: str = "value"


CIRCUMSTANCES = (
    *(Part(name) for name in ("protocol", "transport", "gap", "midstream", "one_sided", "truncated", "failure")),
    Part("server_hello_packet", "present"),
    Part("unknown_reasons", "reasons"),
)
"""What says of every statistic whether it applies, and why something is unknown."""

EXPLAINED = (
    "certificate_sha256s", "cipher_suite", "cipher_suites", "client_extensions", "forward_secrecy", "group",
    "key_exchange", "post_quantum", "protocol", "psk_offered", "resumed", "server_port", "supported_groups",
    "supported_versions", "version",
)  # fmt: skip
"""The columns of which it matters why they are missing: those that the statistics of some series name."""

FAMILIES: dict[str, tuple[Part, ...]] = {
    "agreed": tuple(
        Part(name)
        for name in (
            "version_name", "cipher_suite_name", "key_exchange", "group_name", "forward_secrecy", "post_quantum",
            "resumed", "resumption",
        )
    ),
    "offered": (
        Part("supported_versions", "set"),
        Part("client_legacy_version"),
        Part("cipher_suites", "set"),
        Part("sslv2_cipher_kinds", "set"),
        Part("client_extensions", "set"),
        Part("supported_groups", "set"),
        Part("client_hello_packet", "present"),
        Part("psk_offered", "present"),
        Part("version"),
        Part("post_quantum"),
    ),
    "certificate": (Part("certificate_sha256s", "first"),),
    "port": (Part("server_port"),),
}  # fmt: skip

LOOKS: dict[str, tuple[Part, ...]] = {
    "circumstances": CIRCUMSTANCES,
    **{family: FAMILIES[family] for family in ("agreed", "offered")},
}
"""What a store keeps a text of; the other families follow from a column that is read as fast as a text."""
