"""Write the references in Markdown from the code: PYTHONPATH=. python docs/generate_references.py

A test fails when one of them is not what this writes.
"""

from __future__ import annotations

import tomllib
from collections.abc import Sequence
from inspect import cleandoc
from pathlib import Path

import click
from api_reference import render_api

import tlsinspect.cli
from tlsinspect.charts import CHARTS, Chart
from tlsinspect.columns import COLUMNS, JUDGEMENTS, PIVOTS, SEVERITIES, UNKNOWN_REASONS
from tlsinspect.failures import CAUSES
from tlsinspect.findings import CAPTURE_RULES, RULES
from tlsinspect.inspection import Inspection
from tlsinspect.policies import KINDS, READINGS, Policy, Requirement, load_policy, policy_names
from tlsinspect.statistics import STATISTICS, UNITS
from tlsinspect.statistics.wording import REASONS
from tlsinspect.tables.quic import QUIC_PREFIX
from tlsinspect.tables.reasons import PLACED

DOCS = Path(__file__).parent
NAMES_SHOWN = 5  # of a requirement's threshold, each by name

NOTICE = "<!-- Written by docs/generate_references.py: change the declarations in the code, not this file. -->"

COLUMNS_INTRODUCTION = """\
`tlsinspect.read()` gives an object with these frames as attributes, and `tlsinspect export --table NAME`
writes any of them. All columns have Arrow-backed dtypes; the types below are Arrow's. Times are UTC in
nanoseconds. Numbers from the wire stay numbers, and the name stands in a column of its own; a number without
a name is written as `0x1A2B`. Client and server are the TLS roles, never source and destination.

In CSV, times are ISO 8601, lists and maps are JSON, a missing value is an empty cell, control characters are
escaped, and a text that a spreadsheet would take for a formula gets a `'` in front, also behind a semicolon, which
parts cells where decimals have a comma. JSON Lines and Parquet keep every value as it is; so take one of these for
the `pem` column."""

REASONS_INTRODUCTION = """\
A missing value of the connections frame has a reason: `unknown_reasons` maps the column to one of these.
Only {} need none: missing means that there was none. Columns that begin
with `{}` have none where a connection is not QUIC."""

PIVOTS_INTRODUCTION = """\
`inspection.pivot(NAME)` and the commands of the same names turn the connections around, rare things first:
[pivots](pivots.md) says how. The command of `certificate_uses` is `tlsinspect certificates`."""

COMMANDS_INTRODUCTION = """\
Results go to standard output; warnings, errors and the progress bar to standard error. The progress bar is
drawn on a terminal only. `NO_COLOR=1` takes the colours out. A file has its name once it is whole: where
writing fails or is ended, what was there before stays."""

CHARTS_INTRODUCTION = """\
`tlsinspect report` draws all of these; `tlsinspect chart CAPTURE NAME` draws one and takes `--unit`, `--dark`
and `--size`. In Python, `tlsinspect.charts.build_chart(NAME, inspection, unit=..., dark=True)` gives a
matplotlib figure. Each has its exact numbers as CSV and its finding in words.

Every share is of the units whose answer is known. What is unknown is counted beside them and never part of
them; that to which the question does not apply is said in the note below the chart. The lines on bars are 95 %
intervals (Wilson) for the share; they take connections as independent of each other, which those of one host
are not, so that the true uncertainty is larger. Shares of bytes have none."""


def render_charts() -> str:
    """The reference of all charts, as Markdown."""
    units = [(f"`{unit.name}`", unit.meaning) for unit in UNITS.values()]
    parts = [NOTICE, "# Charts", CHARTS_INTRODUCTION, "## What is counted", table_of(("unit", "how"), units)]
    for chart in CHARTS.values():
        parts += [f"## {chart.name}", *describe_chart(chart)]
    return "\n\n".join(parts) + "\n"


def describe_chart(chart: Chart) -> list[str]:
    """What a chart asks, how it is counted and drawn, where it misleads."""
    statistic = STATISTICS[chart.statistic]
    lines = [f"- Asks: {chart.asks}", f"- Drawn: {first_line(chart.compose)}", f"- Misleads: {chart.misleads}"]
    if not chart.question:
        counted = [first_line(statistic.scope), first_line(statistic.categorise)]
        lines.insert(1, f"- Counted: {' '.join(counted)}")
        explained = " or ".join(f"`{name}`" for name in statistic.explained)
        lines.append(f"- Unknown: where {explained} is, for the reason that `unknown_reasons` states.")
    lines.append(f"- By: {', '.join(chart.units)}")
    return ["\n".join(lines)]


def first_line(thing: object) -> str:
    """The first line of a docstring, as a reader of it says it."""
    return str(thing.__doc__).partition("\n")[0].replace("Categorise by", "Told apart by")


FINDINGS_INTRODUCTION = """\
`tlsinspect findings CAPTURE` and `inspection.findings` judge what was captured by the rules below. A finding says
what was found, at which server, client, certificate or capture, in which connections and packets, and what to do.
What was negotiated and what was merely offered are different findings: the latter end in `-OFFER` and are one step
less severe. A rule never fires on what was not seen: TLS 1.3 encrypts the certificate, so the rules about
certificates are silent there.

Chains are judged by [validation](validation.md): by Mozilla's roots or those named with `--trust`, at the start of each
connection or at the time given with `--at`. Rules about what public authorities have bound themselves to (lifetimes,
timestamps) fire only where the chain leads to one of Mozilla's roots.

Rules about several connections look at all of the captures read together: public values, signature numbers and keys
that are used again, RSA keys with a prime in common, Diffie-Hellman numbers that are no primes, retries, scanners,
timers, rare clients. How many keys are compared and how many numbers tested is bounded by [limits](limits.md):
`moduli_octets`, which 16,384 RSA keys of 2048 bits fill, `tested_primes`, `prime_bits` and `key_bits`, and how many
signatures of key exchanges are checked by `exchanges_octets`, some 3,000 with RSA or 7,000 with ECDSA. What they leave
out is a finding too: CAP-07, CAP-08 and CAP-09.

Found elsewhere, or not at all:

- Things on a list of your own (names, addresses, certificates, fingerprints) are findings too, with ids that begin with
  `IND`: `--indicators`, [Indicators](indicators.md).
- Ciphers below 128 bits are what CIP-03, CIP-04 and CIP-06 find, weak suites that were offered and not taken the rules
  ending in `-OFFER`, RSA signatures with a key below 2048 bits CRT-09.
- A connection with a renegotiation is not held to the octets of one key (CIP-06-VOLUME): which key protected how many
  is not counted.
- Signatures of key exchanges are verified in TLS 1.2 and before, with RSA, DSA, ECDSA and EdDSA (SIG-04): TLS 1.3
  encrypts them.
- A client that offers no application protocol is no finding: most that are no browsers have none to offer.
- Of what was said in the clear before STARTTLS the first KiB of each side is looked at (PRT-04, PRT-05), and nothing
  kept: credentials and commands behind it go unseen.
- An encrypted heartbeat that nobody answers is no finding where heartbeats were agreed on: whether it asked for too
  much is not seen.
- With which hash a self-signed certificate is signed is no finding (CRT-10), as in the policies: such a signature
  protects nothing. That it is self-signed is one (CRT-06).
- Weak Debian keys (CVE-2008-0166) are not looked for: Debian no longer ships the list.
- The clock in gmt_unix_time counts only where most of a host's randoms agree on how much it is off (EXT-18): what
  implements TLS today fills it with random octets.
- TLS within TLS is not guessed at from lengths and times: what looks like it is mostly something else.
"""


def render_findings() -> str:
    """The reference of all rules, the worst first, as Markdown."""
    ranked = sorted((*RULES, *CAPTURE_RULES), key=lambda rule: -SEVERITIES.index(rule.severity))
    rows = [
        (
            f"`{rule.id}`",
            rule.severity,
            rule.title,
            rule.subject.replace("_", " "),
            ", ".join(f"`{name}`" for name in rule.evidence),
            rule.advice,
            ", ".join(rule.references),
        )
        for rule in ranked
    ]
    head = ("id", "severity", "what", "about", "evidence", "advice", "references")
    rules = [NOTICE, "# Findings", FINDINGS_INTRODUCTION, table_of(head, rows)]
    return "\n\n".join([*rules, "## References", REFERENCES_INTRODUCTION, render_checks()]) + "\n"


REFERENCES_INTRODUCTION = """\
RFC 9846 of July 2026 takes the place of RFC 5077, 5246, 7627, 8422 and 8446, whose sections are named here.

What the references were held against, and when: text, excerpt and digest as in [policies](policies.md)."""


def render_checks() -> str:
    """What the references of the rules were held against, as a Markdown table."""
    found = tomllib.loads((DOCS / "references.toml").read_text(encoding="utf-8"))
    rows = [
        (f"{source['kind']} {source['checked'].isoformat()}", source["name"], ", ".join(source["references"]))
        for source in found["source"]
    ]
    rest = [("**no**", "", ", ".join(found["unchecked"]))] if found["unchecked"] else []
    return table_of(("checked", "against", "references"), [*rows, *rest])


FAILURES_INTRODUCTION = """\
Each handshake that was not finished has a cause in `connections.failure_cause`, a sentence with the packet that shows
it in `failure_reason` and `failure_packet`, and in `failure_advice` what most likely helps. Cause and sentence come
from the connection alone: its alert and who sent it, the first RST or FIN, what had been said until then.
`tlsinspect show CAPTURE CONNECTION` adds what other connections of the captures tell: what the same server agreed on
with others and whether this client offers it, how this client fared elsewhere, whether it came back.

`capture_end` is no failure: how the handshake went on is unknown. An encrypted alert keeps its reason to itself;
TLS 1.3 encrypts nearly all that come after the ServerHello."""


def render_failures() -> str:
    """The reference of the causes of failed handshakes, as Markdown."""
    rows = [(f"`{cause.code}`", cause.title, cause.advice, cause.reference) for cause in CAUSES.values()]
    head = ("cause", "what", "what most likely helps", "reference")
    return "\n\n".join([NOTICE, "# Why handshakes fail", FAILURES_INTRODUCTION, table_of(head, rows)]) + "\n"


POLICIES_INTRODUCTION = """\
`tlsinspect check CAPTURE --policy NAME` and `inspection.check(NAME)` measure connections against these, and
`tlsinspect whatif CAPTURE --policy NAME` says what would break if one were enforced; NAME may be words of it that no
other name has, such as `modern` or `52r2`. Each is a file of `tlsinspect/policies/`;
[Policies and what-if](policies-and-whatif.md) says how to write one of your own. The
requirements are in our words: the documents are what counts. A requirement with days binds from the first on and
before the last; one of certificates' lifetimes binds certificates issued then. Of certificates the
server's own is judged, by `certificate_trust` the chain above it, and by `certificate_status` what was stapled.

Clause and threshold of each requirement were held against a text, and the column *checked* says against which, with
its day: `text`, `excerpt` or `digest`, and **no** where nobody has. A digest is not the document, and may be wrong in
its own way."""

READINGS_HEAD = ("policy", "requirements", *(f"`{kind}`" for kind in READINGS), "not checked")

KINDS_INTRODUCTION = """\
What a requirement can be `about`, and the key that says what is asked for: `allow`, `forbid` and `require` are lists
of names, in which `*` and `?` stand for any characters; `require` means at least one of them; `least` and `most` are
numbers, `least` of a certificate's key one for each kind of key. Every requirement may have `versions`, those to which
it applies, `unless_extension`, an extension of the ServerHello that makes up for it, `from` and `until`."""


def render_policies() -> str:
    """The reference of all policies, as Markdown."""
    policies = [load_policy(name) for name in policy_names()]
    meanings = [(f"`{kind}`", meaning) for kind, meaning in READINGS.items()]
    parts = [NOTICE, "# Policies", POLICIES_INTRODUCTION, table_of(("checked against", "what that is"), meanings)]
    parts.append(table_of(READINGS_HEAD, [reading_row(policy) for policy in policies]))
    for policy in policies:
        parts += [f"## {policy.name}", *describe_policy(policy)]
    kinds = [(f"`{name}`", kind.meaning, ", ".join(f"`{key}`" for key in kind.keys)) for name, kind in KINDS.items()]
    parts += ["## Kinds of requirements", KINDS_INTRODUCTION, table_of(("about", "what", "keys"), kinds)]
    return "\n\n".join(parts) + "\n"


def describe_policy(policy: Policy) -> list[str]:
    """A policy's origin, what it leaves out, its requirements."""
    rows = [
        (f"`{asked.id}`", asked.severity, asked.text, threshold_of(asked), asked.clause, days_of(asked),
         checked_text(policy, asked))
        for asked in policy.requirements
    ]  # fmt: skip
    origin = f"{policy.title}. From: [{policy.document}]({policy.url}), {policy.edition}."
    read = [f"- {source.kind}, {source.checked.isoformat()}: {source.name}." for source in policy.sources.values()]
    head = ("id", "severity", "what", "threshold", "clause", "days", "checked")
    return [origin, policy.note, table_of(head, rows), "Held against:\n\n" + "\n".join(read)]


def reading_row(policy: Policy) -> tuple[str, ...]:
    """How many of a policy's requirements were held against what: the weakest reading of each counts."""
    best = [min((list(READINGS).index(policy.sources[name].kind) for name in asked.checked), default=len(READINGS))
            for asked in policy.requirements]  # fmt: skip
    return policy.name, str(len(best)), *(str(best.count(place)) for place in range(len(READINGS) + 1))


def checked_text(policy: Policy, asked: Requirement) -> str:
    """What a requirement was held against, and when."""
    read = [policy.sources[name] for name in asked.checked]
    return ", ".join(dict.fromkeys(f"{each.kind} {each.checked.isoformat()}" for each in read)) or "**no**"


def threshold_of(asked: Requirement) -> str:
    """What a requirement asks for: the names or the size, only counted where they are many."""
    parts = [f"{key} {listed(names)}" for key in ("allow", "forbid", "require") if (names := getattr(asked, key))]
    parts += [f"at least {size:,}{f' ({kind})' if kind else ''}" for kind, size in asked.least.items()]
    parts += [f"at most {asked.most:,}"] if asked.most else []
    parts += [f"unless `{asked.unless_extension}`"] if asked.unless_extension else []
    return ", ".join(parts) or "yes"


def listed(names: frozenset[str]) -> str:
    """A few names, or how many there are."""
    return " ".join(f"`{name}`" for name in sorted(names)) if len(names) <= NAMES_SHOWN else f"{len(names)} names"


def days_of(asked: Requirement) -> str:
    """When a requirement binds, where it does not always."""
    start = f"from {asked.start.isoformat()}" if asked.start else ""
    return f"{start} until {asked.end.isoformat()}".strip() if asked.end else start


JUDGEMENTS_INTRODUCTION = """\
Not of a capture, but of a judgement of it: attributes of what `inspection.check()`, `inspection.whatif()` and
`inspection.quantum()` give."""


def render_columns() -> str:
    """The reference of all frames, as Markdown."""
    parts = [NOTICE, "# Frames and their columns", COLUMNS_INTRODUCTION]
    for table, columns in COLUMNS.items():
        rows = [(f"`{column.name}`", f"`{column.type}`", column.unit, column.meaning) for column in columns]
        parts += [
            f"## {table}",
            str(vars(Inspection)[table].__doc__),
            table_of(("column", "type", "unit", "what"), rows),
        ]
    parts += ["## Pivots", PIVOTS_INTRODUCTION]
    for table, columns in PIVOTS.items():
        rows = [(f"`{column.name}`", f"`{column.type}`", column.unit, column.meaning) for column in columns]
        parts += [f"### {table}", table_of(("column", "type", "unit", "what"), rows)]
    reasons = [(f"`{reason}`", REASONS[reason]) for reason in UNKNOWN_REASONS]
    without = ", ".join(f"`{name}`" for name in PLACED if name != "unknown_reasons")
    parts += [
        "## Why a value is missing",
        REASONS_INTRODUCTION.format(without, QUIC_PREFIX),
        table_of(("reason", "why"), reasons),
    ]
    parts += ["## Frames of judgements", JUDGEMENTS_INTRODUCTION]
    for name, columns in JUDGEMENTS.items():
        rows = [(f"`{column.name}`", f"`{column.type}`", column.unit, column.meaning) for column in columns]
        parts += [f"### {name}", table_of(("column", "type", "unit", "what"), rows)]
    return "\n\n".join(parts) + "\n"


def render_commands() -> str:
    """The reference of all commands, as Markdown."""
    main = tlsinspect.cli.main
    exit_status = str(tlsinspect.cli.__doc__).partition("\n\n")[2].strip()
    parts = [NOTICE, "# The command line", *render_help(main), COMMANDS_INTRODUCTION, exit_status]
    for name, command in with_subcommands(main.commands):
        arguments = [value_of(argument) for argument in command.params if isinstance(argument, click.Argument)]
        rest = ["COMMAND", "..."] if isinstance(command, click.Group) else ["[OPTIONS]", *arguments]
        usage = f"    tlsinspect {name} {' '.join(rest)}"
        picture = f"![What tlsinspect {name} prints](pictures/{name}.svg)"
        parts += [f"## tlsinspect {name}", usage, *render_help(command)]
        parts += [picture] if (DOCS / "pictures" / f"{name}.svg").exists() else []
        options = [option_row(option) for option in command.params if isinstance(option, click.Option)]
        if options:
            parts.append(table_of(("option", "what", "default"), options))
    return "\n\n".join(parts) + "\n"


def with_subcommands(commands: dict[str, click.Command]) -> list[tuple[str, click.Command]]:
    """Commands with their names; behind one that has some of its own, these."""
    named: list[tuple[str, click.Command]] = []
    for name, command in commands.items():
        named.append((name, command))
        if isinstance(command, click.Group):
            named += [(f"{name} {own}", each) for own, each in with_subcommands(command.commands)]
    return named


def render_help(command: click.Command) -> list[str]:
    """A command's help text as paragraphs, its examples as code."""
    text, _, examples = cleandoc(command.help or "").replace("\b\n", "").partition("Examples:\n")
    code = "\n".join(line.strip() for line in examples.strip().splitlines())
    return [text.strip(), *([command.epilog] if command.epilog else []), f"```sh\n{code}\n```"]


def option_row(option: click.Option) -> tuple[str, str, str]:
    """An option's row: how it is written, what it does, its default."""
    value = "" if option.is_flag else f" {value_of(option)}"
    default = option.show_default if isinstance(option.show_default, str) else option.default
    shown = f"`{default}`" if option.show_default else ""
    return f"`{', '.join(option.opts)}{value}`", option.help or "", "required" if option.required else shown


def value_of(parameter: click.Parameter) -> str:
    """What stands for a parameter's value."""
    if isinstance(parameter.type, click.Choice):
        return "|".join(parameter.type.choices)
    return parameter.metavar or parameter.type.name.upper()


def table_of(head: tuple[str, ...], rows: Sequence[tuple[str, ...]]) -> str:
    """A Markdown table."""
    lines = [head, ("---",) * len(head), *rows]
    return "\n".join("| " + " | ".join(cell.replace("|", "\\|") for cell in line) + " |" for line in lines)


if __name__ == "__main__":
    (DOCS / "columns.md").write_text(render_columns(), encoding="utf-8")
    (DOCS / "cli.md").write_text(render_commands(), encoding="utf-8")
    (DOCS / "api.md").write_text(render_api(NOTICE), encoding="utf-8")
    (DOCS / "charts.md").write_text(render_charts(), encoding="utf-8")
    (DOCS / "findings.md").write_text(render_findings(), encoding="utf-8")
    (DOCS / "policies.md").write_text(render_policies(), encoding="utf-8")
    (DOCS / "failures.md").write_text(render_failures(), encoding="utf-8")
