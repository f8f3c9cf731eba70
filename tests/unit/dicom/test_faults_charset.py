"""Character sets as files declare, misspell and ignore them."""

from __future__ import annotations

import pickle

import pytest
from header_build import ATTRIBUTES, READER, data_set, element, item, part10, read, reasons, sequence, tag

from eds_spark_imaging.dicom.declaration.attribute import attribute
from eds_spark_imaging.dicom.header import HeaderReader
from eds_spark_imaging.dicom.reason import Reason
from eds_spark_imaging.dicom.result import Header
from eds_spark_imaging.errors import ConfigError
from eds_spark_imaging.storage.source import BytesSource


def file(charset: bytes | None, name: bytes, *others: tuple[str, str, bytes]) -> bytes:
    declared = () if charset is None else (("SpecificCharacterSet", "CS", charset),)
    return part10(data_set(*declared, ("Modality", "CS", b"CT"), ("PatientName", "PN", name), *others))


def read_name(charset: bytes | None, name: bytes) -> Header:
    header = read(file(charset, name))
    assert header.values["modality"] == "CT"
    return header


@pytest.mark.parametrize(
    ("term", "codec", "text"),
    [
        ("ISO_IR 100", "latin-1", "Lefèvre^Zoé"),
        ("ISO_IR 101", "iso8859-2", "Dvořák^Jiří"),
        ("ISO_IR 109", "iso8859-3", "Ĉapek^Ĝ"),
        ("ISO_IR 110", "iso8859-4", "Ķēniņš^Ā"),
        ("ISO_IR 144", "iso8859-5", "Иванов^Пётр"),
        ("ISO_IR 127", "iso8859-6", "قباني^لنزار"),
        ("ISO_IR 126", "iso8859-7", "Διονυσιος"),
        ("ISO_IR 138", "iso8859-8", "שרון^דבורה"),
        ("ISO_IR 148", "iso8859-9", "Şahin^İbrahim"),
        ("ISO_IR 203", "iso8859-15", "Œuvrard^Zoé"),
        ("ISO_IR 166", "tis-620", "ไทย^ก"),
        ("ISO_IR 13", "shift_jis", "ﾔﾏﾀﾞ^ﾀﾛｳ"),
        ("ISO_IR 192", "utf-8", "Wang^XiaoDong=王^小東"),
        ("GB18030", "gb18030", "Wang^XiaoDong=王^小东"),
        ("GBK", "gbk", "王^小东"),
    ],
)
def test_every_set_without_code_extensions(term: str, codec: str, text: str) -> None:
    header = read_name(term.encode(), text.encode(codec))
    assert header.values["patient_name"] == text
    assert reasons(header, "patient_name") == []


@pytest.mark.parametrize(
    ("term", "name", "text"),
    [
        # PS3.5 annexes H (Japanese), I (Korean) and K (Chinese); the bytes are those of the standard's examples
        (
            b"\\ISO 2022 IR 87",
            b"Yamada^Tarou=\x1b$B;3ED\x1b(B^\x1b$BB@O:\x1b(B=\x1b$B$d$^$@\x1b(B^\x1b$B$?$m$&\x1b(B",
            "Yamada^Tarou=山田^太郎=やまだ^たろう",
        ),
        (
            b"ISO 2022 IR 13\\ISO 2022 IR 87",
            b"\xd4\xcf\xc0\xde^\xc0\xdb\xb3=\x1b$B;3ED\x1b(J^\x1b$BB@O:\x1b(J=\x1b$B$d$^$@\x1b(J^\x1b$B$?$m$&\x1b(J",
            "ﾔﾏﾀﾞ^ﾀﾛｳ=山田^太郎=やまだ^たろう",
        ),
        (
            b"\\ISO 2022 IR 149",
            b"Hong^Gildong=\x1b$)C\xfb\xf3^\x1b$)C\xd1\xce\xd4\xd7=\x1b$)C\xc8\xab^\x1b$)C\xb1\xe6\xb5\xbf",
            "Hong^Gildong=洪^吉洞=홍^길동",
        ),
        (
            b"\\ISO 2022 IR 58",
            b"Zhang^XiaoDong=\x1b$)A\xd5\xc5^\x1b$)A\xd0\xa1\xb6\xab=",
            "Zhang^XiaoDong=张^小东",
        ),
        (
            b"ISO 2022 IR 100\\ISO 2022 IR 144",
            b"Zo\xe9^\x1b-L" + "Иван".encode("iso8859-5"),
            "Zoé^Иван",
        ),
        # What is set for the bytes above 127 stays while kanji are set for those below (PS3.5 section 6.1.2.5.3).
        (
            b"ISO 2022 IR 144\\ISO 2022 IR 87",
            "Иванов".encode("iso8859-5") + b"^\x1b$B;3ED\x1b(B " + "Пётр".encode("iso8859-5"),
            "Иванов^山田 Пётр",
        ),
        (
            b"\\ISO 2022 IR 87\\ISO 2022 IR 13",
            b"\x1b)I\xd4\xcf\x1b$B;3ED\x1b(B\xc0\xdb^\x1b$BB@O:\x1b(B",
            "ﾔﾏ山田ﾀﾛ^太郎",
        ),
        (
            b"\\ISO 2022 IR 149\\ISO 2022 IR 87",
            b"\x1b$)C\xc8\xab \x1b$B;3\xb1\xe6ED\x1b(B \xb5\xbf",
            "홍 山길田 동",
        ),
    ],
)
def test_code_extensions(term: bytes, name: bytes, text: str) -> None:
    header = read_name(term, name)
    assert header.values["patient_name"] == text
    assert reasons(header, "patient_name") == []


def test_delimiter_bytes_inside_multi_byte_characters() -> None:
    """fo-dicom#1785: the second byte of a kanji may be that of = or ^ or a backslash; it separates nothing."""
    for character in "莉箸表":
        jis = b"\x1b$B" + character.encode("iso2022_jp")[3:-3] + b"\x1b(B"
        assert read_name(b"\\ISO 2022 IR 87", b"A=" + jis).values["patient_name"] == f"A={character}"
    for codec, character in (("gb18030", "乗"), ("gbk", "俓")):
        raw = character.encode(codec)
        assert raw[1:] == b"\\"
        header = read_name(codec.upper().encode(), b"A=" + raw)
        assert header.values["patient_name"] == f"A={character}"
        assert header.issues == []


def test_backslash_in_japanese_single_bytes_separates_values() -> None:
    others = ("OtherPatientNames", "PN", b"\xd4\xcf\\\xc0\xdb")
    assert read(file(b"ISO_IR 13", b"A", others)).values["other_patient_names"] == ["ﾔﾏ", "ﾀﾛ"]


@pytest.mark.parametrize(
    ("term", "codec", "text", "expected"),
    [
        (b"ISO_2022_IR_6", "ascii", "Dupre^A", []),
        (b"ISO 2022 IR 100", "latin-1", "Dupré^A", []),
        (b"ISO-IR 100", "latin-1", "Dupré^A", [Reason.MISSPELT_CHARSET]),
        (b"iso_ir 100", "latin-1", "Dupré^A", [Reason.MISSPELT_CHARSET]),
        (b"ISO_IR_100", "latin-1", "Dupré^A", [Reason.MISSPELT_CHARSET]),
        (b"ISO IR 192", "utf-8", "Dupré^A", [Reason.MISSPELT_CHARSET]),
        (b"UTF-8", "utf-8", "Dupré^A", [Reason.MISSPELT_CHARSET]),
        (b"ISO8859-1", "latin-1", "Dupré^A", [Reason.MISSPELT_CHARSET]),
        (b"ISO_2022_IR_144", "iso8859-5", "Иванов", [Reason.MISSPELT_CHARSET]),
        (b"ISO_IR 149", "euc_kr", "홍^길동", [Reason.MISSPELT_CHARSET]),
        (b"ISO_IR 58", "gb2312", "张^小东", [Reason.MISSPELT_CHARSET]),
        (b"BIG5", "big5", "王^小東許", [Reason.MISSPELT_CHARSET]),
        (b"BIG5-HKSCS", "big5hkscs", "王^小東㗎", [Reason.MISSPELT_CHARSET]),
        (b"GB18030\\ISO IR 192", "gb18030", "王^小东", [Reason.MISSPELT_CHARSET]),
        (b"ISO 2022 IR 6\\ISO 2022 IR 87", "ascii", "Yamada", []),
        (b"Not Supplied", "latin-1", "Dupré^A", [Reason.UNKNOWN_CHARSET]),
        (b"hex ", "latin-1", "Dupré^A", [Reason.UNKNOWN_CHARSET]),
        (b"ISO_IR 999", "latin-1", "Dupré^A", [Reason.UNKNOWN_CHARSET]),
    ],
)
def test_misspelt_and_unknown_terms(term: bytes, codec: str, text: str, expected: list[Reason]) -> None:
    header = read_name(term, text.encode(codec))
    assert header.values["patient_name"] == text
    assert reasons(header, "patient_name") == expected


def test_no_character_set_declared() -> None:
    header = read_name(None, "Dupré^A".encode("latin-1"))
    assert header.values["patient_name"] == "Dupré^A"
    assert reasons(header, "patient_name") == [Reason.UNDECLARED_CHARSET]
    assert read_name(None, b"Dupre^A").issues == []
    assert read_name(b"", b"Dupre^A").issues == []


def test_lying_declarations() -> None:
    header = read_name(b"ISO_IR 100", "Lefèvre".encode())
    assert header.values["patient_name"] == "LefÃ¨vre"
    assert reasons(header, "patient_name") == [Reason.LOOKS_LIKE_UTF8]
    header = read_name(b"ISO_IR 192", "Lefèvre".encode("latin-1"))
    assert header.values["patient_name"] == "Lef\ufffdvre"
    assert reasons(header, "patient_name") == [Reason.INVALID_BYTES]
    header = read_name(b"ISO_IR 100", "L’Hôpital".encode("cp1252"))
    assert header.values["patient_name"] == "L’Hôpital"
    assert reasons(header, "patient_name") == [Reason.LOOKS_LIKE_WINDOWS_1252]


def test_text_outside_the_character_set_s_vrs() -> None:
    """Coded strings are ASCII by the standard, yet French body parts are written in them."""
    header = read(file(b"ISO_IR 192", b"A", ("BodyPartExamined", "CS", "CRÂNE".encode())))
    assert header.values["body_part_examined"] == "CRÂNE"


def test_default_and_override() -> None:
    russian, chinese = "Иванов".encode("cp1251"), "王小东".encode("gbk")

    def name(data: bytes, **options: str) -> object:
        return HeaderReader(ATTRIBUTES, **options).read(BytesSource(data)).values["patient_name"]  # type: ignore[arg-type]

    assert name(file(None, russian), default_charset="cp1251") == "Иванов"
    assert name(file(b"ISO_IR 6", russian), default_charset="cp1251") == "Иванов"
    assert name(file(b"ISO_IR 100", b"Zo\xe9"), default_charset="cp1251") == "Zoé"
    assert name(file(b"ISO_IR 100", russian), override_charset="cp1251") == "Иванов"
    assert name(file(b"ISO_IR 192", chinese), override_charset="GBK") == "王小东"
    assert name(file(b"ISO_IR 192", b"Zo\xe9"), override_charset="ISO_IR 100") == "Zoé"
    for options in ({"default_charset": "no such set"}, {"override_charset": "rot13"}):
        with pytest.raises(ConfigError, match="unknown character set"):
            HeaderReader(ATTRIBUTES, **options)  # type: ignore[arg-type]


def test_escape_remnants_are_replaced() -> None:
    header = read_name(b"ISO_IR 100", b"DOE\x1b^JOHN")
    assert header.values["patient_name"] == "DOE ^JOHN"
    assert reasons(header, "patient_name") == [Reason.CONTROL_CHARACTER]


def test_items_inherit_the_character_set_unless_they_have_their_own() -> None:
    reader = HeaderReader(
        [
            attribute(
                "DetectorInformationSequence.DetectorDescription", "string", "series", many=True, column="detectors"
            )
        ]
    )
    text = tag("DetectorDescription")
    inherits = item(element(text, "LT", "Ж".encode("iso8859-5")))
    own = item(element(tag("SpecificCharacterSet"), "CS", b"ISO_IR 192") + element(text, "LT", "Ж".encode()))
    detectors = sequence(tag("DetectorInformationSequence"), "SQ", inherits, own, inherits)
    data = part10(data_set(("SpecificCharacterSet", "CS", b"ISO_IR 144"), ("Modality", "CS", b"NM")) + detectors)
    assert reader.read(BytesSource(data)).values["detectors"] == ["Ж", "Ж", "Ж"]


def test_readers_can_be_sent_to_another_process() -> None:
    reader = pickle.loads(pickle.dumps(HeaderReader(ATTRIBUTES, override_charset="ISO_IR 144", explain=True)))
    header = reader.read(BytesSource(file(b"ISO_IR 100", "Ж".encode("iso8859-5"))))
    assert header.values["patient_name"] == "Ж"
    assert header.sources["patient_name"] == "PatientName"


def test_readers_share_nothing() -> None:
    data = file(b"ISO_IR 100", b"Zo\xe9")
    HeaderReader(ATTRIBUTES, override_charset="ISO_IR 144").read(BytesSource(data))
    assert READER.read(BytesSource(data)).values["patient_name"] == "Zoé"


@pytest.mark.parametrize(
    ("terms", "raw", "expected", "reason"),
    [
        (b"\\ISO 2022 IR 149", "홍^길동".encode("euc_kr"), "홍^길동", Reason.MISSING_ESCAPE),
        (b"\\ISO 2022 IR 58", "王^小东".encode("gb2312"), "王^小东", Reason.MISSING_ESCAPE),
        (b"ISO 2022 IR 6\\ISO 2022 IR 144", "Иван".encode("iso8859_5"), "Иван", Reason.MISSING_ESCAPE),
        (b"\\ISO 2022 IR 149", b"\xff\xff", "ÿÿ", Reason.UNDECLARED_CHARSET),
        (b"ISO 2022 IR 100\\ISO 2022 IR 144", b"Zo\xe9", "Zoé", None),
    ],
)
def test_a_code_extension_without_its_escape_sequence(
    terms: bytes, raw: bytes, expected: str, reason: Reason | None
) -> None:
    """dcm4che#1503, #196; fo-dicom#1805."""
    header = read_name(terms, raw)
    assert header.values["patient_name"] == expected
    assert reasons(header, "patient_name") == ([] if reason is None else [reason])
