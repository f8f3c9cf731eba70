"""Memory of Spark's Python workers."""

from __future__ import annotations

import gc


def freeze_loaded() -> None:
    """Tell the garbage collector that what is loaded by now stays; for the beginning of a task.

    PySpark collects garbage after every task. Going through all the objects of the packages took 25 ms, which is most
    of what a short task costs.
    """
    if not gc.get_freeze_count():
        gc.freeze()
