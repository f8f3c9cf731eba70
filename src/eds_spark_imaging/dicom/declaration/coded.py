"""Shorthand for what DICOM repeats: coded concepts (PS3.3 8.8) and values lifted from a sequence under a prefix."""

from __future__ import annotations

from collections.abc import Iterable

from eds_spark_imaging.dicom.declaration.attribute import Attribute, attribute, snake_case


def _under(sequences: Iterable[str], *keywords: str) -> tuple[str, ...]:
    return tuple(f"{sequence}.{keyword}" for sequence in sequences for keyword in keywords)


def coded(
    sequences: str | tuple[str, ...],
    prefix: str,
    meaning: str,
    level: str,
    *,
    aggregate: str = "constant",
    modalities: Iterable[str] = (),
    many: bool = False,
) -> tuple[Attribute, ...]:
    """The three columns of a code sequence: ``<prefix>_code_value``, its coding scheme and its meaning.

    ``sequences`` are the paths to try in order; ``meaning`` completes the comments ("the procedure performed"). Arrays
    have one element for each item of the sequence, and line up.
    """
    paths = (sequences,) if isinstance(sequences, str) else sequences
    each = int(many or aggregate == "distinct")
    modalities = frozenset(modalities)

    def column(name: str, keywords: tuple[str, ...], comment: str) -> Attribute:
        sources = _under(paths, *keywords)
        return attribute(
            sources,
            "string",
            level,
            aggregate,
            column=name,
            comment=comment,
            modalities=modalities,
            many=many,
            each=each,
            treatment="mask",
        )

    scheme = f"{prefix}_coding_scheme_designator"
    return (
        column(
            f"{prefix}_code_value",
            ("CodeValue", "LongCodeValue", "URNCodeValue"),
            f"Code of {meaning}, in the scheme of {scheme}",
        ),
        column(
            scheme,
            ("CodingSchemeDesignator",),
            f"Coding scheme of {prefix}_code_value: SCT is SNOMED CT, 99... is private to a site or vendor",
        ),
        column(f"{prefix}_code_meaning", ("CodeMeaning",), f"Text of the code of {meaning}, as the sender wrote it"),
    )


def lifted(
    sequences: str | tuple[str, ...],
    prefix: str,
    keyword: str,
    kind: str,
    level: str,
    *,
    aggregate: str = "constant",
    comment: str,
    unit: str | None = None,
    modalities: Iterable[str] = (),
    each: int = 0,
    identifying: bool = False,
    treatment: str | None = None,
) -> Attribute:
    """A value inside a sequence, as column ``<prefix>_<keyword>``, a keyword that begins with the prefix as it stands.

    ``sequences`` are the paths to try in order. With ``each`` it is an array of so many elements for each item.
    """
    paths = (sequences,) if isinstance(sequences, str) else sequences
    name = snake_case(keyword)
    return attribute(
        _under(paths, keyword),
        kind,
        level,
        aggregate,
        column=name if name.startswith(f"{prefix}_") else f"{prefix}_{name}",
        comment=comment,
        unit=unit,
        modalities=modalities,
        many=bool(each),
        each=each,
        identifying=identifying,
        treatment=treatment,
    )
