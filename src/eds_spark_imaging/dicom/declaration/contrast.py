"""Contrast agents (PS3.3 C.7.6.4 contrast/bolus, C.7.6.4b enhanced, C.7.6.16.2.12 use in the frames)."""

from __future__ import annotations

from functools import partial

from eds_spark_imaging.dicom.declaration.attribute import attribute
from eds_spark_imaging.dicom.declaration.coded import coded
from eds_spark_imaging.dicom.declaration.modalities import CONTRAST

contrast = partial(attribute, level="acquisition", modalities=CONTRAST)
codes = partial(coded, level="acquisition", aggregate="distinct", modalities=CONTRAST)

AGENT = "ContrastBolusAgentSequence"
PROFILE = f"{AGENT}.ContrastAdministrationProfileSequence"

ATTRIBUTES = (
    contrast(
        "ContrastBolusAgent",
        "string",
        aggregate="distinct",
        comment="Agents of the series; free text, some machines fill it without injection",
        treatment="mask",
    ),
    *codes(AGENT, "contrast_bolus_agent", "the agents of the series"),
    contrast(
        "ContrastBolusIngredient",
        "string",
        aggregate="distinct",
        comment="IODINE, GADOLINIUM, CARBON DIOXIDE, BARIUM, XENON",
    ),
    *codes(f"{AGENT}.ContrastBolusIngredientCodeSequence", "contrast_bolus_ingredient", "the active ingredients"),
    contrast(
        "ContrastBolusRoute",
        "string",
        aggregate="distinct",
        comment="Routes of administration; free text",
        treatment="mask",
    ),
    *codes(
        ("ContrastBolusAdministrationRouteSequence", f"{AGENT}.ContrastBolusAdministrationRouteSequence"),
        "contrast_bolus_route",
        "the routes of administration",
    ),
    contrast(
        ("ContrastBolusVolume", f"{AGENT}.ContrastBolusVolume"), "double", unit="mL", comment="Injected volume of agent"
    ),
    contrast("ContrastBolusTotalDose", "double", unit="mL", comment="Injected volume of undiluted agent"),
    contrast(
        ("ContrastBolusIngredientConcentration", f"{AGENT}.ContrastBolusIngredientConcentration"),
        "double",
        unit="mg/mL",
        comment="Active ingredient for each volume of agent",
    ),
    contrast(
        ("ContrastFlowRate", f"{PROFILE}.ContrastFlowRate"),
        "double",
        unit="mL/s",
        many=True,
        each=1,
        comment="Flow rates of the phases of injection",
    ),
    contrast(
        ("ContrastFlowDuration", f"{PROFILE}.ContrastFlowDuration"),
        "double",
        unit="s",
        many=True,
        each=1,
        comment="Durations of the phases of injection",
    ),
    contrast(
        ("ContrastBolusStartTime", f"{PROFILE}.ContrastBolusStartTime"), "time", comment="Time the injection started"
    ),
    contrast(("ContrastBolusStopTime", f"{PROFILE}.ContrastBolusStopTime"), "time", comment="Time the injection ended"),
    contrast(
        "@ContrastBolusUsageSequence.ContrastBolusAgentAdministered",
        "string",
        aggregate="distinct",
        comment="YES when the agent was given at the time of the frames; enhanced objects",
    ),
    contrast(
        "@ContrastBolusUsageSequence.ContrastBolusAgentPhase",
        "string",
        aggregate="distinct",
        comment="PRE_CONTRAST, IMMEDIATE, DYNAMIC, ARTERIAL, PORTAL_VENOUS, DELAYED ...; enhanced objects",
    ),
)
