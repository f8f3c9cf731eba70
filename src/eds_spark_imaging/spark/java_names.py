"""Names of Java, asked for once: py4j sends a request for each mention of a package, a class or a static method.

A run of all jobs mentions classes 34,000 times, a third of its requests. A package costs most: to know that it is none,
Java looks for a class of its name in every JAR.
"""

from __future__ import annotations

from typing import Any

from py4j.java_gateway import JavaClass, JavaMember, JavaPackage, JVMView


class _KnownClass(JavaClass):  # type: ignore[misc]
    def __getattr__(self, name: str) -> Any:
        found = super().__getattr__(name)
        if isinstance(found, JavaMember):  # never the value of a field, which may change
            self.__dict__[name] = found
        return found


class _KnownPackage(JavaPackage):  # type: ignore[misc]
    def __getattr__(self, name: str) -> Any:
        return _kept(self, name, super().__getattr__(name))


class _KnownNames(JVMView):  # type: ignore[misc]
    def __getattr__(self, name: str) -> Any:
        return _kept(self, name, super().__getattr__(name))


_KNOWN: dict[type, type] = {JavaClass: _KnownClass, JavaPackage: _KnownPackage}


def _kept(owner: JVMView | JavaPackage, name: str, found: Any) -> Any:
    if type(found) in _KNOWN:
        found.__class__ = _KNOWN[type(found)]
        owner.__dict__[name] = found
    return found


def remember_names(jvm: JVMView) -> None:
    """Let ``jvm`` keep the packages and classes that it finds, and these their classes and methods."""
    if type(jvm) is JVMView:
        jvm.__class__ = _KnownNames
