"""python -m tlsinspect."""

from .cli import main

main(prog_name="tlsinspect")
