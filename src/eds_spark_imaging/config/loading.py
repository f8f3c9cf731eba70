"""The configuration file (TOML), checked key by key against the sections."""

from __future__ import annotations

import os
import types
from collections.abc import Mapping
from dataclasses import MISSING, fields, is_dataclass
from pathlib import Path
from typing import Any, Union, get_args, get_origin, get_type_hints

from eds_spark_imaging.config.config import Config
from eds_spark_imaging.config.toml_file import read_toml
from eds_spark_imaging.errors import ConfigError
from eds_spark_imaging.storage.uri import at_home, check_place

_MOST = 2**63 - 1  # a BIGINT


def load_config(path: str | os.PathLike[str] | None) -> Config:
    """The configuration in ``path``, or an empty one. ConfigError names the file and what is wrong in one line.

    >>> config = load_config("eds-imaging.toml")
    >>> config.sources[0].name, config.require_lake().path.endswith("/lake")
    ('pacs', True)
    """
    if path is None:
        return Config()
    _, content = read_toml(path, "configuration")
    try:
        config: Config = _build(Config, _absolute(content, Path(path).absolute().parent), "")
        _ = config.site_attributes
    except ConfigError as error:
        raise ConfigError(f"configuration {path}: {error}") from None
    return config


def _absolute(content: dict[str, Any], folder: Path) -> dict[str, Any]:
    """Relative places are meant from the folder of the file that names them."""

    def places(section: Any, keys: tuple[str, ...]) -> Any:
        if not isinstance(section, dict):
            return section
        found = {k: v for k, v in section.items() if k in keys and isinstance(v, str)}
        for key, place in found.items():
            check_place(place, key)
        found = {k: v for k, v in found.items() if "://" not in v}
        return section | {k: os.path.normpath(folder / at_home(v)) for k, v in found.items()}

    result = dict(content)
    for name in ("lake", "warehouse"):
        if name in result:
            result[name] = places(result[name], ("path",))
    if isinstance(result.get("warehouse"), dict) and "jdbc" in result["warehouse"]:
        jdbc = places(result["warehouse"]["jdbc"], ("password_file",))
        result["warehouse"] = result["warehouse"] | {"jdbc": jdbc}
    if "export" in result:
        result["export"] = places(result["export"], ("concepts",))
    if "terminology" in result:
        result["terminology"] = places(result["terminology"], ("file", "exam_names"))
    if isinstance(result.get("sources"), list):
        result["sources"] = [places(source, ("root", "inventory")) for source in result["sources"]]
    if isinstance(result.get("projects"), list):
        result["projects"] = [places(project, ("key_file",)) for project in result["projects"]]
    return result


def _build(kind: Any, value: Any, where: str) -> Any:
    """``value`` as the dataclass field type ``kind``; ConfigError at the first key or type that does not fit."""
    origin = get_origin(kind)
    if origin in (Union, types.UnionType):
        return _build(next(k for k in get_args(kind) if k is not type(None)), value, where)
    if is_dataclass(kind):
        return _build_section(kind, value, where)
    if origin is tuple:
        if not isinstance(value, list):
            raise ConfigError(f"{where} must be a list")
        return tuple(_build(get_args(kind)[0], item, where) for item in value)
    if origin is not None and issubclass(origin, Mapping):
        if not isinstance(value, dict):
            raise ConfigError(f"{where} must be a table")
        built = {key: _build(get_args(kind)[1], item, f"{where}.{key}") for key, item in value.items()}
        return built if where == "spark" else _filled(built, where)  # settings of Spark may be empty
    if kind is Any:
        return value
    if kind is str and isinstance(value, bool | int | float):
        raise ConfigError(f"{where} must be text in quotes")
    if kind is str and isinstance(value, dict):
        raise ConfigError(f"{where} must be text, not a table: a key with dots in it goes in quotes")
    if type(value) is int and abs(value) > _MOST:
        raise ConfigError(f"{where} is too large a number")
    if kind is float and type(value) is int:
        value = float(value)
    if not isinstance(value, kind) or (kind is int and isinstance(value, bool)):
        raise ConfigError(f"{where} must be {kind.__name__}, not {type(value).__name__}")
    return value


def _build_section(kind: Any, value: Any, where: str) -> Any:
    if not isinstance(value, dict):
        raise ConfigError(f"[{where}] must be a table")
    known = {f.name: f for f in fields(kind)}
    hints = get_type_hints(kind)
    for key in value:
        if key not in known:
            raise ConfigError(
                f"[{where}] has no key {key!r}; known: {', '.join(known)}"
                if where
                else f"no section {key!r}; known: {', '.join(known)}"
            )
    for name, f in known.items():
        if name not in value and f.default is MISSING and f.default_factory is MISSING:
            raise ConfigError(f"[{where}] lacks {name!r}")
    return kind(**_filled({k: _build(hints[k], v, f"{where}.{k}".lstrip(".")) for k, v in value.items()}, where))


def _filled(values: dict[str, Any], where: str) -> dict[str, Any]:
    """The values. ConfigError for a text that says nothing: it would be a code or a name like any other."""
    for key, value in values.items():
        if isinstance(value, str) and not value.strip():
            raise ConfigError(f"{where}.{key} is empty: fill it in or leave it out")
    return values
