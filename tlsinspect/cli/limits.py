"""tlsinspect limits: what --limit takes."""

from __future__ import annotations

import click


@click.command()
def limits() -> None:
    """List the limits that --limit changes.

    Each line has a name, its default and what it bounds. What a limit cuts off is a problem of kind "limit",
    or a flag of the connection. Where several processes read, each has these limits.

    \b
    Examples:
      tlsinspect limits
      tlsinspect limits | grep octets
    """
    from ..wire.limits import DEFAULT_LIMITS, MEANINGS

    width = max(map(len, MEANINGS))
    for name, meaning in MEANINGS.items():
        click.echo(f"{name:{width}}  {getattr(DEFAULT_LIMITS, name):>11}  {meaning}")
