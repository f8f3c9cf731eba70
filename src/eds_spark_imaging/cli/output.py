"""Standard output and error: their reader may stop early (``| head``), or never have been, and names may be any bytes.

That nobody reads is no error, and ends no job; that a disk is full is one.
"""

from __future__ import annotations

import codecs
import io
import os
import select
import sys
from collections.abc import Callable
from functools import wraps
from typing import TextIO, TypeGuard

from rich.console import Console


def until_closed(command: Callable[..., None]) -> Callable[..., None]:
    """The command, ending well where nobody reads its results any more; what it had to do before them is done."""

    @wraps(command)
    def run(*args: object, **options: object) -> None:
        try:
            command(*args, **options)
        except BrokenPipeError:
            if not unread(sys.stdout):
                raise

    return run


def begin() -> None:
    """Have both streams, also where the caller has closed them, and write what their encoding lacks as escapes."""
    if sys.stdout is None:
        sys.stdout = open(os.devnull, "w", encoding="utf-8")  # noqa: SIM115 - as long as the process
    if sys.stderr is None:
        sys.stderr = open(os.devnull, "w", encoding="utf-8")  # noqa: SIM115
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):
            stream.reconfigure(errors=_ESCAPED)


def _escaped(error: UnicodeError) -> tuple[str, int]:
    r"""What cannot be encoded as ``\uXXXX``, which JSON reads: names of files are bytes, and need not be text."""
    if not isinstance(error, UnicodeEncodeError):
        raise error
    units = error.object[error.start : error.end].encode("utf-16-be", "surrogatepass")
    codes = (int.from_bytes(units[place : place + 2]) for place in range(0, len(units), 2))
    return "".join(f"\\u{code:04x}" for code in codes), error.end


_ESCAPED = "eds_spark_imaging.escaped"
codecs.register_error(_ESCAPED, _escaped)


def is_of_system(error: Exception) -> TypeGuard[OSError]:
    """True for what the system says of files: a full disk, a folder that may not be written."""
    elsewhere = isinstance(error, ConnectionError | TimeoutError | ChildProcessError)
    return isinstance(error, OSError) and error.strerror is not None and not elsewhere


def system_line(error: OSError) -> str:
    """The error in one line. It names only a file that the command line names: others may be named after patients."""
    named = f"{error.filename}: " if str(error.filename) in sys.argv else ""
    return f"{named}cannot read or write: {error.strerror}"


def finish() -> None:
    """Write out what is left, here and not when Python ends, where a pipe without reader makes a traceback."""
    for stream in (sys.stdout, sys.stderr):
        try:
            stream.flush()
        except OSError:
            os.dup2(os.open(os.devnull, os.O_WRONLY), stream.fileno())


def unread(stream: TextIO) -> bool:
    """True for a pipe without reader."""
    poll = select.poll()
    poll.register(stream.fileno(), 0)
    return any(state & select.POLLERR for _, state in poll.poll(0))


class PipeConsole(Console):
    """A console that says nothing more, instead of ending the process, where nobody reads it."""

    def on_broken_pipe(self) -> None:
        """Go on in silence."""
        self.quiet = True
