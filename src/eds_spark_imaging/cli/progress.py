"""Progress of the jobs on standard error; standard output is for results.

A bar on a terminal, a line now and then elsewhere, JSON lines on request (:mod:`events`).
"""

from __future__ import annotations

from rich.console import Console
from rich.progress import BarColumn, TextColumn, TimeElapsedColumn
from rich.progress import Progress as Bar

from eds_spark_imaging.cli.output import PipeConsole
from eds_spark_imaging.runs import events
from eds_spark_imaging.runs.progress import Progress
from eds_spark_imaging.runs.status import Ended, Running

MOVE, LINE = 0.3, 30.0  # seconds between moves of a bar, and between lines where there is no terminal


class Lines:
    """A line for each job that ended well, and one now and then for a long one. What failed says so itself."""

    period = LINE

    def __init__(self, console: Console) -> None:
        self._console = console

    def started(self, job: str, run_id: str) -> None:
        """Nothing: short jobs have one line."""

    def running(self, status: Running) -> None:
        """One line."""
        self.note(f"{status.job:<8}{status.seconds:7.1f} s  {status.text}")

    def ended(self, ended: Ended) -> None:
        """One line."""
        if not ended.error:
            self.note(ended.text)

    def note(self, text: str) -> None:
        """One line."""
        self._console.print(text, highlight=False, soft_wrap=True, markup=False)


class Terminal(Lines):
    """A bar while a job runs."""

    period = MOVE

    def started(self, job: str, run_id: str) -> None:
        """Show the bar."""
        columns = (TextColumn("{task.description:<8}"), BarColumn(), TextColumn("{task.fields[what]}"))
        self._bar = Bar(*columns, TimeElapsedColumn(), console=self._console, transient=True)
        self._task = self._bar.add_task(job, total=None, what="")
        self._bar.start()

    def running(self, status: Running) -> None:
        """Move it."""
        self._bar.update(self._task, total=status.tasks, completed=status.tasks_done, what=status.text)

    def ended(self, ended: Ended) -> None:
        """Take it away."""
        self._bar.stop()
        super().ended(ended)


def progress_on_terminal() -> Progress:
    """Shows jobs on standard error, in the form that fits it or that was asked for."""
    if events.structured():
        return Progress(None, events.Events())
    console = PipeConsole(stderr=True)
    return Progress(None, Terminal(console) if console.is_terminal else Lines(console))
