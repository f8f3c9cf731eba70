"""Runs benchmarks by name, or all in order: ``python -m benchmarks [--list] [NAME ...]``."""

from __future__ import annotations

import argparse
import importlib
import pkgutil
import sys
from pathlib import Path


def names() -> list[str]:
    """The modules of this folder that have a ``main``."""
    modules = pkgutil.iter_modules([str(Path(__file__).parent)])
    own = sorted(module.name for module in modules if not module.ispkg and module.name != "__main__")
    return [name for name in own if "\ndef main(" in Path(__file__).with_name(f"{name}.py").read_text()]


def main() -> None:
    """Each benchmark prints Markdown; options of its own are for ``python -m benchmarks.NAME``."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks", description=__doc__)
    parser.add_argument("--list", action="store_true", help="print the names and stop")
    parser.add_argument("names", nargs="*", metavar="NAME", help=", ".join(names()))
    given = parser.parse_args()
    if unknown := set(given.names) - set(names()):
        parser.error(f"no benchmark {sorted(unknown)[0]!r}; there are {', '.join(names())}")
    if given.list:
        print(*names(), sep="\n")
        return
    for name in given.names or names():
        print(f"\n# {name}\n", flush=True)
        sys.argv = [f"benchmarks.{name}"]
        importlib.import_module(f"benchmarks.{name}").main()


if __name__ == "__main__":
    main()
