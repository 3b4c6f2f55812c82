"""How far the upgrade to TLS got in protocols of lines and in XMPP.

Goes in: the first octets of each side of a connection in which no TLS followed. Comes
out: one of STATUSES, or None where no upgrade was spoken of.
Spec: RFC 3207 (SMTP), 9051 6.2.1 (IMAP), 2595 4 (POP3), 4217 4 (FTP), 4642 (NNTP), 5804 2.2 (ManageSieve),
6120 5 (XMPP), 2817 (HTTP), IRCv3 (IRC).
"""

from __future__ import annotations

import re

from .status import NOT_OFFERED, OFFERED, REFUSED, REQUESTED, STRIPPED, Status

MESSAGE = re.compile(rb"^DATA[ \t]*\r?\n.*", re.IGNORECASE | re.MULTILINE | re.DOTALL)
OVERWRITTEN = rb"(?:250[- ])?X{4,}A?"  # a line


def whole_lines(said: bytes) -> list[bytes]:
    """The lines that are there to their end."""
    return [line.removesuffix(b"\r") for line in said.split(b"\n")[:-1]]


def word_at(lines: list[bytes], commands: tuple[bytes, ...]) -> int:
    """Which line is one of the commands; -1 without one."""
    for number, line in enumerate(lines):
        if line.strip().upper() in commands:
            return number
    return -1


def answer_of(command: int, answers: list[bytes], greeted: bool) -> bytes | None:
    """The answer to the client's line number `command`: a greeting comes before the first one."""
    place = command + greeted
    return answers[place] if 0 <= place < len(answers) else None


def outcome(answer: bytes | None, positive: tuple[bytes, ...]) -> str:
    """What an answer to the client's wish means, where no TLS followed."""
    return REQUESTED if answer is None or answer.startswith(positive) else REFUSED


def smtp_status(client: bytes, server: bytes) -> Status:
    """SMTP and LMTP: 250-STARTTLS among the answers to EHLO. Spec: RFC 3207 section 4."""
    commands, lines = whole_lines(MESSAGE.sub(b"", client)), whole_lines(server)
    asked = word_at(commands, (b"STARTTLS",))
    answers = [line for line in lines if re.match(rb"\d{3}( |$)", line)]
    if asked >= 0:
        return outcome(answer_of(asked, answers, lines[:1] != [] and not lines[0].startswith(b"250")), (b"220",))
    if any(re.fullmatch(OVERWRITTEN, line, re.IGNORECASE) for line in lines + commands):
        return STRIPPED
    announced = [line[4:].strip().upper() for line in lines if line[:3] == b"250"]
    if b"STARTTLS" in announced:
        return OFFERED
    extended = any(line[:5].upper() in (b"EHLO ", b"LHLO ") for line in commands)
    return NOT_OFFERED if extended and len(announced) > 0 and any(line[:4] == b"250 " for line in lines) else None


def imap_status(client: bytes, server: bytes) -> Status:
    """IMAP: STARTTLS among the capabilities. Spec: RFC 9051 section 6.2.1."""
    commands, lines = whole_lines(client), whole_lines(server)
    for command in commands:
        tag, _, word = command.partition(b" ")
        if word.strip().upper() == b"STARTTLS":
            answers = [line[len(tag) + 1 :].upper() for line in lines if line.startswith(tag + b" ")]
            return outcome(answers[0] if answers else None, (b"OK",))
    listed = [line.upper() for line in lines if b"CAPABILITY " in line.upper()]
    if any(b"STARTTLS" in re.split(rb"[ \[\]]", line) for line in listed):
        return OFFERED
    return NOT_OFFERED if listed else None


def pop3_status(client: bytes, server: bytes) -> Status:
    """POP3: STLS among the answers to CAPA. Spec: RFC 2595 section 4."""
    commands, lines = whole_lines(client), whole_lines(server)
    asked = word_at(commands, (b"STLS",))
    if asked >= 0:
        answers = [line for line in lines if line.startswith((b"+", b"-ERR"))]
        return outcome(answer_of(asked, answers, True), (b"+OK",))
    return listed_status(lines, b"STLS", word_at(commands, (b"CAPA",)) >= 0 and b"." in lines)


def ftp_status(client: bytes, server: bytes) -> Status:
    """FTP: AUTH TLS among the answers to FEAT. Spec: RFC 4217 section 4."""
    commands, lines = whole_lines(client), whole_lines(server)
    asked = word_at(commands, (b"AUTH TLS", b"AUTH SSL", b"AUTH TLS-C", b"AUTH TLS-P"))
    if asked >= 0:
        answers = [line for line in lines if re.match(rb"\d{3}( |$)", line)]
        return outcome(answer_of(asked, answers, lines[:1] != [] and lines[0].startswith(b"220")), (b"234", b"334"))
    features = [line.strip().upper() for line in lines if line.startswith(b" ")]
    if any(re.match(rb"AUTH\b.*\b(TLS|SSL)\b", line) for line in features):
        return OFFERED
    told = word_at(commands, (b"FEAT",)) >= 0 and any(line.startswith(b"211 ") for line in lines)
    return NOT_OFFERED if told else None


def nntp_status(client: bytes, server: bytes) -> Status:
    """NNTP: STARTTLS among the answers to CAPABILITIES. Spec: RFC 4642 section 2."""
    commands, lines = whole_lines(client), whole_lines(server)
    asked = word_at(commands, (b"STARTTLS",))
    if asked >= 0:
        answers = [line for line in lines if re.match(rb"\d{3}( |$)", line)]
        return outcome(answer_of(asked, answers, lines[:1] != [] and lines[0][:2] == b"20"), (b"382",))
    return listed_status(lines, b"STARTTLS", word_at(commands, (b"CAPABILITIES",)) >= 0 and b"." in lines)


def sieve_status(client: bytes, server: bytes) -> Status:
    """ManageSieve: "STARTTLS" in the greeting. Spec: RFC 5804 sections 1.7 and 2.2."""
    commands, lines = whole_lines(client), whole_lines(server)
    asked = word_at(commands, (b"STARTTLS",))
    answers = [line for line in lines if re.match(rb"(OK|NO|BYE)\b", line)]
    if asked >= 0:
        return outcome(answer_of(asked, answers, True), (b"OK",))
    return listed_status(lines, b'"STARTTLS"', bool(answers))


def listed_status(lines: list[bytes], word: bytes, told: bool) -> Status:
    """A list of capabilities, one a line; `told` says that the list is there to its end."""
    if any(line.upper().split(b" ")[0] == word for line in lines):
        return OFFERED
    return NOT_OFFERED if told else None


def irc_status(client: bytes, server: bytes) -> Status:
    """IRC: the capability "tls"; 670 says yes, 691 or an error no. Spec: IRCv3, tls extension."""
    commands, lines = whole_lines(client), whole_lines(server)
    numerics = [line.split(b" ")[1] for line in lines if line.startswith(b":") and b" " in line]
    if word_at(commands, (b"STARTTLS",)) >= 0:
        return REFUSED if {b"691", b"421", b"451"} & set(numerics) and b"670" not in numerics else REQUESTED
    listed = [line for line in lines if b" CAP " in line and b" LS " in line]
    if any(b"tls" in line.partition(b" LS ")[2].replace(b":", b" ").split() for line in listed):
        return OFFERED
    return NOT_OFFERED if listed else None


def xmpp_status(client: bytes, server: bytes) -> Status:
    """XMPP: <starttls/> among the features. Spec: RFC 6120 section 5."""
    if b"<starttls" in client:
        return REFUSED if b"<failure" in server else REQUESTED
    if b"<starttls" in server:
        return OFFERED
    return NOT_OFFERED if b"</stream:features>" in server or b"<stream:features/>" in server else None


def http_status(client: bytes, server: bytes) -> Status:
    """HTTP: the token TLS in the Upgrade header. Spec: RFC 2817 sections 3 and 4."""
    if asks_for_tls(client):
        return outcome(server[9:12] if len(server) >= 12 else None, (b"101",))
    return OFFERED if asks_for_tls(server) else None


def asks_for_tls(said: bytes) -> bool:
    """True where an Upgrade header names TLS."""
    headers = said.partition(b"\r\n\r\n")[0]
    return re.search(rb"\r\nupgrade:[^\r\n]*\btls/1\.", headers, re.IGNORECASE) is not None
