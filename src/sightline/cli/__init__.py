"""The command line. Only what a command needs is imported, when it runs, so that `--help` answers at once."""

import sys

__all__ = ["main"]

_INTERRUPTED = 130


def main() -> None:
    """Run `sightline`; an error that a user can mend ends in one plain message and status 1, Ctrl-C in status 130."""
    from sightline.cli.app import app
    from sightline.errors import SightlineError

    try:
        app()
    except KeyboardInterrupt:
        print("interrupted", file=sys.stderr)
        sys.exit(_INTERRUPTED)
    except BrokenPipeError:
        sys.stderr.close()  # the reader went away, as `| head` does: nobody is left to tell
        sys.exit(0)
    except SightlineError as error:
        print(f"error: {error}", file=sys.stderr)
        sys.exit(getattr(error, "exit_code", 1))
