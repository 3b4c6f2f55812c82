"""Make generated.py from the tables in data/: `python -m tlsinspect.registry.generate`.

In: data/*.csv, the vendored registries, and data/unregistered.csv, code points
in real use that no registry lists. Out: one module of plain dict literals, so
that a look-up costs no parsing at start-up. Refuses two names for one number.
"""

from __future__ import annotations

import csv
from collections.abc import Iterable
from pathlib import Path

DATA = Path(__file__).parent / "data"
GENERATED = Path(__file__).parent / "generated.py"

# kind of code point -> (file in data/, name of the dict in generated.py, octets of the code)
TABLES = {
    "version": ("", "VERSIONS", 2),
    "cipher_suite": ("cipher_suites.csv", "CIPHER_SUITES", 2),
    "extension": ("extensions.csv", "EXTENSIONS", 2),
    "group": ("groups.csv", "GROUPS", 2),
    "signature_scheme": ("signature_schemes.csv", "SIGNATURE_SCHEMES", 2),
    "hash_algorithm": ("hash_algorithms.csv", "HASH_ALGORITHMS", 1),
    "signature_algorithm": ("signature_algorithms.csv", "SIGNATURE_ALGORITHMS", 1),
    "alert": ("alerts.csv", "ALERTS", 1),
    "handshake_type": ("handshake_types.csv", "HANDSHAKE_TYPES", 1),
    "content_type": ("content_types.csv", "CONTENT_TYPES", 1),
    "ec_point_format": ("ec_point_formats.csv", "EC_POINT_FORMATS", 1),
    "ec_curve_type": ("ec_curve_types.csv", "EC_CURVE_TYPES", 1),
    "compression_method": ("compression_methods.csv", "COMPRESSION_METHODS", 1),
    "psk_key_exchange_mode": ("psk_key_exchange_modes.csv", "PSK_KEY_EXCHANGE_MODES", 1),
    "certificate_compression_algorithm": (
        "certificate_compression_algorithms.csv",
        "CERTIFICATE_COMPRESSION_ALGORITHMS",
        2,
    ),
    "certificate_type": ("certificate_types.csv", "CERTIFICATE_TYPES", 1),
    "certificate_status_type": ("certificate_status_types.csv", "CERTIFICATE_STATUS_TYPES", 1),
    "client_certificate_type": ("client_certificate_types.csv", "CLIENT_CERTIFICATE_TYPES", 1),
    "hpke_kem": ("hpke_kems.csv", "HPKE_KEMS", 2),
    "hpke_kdf": ("hpke_kdfs.csv", "HPKE_KDFS", 2),
    "hpke_aead": ("hpke_aeads.csv", "HPKE_AEADS", 2),
    "ip_protocol": ("ip_protocols.csv", "IP_PROTOCOLS", 1),
    "linktype": ("linktypes.csv", "LINKTYPES", 2),
}
ALPN_FILE = "alpn_protocols.csv"

# Hash and signature octets that a TLS 1.2 peer may combine freely (RFC 5246 section 7.4.1.4.1).
PAIRED_HASHES = range(7)
PAIRED_SIGNATURES = range(4)


class RegistryError(ValueError):
    """The vendored tables contradict each other."""


def _read_rows(path: Path) -> list[dict[str, str]]:
    with path.open(encoding="ascii", newline="") as file:
        return list(csv.DictReader(file))


def _add_name(names: dict[int, str], code: int, name: str) -> None:
    if code in names:
        raise RegistryError(f"0x{code:04X} is named twice: {names[code]!r} and {name!r}")
    names[code] = name


def _build_names(rows: Iterable[dict[str, str]], unregistered: Iterable[dict[str, str]]) -> dict[int, str]:
    """Join a registry's rows with the unregistered ones: code -> name.

    TLS 1.3 renamed what it does not use to "..._RESERVED"; older versions, which
    still occur in captures, do use it, so the suffix goes. A row that is named
    "Reserved" keeps its Recommended mark and leaves the name to unregistered.csv.
    """
    names: dict[int, str] = {}
    for row in rows:
        if row["name"] != "Reserved":
            _add_name(names, int(row["code"], 16), row["name"].removesuffix("_RESERVED"))
    for row in unregistered:
        _add_name(names, int(row["code"], 16), row["name"])
    return dict(sorted(names.items()))


def _add_signature_pairs(schemes: dict[int, str], hashes: dict[int, str], signatures: dict[int, str]) -> None:
    """Name TLS 1.2's free pairs of hash and signature that are no SignatureScheme: 0x0301 -> rsa_sha224."""
    for hash_code in PAIRED_HASHES:
        for signature_code in PAIRED_SIGNATURES:
            schemes.setdefault(hash_code << 8 | signature_code, f"{signatures[signature_code]}_{hashes[hash_code]}")


def build_module_text(data: Path = DATA) -> str:
    """Return the text of generated.py for the tables in the folder `data`.

    Raises RegistryError when two rows name one code point.
    """
    unregistered = _read_rows(data / "unregistered.csv")
    tables: dict[str, dict[int, str]] = {}
    recommended: dict[str, dict[int, str]] = {}
    for kind, (file, _, _) in TABLES.items():
        rows = _read_rows(data / file) if file else []
        tables[kind] = _build_names(rows, [row for row in unregistered if row["kind"] == kind])
        marks = {int(row["code"], 16): row["recommended"] for row in rows if row["recommended"]}
        if marks:
            recommended[kind] = marks
    _add_signature_pairs(tables["signature_scheme"], tables["hash_algorithm"], tables["signature_algorithm"])

    alpn_rows = _read_rows(data / ALPN_FILE) + [row for row in unregistered if row["kind"] == "alpn_protocol"]
    parts = ['"""Made from data/ by `python -m tlsinspect.registry.generate`. Do not edit."""\n']
    for kind, (_, name, octets) in TABLES.items():
        lines = "".join(f"    0x{code:0{2 * octets}X}: {text!r},\n" for code, text in sorted(tables[kind].items()))
        parts.append(f"{name}: dict[int, str] = {{\n{lines}}}\n")
    alpn = "".join(f"    {row['code'].encode('ascii')!r}: {row['name']!r},\n" for row in alpn_rows)
    parts.append(f"ALPN_PROTOCOLS: dict[bytes, str] = {{\n{alpn}}}\n")
    marks_text = "".join(f"    {kind!r}: {marks!r},\n" for kind, marks in recommended.items())
    parts.append(f"RECOMMENDED: dict[str, dict[int, str]] = {{\n{marks_text}}}\n")
    return "\n".join(parts)


if __name__ == "__main__":
    GENERATED.write_text(build_module_text(), encoding="ascii")
