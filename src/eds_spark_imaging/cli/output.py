"""Standard output and error whose reader may stop early (``| head``): that is no error, and ends no job."""

from __future__ import annotations

import os
import select
import sys
from collections.abc import Callable
from functools import wraps
from typing import TextIO

from rich.console import Console


def until_closed(command: Callable[..., None]) -> Callable[..., None]:
    """The command, ending well where nobody reads its results any more; what it had to do before them is done."""

    @wraps(command)
    def run(*args: object, **options: object) -> None:
        try:
            command(*args, **options)
        except BrokenPipeError:
            if not _unread(sys.stdout):
                raise

    return run


def finish() -> None:
    """Write out what is left, here and not when Python ends, where a pipe without reader makes a traceback."""
    for stream in (sys.stdout, sys.stderr):
        try:
            stream.flush()
        except BrokenPipeError:
            os.dup2(os.open(os.devnull, os.O_WRONLY), stream.fileno())


def _unread(stream: TextIO) -> bool:
    """True for a pipe without reader."""
    poll = select.poll()
    poll.register(stream.fileno(), 0)
    return any(state & select.POLLERR for _, state in poll.poll(0))


class PipeConsole(Console):
    """A console that says nothing more, instead of ending the process, where nobody reads it."""

    def on_broken_pipe(self) -> None:
        """Go on in silence."""
        self.quiet = True
