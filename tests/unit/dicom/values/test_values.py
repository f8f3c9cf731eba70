"""The short ways to a value agree with the tolerant one."""

from __future__ import annotations

import struct

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from eds_spark_imaging.dicom.declaration.attribute import Kind
from eds_spark_imaging.dicom.reason import Reason
from eds_spark_imaging.dicom.values.charset import Charset
from eds_spark_imaging.dicom.values.decoders import SLOW, fast_decoder
from eds_spark_imaging.dicom.values.typed import Wanted, choose_vr, decode, scaled

PAIRS = [
    *((Kind.STRING, vr) for vr in b"AE CS LO LT PN SH ST UC UI UT".split()),
    (Kind.DATE, b"DA"),
    (Kind.TIME, b"TM"),
    (Kind.AGE, b"AS"),
    (Kind.DOUBLE, b"DS"),
    (Kind.DOUBLE, b"IS"),
    (Kind.BIGINT, b"IS"),
    *((Kind.DOUBLE, vr) for vr in (b"US", b"SS", b"UL", b"SL", b"FL", b"FD")),
    *((Kind.BIGINT, vr) for vr in (b"US", b"SS", b"UL", b"SL")),
]
TEXTS = st.text("0123456789.-+eE \\\0^=:_YMDabn\t\x1b\xe9", max_size=14).map(lambda t: t.encode("latin-1"))
LIKELY = st.one_of(
    st.dates().map(lambda d: f"{d.year:04}{d.month:02}{d.day:02}"),
    st.times().map(lambda t: t.strftime("%H%M%S")),
    st.times().map(lambda t: t.strftime("%H%M%S.%f")),
    st.times().map(lambda t: t.strftime("%H%M%S.%f")[:-3]),
    st.integers(-(2**70), 2**70).map(str),
    st.floats().map(str),
    st.lists(st.floats(width=16), max_size=4).map(lambda v: "\\".join(map(str, v))),
    st.builds("{:03}{}".format, st.integers(0, 999), st.sampled_from("DWMYy")),
    st.just("1.2.840.10008"),
).map(lambda t: t.encode() + b" " * (len(t) % 2))


@settings(max_examples=2000)
@given(
    st.sampled_from(PAIRS),
    st.one_of(TEXTS, LIKELY, st.binary(max_size=9)),
    st.sampled_from([{}, {"many": True}, {"distinct": True}]),
)
def test_short_ways_agree(pair: tuple[Kind, bytes], raw: bytes, several: dict[str, bool]) -> None:
    kind, vr = pair
    wanted = Wanted(kind, **several)
    quick = fast_decoder(wanted, vr)(raw)
    if quick is SLOW:
        return
    problems: list[Reason] = []
    values = decode(raw, vr, wanted, little=True, charset=Charset(("latin_1",)), report=problems.append)
    if wanted.distinct:
        values = sorted(set(values))
    assert (values if several else values[0]) == quick
    assert [type(value) for value in values] == [type(value) for value in (quick if several else [quick])]
    assert [p for p in problems if p is not Reason.CONTROL_CHARACTER] == []


@pytest.mark.parametrize(
    ("kind", "vr", "raw"),
    [
        (Kind.STRING, b"LO", b"SIEMENS "),
        (Kind.STRING, b"UI", b"1.2.3\0"),
        (Kind.DATE, b"DA", b"20240131"),
        (Kind.TIME, b"TM", b"104559"),
        (Kind.TIME, b"TM", b"104559.123456 "),
        (Kind.AGE, b"AS", b"042Y"),
        (Kind.DOUBLE, b"DS", b"1.5 "),
        (Kind.BIGINT, b"IS", b"12"),
        (Kind.DOUBLE, b"FD", struct.pack("<d", 1.5)),
        (Kind.BIGINT, b"US", b"\0\2"),
    ],
)
def test_ordinary_values_take_the_short_way(kind: Kind, vr: bytes, raw: bytes) -> None:
    assert fast_decoder(Wanted(kind), vr)(raw) is not SLOW


@pytest.mark.parametrize(
    ("written", "known", "kind", "raw", "vr", "mismatch"),
    [
        (None, b"DS", Kind.DOUBLE, b"1.5 ", b"DS", False),
        (b"DS", b"DS", Kind.DOUBLE, b"1.5 ", b"DS", False),
        (b"IS", b"DS", Kind.DOUBLE, b"1 ", b"IS", False),
        (b"SH", b"LO", Kind.STRING, b"a ", b"SH", False),
        (b"UN", b"DS", Kind.DOUBLE, b"1.5 ", b"DS", True),
        (b"UT", b"DS", Kind.DOUBLE, b"1.5 ", b"DS", True),
        (b"UL", b"US", Kind.BIGINT, b"\1\0\0\0", b"UL", True),
        (b"SQ", b"LO", Kind.STRING, b"\1\0\0\0", b"SQ", False),
        (b"UN", None, Kind.DOUBLE, b"800 ", b"DS", False),
        (b"UN", None, Kind.DOUBLE, struct.pack("<f", 800), b"FL", False),
        (b"UN", None, Kind.DOUBLE, struct.pack("<d", 800), b"FD", False),
        (None, None, Kind.BIGINT, b"\1\0", b"US", False),
        (None, None, Kind.BIGINT, b"\1\0\0\0", b"SL", False),
        (None, None, Kind.DATE, b"20240131", b"DA", False),
        (b"SS", None, Kind.BIGINT, b"\1\0", b"SS", False),
    ],
)
def test_the_vr_to_decode_with(
    written: bytes | None, known: bytes | None, kind: Kind, raw: bytes, vr: bytes, mismatch: bool
) -> None:
    assert choose_vr(written, known, kind, raw) == (vr, mismatch)


@given(st.integers(-(10**9), 10**9))
def test_thousandths_are_exact(number: int) -> None:
    """The double nearest to number / 1000, as reading the decimal text gives it."""
    sign, digits = ("-" if number < 0 else ""), f"{abs(number):04}"
    assert scaled(number, 0.001) == float(f"{sign}{digits[:-3]}.{digits[-3:]}")
    assert scaled(number, 10) == number * 10
