"""The command ``synth``: a synthetic hospital."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer
from rich.progress import Progress

from eds_spark_imaging.cli.output import PipeConsole
from eds_spark_imaging.errors import InputError
from eds_spark_imaging.runs import events
from eds_spark_imaging.storage.uri import check_place


def synth(
    out: Annotated[Path, typer.Option("--out", help="Folder to write; must be empty or absent.")],
    patients: Annotated[int, typer.Option("--patients", min=1, help="Number of patients.")] = 200,
    seed: Annotated[int, typer.Option("--seed", help="The same seed gives the same bytes.")] = 1,
    defects: Annotated[float, typer.Option(min=0, max=1, help="Share of exams attached wrongly or not.")] = 0.2,
) -> None:
    """Make a synthetic hospital: DICOM tree, base centrale, and the truth."""
    make_hospital(out, patients, seed, defects)


def make_hospital(out: Path, patients: int, seed: int, defects: float = 0.2, *, odd_files: bool = False) -> None:
    """Write a synthetic hospital into an empty or absent folder. InputError where it holds something."""
    from eds_spark_imaging.synth import generate  # noqa: PLC0415 - loads Arrow

    check_place(str(out), "--out")
    if out.exists() and (not out.is_dir() or any(out.iterdir())):
        raise InputError(f"{out} is not an empty folder")
    try:
        out.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise InputError(f"{out}: {error.strerror}") from None
    console = PipeConsole(stderr=True)
    with Progress(console=console, transient=True, disable=not console.is_terminal or events.structured()) as bar:
        task = bar.add_task("synth", total=patients)
        made = generate(
            out,
            patients,
            seed,
            defect_rate=defects,
            odd_files=odd_files,
            progress=lambda done, total: bar.update(task, completed=done, total=total),
        )
    events.note(f"synth   {made}")
