"""The command line. Only what a command needs is imported, when it runs, so that `--help` answers at once."""

import sys

__all__ = ["main"]


def main() -> None:
    """Run `sightline`; an error that a user can mend ends in one plain message and status 1, Ctrl-C in status 130."""
    from sightline.cli.app import app
    from sightline.errors import SightlineError

    try:
        app()
    except SightlineError as error:
        sys.exit(f"error: {error}")
    except OSError as error:  # such as an output that is redirected to a full disk
        sys.stdout = None  # what it still holds cannot be written either
        sys.exit(f"error: {error.filename or 'output'}: {error.strerror or error}")
