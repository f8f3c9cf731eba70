"""Makes a synthetic hospital group: DICOM tree, base centrale, truth and configuration, block by block of people."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from random import Random

from eds_spark_imaging.errors import InputError
from eds_spark_imaging.synth.defects import identity, record, traits  # noqa: F401  (they register the defects)
from eds_spark_imaging.synth.defects.defect import Planter
from eds_spark_imaging.synth.hospital.care_sites import care_sites
from eds_spark_imaging.synth.hospital.history import Historian, deck_of_kinds
from eds_spark_imaging.synth.hospital.hospitals import MOST_HOSPITALS, first_hospitals
from eds_spark_imaging.synth.hospital.model import SynthExam
from eds_spark_imaging.synth.hospital.people import Population
from eds_spark_imaging.synth.hospital.register import Register
from eds_spark_imaging.synth.writers.config_file import write_config
from eds_spark_imaging.synth.writers.evidence import TraitIndex
from eds_spark_imaging.synth.writers.files import FileWriter, source_folder
from eds_spark_imaging.synth.writers.odd_files import write_odd_files
from eds_spark_imaging.synth.writers.records import rows_of
from eds_spark_imaging.synth.writers.truth import ExamTruth, TruthWriter
from eds_spark_imaging.synth.writers.warehouse import BaseCentraleTables

BLOCK = 500  # people whose rows are kept in memory; one row group of each table

Progress = Callable[[int, int], None]


@dataclass(slots=True)
class SynthSummary:
    """What was made. ``exams_not_attached``: PatientID is not the surviving IPP of the exam's person."""

    patients: int
    exams: int = 0
    exams_not_attached: int = 0
    series: int = 0
    files: int = 0
    bytes: int = 0
    tables: Counter[str] = field(default_factory=Counter)
    defects: Counter[str] = field(default_factory=Counter)
    modalities: Counter[str] = field(default_factory=Counter)

    def __str__(self) -> str:
        share = self.exams_not_attached / max(self.exams, 1)
        return (
            f"{self.patients} patients, {self.exams} exams ({share:.1%} not correctly attached), "
            f"{self.series} series, {self.files} files, {self.bytes / 1e6:.1f} MB, {self.tables.total()} rows"
        )


def generate(
    out: Path,
    patients: int,
    seed: int,
    *,
    hospitals: int = 6,
    defect_rate: float = 0.20,
    instances_per_series: int = 3,
    with_dicom: bool = True,
    odd_files: bool = False,
    progress: Progress | None = None,
) -> SynthSummary:
    """Write a synthetic hospital group below ``out``; the same arguments give the same bytes.

    ``out/dicom`` holds one folder a PACS, ``out/warehouse`` one folder a table of the base centrale, ``out/truth`` who
    each exam really belongs to, ``out/eds-imaging.toml`` a configuration that fits. ``defect_rate`` is the share of
    exams whose PatientID is not the surviving IPP of their person; other defects scale with it. Series have at most
    ``instances_per_series`` files, and one less for some. ``with_dicom=False`` leaves the files out and nothing else.
    ``progress`` is called with the people done and their total. Raises InputError where the arguments make no hospital,
    or ``out`` already holds one.
    """
    request = _Request(out, patients, seed, hospitals, defect_rate, instances_per_series, with_dicom, odd_files)
    request.check()
    return _Group(request).run(progress)


@dataclass(frozen=True, slots=True)
class _Request:
    """The arguments of :func:`generate`."""

    out: Path
    patients: int
    seed: int
    hospitals: int
    defect_rate: float
    instances: int
    with_dicom: bool
    odd_files: bool

    def check(self) -> None:
        if self.patients < 1:
            raise InputError("a synthetic hospital needs at least one patient")
        if not 1 <= self.hospitals <= MOST_HOSPITALS:
            raise InputError(f"hospitals: between 1 and {MOST_HOSPITALS}")
        if not 0 <= self.defect_rate <= 1:
            raise InputError("defect rate: between 0 and 1")
        if self.instances < 1:
            raise InputError("instances per series: at least 1")
        if any((self.out / name).exists() for name in ("dicom", "warehouse", "truth")):
            raise InputError(f"{self.out} already holds a synthetic hospital")


class _Group:
    """One run of the generator: everything that lives across people."""

    def __init__(self, request: _Request) -> None:
        self._request = request
        seed, out = request.seed, request.out
        self._hospitals = first_hospitals(request.hospitals)
        self._population = Population(request.patients, seed, request.hospitals)
        self._register = Register(seed)
        self._historian = Historian(self._hospitals, self._register, deck_of_kinds(Random(f"{seed}/kinds")))
        chance = Random(f"{seed}/defects")
        self._planter = Planter(request.defect_rate, self._population, self._register, chance)
        self._warehouse = BaseCentraleTables(out / "warehouse")
        self._truth = TruthWriter(out / "truth", self._population, TraitIndex(self._population))
        self._files = FileWriter(out, self._register, seed, request.instances)
        self._summary = SynthSummary(request.patients)
        self._sample: str | None = None

    def run(self, progress: Progress | None) -> SynthSummary:
        total = self._population.size
        self._warehouse.add(care_sites(self._hospitals))
        for index in range(total):
            self._person(index)
            if (index + 1) % BLOCK == 0 or index + 1 == total:
                self._warehouse.flush()
                self._truth.flush()
                if progress:
                    progress(index + 1, total)
        if self._request.odd_files and self._sample:
            source = source_folder(self._hospitals[0], 1)
            self._summary.files += write_odd_files(self._request.out, source, self._sample, self._truth)
        self._summary.tables = self._warehouse.close()
        self._summary.defects += self._register.met
        self._truth.close(self._summary.defects)
        write_config(self._request.out, self._hospitals)
        return self._summary

    def _person(self, index: int) -> None:
        person = self._population.person(index)
        rng = Random(f"{self._request.seed}/life/{index}")
        life = self._historian.life(person, rng)
        self._planter.plant(life, rng)
        self._warehouse.add(rows_of(life, self._population, self._register, rng))
        for truth in self._truth.add_life(life):
            self._count(truth)
        for exam in life.exams:
            self._register.met["reload"] += exam.reload_id is not None
            self._register.met["department_renamed"] += exam.department.opened is not None
            self._register.met["extra_series"] += any(
                s.recipe.split("_")[0] != exam.kind.modality.lower() for s in exam.kind.series
            )
            if self._request.with_dicom:
                self._write(exam)

    def _count(self, truth: ExamTruth) -> None:
        summary = self._summary
        summary.exams += 1
        summary.exams_not_attached += not truth.correctly_attached
        summary.modalities[truth.modality] += 1
        summary.defects.update(truth.defects)

    def _write(self, exam: SynthExam) -> None:
        copies = len(exam.patient_ids)
        series = set()
        for file in self._files.write(exam):
            self._truth.add_file(file, copies)
            if file.modality not in ("SR", "PR", "KO"):
                self._sample = self._sample or file.path
            self._summary.files += 1
            self._summary.bytes += file.size
            series.add(file.series_uid)
        self._summary.series += len(series)
