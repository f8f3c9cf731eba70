"""The words of ``dicom_issue.reason`` and of ``dicom_file.reason``."""

from __future__ import annotations

from eds_spark_imaging.vocabulary import Word


class Reason(Word):
    """Why a value could not be taken as it stands. With those marked *null* there is no value."""

    BAD_NUMBER = "bad_number", "null: not a number"
    NOT_INTEGER = "not_integer", "an integer element holds a fraction; null in integer columns, else kept"
    NOT_FINITE = "not_finite", "null: NaN, infinity, or beyond a double"
    OUT_OF_RANGE = "out_of_range", "null: beyond 64 bits"
    BAD_LENGTH = "bad_length", "null: a binary value whose length is no multiple of its VR's"
    BAD_DATE = "bad_date", "null: impossible date, a range, or no date at all"
    BAD_TIME = "bad_time", "null: impossible time, a range, or no time at all"
    BAD_DATETIME = "bad_datetime", "null: as for dates and times"
    INCOMPLETE_DATETIME = "incomplete_datetime", "null: precision below the hour, so no point in time"
    BAD_AGE = "bad_age", "null: no unit (D, W, M, Y), or no number of three digits at most"
    BAD_UID = "bad_uid", "kept as it stands: not a UID by PS3.5 section 9"
    NONSTANDARD_FORMAT = "nonstandard_format", "understood, but not written as PS3.5 section 6.2 asks"
    LEAP_SECOND = "leap_second", "second 60 is kept as 59"
    MULTIPLE_VALUES = "multiple_values", "the first of several values is kept"
    MULTIPLE_ITEMS = "multiple_items", "that of the first of several items of a sequence is kept, or null"
    EMPTY_VALUE = "empty_value", "null in its place: one of several values is empty"
    IMPLAUSIBLE = "implausible", "null: an age that nobody reaches, or a derived value that no unit makes plausible"
    COMMA_SEPARATED = "comma_separated", "numbers separated by commas instead of backslashes"
    VR_MISMATCH = "vr_mismatch", "the VR is not the dictionary's; the value is read all the same"
    NOT_A_VALUE = "not_a_value", "null: a sequence or bulk data where a value is expected"
    VALUE_TOO_LONG = "value_too_long", "null: above 64 KiB"
    BAD_SEQUENCE = "bad_sequence", "null: the items of a sequence cannot be followed"
    LEADING_BLANK = "leading_blank", "an identifier without its leading blanks"
    CONTROL_CHARACTER = "control_character", "replaced by a blank"
    UNKNOWN_CHARSET = "unknown_charset", "the default character set is used instead"
    MISSPELT_CHARSET = "misspelt_charset", "the character set that is meant is used"
    UNDECLARED_CHARSET = "undeclared_charset", "bytes above 127, or escapes, that no declared character set explains"
    MISSING_ESCAPE = "missing_escape", "decoded by the code extension that is declared; no escape sequence leads to it"
    INVALID_BYTES = "invalid_bytes", "not valid in the character set; replaced by U+FFFD"
    LOOKS_LIKE_UTF8 = "looks_like_utf8", "decoded as declared, but valid UTF-8"
    LOOKS_LIKE_WINDOWS_1252 = "looks_like_windows_1252", "under Latin-1, bytes 80-9F are taken as Windows-1252"
    FRAME_COUNT = "frame_count", "NumberOfFrames is empty, not positive (taken as 1) or not that of the frame items"
    WRONG_TRANSFER_SYNTAX = "wrong_transfer_syntax", "the data set is not encoded as the transfer syntax says"
    TAG_ORDER = "tag_order", "tags of the top level do not ascend, a sign of damage; of a repeated one the last counts"
    TRAILING_BYTES = "trailing_bytes", "padding after the data set"
    ISSUES_DROPPED = "issues_dropped", "more than 100 issues in a file; raw is how many are not listed"


class Rejection(Word):
    """Why a file is not DICOM (marked so) or quarantined."""

    EMPTY = "empty", "not DICOM: no bytes"
    NO_DICOM_STRUCTURE = "no_dicom_structure", "not DICOM: neither preamble nor data set at the beginning"
    PREAMBLE_ONLY = "preamble_only", "not DICOM: nothing after the preamble"
    IO_ERROR = "io_error", "the store could not give the bytes"
    TRUNCATED = "truncated", "it ends within its header"
    MALFORMED = "malformed", "the structure cannot be followed"
    HEADER_TOO_LARGE = "header_too_large", "above a bound of the reader"
    DEFLATE_ERROR = "deflate_error", "the deflated data set cannot be inflated"
    INTERNAL_ERROR = "internal_error", "a fault of the reader"
