"""The values of data elements as they stand in a file, and the issues of what is odd about them."""

from __future__ import annotations

from typing import Any, Final

from eds_spark_imaging.dicom.candidates import Candidate
from eds_spark_imaging.dicom.declaration.attribute import Kind
from eds_spark_imaging.dicom.naming import is_private, path, shown
from eds_spark_imaging.dicom.reason import Reason
from eds_spark_imaging.dicom.result import Header, Issue
from eds_spark_imaging.dicom.values.charset import Charset, charset_of
from eds_spark_imaging.dicom.values.decoders import SLOW
from eds_spark_imaging.dicom.values.typed import choose_vr, decode

MAX_ISSUES: Final = 100


class ElementValues:
    """Decodes the elements of one file for their slots; issues, and tags to explain, go to ``header``."""

    def __init__(self, header: Header, default: str | None, override: Charset | None, *, explain: bool) -> None:
        self._header = header
        self._default = default
        self._override = override
        self._explain = explain
        self._dropped = 0

    def values(self, candidate: Candidate) -> list[Any]:
        """The values of one element, with an issue for what is odd."""
        values = self._decoded(candidate)
        if self._explain and values:
            self._header.tags.setdefault(candidate[0].column, path(candidate[1]))
        return values

    def plain(self, candidate: Candidate) -> list[Any]:
        """The same, datetimes without their zone."""
        values = self.values(candidate)
        return [value for value, _ in values] if candidate[0].wanted.kind is Kind.DATETIME else values

    def _decoded(self, candidate: Candidate) -> list[Any]:
        slot, (entry, written, raw, context) = candidate
        if isinstance(raw, Reason):
            self.report(candidate, raw)
            return []
        if written is None or written == slot.vr:
            value = slot.known.get(raw)
            if value is None:
                value = slot.learn(raw)
            if value is not SLOW:
                return [value] if slot.wanted.single else list(value)
        if not raw:
            return []
        vr, mismatch = choose_vr(written, slot.vr, slot.wanted.kind, raw)
        charset = self._override or charset_of(context.charset, self._default)
        passed_on = written == b"UN" and is_private(entry.tag)  # by a system that did not know the element
        reasons: list[Reason] = [Reason.VR_MISMATCH] if mismatch and not passed_on else []
        values = decode(raw, vr, slot.wanted, little=context.order.little, charset=charset, report=reasons.append)
        for reason in dict.fromkeys(reasons):
            self.report(candidate, reason)
        return values

    def report(self, candidate: Candidate, reason: Reason) -> None:
        """Add an issue of one element."""
        slot, hit = candidate
        raw = hit[2]
        self.issue(slot.column, path(hit), shown(raw) if isinstance(raw, bytes) else None, reason)

    def issue(self, column: str | None, tag: str | None, raw: str | None, reason: str) -> None:
        """Add an issue, or only count it where there are many."""
        if len(self._header.issues) < MAX_ISSUES:
            self._header.issues.append(Issue(column, tag, raw, reason))
        else:
            self._dropped += 1

    def end_issues(self) -> None:
        """Tell how many issues were only counted."""
        self._header.issues.append(Issue(None, None, str(self._dropped), Reason.ISSUES_DROPPED))
