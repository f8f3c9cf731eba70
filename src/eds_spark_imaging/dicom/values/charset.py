"""Text from bytes by Specific Character Set (0008,0005): PS3.3 section C.12.1.1.2, PS3.5 section 6.1.

The defined terms and escape sequences are pydicom's tables. Its decoder is not used, since it reports problems as
warnings with the patient's text in them, and splits some multi-byte characters.
"""

from __future__ import annotations

import codecs
import re
from functools import lru_cache
from typing import Final, NamedTuple

from pydicom.charset import CODES_TO_ENCODINGS, STAND_ALONE_ENCODINGS, python_encoding

from eds_spark_imaging.dicom.reason import Reason

_CODECS: Final[dict[str, str]] = {
    **python_encoding,
    "ISO_IR 203": "iso8859_15",
    "ISO 2022 IR 203": "iso8859_15",
}
_ESCAPES: Final[dict[bytes, str]] = {**CODES_TO_ENCODINGS, b"\x1b-b": "iso8859_15"}
_ROMAJI: Final = b"\x1b(J"
_LOWER_HALF: Final = frozenset((b"\x1b(B", _ROMAJI, b"\x1b$B", b"\x1b$(D"))  # set G0, the others G1
_KEEP_ESCAPE: Final = ("iso2022_jp", "iso2022_jp_2")  # Python's codecs want to see the escape sequence
_MULTI_BYTE: Final = frozenset(("UTF8", "GB18030", "GBK", "GB2312", "utf_8", "utf-8"))
_PLAIN: Final = re.compile(
    r"(utf.?8|latin.?\d|iso.?8859.?\d+|cp\d+|windows.?\d+|gb\w+|euc.?\w+|shift.?jis|koi8.?\w|big5(.?hkscs)?)", re.I
)
_FRAGMENTS: Final = re.compile(rb"\x1b\$?[()\-][^\x1b]|\x1b\$[^\x1b()]|[^\x1b]+|\x1b")
_HALVES: Final = re.compile(rb"[\x00-\x7f]+|[\x80-\xff]+")
_ASCII_TERMS: Final = ("", "ISO_IR 6", "ISO 2022 IR 6")
_DELIMITERS: Final = re.compile(rb"[\\\r\n\t\f]")
_NAME_DELIMITERS: Final = re.compile(rb"[\\\r\n\t\f^=]")
_C1: Final = re.compile(rb"[\x80-\x9f]")


class Charset(NamedTuple):
    """Python codecs, the first of them for bytes without escape sequence, and what is odd about their declaration.

    ``declared`` is false for bytes above 127 that nothing explains. ``ascii_first``: the first codec is for ASCII, and
    the others are code extensions, to which escape sequences lead.
    """

    codecs: tuple[str, ...]
    reason: Reason | None = None
    declared: bool = True
    ascii_first: bool = False


def codec_of(term: str) -> tuple[str | None, Reason | None]:
    """The Python codec of a defined term, of a misspelt one, or of a codec's own name."""
    if term in _CODECS:
        return _CODECS[term], None
    numbers = re.findall(r"\d+", term)
    upper = term.upper()
    if numbers and "ISO" in upper and "IR" in upper:
        for meant in (f"ISO_IR {numbers[-1]}", f"ISO 2022 IR {numbers[-1]}"):  # some sets have the latter term only
            if meant in _CODECS:
                return _CODECS[meant], Reason.MISSPELT_CHARSET
    name = upper.removeprefix("ISO 2022 ").strip()
    for candidate in (name, re.sub(r"^ISO.?(?=8859)", "iso", name)):
        if _PLAIN.fullmatch(candidate):
            try:
                return codecs.lookup(candidate).name, Reason.MISSPELT_CHARSET
            except LookupError:
                continue
    return None, Reason.UNKNOWN_CHARSET


@lru_cache(maxsize=1024)
def charset_of(raw: bytes | None, default: str | None) -> Charset:
    """What the value of Specific Character Set means; ``default`` is the codec where it means nothing."""
    terms = [term.strip(" \0") for term in (raw or b"").decode("latin-1").split("\\")]
    found: list[str] = []
    reason = None
    for number, term in enumerate(terms):
        if not term:
            if number == 0 and len(terms) > 1:
                found.append(python_encoding[""])
            continue
        codec, problem = codec_of(term)
        reason = reason or problem
        if number and (term in STAND_ALONE_ENCODINGS or codec == "UTF8"):
            reason = reason or Reason.MISSPELT_CHARSET  # no code extension: it would have to stand alone
        elif codec is not None:
            found.append(codec)
    if not found or terms in (["ISO_IR 6"], ["ISO 2022 IR 6"]):
        return Charset((default or "latin_1",), reason, declared=default is not None)
    return Charset(tuple(found), reason, ascii_first=len(found) > 1 and terms[0] in _ASCII_TERMS)


def decode_text(raw: bytes, charset: Charset, *, name: bool) -> tuple[str, Reason | None]:
    """The text of a value (of a person's name, where ``name``), and what is odd about it.

    Bytes that are not valid become U+FFFD.
    """
    if b"\x1b" in raw:
        return _decode_escaped(raw, charset, _NAME_DELIMITERS if name else _DELIMITERS)
    if raw.isascii():
        return raw.decode("ascii"), charset.reason if charset.reason is Reason.UNKNOWN_CHARSET else None
    if charset.ascii_first:
        return _decode_unescaped(raw, charset)
    codec = charset.codecs[0]
    try:
        text = raw.decode(codec)
    except UnicodeDecodeError:
        return raw.decode(codec, "replace"), Reason.INVALID_BYTES
    reason = charset.reason or _suspicion(raw, codec)
    if reason is Reason.LOOKS_LIKE_WINDOWS_1252:
        text = raw.decode("cp1252")
    return text, reason or (None if charset.declared else Reason.UNDECLARED_CHARSET)


def _decode_unescaped(raw: bytes, charset: Charset) -> tuple[str, Reason | None]:
    """Bytes above 127 where only a code extension has any: by the first that takes them, though nothing leads to it."""
    for codec in charset.codecs[1:]:
        try:
            return raw.decode(codec), Reason.MISSING_ESCAPE
        except UnicodeDecodeError:
            continue
    return raw.decode(charset.codecs[0], "replace"), Reason.UNDECLARED_CHARSET


def _suspicion(raw: bytes, codec: str) -> Reason | None:
    """Whether valid bytes above 127 look like those of another character set."""
    if codec in _MULTI_BYTE:
        return None
    if _is_valid(raw, "utf-8"):
        return Reason.LOOKS_LIKE_UTF8
    if codecs.lookup(codec).name == "iso8859-1" and _C1.search(raw) and _is_valid(raw, "cp1252"):
        return Reason.LOOKS_LIKE_WINDOWS_1252
    return None


def _is_valid(raw: bytes, codec: str) -> bool:
    try:
        raw.decode(codec)
    except UnicodeDecodeError:
        return False
    return True


def _decode_escaped(raw: bytes, charset: Charset, delimiters: re.Pattern[bytes]) -> tuple[str, Reason | None]:
    """Code extensions (PS3.5 section 6.1.2.5): an escape sequence sets the codec of the bytes below 128 (G0), which are
    ASCII or kanji, or of those above (G1), up to the next one of its kind or a delimiter.
    """
    first = codec = charset.codecs[0]
    kanji, reason = b"", charset.reason
    parts: list[str] = []
    for fragment in _FRAGMENTS.findall(raw):
        if fragment in _ESCAPES:
            meant = _ESCAPES[fragment]
            if fragment in _LOWER_HALF:
                kanji = fragment if meant in _KEEP_ESCAPE else b""
            if fragment not in _LOWER_HALF or (fragment == _ROMAJI and charset.ascii_first and codec == first):
                codec = meant  # with romaji mostly katakana, too
            if meant not in charset.codecs and fragment not in (b"\x1b(B", _ROMAJI, b"\x1b)I"):
                reason = reason or Reason.UNDECLARED_CHARSET
            continue
        ended = None if kanji or codec == first else delimiters.search(fragment)
        end = ended.start() if ended else len(fragment)
        pieces = [(fragment[:end], codec), (fragment[end:], first)]
        if kanji:
            pieces = [
                (kanji + half, _ESCAPES[kanji]) if half.isascii() else (half, codec)
                for half in _HALVES.findall(fragment)
            ]
        for piece, its_codec in pieces:
            if charset.ascii_first and its_codec == first and not piece.isascii():
                text, reason = _decode_unescaped(piece, charset)
                parts.append(text)
                continue
            try:
                parts.append(piece.decode(its_codec))
            except UnicodeDecodeError:
                parts.append(piece.decode(its_codec, "replace"))
                reason = Reason.INVALID_BYTES
        if ended:
            codec = first
    return "".join(parts), reason
