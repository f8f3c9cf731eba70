"""Keys and texts of the visit, the order and the request: what ties an exam to the rest of the record.

Sources: PS3.3 C.7.2.1 (general study), C.7.2.2 (patient study), C.3.4 (visit), C.7.3.1 and table 10-9 (request
attributes), C.17.2 (referenced request of structured reports).
"""

from __future__ import annotations

from functools import partial

from eds_spark_imaging.dicom.declaration.attribute import attribute
from eds_spark_imaging.dicom.declaration.coded import coded, lifted

# Images list their requests in one sequence, structured reports in the other.
REQUESTS = ("RequestAttributesSequence", "ReferencedRequestSequence")
ISSUED = {
    "LocalNamespaceEntityID": "as a local name",
    "UniversalEntityID": "as a universal identifier",
    "UniversalEntityIDType": "kind of universal identifier: ISO is an OID",
}

study = partial(attribute, level="study")
series = partial(attribute, level="series")
request = partial(lifted, REQUESTS, "request", level="series", each=1)

VISIT = (
    study(
        "AdmissionID", "string", identifying=True, comment="Identifier of the visit: the NDA where the machine has it"
    ),
    study(
        "IssuerOfAdmissionID",
        "string",
        comment="Authority that issued admission_id (retired element)",
        treatment="mask",
    ),
    *(
        lifted(
            "IssuerOfAdmissionIDSequence",
            "issuer_of_admission_id",
            keyword,
            "string",
            "study",
            comment=f"Authority that issued admission_id, {form}",
        )
        for keyword, form in ISSUED.items()
    ),
    study("ServiceEpisodeID", "string", identifying=True, comment="Identifier of the episode of care"),
    study("ServiceEpisodeDescription", "string", comment="Episode of care, as free text", treatment="allow_by_name"),
    lifted(
        "IssuerOfServiceEpisodeIDSequence",
        "issuer_of_service_episode_id",
        "LocalNamespaceEntityID",
        "string",
        "study",
        comment="Authority that issued service_episode_id, as a local name",
    ),
    study(
        "CurrentPatientLocation", "string", comment="Where the patient stayed: ward, room; free text", treatment="drop"
    ),
    study(
        "AdmittingDiagnosesDescription",
        "string",
        many=True,
        comment="Diagnoses at admission, as free text",
        treatment="allow_by_name",
    ),
    *coded("AdmittingDiagnosesCodeSequence", "admitting_diagnoses", "the diagnoses at admission", "study", many=True),
)

ORDER = (
    study("AccessionNumber", "string", identifying=True, comment="Number of the request in the radiology system"),
    *(
        lifted(
            "IssuerOfAccessionNumberSequence",
            "issuer_of_accession_number",
            keyword,
            "string",
            "study",
            comment=f"Authority that issued accession_number, {form}",
        )
        for keyword, form in ISSUED.items()
    ),
    study(
        "PlacerOrderNumberImagingServiceRequest",
        "string",
        identifying=True,
        comment="Order number of the prescriber's system",
    ),
    study(
        "FillerOrderNumberImagingServiceRequest",
        "string",
        identifying=True,
        comment="Order number of the imaging department's system",
    ),
    study("RequestedProcedureID", "string", identifying=True, comment="Identifier of the requested procedure"),
    study(
        "RequestedProcedureDescription",
        "string",
        comment="Requested procedure, as free text of the radiology system",
        treatment="allow_by_name",
    ),
    *coded("RequestedProcedureCodeSequence", "requested_procedure", "the requested procedures", "study", many=True),
    study(
        "ReasonForStudy",
        "string",
        comment="Why the exam was asked for; free text (retired element)",
        treatment="allow_by_name",
    ),
    study(
        "ReasonForTheRequestedProcedure",
        "string",
        comment="Why the procedure was asked for; free text",
        treatment="allow_by_name",
    ),
    study("RequestingPhysician", "string", identifying=True, comment="Physician who asked for the exam"),
    study("RequestingService", "string", comment="Department that asked for the exam", treatment="allow_by_name"),
    study("ReferringPhysicianName", "string", identifying=True, comment="Physician who referred the patient"),
    study(
        "PhysiciansOfRecord", "string", many=True, identifying=True, comment="Physicians responsible for the patient"
    ),
    study(
        "NameOfPhysiciansReadingStudy", "string", many=True, identifying=True, comment="Physicians who read the exam"
    ),
)

# An acquisition may serve several requests: one element for each in every column.
REQUEST = (
    request(
        keyword="AccessionNumber", kind="string", identifying=True, comment="Accession numbers of the requests served"
    ),
    request(
        keyword="RequestedProcedureID",
        kind="string",
        identifying=True,
        comment="Identifiers of the requested procedures served",
    ),
    request(
        keyword="RequestedProcedureDescription",
        kind="string",
        comment="Requested procedures served, as free text",
        treatment="allow_by_name",
    ),
    *coded(
        tuple(f"{sequence}.RequestedProcedureCodeSequence" for sequence in REQUESTS),
        "request_requested_procedure",
        "the requested procedures served",
        "series",
        many=True,
    ),
    request(
        keyword="PlacerOrderNumberImagingServiceRequest",
        kind="string",
        identifying=True,
        comment="Order numbers of the prescriber's system for the requests served",
    ),
    request(
        keyword="FillerOrderNumberImagingServiceRequest",
        kind="string",
        identifying=True,
        comment="Order numbers of the imaging department's system for the requests served",
    ),
    request(
        keyword="ScheduledProcedureStepID",
        kind="string",
        identifying=True,
        comment="Identifiers of the worklist entries",
    ),
    request(
        keyword="ScheduledProcedureStepDescription",
        kind="string",
        comment="Worklist entries, as free text",
        treatment="allow_by_name",
    ),
    request(
        keyword="ReasonForTheRequestedProcedure",
        kind="string",
        comment="Why the procedures were asked for; free text",
        treatment="allow_by_name",
    ),
)

# The standard leaves these in the worklist; some machines copy them into the image.
SCHEDULED = tuple(
    series(
        (keyword, f"ScheduledProcedureStepSequence.{keyword}", f"RequestAttributesSequence.{keyword}"),
        "string",
        many=True,
        each=1,
        comment=comment,
        treatment=treatment,
    )
    for keyword, treatment, comment in (
        ("ScheduledStationAETitle", "pseudonym", "AE titles of the machines planned for the exam"),
        ("ScheduledStationName", "pseudonym", "Names of the machines planned for the exam"),
        ("ScheduledProcedureStepLocation", "allow_by_name", "Where the exam was planned"),
    )
)

ATTRIBUTES = VISIT + ORDER + REQUEST + SCHEDULED
