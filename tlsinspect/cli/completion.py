"""tlsinspect completion: the script that makes a shell complete commands and options."""

from __future__ import annotations

import click
from click.shell_completion import get_completion_class

SHELLS = ("bash", "zsh", "fish")


@click.command()
@click.argument("shell", type=click.Choice(SHELLS))
@click.pass_context
def completion(context: click.Context, shell: str) -> None:
    """Print the completion script for a shell.

    \b
    Examples:
      eval "$(tlsinspect completion bash)"
      tlsinspect completion fish > ~/.config/fish/completions/tlsinspect.fish
    """
    completer = get_completion_class(shell)
    if completer is None:
        raise click.UsageError(f"no completion for {shell}")
    root = context.find_root()
    click.echo(completer(root.command, {}, "tlsinspect", "_TLSINSPECT_COMPLETE").source())
