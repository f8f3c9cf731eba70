"""Who holds a lake, and whether that run is over."""

from __future__ import annotations

import subprocess
import sys
from dataclasses import replace
from typing import Any

import pytest

from eds_spark_imaging.lake import holder as module
from eds_spark_imaging.lake.holder import Holder, is_over

NO_SPARK: Any = None


def test_a_holder_is_read_as_written() -> None:
    holder = Holder.here("local-1")
    assert Holder.read(holder.content) == holder
    assert holder.text.startswith(f"local-1, process {holder.process} on {holder.host}, since 20")
    assert Holder.here("local-1").token != holder.token


@pytest.mark.parametrize("content", [b"", b"process 12 on node", b"{}", b"[1]", b'{"token": "../../x"}', b"\xff"])
def test_what_no_holder_wrote(content: bytes) -> None:
    assert Holder.read(content) is None


def test_a_process_of_this_machine_is_over_when_it_is() -> None:
    mine = Holder.here("local-1")
    assert not is_over(NO_SPARK, mine)
    assert is_over(NO_SPARK, replace(mine, begun="1"))  # the number belongs to a later process
    child = subprocess.Popen([sys.executable, "-c", "input()"], stdin=subprocess.PIPE)
    theirs = replace(mine, process=child.pid, begun=module._begun(child.pid))
    assert not is_over(NO_SPARK, theirs)
    child.communicate(b"\n")
    assert is_over(NO_SPARK, theirs)


def test_of_other_machines_nothing_is_known() -> None:
    gone = replace(Holder.here("app-1"), begun="1")
    assert not is_over(NO_SPARK, replace(gone, machine="another/1"))
    assert not is_over(NO_SPARK, replace(gone, machine=""))
