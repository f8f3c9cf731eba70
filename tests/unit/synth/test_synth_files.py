"""The DICOM tree, read by pydicom."""

import re
import warnings
import zipfile
from collections import Counter, defaultdict
from io import BytesIO
from zoneinfo import ZoneInfo

import pydicom
import pytest
from pydicom.sr._concepts_dict import concepts

from eds_spark_imaging.config import load_config
from eds_spark_imaging.dicom.declaration import ATTRIBUTES
from eds_spark_imaging.dicom.header import HeaderReader
from eds_spark_imaging.storage.source import LocalFile
from eds_spark_imaging.synth.hospital.hospitals import first_hospitals

READER = HeaderReader(ATTRIBUTES)


@pytest.fixture(scope="module")
def datasets(made):
    """Every good file as pydicom reads it, each element decoded; a warning is an error."""
    found = {}
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        for row in made.truth("file"):
            if row["sop_instance_uid"]:
                dataset = pydicom.dcmread(made.out / row["path"])
                for element in dataset.iterall():
                    assert element.value is not None or element.is_empty
                found[row["path"]] = dataset
    return found


def test_files_are_what_truth_lists(made, datasets):
    odd = {row["path"] for row in made.truth("file") if not row["sop_instance_uid"] and "!" not in row["path"]}
    on_disk = {str(p.relative_to(made.out)) for p in (made.out / "dicom").rglob("*") if p.is_file()}
    assert on_disk == set(datasets) | odd | {path.partition("!")[0] for path in listed_members(made)}
    assert made.summary.files == len(on_disk)
    assert made.summary.bytes == sum(row["size"] for row in made.truth("file") if row["sop_instance_uid"])
    for row in made.truth("file"):
        if row["sop_instance_uid"]:
            dataset = datasets[row["path"]]
            assert dataset.SOPInstanceUID == dataset.file_meta.MediaStorageSOPInstanceUID == row["sop_instance_uid"]
            assert dataset.SeriesInstanceUID == row["series_instance_uid"]
            assert dataset.StudyInstanceUID == row["study_instance_uid"]
            assert dataset.Modality == row["modality"]
            assert dataset.SOPInstanceUID.is_valid
            assert (made.out / row["path"]).stat().st_size == row["size"] < 8000


def listed_members(made):
    return [row["path"] for row in made.truth("file") if "!" in row["path"]]


def test_headers_say_what_truth_says(made, datasets):
    headers = {(row["study_instance_uid"], row["source"]): row for row in made.truth("header")}
    for path, dataset in datasets.items():
        row = headers[dataset.StudyInstanceUID, path.split("/")[1].lower()]
        assert (dataset.PatientID or "").lstrip() == row["patient_id"].lstrip()
        assert (dataset.PatientBirthDate or "") == row["patient_birth_date"]
        assert dataset.StudyDate == row["study_date"]
        assert dataset.get("StudyTime") == row["study_time"]
        assert dataset.AccessionNumber == row["accession_number"]
        assert dataset.get("AdmissionID", "") == row["admission_id"]
        if dataset.get("SpecificCharacterSet") == "ISO_IR 192" or row["patient_name"].isascii():
            assert str(dataset.PatientName) == row["patient_name"]


def test_all_modalities_encodings_and_character_sets_occur(datasets):
    assert {d.Modality for d in datasets.values()} == {
        *("CT", "MR", "PT", "CR", "DX", "MG", "US", "XA", "NM"),
        *("SR", "PR", "KO", "OT"),
    }
    syntaxes = {d.file_meta.TransferSyntaxUID.name for d in datasets.values()}
    assert syntaxes == {"Explicit VR Little Endian", "Implicit VR Little Endian", "JPEG Baseline (Process 1)"}
    classes = {d.SOPClassUID.name for d in datasets.values()}
    assert {"Enhanced CT Image Storage", "Enhanced MR Image Storage", "X-Ray Radiation Dose SR Storage"} < classes
    charsets = Counter(d.get("SpecificCharacterSet") for d in datasets.values())
    assert charsets.most_common(1)[0][0] == "ISO_IR 100"
    assert {"ISO_IR 100", "ISO_IR 192", None} <= set(charsets)
    raw = [bytes(d.PatientName.original_string) for d in datasets.values() if d.PatientName]
    assert any(b"\xc3" in name for name in raw)


def by_modality(datasets, modality):
    return [d for d in datasets.values() if d.Modality == modality]


def test_acquisition_parameters(datasets):
    currents = defaultdict(set)
    for ct in by_modality(datasets, "CT"):
        if ct.SOPClassUID.name == "CT Image Storage":
            assert 70 <= ct.KVP <= 150
            currents[ct.SeriesInstanceUID].add(ct.XRayTubeCurrent)
    assert sum(len(values) > 1 for values in currents.values()) > 50
    for pt in by_modality(datasets, "PT"):
        tracer = pt.RadiopharmaceuticalInformationSequence[0]
        assert 1e8 < tracer.RadionuclideTotalDose < 1e9  # Bq
        assert tracer.RadionuclideHalfLife == pytest.approx(6586.2)  # s, 18F
    for mg in by_modality(datasets, "MG"):
        assert (mg.ImageLaterality, mg.ViewPosition) in {(s, v) for s in "LR" for v in ("CC", "MLO")}
        assert 20 < mg.BodyPartThickness < 90
    assert all(us.SequenceOfUltrasoundRegions[0].PhysicalDeltaX > 0 for us in by_modality(datasets, "US"))
    assert all(nm.NumberOfFrames == len(nm.DetectorVector) for nm in by_modality(datasets, "NM"))
    b_values = {d.get("DiffusionBValue") for d in by_modality(datasets, "MR")}
    assert {0.0, 1000.0} < b_values
    blocks = [d.private_block(0x19, "SIEMENS MR HEADER") for d in by_modality(datasets, "MR") if (0x19, 0x10) in d]
    assert {int(block[0x0C].value) for block in blocks} == {0, 1000}


def test_series_of_one_exam_tell_one_patient_and_one_injection(datasets):
    exams = defaultdict(lambda: defaultdict(set))
    for dataset in datasets.values():
        for name in ("PatientWeight", "PatientSize", "PatientAge"):
            if name in dataset:
                exams[dataset.StudyInstanceUID][name].add(dataset[name].value)
        for item in dataset.get("RadiopharmaceuticalInformationSequence", ()):
            told = (item.RadionuclideTotalDose, item.get("RadiopharmaceuticalStartTime"))
            exams[dataset.StudyInstanceUID]["injection"].add(told)
    assert sum("injection" in said for said in exams.values()) > 5
    assert all(len(values) == 1 for said in exams.values() for values in said.values())


def test_ages_and_weights_are_those_of_the_birth_date(made, datasets):
    """PS3.3 C.7.1.1, C.7.2.2: completed years; no child of less than two has the weight of an adult."""
    births = {row["person_id"]: row["birth_datetime"] for row in made.table("person")}
    people = {row["study_instance_uid"]: row["person_id"] for row in made.truth("exam")}
    ages, small = 0, []
    for dataset in datasets.values():
        if dataset.get("PatientAge") and len(dataset.get("StudyDate", "")) == 8 and dataset.StudyDate > "19000101":
            birth, at = dataset.PatientBirthDate, dataset.StudyDate
            assert int(dataset.PatientAge[:3]) == int(at[:4]) - int(birth[:4]) - (at[4:] < birth[4:])
            ages += 1
        if "PatientWeight" in dataset and (person := people[dataset.StudyInstanceUID]):
            birth = births[person].astimezone(ZoneInfo("Europe/Paris"))
            if int(dataset.SeriesDate[:4]) - birth.year < 2:
                small.append(float(dataset.PatientWeight))
    assert ages > 1000
    assert small
    assert max(small) < 20


def test_enhanced_objects_have_a_group_for_each_frame(datasets):
    enhanced = [d for d in datasets.values() if d.SOPClassUID.name.startswith("Enhanced")]
    assert enhanced
    for dataset in enhanced:
        assert len(dataset.PerFrameFunctionalGroupsSequence) == dataset.NumberOfFrames > 1


def test_pixel_data_has_the_length_that_the_header_says(datasets):
    for dataset in datasets.values():
        if "PixelData" in dataset and not dataset.file_meta.TransferSyntaxUID.is_encapsulated:
            frames = int(dataset.get("NumberOfFrames", 1))
            samples = dataset.Rows * dataset.Columns * dataset.SamplesPerPixel
            assert len(dataset.PixelData) == samples * frames * dataset.BitsAllocated // 8


def test_no_time_anywhere(made, datasets):
    silent = {row["study_instance_uid"] for row in made.truth("exam") if "time_absent" in row["defects"]}
    checked = 0
    for dataset in datasets.values():
        if dataset.StudyInstanceUID in silent:
            assert not any(element.value for element in dataset.iterall() if element.VR == "TM")
            assert all(len(element.value) == 8 for element in dataset.iterall() if element.VR == "DT")
            checked += 1
    assert checked


def test_codes_mean_what_the_standard_says(datasets):
    known = {
        (scheme, value, meaning)
        for scheme, table in concepts.items()
        for entry in table.values()
        for value, (meaning, _) in entry.items()
    }
    seen = set()
    for dataset in datasets.values():
        for item in (item for e in dataset.iterall() if e.VR == "SQ" for item in e.value):
            if "CodeValue" in item and item.CodingSchemeDesignator in ("SCT", "DCM", "LN"):
                seen.add((item.CodingSchemeDesignator, item.CodeValue, item.CodeMeaning))
    assert len(seen) > 20
    assert seen - known == set()


def test_reloaded_exams_are_in_two_trees_with_the_same_uids(made):
    paths = defaultdict(list)
    for row in made.truth("file"):
        if row["sop_instance_uid"]:
            paths[row["sop_instance_uid"]].append(row)
    assert all(len(rows) == rows[0]["copies"] for rows in paths.values())
    twice = [rows for rows in paths.values() if len(rows) == 2]
    assert twice
    for first, second in twice:
        assert second["source"] == f"{first['source']}-2"


def test_odd_files(made):
    odd = {row["path"].rsplit("/", 1)[1]: row for row in made.truth("file") if not row["sop_instance_uid"]}
    assert {name: row["expected_status"] for name, row in odd.items()} == {
        "LISEZMOI.txt": "not_dicom",
        "vide.dcm": "not_dicom",
        "coupe.dcm": "quarantined",
        "DICOMDIR": "dicomdir",
        "._IM000001": "not_dicom",
        "export.zip!IM1.dcm": "duplicate",
        "export.zip!notes.txt": "not_dicom",
    }
    folder = (made.out / odd["vide.dcm"]["path"]).parent
    assert (folder / "vide.dcm").stat().st_size == 0
    statuses = {name: READER.read(LocalFile(folder / name)).status for name in odd if "!" not in name}
    assert statuses == {name: row["expected_status"] for name, row in odd.items() if "!" not in name}
    directory = pydicom.dcmread(folder / "DICOMDIR")
    assert directory.file_meta.MediaStorageSOPClassUID.name == "Media Storage Directory Storage"
    member = zipfile.ZipFile(folder / "export.zip").read("IM1.dcm")
    assert pydicom.dcmread(BytesIO(member)).StudyInstanceUID


def test_the_configuration_fits_the_tree(made):
    config = load_config(made.out / "eds-imaging.toml")
    roots = {source.root: source for source in config.sources}
    assert set(roots) == {str(path) for path in (made.out / "dicom").iterdir()}
    truth = {row["study_instance_uid"]: row["hospital"] for row in made.truth("exam")}
    by_source = {source.name: source.hospital for source in config.sources}
    for row in made.truth("file"):
        if row["study_instance_uid"]:
            assert by_source[row["source"]] == truth[row["study_instance_uid"]]


def test_hospital_rules_find_their_own_spellings_alone():
    hospitals = first_hospitals(12)
    for hospital in hospitals:
        for spelling in hospital.spellings:
            assert [h.code for h in hospitals if re.search(f"(?i){h.pattern}", spelling)] == [hospital.code]
