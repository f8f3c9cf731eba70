"""Parts of synthetic headers: what every modality writes, what differs between images, code sequences."""

from __future__ import annotations

from typing import Any

from pydicom.dataset import Dataset
from pydicom.uid import generate_uid

SIDE = 512


def of(**elements: Any) -> Dataset:
    """A data set from keywords; lists of dicts are sequences."""
    result = Dataset()
    for keyword, value in elements.items():
        nested = isinstance(value, list) and value and isinstance(value[0], dict)
        setattr(result, keyword, [of(**item) for item in value] if nested else value)
    return result


def code(value: str, scheme: str, meaning: str) -> list[dict[str, str]]:
    """One item of a code sequence."""
    return [{"CodeValue": value, "CodingSchemeDesignator": scheme, "CodeMeaning": meaning}]


def uid(*parts: object) -> str:
    """A UID that depends on ``parts`` alone."""
    return str(generate_uid(entropy_srcs=["benchmark", *map(str, parts)]))


def clock(seconds: int) -> str:
    """A TM value in the afternoon."""
    return f"{13 + seconds // 3600:02d}{seconds // 60 % 60:02d}{seconds % 60:02d}.{seconds * 7919 % 1000:03d}000"


def exam(number: int, modality: str) -> Dataset:
    """What every modality writes about patient, exam, order and device."""
    return of(
        SpecificCharacterSet="ISO_IR 100",
        StudyDate=f"202401{1 + number % 28:02d}",
        SeriesDate=f"202401{1 + number % 28:02d}",
        StudyTime=clock(number),
        SeriesTime=clock(number + 60),
        AccessionNumber=f"A{number:08d}",
        Modality=modality,
        Manufacturer="SYNTHETIC SYSTEMS",
        InstitutionName="HOPITAL DE SYNTHESE",
        ReferringPhysicianName="MEDECIN^A",
        StationName=f"{modality}01",
        StudyDescription=f"{modality} DE SYNTHESE",
        ProcedureCodeSequence=code("ZBQK002", "CCAM", "Acte de synthese"),
        SeriesDescription=f"serie {number % 7}",
        ManufacturerModelName="Model 1",
        ReferencedStudySequence=[
            {"ReferencedSOPClassUID": "1.2.840.10008.3.1.2.3.1", "ReferencedSOPInstanceUID": uid("ref", number)}
        ],
        PatientName=f"PATIENT{number}^SYNTHETIQUE",
        PatientID=f"8{number:09d}",
        PatientBirthDate=f"19{40 + number % 60}0{1 + number % 9}15",
        PatientSex="FM"[number % 2],
        PatientAge=f"0{30 + number % 60}Y",
        BodyPartExamined="CHEST",
        DeviceSerialNumber="12345",
        SoftwareVersions=["V1.0", "V2.1"],
        ProtocolName="PROTOCOLE 1",
        StudyInstanceUID=uid("study", modality, number),
        SeriesInstanceUID=uid("series", modality, number),
        StudyID=str(number),
        SeriesNumber=2,
        RequestAttributesSequence=[
            {
                "RequestedProcedureDescription": "Acte de synthese",
                "ScheduledProcedureStepDescription": "Etape 1",
                "ScheduledProcedureStepID": f"S{number}",
                "RequestedProcedureID": f"R{number}",
            }
        ],
        PerformedProcedureStepStartDate=f"202401{1 + number % 28:02d}",
        PerformedProcedureStepStartTime=clock(number),
        PerformedProcedureStepID=f"P{number}",
        PerformedProcedureStepDescription="Acte de synthese",
    )


def image(number: int, samples: int = 1) -> Dataset:
    """What differs between the images of a series, and how their pixels are stored."""
    return of(
        SOPInstanceUID=uid("instance", number),
        AcquisitionDate="20240115",
        ContentDate="20240115",
        AcquisitionTime=clock(100 + number),
        ContentTime=clock(200 + number),
        AcquisitionNumber=1,
        InstanceNumber=1 + number,
        SamplesPerPixel=samples,
        PhotometricInterpretation="MONOCHROME2",
        Rows=SIDE,
        Columns=SIDE,
        BitsAllocated=16,
        BitsStored=12,
        HighBit=11,
        PixelRepresentation=0,
        WindowCenter=[str(40 + number % 5), "-600"],
        WindowWidth=["400", "1500"],
    )


def slices(number: int) -> Dataset:
    """The place of a slice."""
    return of(
        ImagePositionPatient=["-158.135803", "-179.035797", f"{-75.7 + 1.25 * number:.6f}"],
        SliceLocation=f"{-75.7 + 1.25 * number:.6f}",
    )
