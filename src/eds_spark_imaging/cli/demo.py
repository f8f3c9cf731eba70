"""The demonstration: a synthetic hospital and pydicom's own files through every job."""

from __future__ import annotations

import shutil
from dataclasses import replace
from pathlib import Path
from typing import Annotated

import pydicom
import typer

from eds_spark_imaging.cli.cohort import print_cohort
from eds_spark_imaging.cli.options import Format
from eds_spark_imaging.cli.report import write_report
from eds_spark_imaging.cli.synth import make_hospital
from eds_spark_imaging.cohorts import Cohort
from eds_spark_imaging.config import SourceConfig, load_config
from eds_spark_imaging.errors import InputError
from eds_spark_imaging.report.texts import Language
from eds_spark_imaging.spark.settings import SMALL_CONF


def demo(
    out: Annotated[Path, typer.Option("--out", help="Folder of the demonstration.")] = Path("demo"),
    patients: Annotated[int, typer.Option("--patients", min=10, help="Synthetic patients.")] = 100,
    seed: Annotated[int, typer.Option("--seed")] = 1,
) -> None:
    """Make a synthetic hospital and run every job on it and on the real files that pydicom ships."""
    run_demo(out, patients, seed)


_MARK = ".eds-imaging-demo"
_COHORT = {
    "cohort": {"name": "demo-ct-cancer", "description": "First CT of patients with a cancer within a year of it"},
    "include": [
        {"exam": {"category": ["scanner"]}},
        {"diagnosis": {"code": ["C*"], "type": ["DP", "DR", "DAS"], "days": [-365, 365]}},
        {"exam": {"date_quality": ["complete"]}, "pick": "first"},
    ],
}


def run_demo(out: Path, patients: int, seed: int) -> None:
    """Everything, anew: an earlier demonstration in ``out`` is replaced, any other content refused."""
    from eds_spark_imaging.cli.progress import progress_on_terminal  # noqa: PLC0415
    from eds_spark_imaging.cli.summary import print_summary  # noqa: PLC0415
    from eds_spark_imaging.pipeline.jobs import JOBS, Options, run_jobs  # noqa: PLC0415

    if out.exists() and any(out.iterdir()) and not (out / _MARK).exists():
        raise InputError(f"{out} holds something that is not a demonstration")
    shutil.rmtree(out, ignore_errors=True)
    try:
        out.mkdir(parents=True)
        (out / _MARK).touch()
    except OSError as error:
        raise InputError(f"{out}: {error.strerror}") from None
    make_hospital(out / "hospital", patients, seed, odd_files=True)
    config = load_config(out / "hospital" / "eds-imaging.toml").with_places(lake=str(out / "lake"))
    files = Path(pydicom.__file__).parent / "data"
    sources = (*config.sources, SourceConfig("pydicom", str(files)))
    config = replace(config, sources=sources, spark={**SMALL_CONF, **config.spark})
    print_summary(run_jobs(list(JOBS), config, Options(), progress_on_terminal()))
    print("\nA cohort: the first CT of patients with a cancer within a year of it")
    print_cohort(Cohort.from_mapping(_COHORT), config, Format.TABLE)
    print("\nA report to open in a browser")
    write_report(config, out / "report.html", Language.EN)
