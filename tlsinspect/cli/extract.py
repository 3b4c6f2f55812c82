"""tlsinspect extract: the packets of some connections, as a capture of their own."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import TYPE_CHECKING

import click

from ..errors import TlsInspectError
from .captures import exit_status, find_named, inspect, open_pseudonyms
from .options import CAPTURES, Captures, anonymise_option, reading_options, where_option
from .output import errors_as_one_line, progress_bar, tell, writing_to

if TYPE_CHECKING:
    from ..anonymise import Pseudonyms
    from ..inspection import Inspection


@click.command(epilog=CAPTURES)
@reading_options
@where_option
@anonymise_option
@click.option(
    "--connection", "names", multiple=True, metavar="CONNECTION",
    help="A connection as 'show' takes it: packet number, id or its start, server name, address; all that are meant. "
    "May be given several times.",
)  # fmt: skip
@click.option("--finding", "finding", metavar="ID", help="All connections that a finding is about, such as CIP-03.")
@click.option("-o", "--output", metavar="FILE", help="pcapng file to write to; - is standard output.")
@click.option(
    "--certificates", "folder", type=click.Path(file_okay=False, path_type=Path), metavar="DIR",
    help="Folder for their certificates, as PEM and DER.",
)  # fmt: skip
def extract(
    captures: Captures,
    key_file: str | None,
    names: tuple[str, ...],
    finding: str | None,
    output: str | None,
    folder: Path | None,
) -> None:
    """Write the packets of some connections as pcapng.

    All packets of both directions, as they were captured, with the TCP handshake, IP fragments, times and link types;
    findings become comments of the packets that prove them, and decryption secrets in the capture follow where they
    belong to the connections. Where several options choose connections, they have to be chosen by each.

    With --anonymise, the handshakes alone, of TLS over TCP, in packets made anew with pseudonyms, and no secrets.

    \b
    Examples:
      tlsinspect extract capture.pcapng --connection 87895a4f -o one.pcapng
      tlsinspect extract capture.pcapng --finding CIP-03 -o export-grade.pcapng
      tlsinspect extract captures/ --where "version < 0x0303" -o old.pcapng --certificates old/
      tlsinspect extract capture.pcapng --finding VER-04 --anonymise march.key -o shared.pcapng
    """
    if not (captures.where or names or finding):
        raise click.UsageError("say which connections: --connection, --finding or --where")
    if output is None and folder is None:
        raise click.UsageError("say where to: -o FILE, --certificates DIR, or both")
    with errors_as_one_line():
        inspection = choose(inspect(captures, messages=True), names, finding)
        if not len(inspection.on_demand("connections")):
            raise TlsInspectError("no connection was chosen; nothing is written")
        own = None if key_file is None else open_pseudonyms(key_file)
        if output is not None:
            write_packets(inspection, output, own)
        if own is not None:
            from ..anonymise import anonymise

            inspection = anonymise(inspection, own)
        if folder is not None:
            write_certificates(inspection, folder, output == "-")
        sys.exit(exit_status(inspection.reading.totals, captures.strict))


def choose(inspection: Inspection, names: tuple[str, ...], finding: str | None) -> Inspection:
    """The connections that the options choose; raises TlsInspectError for one that names nothing."""
    from ..extraction import with_finding

    if names:
        ids: list[str] = []
        for name in names:
            ids += find_named(inspection, name)["connection_id"].tolist()
        inspection = inspection.only(ids)
    if finding:
        inspection = inspection.only(with_finding(inspection, finding))
    return inspection


def write_certificates(inspection: Inspection, folder: Path, on_stderr: bool) -> None:
    """Write the certificates, and say how many, or why there is none."""
    from ..extraction import extract_certificates
    from ..statistics.wording import number_text

    with writing_to(str(folder)):
        written = extract_certificates(inspection, folder)
    told = (
        f"{number_text(len(written), 'certificate')}, each as .pem and .der" if written else no_certificate(inspection)
    )
    click.echo(f"{folder}: {told}", err=on_stderr)


def no_certificate(inspection: Inspection) -> str:
    """Why the connections show no certificate, the commonest reason first."""
    import pyarrow.compute as pc

    from ..statistics.rows import looked_up
    from ..statistics.wording import REASONS, number_text

    reasons = looked_up(inspection.on_demand("connections"), "unknown_reasons", "certificate_sha256s")
    found = pc.value_counts(reasons).to_pylist()
    counts = sorted((-each["counts"], REASONS[each["values"]]) for each in found if each["values"])
    told = "; ".join(f"{reason} ({number_text(-count, 'connection')})" for count, reason in counts)
    return f"no certificate, as {told}" if told else "no certificate"


def write_packets(inspection: Inspection, output: str, own: Pseudonyms | None) -> None:
    """Write the packets, with pseudonyms if there are any, and say how many."""
    from ..extraction import check_sources, extract_packets, share_packets
    from ..statistics.wording import number_text
    from .export import open_output

    check_sources(inspection)
    with open_output(output, inspection.reading.sources) as out, progress_bar() as progress:
        if own is not None:
            shared = share_packets(inspection, out, own, progress)
            told = f"{number_text(shared.packets, 'packet')} of {number_text(shared.connections, 'connection')}"
            click.echo(f"{output}: {told}, with pseudonyms", err=output == "-")
            for reason, count in shared.left_out.items():
                tell(f"left out: {number_text(count, 'connection')}: {reason}")
            return
        done = extract_packets(inspection, out, progress)
    parts = [f"{number_text(done.packets, 'packet')} of {number_text(done.connections, 'connection')}"]
    if done.commented:
        parts.append(f"{done.commented:,} with findings as comments")
    if done.secrets:
        parts.append(f"{number_text(done.secrets, 'line')} of decryption secrets")
    click.echo(f"{output}: {', '.join(parts)}", err=output == "-")
