"""What else lies about in archives: files that are no DICOM, broken ones, a directory file, an archive of members."""

from __future__ import annotations

import zipfile
from pathlib import Path

from eds_spark_imaging.synth.writers.dicom_writer import EXPLICIT, Encoder, file_start
from eds_spark_imaging.synth.writers.truth import TruthWriter

_DIRECTORY_CLASS = "1.2.840.10008.1.3.10"


def write_odd_files(out: Path, source: str, sample: str, truth: TruthWriter) -> int:
    """Add them below a source's folder; ``sample`` is the path of a good file to make some from. Returns the count."""
    folder = f"{source}/divers"
    good = (out / sample).read_bytes()
    (out / folder).mkdir(parents=True, exist_ok=True)
    files = {
        "LISEZMOI.txt": (b"Sauvegarde du serveur d'images.\n", "not_dicom"),
        "vide.dcm": (b"", "not_dicom"),
        "coupe.dcm": (_cut(good), "quarantined"),
        "DICOMDIR": (_directory(), "dicomdir"),
        "._IM000001": (b"\0\5\x16\7" + bytes(78), "not_dicom"),
    }
    for name, (data, status) in files.items():
        (out / folder / name).write_bytes(data)
        truth.add_odd_file(f"{folder}/{name}", len(data), status)
    archive = f"{folder}/export.zip"
    with zipfile.ZipFile(out / archive, "w") as zipped:
        for member, data, status in (("IM1.dcm", good, "duplicate"), ("notes.txt", b"rien\n", "not_dicom")):
            zipped.writestr(zipfile.ZipInfo(member, (2020, 1, 1, 0, 0, 0)), data)
            truth.add_odd_file(f"{archive}!{member}", len(data), status)
    return len(files) + 1


def _cut(good: bytes) -> bytes:
    """The start of a file, ending inside an element of its data set: the Pixel Data group's place is never reached."""
    return good[: good.index(b"\x10\0\x10\0", 132 + 200) + 9]


def _directory() -> bytes:
    uid = "2.25.1618033988749894848204586834365638117"
    body = Encoder().dataset(
        {
            "FileSetID": "SYNTH",
            "OffsetOfTheFirstDirectoryRecordOfTheRootDirectoryEntity": 0,
            "OffsetOfTheLastDirectoryRecordOfTheRootDirectoryEntity": 0,
            "FileSetConsistencyFlag": 0,
            "DirectoryRecordSequence": [],
        }
    )
    return file_start(_DIRECTORY_CLASS, uid, EXPLICIT) + body
