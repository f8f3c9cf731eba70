"""Which values of Modality (PS3.3 C.7.3.1.1.1) belong together, and the views that show them."""

from __future__ import annotations

from collections.abc import Mapping

CT = frozenset({"CT"})
MR = frozenset({"MR"})
PT = frozenset({"PT"})
NM = frozenset({"NM"})
XRAY = frozenset({"CR", "DX", "IO", "PX", "RG"})  # general, dental and digitised film radiography
MG = frozenset({"MG"})
XA = frozenset({"XA", "RF"})  # angiography and radiofluoroscopy
US = frozenset({"US", "IVUS"})

NUCLEAR = PT | NM
PROJECTION = XRAY | MG | XA
TUBE = CT | PROJECTION  # whatever has an X-ray tube
CONTRAST = CT | MR | PT | PROJECTION | US

# The suffix of each view `imaging_acquisition_<suffix>` and the modalities of its rows; no modality is in two views.
# A view has the columns of every acquisition attribute that names one of its modalities, or none at all.
VIEWS: Mapping[str, frozenset[str]] = {
    "ct": CT,
    "mr": MR,
    "pt": PT,
    "nm": NM,
    "xray": XRAY,
    "mg": MG,
    "xa": XA,
    "us": US,
}
