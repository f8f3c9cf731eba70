"""A configuration that fits the synthetic tree: its sources, hospital rules, base centrale and a place for the lake."""

from __future__ import annotations

from pathlib import Path

from eds_spark_imaging.synth.hospital.hospitals import Hospital
from eds_spark_imaging.synth.writers.files import source_folder


def write_config(out: Path, hospitals: list[Hospital]) -> Path:
    """Write ``eds-imaging.toml`` with absolute paths; regular expressions are searched anywhere in the text."""
    root = out.resolve()
    parts = ["# Written with the synthetic data beside it.\n"]
    for hospital in hospitals:
        for archive in (1, 2):
            folder = root / source_folder(hospital, archive)
            folder.mkdir(parents=True, exist_ok=True)
            parts.append(_table("[[sources]]", name=folder.name.lower(), root=str(folder), hospital=hospital.code))
    for hospital in hospitals:
        parts.append(
            _table(
                "[[hospitals]]",
                code=hospital.code,
                name=hospital.trigram,
                institution=[f"(?i){hospital.pattern}"],
                station=[f"^{hospital.trigram}"],
                ae_title=[f"^{hospital.trigram}_"],
                issuer=[f"^{hospital.trigram}$"],
            )
        )
    parts.append(_table("[lake]", path=str(root / "lake")))
    parts.append(_table("[warehouse]", path=str(root / "warehouse")))
    target = out / "eds-imaging.toml"
    target.write_text("\n".join(parts), encoding="utf-8")
    return target


def _table(header: str, **values: str | list[str]) -> str:
    lines = [f"{key} = {_literal(value)}" for key, value in values.items()]
    return "\n".join((header, *lines)) + "\n"


def _literal(value: str | list[str]) -> str:
    """A TOML literal string, in which backslashes stand for themselves, or an array of them."""
    if isinstance(value, list):
        return f"[{', '.join(_literal(item) for item in value)}]"
    if "'" in value or "\n" in value:  # a folder's name may hold an apostrophe
        escaped = value.replace("\\", "\\\\").replace('"', '\\"').replace("\n", "\\n")
        return f'"{escaped}"'
    return f"'{value}'"
