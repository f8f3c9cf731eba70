"""From an exam to its DICOM files: the headers that all series share, the series of its kind, paths and bytes."""

from __future__ import annotations

import os
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import timedelta
from itertools import count
from pathlib import Path
from random import Random

from eds_spark_imaging.synth.hospital.hospitals import Hospital
from eds_spark_imaging.synth.hospital.model import SynthExam
from eds_spark_imaging.synth.hospital.register import Register
from eds_spark_imaging.synth.recipes import ct_mr, nuclear, other, xray_us  # noqa: F401
from eds_spark_imaging.synth.recipes.recipe import RECIPES, SIDE, Series, SeriesToWrite, Values
from eds_spark_imaging.synth.recipes.shared_elements import series_elements, study_elements
from eds_spark_imaging.synth.writers.dicom_writer import (
    EXPLICIT,
    IMPLICIT,
    JPEG_BASELINE,
    Encapsulated,
    Encoder,
    Pieces,
    file_start,
    join,
)

_JPEG = bytes.fromhex("ffd8ffe000104a46494600010100000100010000ffd9")


@dataclass(frozen=True, slots=True)
class WrittenFile:
    """One file: its path below the output folder, UIDs, size in bytes."""

    path: str
    study_uid: str
    series_uid: str
    sop_uid: str
    modality: str
    size: int


def source_folder(hospital: Hospital, archive: int) -> str:
    """Folder of one PACS of a hospital, below the output folder."""
    return f"dicom/{hospital.trigram}" if archive == 1 else f"dicom/{hospital.trigram}-{archive}"


@dataclass(slots=True)
class FileWriter:
    """Writes the files of exams below one folder."""

    out: Path
    register: Register
    seed: int
    instances: int

    def write(self, exam: SynthExam) -> Iterator[WrittenFile]:
        """All files of an exam, in each PACS that holds it."""
        yield from self._copy(exam, exam.archive, exam.header.patient_id)
        if exam.reload_id is not None:
            yield from self._copy(exam, 2, exam.reload_id)

    def _copy(self, exam: SynthExam, archive: int, patient_id: str) -> Iterator[WrittenFile]:
        rng = Random(f"{self.seed}/files/{exam.number}")
        opaque = self.register.uid("folder", archive, exam.number)[5:21]
        folder = f"{source_folder(exam.hospital, archive)}/{exam.when:%Y/%m}/{opaque}"
        os.makedirs(self.out / folder, exist_ok=True)
        device = exam.device
        encoder = Encoder(device.explicit, device.codec, device.undefined_lengths)
        study = encoder.pieces(study_elements(exam, patient_id))
        serial = count(1)
        for number, kind in enumerate(exam.kind.series, start=1):
            instances = 1 if kind.single else rng.randint(max(1, self.instances - 1), self.instances)
            start = exam.header.clock + timedelta(minutes=3 * number)
            context = SeriesToWrite(exam, kind, rng, instances, start, number, self._series_uid(exam, 1))
            for sop_uid, series, data in self._encode(context, encoder, study):
                path = f"{folder}/{_file_name(exam.hospital, next(serial), sop_uid)}"
                with open(self.out / path, "wb", buffering=0) as file:
                    file.write(data)
                yield WrittenFile(path, exam.uid, self._series_uid(exam, number), sop_uid, series.modality, len(data))

    def _series_uid(self, exam: SynthExam, number: int) -> str:
        return self.register.uid("series", exam.number, number)

    def _encode(self, context: SeriesToWrite, encoder: Encoder, study: Pieces) -> Iterator[tuple[str, Series, bytes]]:
        """UID and bytes of each instance of a series."""
        series = RECIPES[context.kind.recipe](context)
        series_uid = self._series_uid(context.exam, context.number)
        shared = study | encoder.pieces(series.shared | series_elements(context, series, series_uid))
        syntax = EXPLICIT if encoder.explicit else IMPLICIT
        if series.pixels:
            compressed = series.compressed and encoder.explicit
            syntax = JPEG_BASELINE if compressed else syntax
            shared |= encoder.pieces({"PixelData": Encapsulated(_JPEG) if compressed else _raw_pixels(series.shared)})
        for k, varying in enumerate(series.varying, start=1):
            sop_uid = self.register.uid("instance", context.exam.number, context.number, k)
            own: Values = varying | {"SOPInstanceUID": sop_uid, "InstanceNumber": k}
            yield sop_uid, series, file_start(series.sop_class, sop_uid, syntax) + join(shared, encoder.pieces(own))


def _file_name(hospital: Hospital, serial: int, sop_uid: str) -> str:
    """As each PACS names files: running numbers with or without letters, or opaque names with an extension."""
    return f"{hospital.file_prefix}{serial:06d}" if hospital.file_prefix else f"{sop_uid[-16:]}.dcm"


def _raw_pixels(shared: Values) -> bytes:
    frames, bits, samples = (shared.get(k, 1) for k in ("NumberOfFrames", "BitsAllocated", "SamplesPerPixel"))
    assert isinstance(frames, int) and isinstance(bits, int) and isinstance(samples, int)  # noqa: S101, PT018
    return bytes(SIDE * SIDE * frames * samples * bits // 8)
