"""Modalities: which one names an exam or a series that has several."""

# PS3.3 C.7.3.1.1.1 defined terms. Imaging first, in the order in which one names the exam: a PET-CT is a PET exam,
# a CT with its scout and dose report is a CT. Then derived and non-image objects.
PRIORITY = (
    *("PT", "NM", "MR", "CT", "MG", "XA", "RF", "US", "IVUS", "IVOCT", "DX", "CR", "IO", "PX", "RG", "BMD"),
    *("ES", "XC", "SM", "GM", "OP", "OPT", "OPM", "OCT", "BI", "DG", "LS", "TG", "HC"),
    *("RTIMAGE", "RTDOSE", "RTPLAN", "RTSTRUCT", "RTRECORD", "ECG", "EPS", "HD"),
    *("SEG", "REG", "RWV", "FID", "OT", "SC", "SR", "KO", "PR", "DOC", "PLAN", "AU", "ASMT"),
)
IMAGING = frozenset(PRIORITY[: PRIORITY.index("RTIMAGE")])
