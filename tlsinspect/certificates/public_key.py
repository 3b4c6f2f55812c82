"""SubjectPublicKeyInfo in, kind and size of the key out; no arithmetic, no judgement.

Spec: RFC 3279 section 2.3, RFC 5480, RFC 8410, RFC 9215, RFC 9881, RFC 9909, RFC 9935.
"""

from __future__ import annotations

from collections.abc import Callable
from hashlib import sha256

from .der import (
    OBJECT_IDENTIFIER,
    SEQUENCE,
    Element,
    parse_bit_string,
    parse_element,
    parse_elements,
    parse_integer,
    parse_object_identifier,
)
from .draft import Draft
from .object_identifiers import CURVES, EXPLICIT, GOST_KEY_BITS, KEY_TYPES

MAX_EXPONENT_BITS = 8192  # Python refuses to print longer ones, and nobody has a use for them
CHARACTERISTIC_TWO = "1.2.840.10045.1.2"


def parse_public_key(info: Element, draft: Draft) -> None:
    """Note spki_sha256, key_type, key_bits, and exponent or curve; each stays when a later one is refused."""
    draft.facts["spki_sha256"] = sha256(info.encoding).hexdigest()
    algorithm, key = parse_elements(info.expect(SEQUENCE), 2, 2)
    identifier, *parameters = parse_elements(algorithm.expect(SEQUENCE), 1, 2)
    type_ = parse_object_identifier(identifier)
    name = KEY_TYPES.get(type_)
    draft.facts["key_type"] = name or type_
    bits, unused = parse_bit_string(key)
    if name in PARSERS:
        PARSERS[name](parameters, key, draft)
    elif name is not None:
        draft.facts["key_bits"] = GOST_KEY_BITS.get(type_, len(bits) * 8 - unused)


def _parse_rsa(parameters: list[Element], key: Element, draft: Draft) -> None:
    encoded = parse_element(key.data, key.start + 1, key.end)
    numbers = parse_elements(encoded.expect(SEQUENCE), 2, 2)
    modulus, exponent = parse_integer(numbers[0]), parse_integer(numbers[1])
    if modulus <= 0:
        encoded.fail("bad_value", "a positive modulus")
    draft.facts["key_bits"] = modulus.bit_length()
    if exponent.bit_length() > MAX_EXPONENT_BITS:
        encoded.fail("limit", f"an exponent of at most {MAX_EXPONENT_BITS} bits")
    draft.facts["exponent"] = str(exponent)


def _parse_prime_field(parameters: list[Element], key: Element, draft: Draft) -> None:
    if not parameters or parameters[0].tag != SEQUENCE:
        return  # DSA may inherit its parameters from the issuer (RFC 3279 section 2.3.2)
    prime = parse_integer(parse_elements(parameters[0], 2, 5)[0])
    if prime <= 0:
        parameters[0].fail("bad_value", "a positive prime")
    draft.facts["key_bits"] = prime.bit_length()


def _parse_curve(parameters: list[Element], key: Element, draft: Draft) -> None:
    if not parameters or parameters[0].tag not in (OBJECT_IDENTIFIER, SEQUENCE):
        key.fail("bad_value", "a named curve")
    if parameters[0].tag == OBJECT_IDENTIFIER:
        identifier = parse_object_identifier(parameters[0])
        draft.facts["curve"], draft.facts["key_bits"] = CURVES.get(identifier, (identifier, None))
        return
    draft.facts["curve"] = EXPLICIT
    parts = parse_elements(parameters[0], 5, 7)
    field_type, *field = parse_elements(parts[1].expect(SEQUENCE), 2, 2)
    if parse_object_identifier(field_type) == CHARACTERISTIC_TWO:
        degree = parse_integer(parse_elements(field[0].expect(SEQUENCE), 2, 3)[0])
    else:
        degree = parse_integer(field[0]).bit_length()
    draft.facts["key_bits"] = degree


PARSERS: dict[str, Callable[[list[Element], Element, Draft], None]] = {
    "RSA": _parse_rsa,
    "RSAES-OAEP": _parse_rsa,
    "RSASSA-PSS": _parse_rsa,
    "DSA": _parse_prime_field,
    "DH": _parse_prime_field,
    "EC": _parse_curve,
}
