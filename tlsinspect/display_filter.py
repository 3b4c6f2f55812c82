"""Wireshark display filters that show one connection."""

from __future__ import annotations

from ipaddress import ip_address
from typing import Any

NANOSECONDS = 1_000_000_000


def mac_address(link_local: str) -> str:
    """The MAC address that a link-local address was made of. Spec: RFC 4291 appendix A."""
    octets = ip_address(link_local).packed
    return bytes([octets[8] ^ 2, *octets[9:11], *octets[13:]]).hex(":")


def display_filter(row: dict[Any, Any]) -> str:
    """A Wireshark display filter that shows one connection, and others only where its ports were used again."""
    if row["client_ip"] is None or row["server_ip"] is None:
        return ""
    if row["transport"] == "eapol":
        return f"eth.addr == {mac_address(row['client_ip'])} && eth.addr == {mac_address(row['server_ip'])}"
    family = "ipv6" if ":" in row["client_ip"] else "ip"
    ports = f"{row['transport']}.port == {row['client_port']} && {row['transport']}.port == {row['server_port']}"
    return f"{family}.addr == {row['client_ip']} && {family}.addr == {row['server_ip']} && {ports}"


def time_filter(row: dict[Any, Any]) -> str:
    """A display filter for the time of a connection, where its addresses and ports do not tell it from another."""
    first, last = sorted((row["time_start"].value, row["time_end"].value))
    return f"frame.time_epoch >= {epoch_text(first)} && frame.time_epoch <= {epoch_text(last)}"


def epoch_text(nanoseconds: int) -> str:
    """Nanoseconds since 1970 as seconds with nine decimals, without the rounding of floating point."""
    return f"{nanoseconds // NANOSECONDS}.{nanoseconds % NANOSECONDS:09d}"
