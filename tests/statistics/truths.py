"""TRUTHS: for every statistic, what it has to count, worked out from tshark's fields alone.

Nothing of ours is asked: scapy knows the suites' and groups' names, IANA's names of the rest stand here,
JA4 and the endings are worked out by their definitions. A truth yields one category for each
connection that the statistic speaks of; where a connection can be of several, a set of them.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from hashlib import sha256

from scapy.layers.tls.crypto.groups import _tls_named_groups
from scapy.layers.tls.crypto.suites import _tls_cipher_suites
from scapy.layers.tls.extensions import _tls_ext
from scapy.layers.tls.record import _tls_alert_description

from tests.tshark_streams import (
    ALERT,
    APPLICATION_DATA,
    CHANGE_CIPHER_SPEC,
    HANDSHAKE,
    Stream,
    is_ssl2_hello,
    read_ssl2_specs,
)

Truth = Callable[[list[Stream]], Iterable[str | set[str]]]
TRUTHS: dict[str, Truth] = {}
"""By statistic; of the connections with TLS, except `protocols`, which takes all."""

VERSIONS = {
    0x0002: "SSL 2.0", 0x0300: "SSL 3.0", 0x0301: "TLS 1.0", 0x0302: "TLS 1.1", 0x0303: "TLS 1.2", 0x0304: "TLS 1.3",
    0xFEFF: "DTLS 1.0", 0xFEFD: "DTLS 1.2", 0xFEFC: "DTLS 1.3",
}  # fmt: skip
JA4_VERSIONS = {"SSL 2.0": "s2", "SSL 3.0": "s3", "TLS 1.0": "10", "TLS 1.1": "11", "TLS 1.2": "12", "TLS 1.3": "13",
                "DTLS 1.0": "d1", "DTLS 1.2": "d2", "DTLS 1.3": "d3"}  # fmt: skip
EXTENSIONS = {
    16: "application_layer_protocol_negotiation", 17: "status_request_v2", 23: "extended_main_secret",
    27: "compress_certificate", 17613: "application_settings", 51764: "trust_anchors", 65037: "encrypted_client_hello",
}  # fmt: skip
GROUPS = {
    31: "brainpoolP256r1tls13", 32: "brainpoolP384r1tls13", 33: "brainpoolP512r1tls13", 41: "curveSM2",
    4589: "SecP384r1MLKEM1024", 4590: "curveSM2MLKEM768",
}  # fmt: skip
SIGNATURES = {
    0x0101: "rsa_md5", 0x0201: "rsa_pkcs1_sha1", 0x0202: "dsa_sha1", 0x0203: "ecdsa_sha1", 0x0301: "rsa_sha224",
    0x0302: "dsa_sha224", 0x0303: "ecdsa_sha224", 0x0401: "rsa_pkcs1_sha256", 0x0402: "dsa_sha256",
    0x0403: "ecdsa_secp256r1_sha256", 0x0501: "rsa_pkcs1_sha384", 0x0502: "dsa_sha384",
    0x0503: "ecdsa_secp384r1_sha384", 0x0601: "rsa_pkcs1_sha512", 0x0602: "dsa_sha512",
    0x0603: "ecdsa_secp521r1_sha512", 0x0708: "sm2sig_sm3", 0x0804: "rsa_pss_rsae_sha256",
    0x0805: "rsa_pss_rsae_sha384", 0x0806: "rsa_pss_rsae_sha512", 0x0807: "ed25519", 0x0808: "ed448",
    0x0809: "rsa_pss_pss_sha256", 0x080A: "rsa_pss_pss_sha384", 0x080B: "rsa_pss_pss_sha512",
    0x081A: "ecdsa_brainpoolP256r1tls13_sha256", 0x081B: "ecdsa_brainpoolP384r1tls13_sha384",
    0x081C: "ecdsa_brainpoolP512r1tls13_sha512", 0x0904: "mldsa44", 0x0905: "mldsa65", 0x0906: "mldsa87",
}  # fmt: skip
SSL2_KINDS = {
    0x010080: ("RC4",), 0x020080: ("RC4", "export grade"), 0x040080: ("export grade",), 0x060040: ("single DES",),
    0x0700C0: ("3DES",), 0x080080: ("RC4",),
}  # fmt: skip
HYBRID = {4587, 4588, 4589}
TLS_1_3, DTLS_1_3 = 0x0304, 0xFEFC
HELLO, SERVER_HELLO, TICKET, PRE_SHARED_KEY = 1, 2, 35, 41
RECORD_HEADER = 5
LEAST_FINISHED_RECORD = 37  # a Finished of TLS 1.3 with its type and tag; an alert has 19 octets
FIN, RST = 0x01, 0x04
UNEXPECTED_MESSAGE, DECODE_ERROR = 10, 50


def truth(name: str) -> Callable[[Truth], Truth]:
    """Declare a function as the truth of a statistic."""

    def declare(function: Truth) -> Truth:
        TRUTHS[name] = function
        return function

    return declare


def is_grease(code: int) -> bool:
    """Reserved to be ignored (RFC 8701)."""
    return code & 0x0F0F == 0x0A0A and code >> 8 == code & 0xFF


def offered_version(stream: Stream) -> int | None:
    """The best version that the client offers; those of DTLS count downwards."""
    listed = [code for code in stream.hello.get("supported_versions") or () if not is_grease(code)]
    best = min if DTLS_1_3 in listed else max
    return best(listed) if listed else stream.hello.get("client_legacy_version")


def answered(streams: list[Stream]) -> Iterator[Stream]:
    """The connections in which a server chose a suite."""
    return (stream for stream in streams if stream.hello.get("cipher_suite") is not None)


def with_hello(streams: list[Stream]) -> Iterator[Stream]:
    """The connections with a ClientHello."""
    return (stream for stream in streams if stream.hello)


def suite(stream: Stream) -> str:
    """The name of the suite that the server chose."""
    return str(_tls_cipher_suites[stream.hello["cipher_suite"]])


def group(code: int) -> str:
    """The name of a group."""
    return "GREASE" if is_grease(code) else GROUPS.get(code) or str(_tls_named_groups[code])


@truth("versions")
def versions(streams: list[Stream]) -> Iterable[str]:
    return (VERSIONS[stream.hello["version"]] for stream in answered(streams))


@truth("versions_offered")
def versions_offered(streams: list[Stream]) -> Iterable[str]:
    return (VERSIONS[offered_version(stream) or 0] for stream in with_hello(streams))


@truth("version_pairs")
def version_pairs(streams: list[Stream]) -> Iterable[str]:
    for stream in answered(streams):
        yield f"{VERSIONS[offered_version(stream) or 0]} → {VERSIONS[stream.hello['version']]}"


@truth("version_limit")
def version_limit(streams: list[Stream]) -> Iterable[str]:
    for stream in answered(streams):
        if stream.hello["version"] == TLS_1_3:
            yield "TLS 1.3 agreed"
        else:
            yield "server chose less" if offered_version(stream) == TLS_1_3 else "client offered less"


@truth("cipher_suites")
def cipher_suites(streams: list[Stream]) -> Iterable[str]:
    return map(suite, answered(streams))


@truth("cipher_classes")
def cipher_classes(streams: list[Stream]) -> Iterable[str]:
    kinds = (
        ("EXPORT", "DES or export grade"), ("_DES_", "DES or export grade"), ("GCM", "AES-GCM"), ("CCM", "other AEAD"),
        ("CHACHA20", "ChaCha20-Poly1305"), ("RC4", "RC4"), ("3DES", "64-bit blocks (3DES, IDEA)"), ("CBC", "CBC"),
    )  # fmt: skip
    return (next(kind for part, kind in kinds if part in suite(stream)) for stream in answered(streams))


@truth("aead")
def aead(streams: list[Stream]) -> Iterable[str]:
    kinds = {
        "AES_256_GCM": "AES-256-GCM", "AES_128_GCM": "AES-128-GCM", "CHACHA20": "ChaCha20-Poly1305",
        "AES_128_CCM_8": "AES-128-CCM-8",
    }  # fmt: skip
    return (kind for stream in answered(streams) for part, kind in kinds.items() if part in suite(stream))


@truth("weak_offers")
def weak_offers(streams: list[Stream]) -> Iterable[set[str]]:
    parts = {
        "_NULL_": "no encryption (NULL)", "_anon_": "no authentication (anon)", "EXPORT": "export grade",
        "_DES_": "single DES", "RC4": "RC4", "3DES": "3DES",
    }  # fmt: skip
    for stream in with_hello(streams):
        names = [f"{_tls_cipher_suites.get(code, '')}_" for code in stream.hello["cipher_suites"]]
        kinds = {kind for name in names for part, kind in parts.items() if part in name and "SCSV" not in name}
        yield (kinds | ssl2_kinds(stream)) or {"no weak kind"}


def ssl2_kinds(stream: Stream) -> set[str]:
    """The weak kinds among the cipher kinds of SSL 2.0 in a hello of its format."""
    return {kind for code in read_ssl2_specs(stream.first_octets(client=True)) for kind in SSL2_KINDS.get(code, ())}


@truth("key_exchange")
def key_exchange(streams: list[Stream]) -> Iterable[str]:
    for stream in answered(streams):
        code = stream.hello.get("group")
        if stream.hello["version"] == TLS_1_3:
            yield "PSK" if code is None else "hybrid" if code in HYBRID else "ECDHE"
        else:
            yield suite(stream).removeprefix("TLS_").split("_")[0]


@truth("groups")
def groups(streams: list[Stream]) -> Iterable[str]:
    return (group(stream.hello["group"]) for stream in streams if stream.hello.get("group") is not None)


@truth("groups_offered")
def groups_offered(streams: list[Stream]) -> Iterable[set[str]]:
    return ({*map(group, stream.hello["supported_groups"])} for stream in streams if offers(stream, "supported_groups"))


def offers(stream: Stream, column: str) -> bool:
    """Whether the client sent an extension."""
    return stream.hello.get(column) is not None


@truth("forward_secrecy")
def forward_secrecy(streams: list[Stream]) -> Iterable[str]:
    return (each if each.startswith("not") else "forward secret" for each in secrecy(streams))


@truth("secrecy")
def secrecy(streams: list[Stream]) -> Iterable[str]:
    for stream in answered(streams):
        if stream.hello.get("group") in HYBRID:
            yield "forward secret, post-quantum"
        elif stream.hello["version"] == TLS_1_3:
            yield "forward secret, classical" if stream.hello.get("group") else "not forward secret"
        else:
            secret = suite(stream).startswith(("TLS_ECDHE_", "TLS_DHE_", "TLS_DH_anon_", "TLS_ECDH_anon_"))
            yield "forward secret, classical" if secret else "not forward secret"


@truth("post_quantum")
def post_quantum(streams: list[Stream]) -> Iterable[str]:
    return ("post-quantum" if stream.hello.get("group") in HYBRID else "classical" for stream in answered(streams))


@truth("post_quantum_limit")
def post_quantum_limit(streams: list[Stream]) -> Iterable[str]:
    for stream in answered(streams):
        able = not HYBRID.isdisjoint(stream.hello.get("supported_groups") or ())
        agreed = stream.hello.get("group") in HYBRID
        yield "post-quantum agreed" if agreed else "server chose classical" if able else "client offered none"


@truth("resumption")
def resumption(streams: list[Stream]) -> Iterable[str]:
    for stream in answered(streams):
        if PRE_SHARED_KEY in (stream.hello["server_extensions"] or ()):
            yield "resumed by PSK"
        elif any(packet.resumed for packet in stream.packets):
            hello = stream.first("messages", HELLO, client=True)
            numbers = hello.numbers if hello else {}
            lengths = dict(zip(numbers["extensions"], numbers["extension_lengths"], strict=True))
            yield "resumed by ticket" if lengths.get(TICKET) else "resumed by session id"
        else:
            yield "full handshake"


@truth("handshake_signatures")
def handshake_signatures(streams: list[Stream]) -> Iterable[str]:
    found = (stream.hello.get("server_signature_algorithm") for stream in streams)
    return (SIGNATURES[code] for code in found if code is not None)


@truth("signatures_offered")
def signatures_offered(streams: list[Stream]) -> Iterable[set[str]]:
    for stream in streams:
        if offers(stream, "signature_algorithms"):
            codes = stream.hello["signature_algorithms"]
            yield {"GREASE" if is_grease(code) else SIGNATURES[code] for code in codes}


@truth("extensions_offered")
def extensions_offered(streams: list[Stream]) -> Iterable[set[str]]:
    for stream in with_hello(streams):
        codes = stream.hello.get("client_extensions") or ()
        yield {"GREASE" if is_grease(code) else EXTENSIONS.get(code) or _tls_ext[code] for code in codes}


@truth("hello_sizes")
def hello_sizes(streams: list[Stream]) -> Iterable[str]:
    for stream, octets in hello_lengths(streams):
        headers = 5 + 20 + (40 if ":" in stream.client[0] else 20)
        yield "fits one packet" if octets + headers <= 1500 else "larger than one packet"


def hello_lengths(streams: list[Stream]) -> Iterator[tuple[Stream, int]]:
    """The connections over TCP with a ClientHello, and its octets with the header of the message."""
    for stream in streams:
        if stream.transport != "tcp" or not stream.hello:
            continue
        hello = stream.first("messages", HELLO, client=True)
        if is_ssl2_hello(octets := stream.first_octets(client=True)):
            yield stream, int.from_bytes(octets[:2]) & 0x7FFF
        elif hello:
            place = hello.numbers["messages"].index(HELLO)
            yield stream, hello.numbers["message_lengths"][place] + 4


@truth("alpn")
def alpn(streams: list[Stream]) -> Iterable[str]:
    return (stream.hello["alpn"] for stream in streams if stream.hello.get("alpn"))


@truth("server_names")
def server_names(streams: list[Stream]) -> Iterable[str]:
    return (stream.hello["server_name"].lower() for stream in streams if stream.hello.get("server_name"))


@truth("protocols")
def protocols(streams: list[Stream]) -> Iterable[str]:
    """By the first octets of all connections to TLS_PORTS."""
    for stream in streams:
        first, answer = stream.first_octets(client=True), stream.first_octets(client=False)
        if stream.server[1] not in TLS_PORTS:
            continue
        if stream.has_tls:
            yield "tls"
        elif first.startswith((b"GET ", b"HEAD ", b"POST ")):
            yield "http"
        else:
            yield "ssh" if b"SSH-" in (first[:4], answer[:4]) else "unknown"


@truth("transports")
def transports(streams: list[Stream]) -> Iterable[str]:
    for stream in streams:
        dtls = any("dtls" in packet.protocols for packet in stream.packets)
        yield "QUIC" if is_quic(stream) else "DTLS" if dtls else {"tcp": "TLS over TCP"}[stream.transport]


@truth("server_ports")
def server_ports(streams: list[Stream]) -> Iterable[str]:
    return (f"{stream.server[1]}/{stream.transport}" for stream in streams)


TLS_PORTS = (443, 8443)  # those that tlsinspect asks for unless told otherwise


def version_agreed(stream: Stream) -> int | None:
    """The version that the server chose."""
    return stream.hello.get("version")


def is_quic(stream: Stream) -> bool:
    """Whether tshark finds QUIC."""
    return any("quic" in packet.protocols for packet in stream.packets)


def first_short_header(stream: Stream) -> float | None:
    """When the client sent its first packet of QUIC that needs the keys of the finished handshake."""
    own = stream.packets_from(client=True)
    return next((packet.time for packet in own if 0 in packet.numbers["quic_long_headers"]), None)


def is_finished(stream: Stream) -> bool:
    """Whether both sides are seen to have finished the handshake."""
    if is_quic(stream):
        return first_short_header(stream) is not None
    if version_agreed(stream) == TLS_1_3:
        answer = stream.first("messages", SERVER_HELLO, client=False)
        return answer is not None and first_finished_of_tls13(stream) is not None
    return all(has_finished(stream, client) for client in (True, False))


def first_finished_of_tls13(stream: Stream) -> float | None:
    """When the client began its first encrypted record that is too long for an alert."""
    begun = 0.0
    for packet in stream.packets_from(client=True):
        kinds, lengths = packet.numbers["records"], packet.numbers["record_lengths"]
        if APPLICATION_DATA in kinds and max(lengths, default=0) >= LEAST_FINISHED_RECORD:
            whole = sum(lengths) + RECORD_HEADER * len(lengths) <= len(packet.payload)
            return packet.time if whole else begun
        begun = packet.time if packet.payload else begun
    return None


def has_finished(stream: Stream, client: bool) -> bool:
    """Whether a side, up to TLS 1.2, sent an encrypted handshake record after its ChangeCipherSpec."""
    kinds = [kind for packet in stream.packets_from(client) for kind in packet.numbers["records"]]
    return CHANGE_CIPHER_SPEC in kinds and HANDSHAKE in kinds[kinds.index(CHANGE_CIPHER_SPEC) :]


def last_alert(stream: Stream) -> tuple[str, str] | None:
    """Name and sender of the last alert in the clear."""
    sent = [
        (_tls_alert_description[code], "client" if packet.from_client else "server")
        for packet in stream.packets
        for code in packet.numbers["alerts"]
    ]
    return sent[-1] if sent else None


def complains_of_end(stream: Stream) -> bool:
    """Whether the last alert answers no message but the other side's FIN."""
    place = max(place for place, packet in enumerate(stream.packets) if packet.numbers["alerts"])
    last = stream.packets[place]
    if last.numbers["alerts"][-1] not in (UNEXPECTED_MESSAGE, DECODE_ERROR):
        return False
    before = stream.packets[:place]
    closed = any(packet.flags & FIN and packet.from_client != last.from_client for packet in before)
    spoke = [packet.from_client for packet in before if packet.numbers["messages"]]
    return closed and (not spoke or spoke[-1] == last.from_client)


@truth("outcomes")
def outcomes(streams: list[Stream]) -> Iterable[str]:
    for stream in streams:
        alert = last_alert(stream)
        sealed = any(ALERT in packet.numbers["records"] for packet in stream.packets)
        if is_finished(stream):
            yield "established"
        elif alert:
            told = f"alert {alert[0]} from {alert[1]}"
            yield "closed before the end" if complains_of_end(stream) else told
        elif sealed:
            yield "encrypted alert"
        else:
            reset = any(packet.flags & RST for packet in stream.packets)
            yield "connection reset" if reset else "closed before the end"


@truth("alerts")
def alerts(streams: list[Stream]) -> Iterable[str]:
    return (alert[0] for alert in map(last_alert, streams) if alert)


@truth("failure_steps")
def failure_steps(streams: list[Stream]) -> Iterable[str]:
    steps = (
        ({HELLO}, "ClientHello"), ({3, 6}, "HelloRetryRequest or HelloVerifyRequest"), ({SERVER_HELLO}, "ServerHello"),
        ({11, 12, 13, 22}, "server's certificate or key exchange"), ({14}, "ServerHelloDone"),
        ({16}, "client's key exchange"),
    )  # fmt: skip
    for stream in streams:
        if is_finished(stream):
            continue
        seen = {kind for packet in stream.packets for kind in packet.numbers["messages"]}
        seen |= {HELLO} if stream.hello else set()
        if stream.hello.get("hello_retry_request"):
            seen = seen - {SERVER_HELLO} | {6} if version_agreed(stream) is None else seen | {6}
        reached = [name for kinds, name in steps if kinds & seen]
        older = version_agreed(stream) not in (None, TLS_1_3)
        changed = any(CHANGE_CIPHER_SPEC in packet.numbers["records"] for packet in stream.packets)
        yield "ChangeCipherSpec" if changed and older else reached[-1] if reached else "before the ClientHello"


@truth("ja4")
def ja4(streams: list[Stream]) -> Iterable[str]:
    """By the description of JA4: what is offered without GREASE, counted, sorted and hashed."""
    for stream in with_hello(streams):
        hello = stream.hello
        kind = "q" if is_quic(stream) else "t" if stream.transport == "tcp" else "d"
        suites = [code for code in hello["cipher_suites"] if not is_grease(code)]
        extensions = [code for code in hello.get("client_extensions") or () if not is_grease(code)]
        protocols = [each for each in hello.get("alpn_offered") or () if not is_grease_protocol(each)]
        first = f"{protocols[0][0]}{protocols[0][-1]}" if protocols else "00"
        counts = f"{min(len(suites), 99):02}{min(len(extensions), 99):02}"
        name = "d" if 0 in extensions else "i"
        asked = [code for code in extensions if code not in (0, 16)]
        signatures = [code for code in hello.get("signature_algorithms") or () if not is_grease(code)]
        tail = hexadecimal(sorted(asked)) + ("_" + hexadecimal(signatures) if signatures else "")
        yield "_".join(
            (
                f"{kind}{JA4_VERSIONS[VERSIONS[offered_version(stream) or 0]]}{name}{counts}{first}",
                shortened(hexadecimal(sorted(suites))),
                shortened(tail if asked else ""),
            )
        )


def is_grease_protocol(name: str) -> bool:
    """An application protocol reserved to be ignored; tshark writes its octets as it can."""
    return not name.isascii() or not name.isprintable()


def hexadecimal(codes: list[int]) -> str:
    return ",".join(f"{code:04x}" for code in codes)


def shortened(text: str) -> str:
    return sha256(text.encode()).hexdigest()[:12] if text else "0" * 12
