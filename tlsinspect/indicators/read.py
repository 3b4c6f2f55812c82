"""Files -> Indicators. What a file is, its content says and never its name.

abuse.ch SSLBL: CSV below comments, of which the last names the columns. Zeek's intelligence framework: fields by
tabs, named in a line #fields. STIX 2.1 and MISP: JSON. Anything else is a plain list, a value per line.
"""

from __future__ import annotations

import csv
import json
import re
from collections.abc import Iterable
from io import TextIOWrapper
from itertools import chain, islice
from os import PathLike
from pathlib import Path
from typing import Any

from ..arguments import list_paths
from ..errors import TlsInspectError
from .documents import read_misp, read_stix
from .record import Indicators, ListFacts, kind_of

LARGEST_JSON = 256 << 20
"""Characters of a JSON file, which is read as a whole; lists by lines may be of any size."""

LONGEST_LINE = 1 << 16
"""Characters of a line."""

HEAD_LINES = 50  # lines in which a file says what it is

SSLBL_KINDS = {"sha1": "sha1", "ja3_md5": "ja3", "dstip": "address"}
SSLBL_DATES = ("listingdate", "firstseen")
UTF_16_MARKS = (b"\xff\xfe", b"\xfe\xff")
BETWEEN_WORDS = str.maketrans(',"', "  ")  # of lists that are columns of a spreadsheet
NOWHERE = ("0.0.0.0", "127.0.0.1", "::", "::1")  # where a hosts file sends the names behind it
DEFANGED = re.compile(r"(?i)[\[({](\.|dot|:)[\])}]")
HOST = re.compile(
    r"(?i)(?:(?P<scheme>[a-z][a-z0-9+.-]*://)(?:[^/?#@]*@)?)?(?:\[(?P<inner>[0-9a-f:.]+)\]|(?P<outer>[^/?#@:\[\]]+))"
    r"(?P<port>:[0-9]{0,5})?(?P<rest>[/?#].*)?"
)
BRACKETED = re.compile(r"(?i)\[[0-9a-f]*:")  # an address of IPv6, and no list of JSON
ZEEK_KINDS = {
    "Intel::ADDR": "address", "Intel::SUBNET": "network", "Intel::DOMAIN": "name", "Intel::CERT_HASH": "sha1",
    "Intel::JA3": "ja3", "Intel::JA3S": "ja3s", "Intel::JA4": "ja4",
}  # fmt: skip


def read_indicators(paths: str | PathLike[str] | Iterable[str | PathLike[str]]) -> Indicators:
    """Read a list or several.

    Raises TlsInspectError, with the path, for a file that cannot be read or holds no indicator.
    """
    indicators = Indicators()
    for path in map(Path, list_paths(paths)):
        try:
            facts = read_list(path, indicators)
        except OSError as error:
            raise TlsInspectError(f"{path}: {(error.strerror or str(error)).lower()}") from error
        if not facts.used:
            reasons = ", ".join(
                f"{count:,} {'entry' if count == 1 else 'entries'}: {reason}" for reason, count in facts.unused.items()
            )
            raise TlsInspectError(f"{path}: no indicator that can be looked for{f' ({reasons})' if reasons else ''}")
        indicators.lists.append(facts)
    return indicators


def read_list(path: Path, indicators: Indicators) -> ListFacts:
    """Read one file, once: it may be a pipe. It is in UTF-8, or in UTF-16 behind a byte order mark, as of Windows."""
    with path.open("rb") as octets:
        encoding = "utf-16" if octets.peek(2)[:2] in UTF_16_MARKS else "utf-8-sig"
        file = TextIOWrapper(octets, encoding, errors="backslashreplace", newline="")
        head = list(islice(iter(lambda: file.readline(LONGEST_LINE), ""), HEAD_LINES))
        text = "".join(head).lstrip()
        if "\0" in text:
            raise TlsInspectError(f"{path}: no indicator: it has null characters, as no list has")
        if text.startswith(("{", "[")) and not BRACKETED.match(text):
            return read_json(path, text + file.read(LARGEST_JSON), indicators)
        lines = chain(head, iter(lambda: file.readline(LONGEST_LINE), ""))
        fields = next((line for line in head if line.startswith("#fields\t")), None)
        if fields is not None:
            return read_zeek(path, lines, fields.rstrip("\r\n").split("\t")[1:], indicators)
        columns = sslbl_columns(head)
        if columns:
            return read_sslbl(path, lines, columns, indicators)
        return read_plain(path, lines, indicators)


def sslbl_columns(head: list[str]) -> list[str]:
    """The columns that an SSLBL list names in a comment, or in a line without its #; nothing where it is none."""
    for line in head:
        names = column_names(line)
        if (line.startswith("#") or len(names) > 1) and SSLBL_KINDS.keys() & set(names):
            return names
    return []


def column_names(line: str) -> list[str]:
    """The names of columns in a line."""
    return [name.strip(' "').lower() for name in line.strip("#\r\n ").split(",")]


def read_sslbl(path: Path, lines: Iterable[str], columns: list[str], indicators: Indicators) -> ListFacts:
    """Read a CSV of abuse.ch: of certificates by SHA-1, of JA3, or of addresses."""
    facts = ListFacts(path.name, "abuse.ch SSLBL")
    [column] = [name for name in columns if name in SSLBL_KINDS][:1]
    date = next((name for name in SSLBL_DATES if name in columns), "")
    for line in lines:
        if not line.strip() or line.startswith("#") or column_names(line) == columns:
            continue
        row = dict(zip(columns, next(csv.reader([line])), strict=False))  # a quote that does not end ends with its line
        indicators.add(facts, SSLBL_KINDS[column], row.get(column, ""), row.get(date, ""), row.get("listingreason", ""))
    return facts


def read_zeek(path: Path, lines: Iterable[str], fields: list[str], indicators: Indicators) -> ListFacts:
    """Read a file of Zeek's intelligence framework."""
    facts = ListFacts(path.name, "Zeek intel")
    for line in lines:
        if line.startswith("#") or not line.strip():
            continue
        row = dict(zip(fields, line.rstrip("\r\n").split("\t"), strict=False))
        kind = ZEEK_KINDS.get(row.get("indicator_type", ""))
        if kind is None:
            facts.skip(f"type {row.get('indicator_type', 'missing')}")
            continue
        said = [row.get(name, "-") for name in ("meta.desc", "meta.source", "meta.url")]
        reason = next((text for text in said if text not in ("-", "")), "")
        indicators.add(facts, kind, row.get("indicator", ""), reason=reason)
    return facts


def read_plain(path: Path, lines: Iterable[str], indicators: Indicators) -> ListFacts:
    """Read a value per line; behind # or ; it says why. Of a hosts file (0.0.0.0 name name) the names count, of a URL
    or an address with a port the host.
    """
    facts = ListFacts(path.name, "plain list")
    for line in lines:
        text, _, comment = line.replace(";", "#", 1).partition("#")
        words = text.translate(BETWEEN_WORDS).split()
        is_hosts_file = len(words) > 1 and words[0] in NOWHERE
        named = [word for word in words[1:] if word not in NOWHERE] if is_hosts_file else words[:1]
        for value in map(plain_value, named):
            word, kind = value, kind_of(value)
            if kind is None:
                word = host_of(value)
                kind = kind_of(word)
            if kind is None:
                facts.skip("no name, address, hash or fingerprint")
                continue
            indicators.add(facts, kind, word, reason=comment)
            if kind == "ja3":  # 32 digits do not say of which side they are
                indicators.add_as(facts, "ja3s", word, comment)
    return facts


def plain_value(word: str) -> str:
    """A value whose dots and colons were put in brackets, so that nobody follows it by mistake, as it was before."""
    return DEFANGED.sub(lambda match: "." if match[1].lower() == "dot" else match[1], word)


def host_of(word: str) -> str:
    """The name or address in a URL, or in front of a port, without the brackets of IPv6; "" where there is none."""
    found = HOST.fullmatch(word)
    if found is None or (found["rest"] and not found["scheme"]):
        return ""
    host = found["inner"] or found["outer"]
    return host if kind_of(host) in ("name", "address") else ""


def read_json(path: Path, text: str, indicators: Indicators) -> ListFacts:
    """Read objects of STIX 2.1, or MISP's events; raises TlsInspectError for other JSON, and for what is none."""
    if len(text) > LARGEST_JSON:
        raise TlsInspectError(f"{path}: JSON of at most {LARGEST_JSON:,} characters is read")
    try:
        document: Any = json.loads(text)
    except (ValueError, RecursionError) as error:
        raise TlsInspectError(f"{path}: damaged JSON: {error}") from error
    if isinstance(document, dict) and (document.get("type") in ("bundle", "indicator") or "objects" in document):
        return read_stix(path.name, document, indicators)
    facts = read_misp(path.name, document, indicators)
    if facts is None:
        raise TlsInspectError(f"{path}: neither a STIX 2.1 bundle nor an event of MISP")
    return facts
