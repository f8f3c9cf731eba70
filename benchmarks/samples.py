"""Synthetic DICOM files of realistic headers, with 512 x 512 pixels of 16 bits behind them.

What varies from file to file in a series varies here: UIDs, numbers, positions, times. CT and MR begin with the
elements, private ones included, of files in pydicom's package; mammograms and ultrasound are of another patient in
every file.
"""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pydicom
from pydicom.data import get_testdata_file
from pydicom.dataset import Dataset, FileMetaDataset
from pydicom.uid import ExplicitVRLittleEndian

from benchmarks.elements import SIDE, clock, code, exam, image, of, slices

PIXELS = bytes(SIDE * SIDE * 2)


def ct(number: int) -> Dataset:
    """A CT slice of one series: about 270 elements, half of them private."""
    result = pydicom.dcmread(get_testdata_file("CT_small.dcm"))
    result.update(exam(1, "CT"))
    result.update(image(number))
    result.update(slices(number))
    result.update(
        of(
            XRayTubeCurrent=170 + number % 40,
            Exposure=90 + number % 20,
            CTDIvol=8.5 + number % 10 / 10,
            SpiralPitchFactor=0.984375,
            SingleCollimationWidth=0.625,
            TotalCollimationWidth=40.0,
        )
    )
    return result


def mr(number: int) -> Dataset:
    """An MR slice of one series, with the large private elements that Siemens writes."""
    result = pydicom.dcmread(get_testdata_file("MR_small.dcm"))
    result.update(exam(2, "MR"))
    result.update(image(number))
    result.update(slices(number))
    result.update(
        of(
            ScanningSequence=["SE", "EP"],
            SequenceVariant=["SK", "SP"],
            ScanOptions=["PFP", "FS"],
            SequenceName=f"*ep_b{number % 4 * 250}",
            NumberOfPhaseEncodingSteps=96,
            SAR="0.0451",
            PixelBandwidth="1446",
            TransmitCoilName="Body",
        )
    )
    result.private_block(0x0019, "SIEMENS MR HEADER", create=True).add_new(0x0C, "IS", str(number % 4 * 250))
    blobs = result.private_block(0x0029, "SIEMENS CSA HEADER", create=True)
    for low, kind, size in ((0x10, number, 11_000), (0x20, 0, 70_000)):
        blobs.add_new(low - 0x08, "CS", "IMAGE NUM 4")
        blobs.add_new(low, "OB", bytes([kind % 256]) * size)
    return result


def frame(number: int, index: int) -> dict[str, Any]:
    """The functional groups of one frame."""
    position = {"ImagePositionPatient": ["-120", "-120", f"{-60 + 2.5 * index:.3f}"]}
    content = {
        "FrameAcquisitionDateTime": f"20240115{clock(number + index)}",
        "FrameReferenceDateTime": f"20240115{clock(number + index)}",
        "FrameAcquisitionDuration": 62.5 + index % 3,
        "StackID": "1",
        "InStackPositionNumber": 1 + index,
        "TemporalPositionIndex": 1,
        "DimensionIndexValues": [1, 1 + index],
    }
    timing = {
        "RepetitionTime": 2500.0,
        "FlipAngle": 90.0,
        "EchoTrainLength": 0,
        "RFEchoTrainLength": 0,
        "GradientEchoTrainLength": 64,
        "SpecificAbsorptionRateSequence": [
            {"SpecificAbsorptionRateDefinition": "IEC_HEAD", "SpecificAbsorptionRateValue": 0.05 + index / 1000}
        ],
    }
    return {
        "FrameContentSequence": [content],
        "PlanePositionSequence": [position],
        "PlaneOrientationSequence": [{"ImageOrientationPatient": ["1", "0", "0", "0", "1", "0"]}],
        "PixelMeasuresSequence": [{"SliceThickness": "2.5", "PixelSpacing": ["1.875", "1.875"]}],
        "FrameVOILUTSequence": [{"WindowCenter": str(300 + index % 4), "WindowWidth": "600"}],
        "PixelValueTransformationSequence": [
            {"RescaleIntercept": "0", "RescaleSlope": "1.5", "RescaleType": "normalized"}
        ],
        "MREchoSequence": [{"EffectiveEchoTime": 30.0}],
        "MRTimingAndRelatedParametersSequence": [timing],
        "MRModifierSequence": [{"InversionRecovery": "NO", "SpatialPresaturation": "SLAB", "PartialFourier": "NO"}],
        "MRAveragesSequence": [{"NumberOfAverages": 1.0}],
        "MRImageFrameTypeSequence": [
            {
                "FrameType": ["ORIGINAL", "PRIMARY", "M", "NONE"],
                "PixelPresentation": "MONOCHROME",
                "VolumetricProperties": "VOLUME",
                "ComplexImageComponent": "MAGNITUDE",
                "AcquisitionContrast": "T2_STAR",
            }
        ],
    }


def enhanced_mr(number: int, frames: int = 40) -> Dataset:
    """An enhanced MR object of 40 frames: some 2,000 elements."""
    result = exam(3, "MR")
    result.update(image(number))
    result.update(
        of(
            SOPClassUID="1.2.840.10008.5.1.4.1.1.4.1",
            ImageType=["ORIGINAL", "PRIMARY", "M", "NONE"],
            MagneticFieldStrength="3",
            PulseSequenceName="FEEPI",
            EchoPulseSequence="GRADIENT",
            EchoPlanarPulseSequence="YES",
            AcquisitionContrast="T2_STAR",
            ComplexImageComponent="MAGNITUDE",
            AcquisitionDateTime=f"20240115{clock(number)}",
            NumberOfFrames=frames,
            SharedFunctionalGroupsSequence=[
                {
                    "MRReceiveCoilSequence": [{"ReceiveCoilName": "HEAD", "ReceiveCoilType": "MULTICOIL"}],
                    "MRTransmitCoilSequence": [{"TransmitCoilName": "BODY", "TransmitCoilType": "BODY"}],
                    "FrameAnatomySequence": [
                        {"FrameLaterality": "U", "AnatomicRegionSequence": code("T-D1100", "SRT", "Head")}
                    ],
                    "MRFOVGeometrySequence": [
                        {
                            "InPlanePhaseEncodingDirection": "COLUMN",
                            "MRAcquisitionFrequencyEncodingSteps": 64,
                            "MRAcquisitionPhaseEncodingStepsInPlane": 64,
                            "PercentSampling": "100",
                            "PercentPhaseFieldOfView": "100",
                        }
                    ],
                }
            ],
            PerFrameFunctionalGroupsSequence=[frame(number, index) for index in range(frames)],
        )
    )
    return result


def mg(number: int) -> Dataset:
    """A mammogram."""
    result = exam(number, "MG")
    result.update(image(number))
    side, view = "LR"[number % 2], ("CC", "MLO")[number // 2 % 2]
    result.update(
        of(
            SOPClassUID="1.2.840.10008.5.1.4.1.1.1.2",
            ImageType=["ORIGINAL", "PRIMARY", ""],
            PresentationIntentType="FOR PRESENTATION",
            KVP=str(26 + number % 6),
            DistanceSourceToDetector="660",
            DistanceSourceToPatient="607",
            EstimatedRadiographicMagnificationFactor="1.08",
            ExposureTime=900 + number,
            XRayTubeCurrent=100,
            Exposure=90 + number % 30,
            ExposureInuAs=90_000 + number,
            FilterMaterial="RHODIUM",
            AnodeTargetMaterial="TUNGSTEN",
            BodyPartThickness=str(40 + number % 30),
            CompressionForce=str(90 + number % 40),
            Grid=["FOCUSED", "RECIPROCATING"],
            FocalSpots="0.3",
            ImagerPixelSpacing=["0.07", "0.07"],
            PositionerPrimaryAngle="0",
            PositionerType="MAMMOGRAPHIC",
            DetectorType="DIRECT",
            DetectorTemperature="31.4",
            DetectorID="D1",
            DateOfLastDetectorCalibration="20240101",
            ExposureControlMode="AUTOMATIC",
            RelativeXRayExposure=44,
            EntranceDose=6,
            EntranceDoseInmGy=f"{5 + number % 20 / 10:.2f}",
            OrganDose=f"0.0{10 + number % 10}",
            HalfValueLayer="0.53",
            ImageLaterality=side,
            PatientOrientation=["A", "F"],
            BreastImplantPresent="NO",
            PartialView="NO",
            QualityControlImage="NO",
            BurnedInAnnotation="NO",
            LossyImageCompression="00",
            ViewCodeSequence=code({"CC": "R-10242", "MLO": "R-10226"}[view], "SRT", view),
            AnatomicRegionSequence=code("T-04000", "SRT", "Breast"),
            AcquisitionContextSequence=[],
            ViewPosition=view,
        )
    )
    return result


def us(number: int) -> Dataset:
    """An ultrasound image with two regions."""
    result = exam(number, "US")
    result.update(image(number))
    region = {
        "RegionSpatialFormat": 1,
        "RegionDataType": 1,
        "RegionFlags": 2,
        "RegionLocationMinX0": 60,
        "RegionLocationMinY0": 40,
        "RegionLocationMaxX1": 480,
        "RegionLocationMaxY1": 500,
        "ReferencePixelX0": 210,
        "ReferencePixelY0": 0,
        "PhysicalUnitsXDirection": 3,
        "PhysicalUnitsYDirection": 3,
        "PhysicalDeltaX": 0.02 + number / 10_000,
        "PhysicalDeltaY": 0.02 + number / 10_000,
        "TransducerFrequency": 3500,
    }
    result.update(
        of(
            SOPClassUID="1.2.840.10008.5.1.4.1.1.6.1",
            ImageType=["ORIGINAL", "PRIMARY", "ABDOMINAL", "0001"],
            FrameTime="33.3",
            HeartRate=60 + number % 40,
            TransducerData=["C5-1", "", ""],
            ProcessingFunction="ABDOMEN",
            MechanicalIndex="1.1",
            BoneThermalIndex="0.4",
            SoftTissueThermalIndex="0.5",
            TransducerType="CURVED LINEAR",
            SequenceOfUltrasoundRegions=[region, {**region, "RegionDataType": 2}],
            LossyImageCompression="01",
        )
    )
    return result


def uneven(number: int) -> Dataset:
    """A CT slice of one series in which lengths vary as in real ones: UIDs, times, positions, numbers, currents."""
    result = ct(number)
    result.SOPInstanceUID = f"1.2.826.0.1.3680043.8.498.{number * number * 7919 % 10**6}.{number}"
    result.InstanceNumber = str(1 + number)
    height = f"{-75.7 + 1.25 * number:g}"
    result.ImagePositionPatient = ["-158.1", "-179.035797", height]
    result.SliceLocation = height
    result.AcquisitionTime = clock(100 + number)[: 6 + number % 8 * (number % 3 > 0)].rstrip(".")
    result.ContentTime = clock(200 + number)[: (6, 9, 13)[number % 3]]
    result.XRayTubeCurrent = 80 + number * 13 % 60
    result.ReferencedImageSequence = [
        of(ReferencedSOPClassUID=result.SOPClassUID, ReferencedSOPInstanceUID=f"1.2.826.{number}")
    ]
    return result


KINDS: dict[str, Callable[[int], Dataset]] = {
    "CT": ct,
    "CT, uneven": uneven,
    "MR": mr,
    "enhanced MR": enhanced_mr,
    "MG": mg,
    "US": us,
}


def write(folder: Path, kind: str, count: int) -> list[Path]:
    """``count`` files of a kind, explicit little endian."""
    paths = []
    for number in range(count):
        dataset = KINDS[kind](number)
        frames = int(dataset.get("NumberOfFrames") or 1)
        dataset.PixelData = PIXELS * min(frames, 2)  # as if cut: no contender reads them
        dataset["PixelData"].VR = "OW"
        meta = dataset.file_meta = FileMetaDataset()
        meta.MediaStorageSOPClassUID = dataset.SOPClassUID
        meta.MediaStorageSOPInstanceUID = dataset.SOPInstanceUID
        meta.TransferSyntaxUID = ExplicitVRLittleEndian
        paths.append(folder / f"{kind.replace(', ', '_').replace(' ', '_')}-{number:04d}.dcm")
        dataset.save_as(paths[-1], enforce_file_format=True)
    return paths
