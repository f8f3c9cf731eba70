"""The demonstration: a synthetic hospital and pydicom's own files through every job."""

from __future__ import annotations

import shutil
from dataclasses import replace
from pathlib import Path

import pydicom
from rich.console import Console
from rich.progress import Progress

from eds_spark_imaging.config import SourceConfig, load_config
from eds_spark_imaging.errors import InputError
from eds_spark_imaging.spark_defaults import SMALL_CONF

_MARK = ".eds-imaging-demo"


def make_hospital(out: Path, patients: int, seed: int, defects: float = 0.2, *, odd_files: bool = False) -> None:
    """Write a synthetic hospital into an empty or absent folder. InputError where it holds something."""
    from eds_spark_imaging.synth import generate  # noqa: PLC0415 - loads Arrow

    if out.exists() and (not out.is_dir() or any(out.iterdir())):
        raise InputError(f"{out} is not an empty folder")
    console = Console(stderr=True)
    with Progress(console=console, transient=True, disable=not console.is_terminal) as bar:
        task = bar.add_task("synth", total=patients)
        made = generate(
            out,
            patients,
            seed,
            defect_rate=defects,
            odd_files=odd_files,
            progress=lambda done, total: bar.update(task, completed=done, total=total),
        )
    console.print(f"synth   {made}", highlight=False, soft_wrap=True)


def run_demo(out: Path, patients: int, seed: int) -> None:
    """Everything, anew: an earlier demonstration in ``out`` is replaced, any other content refused."""
    from eds_spark_imaging.pipeline.jobs import JOBS, Options, run_jobs  # noqa: PLC0415
    from eds_spark_imaging.progress import Progress as Display  # noqa: PLC0415
    from eds_spark_imaging.report import print_summary  # noqa: PLC0415

    if out.exists() and any(out.iterdir()) and not (out / _MARK).exists():
        raise InputError(f"{out} holds something that is not a demonstration")
    shutil.rmtree(out, ignore_errors=True)
    out.mkdir(parents=True)
    (out / _MARK).touch()
    make_hospital(out / "hospital", patients, seed, odd_files=True)
    config = load_config(out / "hospital" / "eds-imaging.toml").with_places(lake=str(out / "lake"))
    files = Path(pydicom.__file__).parent / "data"
    sources = (*config.sources, SourceConfig("pydicom", str(files)))
    config = replace(config, sources=sources, spark={**SMALL_CONF, **config.spark})
    print_summary(run_jobs(list(JOBS), config, Options(), Display.on_terminal()))
