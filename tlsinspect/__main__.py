"""python -m tlsinspect, and the program of that name."""

from .cli import ALONE, main


def run() -> None:
    """Run the command line in a process of its own."""
    main(prog_name="tlsinspect", obj=ALONE)


if __name__ == "__main__":
    run()
