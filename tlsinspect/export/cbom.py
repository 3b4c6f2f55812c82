"""An inspection as a CycloneDX 1.6 CBOM: which cryptography was seen in use, where, and what hangs on what.

Goes in: an Inspection. Comes out: a bill of materials, ready for JSON. Its components are the protocols by version with
the cipher suites agreed on, the algorithms in them, the certificates, and the public keys; the servers stand in the
evidence. It lists what the captures show, no more: what a server could do besides is not in it.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any
from uuid import NAMESPACE_URL, uuid5

from .. import __version__
from ..registry import cipher_suite_name
from ..registry.suites import group_facts
from ..statistics.wording import endpoint
from .rows import Row, certificates_by_hash, iter_tls, without_nothing

if TYPE_CHECKING:
    from ..inspection import Inspection

SCHEMA = "http://cyclonedx.org/schema/bom-1.6.schema.json"
MOST_PLACES = 200  # servers that the evidence of one component names; their number stands beside it

CERTIFICATE = (
    "spki_sha256",
    "subject",
    "issuer",
    "not_before",
    "not_after",
    "key_type",
    "key_bits",
    "curve",
    "signature_algorithm",
)
COLUMNS = (
    "server_ip", "server_port", "server_name", "time_end", "version_name", "cipher_suite", "group", "group_name",
    "key_exchange", "cipher", "cipher_mode", "mac", "key_bits", "server_signature_algorithm_name",
    "certificate_sha256s", "client_certificate_sha256s",
)  # fmt: skip
STREAM = frozenset({"STREAM", "CNT", "CTR"})
UNAUTHENTICATED = {"CBC": "cbc", "CNT": "ctr", "CTR": "ctr"}
MODES = {"GCM": "gcm", "CCM": "ccm", "CCM_8": "ccm", **UNAUTHENTICATED}
AES_LEVELS = {128: 1, 192: 3, 256: 5}  # NIST's categories: as hard to break as a search for such an AES key
KEM_LEVELS = {512: 1, 768: 3, 1024: 5}
QUANTUM_SAFE = ("mldsa", "slhdsa", "mlkem")

Component = dict[str, Any]


class Inventory:
    """The components found so far, each once, with the servers where it was seen and what it depends on."""

    def __init__(self) -> None:
        self.components: dict[str, Component] = {}
        self.places: dict[str, dict[str, None]] = {}
        self.counts: dict[str, int] = {}
        self.needs: dict[str, dict[str, None]] = {}

    def add(self, reference: str, name: str, properties: Component, needs: Iterable[str] = ()) -> str:
        """Take a component, unless it is there; its reference."""
        self.components.setdefault(
            reference,
            {"type": "cryptographic-asset", "bom-ref": reference, "name": name, "cryptoProperties": properties},
        )
        self.needs.setdefault(reference, {}).update(dict.fromkeys(needs))
        return reference

    def see(self, reference: str, place: str) -> None:
        """Note a connection in which a component was seen."""
        self.counts[reference] = self.counts.get(reference, 0) + 1
        self.places.setdefault(reference, {})[place] = None

    def finished(self) -> Iterator[Component]:
        """The components with their evidence."""
        for reference, component in self.components.items():
            if reference not in self.counts:
                yield component
                continue
            places = list(self.places[reference])
            yield {
                **component,
                "evidence": {"occurrences": [{"location": place} for place in places[:MOST_PLACES]]},
                "properties": [
                    {"name": "tlsinspect:connections", "value": str(self.counts[reference])},
                    {"name": "tlsinspect:servers", "value": str(len(places))},
                ],
            }

    def dependencies(self) -> list[Component]:
        """What each component depends on."""
        return [without_nothing({"ref": each, "dependsOn": list(needs) or None}) for each, needs in self.needs.items()]


def build_cbom(inspection: Inspection) -> Component:
    """The bill of materials, ready for JSON."""
    certificates = certificates_by_hash(inspection, CERTIFICATE)
    inventory, suites, last = Inventory(), dict[str, dict[int, list[str]]](), 0
    for row in iter_tls(inspection, COLUMNS):
        last = max(last, row["time_end"])
        take_connection(inventory, suites, row)
        for sha256 in (*(row["certificate_sha256s"] or ()), *(row["client_certificate_sha256s"] or ())):
            inventory.see(add_certificate(inventory, sha256, certificates[sha256]), place_of(row))
    for protocol, chosen in suites.items():
        inventory.components[protocol]["cryptoProperties"]["protocolProperties"]["cipherSuites"] = [
            suite_of(code, algorithms) for code, algorithms in chosen.items()
        ]
    components = list(inventory.finished())
    serial = uuid5(NAMESPACE_URL, "tlsinspect cbom " + " ".join(str(each) for each in components))
    return {
        "$schema": SCHEMA,
        "bomFormat": "CycloneDX",
        "specVersion": "1.6",
        "serialNumber": f"urn:uuid:{serial}",
        "version": 1,
        "metadata": {
            **({"timestamp": moment(last)} if last else {}),
            "lifecycles": [{"phase": "operations"}],
            "tools": {"components": [{"type": "application", "name": "tlsinspect", "version": __version__}]},
        },
        "components": components,
        "dependencies": inventory.dependencies(),
    }


def take_connection(inventory: Inventory, suites: dict[str, dict[int, list[str]]], row: Row) -> None:
    """The protocol of a connection, its suite and its algorithms."""
    if row["version_name"] is None:
        return
    place = place_of(row)
    algorithms = list(dict.fromkeys(add_algorithms(inventory, row)))
    kind, _, number = row["version_name"].partition(" ")
    properties = {"assetType": "protocol", "protocolProperties": {"type": "tls", "version": number}}
    protocol = inventory.add(f"protocol/{kind}/{number}".lower(), row["version_name"], properties, algorithms)
    for each in (protocol, *algorithms):
        inventory.see(each, place)
    if row["cipher_suite"] is not None:
        known = suites.setdefault(protocol, {}).setdefault(row["cipher_suite"], [])
        known += [each for each in algorithms if each not in known]


def suite_of(code: int, algorithms: list[str]) -> Component:
    """A cipher suite, with the octets that name it."""
    octets = code.to_bytes(3 if code > 0xFFFF else 2, "big")
    return {
        "name": cipher_suite_name(code),
        "algorithms": algorithms,
        "identifiers": [f"0x{octet:02X}" for octet in octets],
    }


def add_algorithms(inventory: Inventory, row: Row) -> Iterator[str]:
    """The algorithms that a connection used, as far as it shows them."""
    if row["group_name"] is not None:
        yield add_group(inventory, row["group"], row["group_name"])
    elif row["key_exchange"]:
        primitive = "pke" if row["key_exchange"] == "RSA" else "key-agree" if "DH" in row["key_exchange"] else "other"
        level = 0 if primitive != "other" else None
        yield add_algorithm(inventory, row["key_exchange"], primitive, ["keygen"], {"nistQuantumSecurityLevel": level})
    if row["cipher"] and row["cipher"] != "NULL":
        yield add_cipher(inventory, row)
    if row["mac"] and row["mac"] not in ("AEAD", "NULL"):
        yield add_algorithm(inventory, f"HMAC-{'SHA1' if row['mac'] == 'SHA' else row['mac']}", "mac", ["tag"], {})
    if row["server_signature_algorithm_name"]:
        yield add_signature(inventory, row["server_signature_algorithm_name"])


def add_group(inventory: Inventory, code: int, name: str) -> str:
    """The group of a key exchange."""
    facts = group_facts(code)
    primitive = {"hybrid": "combiner", "KEM": "kem"}.get(facts.key_exchange, "key-agree")
    level = KEM_LEVELS.get(facts.kem_parameter or 0, 0)
    more = {"nistQuantumSecurityLevel": level, "curve": name if facts.key_exchange == "ECDHE" else None}
    return add_algorithm(inventory, name, primitive, ["keygen"], more)


def add_cipher(inventory: Inventory, row: Row) -> str:
    """The bulk cipher."""
    cipher, mode, bits = row["cipher"], row["cipher_mode"], row["key_bits"]
    aead = row["mac"] == "AEAD"
    primitive = "ae" if aead else "stream-cipher" if mode in STREAM else "block-cipher"
    shown = cipher if mode in ("POLY1305", "STREAM") else f"{cipher}_{mode}"
    more = {
        "parameterSetIdentifier": None if bits is None else str(bits),
        "mode": MODES.get(mode),
        "classicalSecurityLevel": bits if cipher.startswith(("AES_", "CHACHA20_")) else None,
        "nistQuantumSecurityLevel": AES_LEVELS.get(bits) if cipher.startswith("AES_") else None,
    }
    return add_algorithm(inventory, shown.replace("_", "-"), primitive, ["encrypt", "decrypt"], more)


def add_signature(inventory: Inventory, name: str) -> str:
    """A signature algorithm."""
    level = quantum_level(name)
    return add_algorithm(inventory, name, "signature", ["verify"], {"nistQuantumSecurityLevel": level})


def quantum_level(name: str) -> int | None:
    """0 for an algorithm that a quantum computer breaks, None for others: certificates and TLS spell these unlike."""
    return None if any(safe in name.lower().replace("-", "") for safe in QUANTUM_SAFE) else 0


def add_algorithm(inventory: Inventory, name: str, primitive: str, functions: list[str], more: Component) -> str:
    """An algorithm by its name."""
    properties = {"primitive": primitive, **without_nothing(more), "cryptoFunctions": functions}
    return inventory.add(
        f"algorithm/{primitive}/{name}", name, {"assetType": "algorithm", "algorithmProperties": properties}
    )


def add_certificate(inventory: Inventory, sha256: str, found: Row) -> str:
    """A certificate, its key and the algorithm of its signature."""
    key = add_key(inventory, found) if found["spki_sha256"] else None
    signed = add_signature(inventory, found["signature_algorithm"]) if found["signature_algorithm"] else None
    needs = [each for each in (signed, key) if each]
    properties = without_nothing(
        {
            "subjectName": found["subject"],
            "issuerName": found["issuer"],
            "notValidBefore": moment(found["not_before"]),
            "notValidAfter": moment(found["not_after"]),
            "signatureAlgorithmRef": signed,
            "subjectPublicKeyRef": key,
            "certificateFormat": "X.509",
        }
    )
    name = found["subject"] or sha256
    return inventory.add(
        f"certificate/{sha256}", name, {"assetType": "certificate", "certificateProperties": properties}, needs
    )


def add_key(inventory: Inventory, found: Row) -> str:
    """A public key, by the SHA-256 of its SubjectPublicKeyInfo."""
    kind = found["key_type"] or "unknown"
    name = "-".join(str(each) for each in (kind, found["curve"] or found["key_bits"]) if each)
    level = quantum_level(kind)
    more = {"parameterSetIdentifier": found["key_bits"] and str(found["key_bits"]), "curve": found["curve"]}
    algorithm = add_algorithm(
        inventory,
        name,
        "pke" if kind == "RSA" else "signature",
        ["verify"],
        {**more, "nistQuantumSecurityLevel": level},
    )
    properties = {
        "type": "public-key",
        "id": found["spki_sha256"],
        "algorithmRef": algorithm,
        "size": found["key_bits"],
        "format": "SubjectPublicKeyInfo",
    }
    made = {"assetType": "related-crypto-material", "relatedCryptoMaterialProperties": without_nothing(properties)}
    return inventory.add(f"key/{found['spki_sha256']}", f"public key {found['spki_sha256'][:16]}", made, [algorithm])


def place_of(row: Row) -> str:
    """The server of a connection, with the name that was asked for."""
    name = f" ({row['server_name']})" if row["server_name"] else ""
    return f"{endpoint(row['server_ip'], row['server_port'])}{name}"


def moment(time: int | None) -> str | None:
    """A time in ISO 8601, to the second."""
    return None if time is None else f"{datetime.fromtimestamp(time // 1_000_000_000, UTC):%Y-%m-%dT%H:%M:%SZ}"
