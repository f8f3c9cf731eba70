"""Names of Java, asked for once: py4j sends a request for each mention of a class or a static method.

A run of all jobs mentions them 34,000 times, a third of its requests.
"""

from __future__ import annotations

from typing import Any

from py4j.java_gateway import JavaClass, JavaMember, JVMView


class _KnownClass(JavaClass):  # type: ignore[misc]
    def __getattr__(self, name: str) -> Any:
        found = super().__getattr__(name)
        if isinstance(found, JavaMember):  # never the value of a field, which may change
            self.__dict__[name] = found
        return found


class _KnownNames(JVMView):  # type: ignore[misc]
    def __getattr__(self, name: str) -> Any:
        found = super().__getattr__(name)
        if type(found) is JavaClass:
            found.__class__ = _KnownClass
            self.__dict__[name] = found
        return found


def remember_names(jvm: JVMView) -> None:
    """Let ``jvm`` keep the classes that it finds, and these their methods."""
    if type(jvm) is JVMView:
        jvm.__class__ = _KnownNames
