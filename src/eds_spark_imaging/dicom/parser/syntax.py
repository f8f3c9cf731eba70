"""How a file begins and how its data set is encoded: preamble, file meta information, transfer syntax.

What the bytes show wins over what the file meta information says (PS3.10 section 7.1, PS3.5 annex A).
"""

from __future__ import annotations

import struct
from typing import Final, NamedTuple

from pydicom.datadict import dictionary_has_tag

from eds_spark_imaging.dicom.parser.byte_order import BIG, LITTLE, ByteOrder
from eds_spark_imaging.dicom.parser.data_set import DataSet
from eds_spark_imaging.dicom.parser.element import UNDEFINED, VRS, element
from eds_spark_imaging.dicom.parser.scanner import MAX_VALUE
from eds_spark_imaging.dicom.parser.window import Window

IMPLICIT_LITTLE: Final = "1.2.840.10008.1.2"
EXPLICIT_BIG: Final = "1.2.840.10008.1.2.2"
DEFLATED: Final = frozenset(("1.2.840.10008.1.2.1.99", "1.2.840.10008.1.2.4.95", "1.2.840.10008.1.2.4.205"))
GE_PRIVATE: Final = "1.2.840.113619.5.2"  # implicit little endian; only its pixels are big endian
PAPYRUS: Final = "1.2.840.10008.1.20"  # implicit little endian, retired
DICOMDIR_CLASS: Final = "1.2.840.10008.1.3.10"

PREAMBLE: Final = 132  # bytes of preamble and magic, before the elements
TRANSFER_SYNTAX: Final = LITTLE.key(0x00020010)
SOP_CLASS: Final = LITTLE.key(0x00020002)
_COMMAND_LENGTH: Final = struct.pack("<2HL", 0, 0, 4)  # (0000,0000), implicit
_USUAL_PREAMBLE: Final = bytes(8)
_FIRST_GROUPS: Final = (0x0002, 0x0004, 0x0008)


class Encoding(NamedTuple):
    """Whether VRs are written, and in which byte order."""

    explicit: bool
    order: ByteOrder


class FileMeta(NamedTuple):
    """Where the data set begins, and what the file meta information says of it."""

    position: int
    transfer_syntax: str | None
    sop_class: str | None


def has_magic(data: bytes) -> bool:
    """Whether a preamble and ``DICM`` begin the file (PS3.10 section 7.1)."""
    return data[128:PREAMBLE] == b"DICM"


def begin_of(window: Window) -> int | None:
    """Where the elements begin, behind a preamble or at once; None where there are none.

    ``DICM`` may also be in the text of a file without preamble: what follows decides.
    """
    data = window.data
    if not has_magic(data):
        return find_data_set(data, window.size)
    if data.startswith(_USUAL_PREAMBLE):  # with which no data set begins
        return PREAMBLE
    if find_data_set(data[PREAMBLE:], None) is None and (bare := find_data_set(data, window.size)) is not None:
        return bare
    return PREAMBLE


def after_commands(data: bytes, position: int) -> int:
    """The offset after the elements of a message's command set (PS3.7 section 6.3.1), where there are any.

    They are implicit and little endian, and may stand before the data set in what was saved from the network.
    """
    if data[position : position + 8] != _COMMAND_LENGTH:
        return position
    last = -1
    while position + 8 <= len(data):
        group, number, length = struct.unpack_from("<HHL", data, position)
        if group or number <= last or length > MAX_VALUE:
            break
        last, position = number, position + 8 + length
    return position


def find_data_set(data: bytes, size: int | None) -> int | None:
    """Where a data set begins in bytes without preamble, old ones included; None where there is none.

    That may be at the second byte: a header that was cut off badly leaves its last pad byte.
    """
    if (behind := after_commands(data, 0)) and find_data_set(data[behind:], None) is not None:
        return 0
    for position in (0, 1) if data[:1] in (b" ", b"\0") else (0,):
        for encoding in _ENCODINGS:
            if position + 8 > len(data):
                continue
            group, number = struct.unpack_from(encoding.order.prefix + "HH", data, position)
            known = number == 0 or dictionary_has_tag(group << 16 | number)
            if group in _FIRST_GROUPS and known and _followed(data, position, size, encoding):
                return position
    return None


def read_file_meta(window: Window, position: int, context: DataSet) -> FileMeta | None:
    """Read group 2, which is explicit little endian, or implicit by mistake; its group length is not relied on.

    None where the file ends in it. The window may have moved on: the position is in its present data.
    """
    known: dict[int, str] = {}
    while True:
        data = window.data
        if len(data) < position + 12 and window.advance(position):
            position = 0
            continue
        if data[position : position + 2] != b"\x02\x00":
            return FileMeta(position, known.get(TRANSFER_SYNTAX), known.get(SOP_CLASS))
        try:
            tag, vr, length, value = element(data, position, True, LITTLE)
        except struct.error:
            return None
        if length > MAX_VALUE:
            position = value + length
            continue
        if len(data) < value + length:
            if not window.advance(position, value + length - position):
                return None
            position = 0
            continue
        position = value + length
        if tag in (TRANSFER_SYNTAX, SOP_CLASS):
            known[tag] = data[value:position].strip(b" \0").decode("latin-1")
        if context.node is not None and (entry := context.node.entries.get(tag)) is not None:
            context.hits.append((entry, vr, data[value:position], context))


def encoding_of(window: Window, position: int, transfer_syntax: str | None) -> tuple[Encoding, bool]:
    """The encoding of the data set at ``position``, and whether it is the one that the transfer syntax means."""
    data = window.data
    explicit = transfer_syntax not in (IMPLICIT_LITTLE, GE_PRIVATE, PAPYRUS)
    declared = Encoding(explicit, BIG if transfer_syntax == EXPLICIT_BIG else LITTLE)
    has_vr = data[position + 4 : position + 6] in VRS
    if has_vr == explicit and declared.order is LITTLE and data[position + 1 : position + 2] == b"\0":
        return declared, True
    size = window.size  # which may cost a call of the system
    # In a wrong encoding, the first element may reach to where nothing is seen, or by chance to another.
    best = max((declared, *_ENCODINGS), key=lambda encoding: _followed(data, position, size, encoding))
    return best, best == declared


_ENCODINGS: Final = tuple(Encoding(explicit, order) for order in (LITTLE, BIG) for explicit in (True, False))


def _followed(data: bytes, position: int, size: int | None, encoding: Encoding) -> int:
    """How many of the next four elements are seen in an encoding, none unless all of them make sense: tags that ascend,
    VRs that exist, lengths that fit.
    """
    last = -1
    for seen in range(4):
        try:
            group, number, vr = struct.unpack_from(encoding.order.prefix + "HH2s", data, position)
            _, _, length, value = element(data, position, encoding.explicit, encoding.order)
        except struct.error:
            return seen
        tag = group << 16 | number
        if tag <= last or group >= 0xFFFE or (encoding.explicit and vr not in VRS):
            return 0
        if length == UNDEFINED:
            return seen + 1
        last, position = tag, value + length
        if size is not None and position > size:
            return 0
    return 4
