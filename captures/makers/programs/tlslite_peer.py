"""A server or client on tlslite-ng, which still speaks what current libraries have dropped.

SSL 3.0, RC4, 3DES, NULL, anonymous suites and the heartbeat; the suites are named by the parts
that tlslite-ng's HandshakeSettings know (`--ciphers rc4 3des`, `--exchanges rsa`).
"""

from __future__ import annotations

import argparse
import socket
from pathlib import Path

from tlslite.api import HandshakeSettings, TLSConnection, X509CertChain, parsePEMKey  # type: ignore[import-untyped]
from tlslite.constants import SignatureScheme  # type: ignore[import-untyped]
from tlslite.errors import BaseTLSException  # type: ignore[import-untyped]

VERSIONS = {"ssl3": (3, 0), "tls1.0": (3, 1), "tls1.1": (3, 2), "tls1.2": (3, 3), "tls1.3": (3, 4)}


def main() -> None:
    """Read the command line and serve for ever, or connect once."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("role", choices=["server", "client"])
    parser.add_argument("host")
    parser.add_argument("port", type=int)
    parser.add_argument("--minimum", choices=VERSIONS, default="ssl3")
    parser.add_argument("--maximum", choices=VERSIONS, default="tls1.3")
    parser.add_argument("--ciphers", nargs="*")
    parser.add_argument("--macs", nargs="*")
    parser.add_argument("--exchanges", nargs="*")
    parser.add_argument("--heartbeat", action="store_true")
    parser.add_argument("--anonymous", action="store_true")
    parser.add_argument("--delegation", action="store_true", help="offer to take delegated credentials")
    parser.add_argument("--no-extended-master-secret", action="store_true")
    parser.add_argument("--fallback", action="store_true", help="send TLS_FALLBACK_SCSV")
    parser.add_argument("--shared-key", type=bytes.fromhex, help="external PSK for TLS 1.3, named sensor")
    parser.add_argument("--curves", nargs="*", help="the only groups to accept")
    parser.add_argument("--psk-modes", nargs="*", choices=["psk_ke", "psk_dhe_ke"])
    parser.add_argument("--certificate", nargs=2, metavar=("CHAIN", "KEY"))
    arguments = parser.parse_args()
    settings = build_settings(arguments)
    if arguments.role == "server":
        serve(arguments, settings)
    else:
        connect(arguments, settings)


def build_settings(arguments: argparse.Namespace) -> HandshakeSettings:
    """The handshake settings that the command line describes."""
    settings = HandshakeSettings()
    settings.minVersion = VERSIONS[arguments.minimum]
    settings.maxVersion = VERSIONS[arguments.maximum]
    settings.minKeySize = 512
    if arguments.ciphers:
        settings.cipherNames = arguments.ciphers
    if arguments.macs:
        settings.macNames = arguments.macs
    if arguments.exchanges:
        settings.keyExchangeNames = arguments.exchanges
    settings.use_heartbeat_extension = arguments.heartbeat
    if arguments.heartbeat:
        settings.heartbeat_response_callback = print
    if arguments.shared_key:
        settings.pskConfigs = [(b"sensor", arguments.shared_key, "sha256")]
    if arguments.curves:
        settings.eccCurves = settings.keyShares = arguments.curves
        settings.dhGroups = []
    if arguments.psk_modes:
        settings.psk_modes = arguments.psk_modes
    settings.useExtendedMasterSecret = not arguments.no_extended_master_secret
    if arguments.delegation:
        settings.dc_sig_algs = [SignatureScheme.ecdsa_secp256r1_sha256]
    settings.sendFallbackSCSV = arguments.fallback
    return settings


def serve(arguments: argparse.Namespace, settings: HandshakeSettings) -> None:
    """Accept one connection after the other and answer each with one line."""
    chain, key = X509CertChain(), None
    if arguments.certificate:
        chain.parsePemList(Path(arguments.certificate[0]).read_text())
        key = parsePEMKey(Path(arguments.certificate[1]).read_text(), private=True)
    with socket.create_server((arguments.host, arguments.port)) as listener:
        while True:
            plain, _ = listener.accept()
            plain.settimeout(5)
            connection = TLSConnection(plain)
            try:
                connection.handshakeServer(
                    certChain=chain if key else None, privateKey=key, settings=settings, anon=arguments.anonymous
                )
                if arguments.heartbeat:
                    connection.send_heartbeat_request(b"are you there?", 16)
                connection.read(min=1, max=4096)
                connection.write(b"HTTP/1.0 200 OK\r\n\r\nold but here\n")
                connection.close()
            except (OSError, BaseTLSException) as error:
                print(type(error).__name__, error, flush=True)
            finally:
                plain.close()


def connect(arguments: argparse.Namespace, settings: HandshakeSettings) -> None:
    """Connect once, ask for a page, read to the end."""
    with socket.create_connection((arguments.host, arguments.port), timeout=5) as plain:
        connection = TLSConnection(plain)
        try:
            if arguments.anonymous:
                connection.handshakeClientAnonymous(settings=settings)
            else:
                connection.handshakeClientCert(settings=settings, serverName=arguments.host)
            connection.write(b"GET / HTTP/1.0\r\n\r\n")
            while connection.read(min=1, max=4096):
                pass
            connection.close()
        except (OSError, BaseTLSException) as error:
            print(type(error).__name__, error)


if __name__ == "__main__":
    main()
