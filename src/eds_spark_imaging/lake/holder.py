"""Who holds a lake, and whether that run is over."""

from __future__ import annotations

import datetime as dt
import json
import os
import secrets
import socket
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from pyspark.sql import SparkSession


@dataclass(frozen=True)
class Holder:
    """A run that holds a lake.

    ``machine`` is where process numbers are of one kind: a start of a machine, a container in it; ``begun`` tells a
    process from a later one of the same number.
    """

    application: str
    host: str
    machine: str
    process: int
    begun: str
    since: str
    token: str

    @classmethod
    def here(cls, application: str) -> Holder:
        """This process, now."""
        since = dt.datetime.now(dt.UTC).isoformat(timespec="seconds")
        return cls(
            application, socket.gethostname(), _machine(), os.getpid(), _begun(os.getpid()), since, secrets.token_hex(8)
        )

    @classmethod
    def read(cls, content: bytes) -> Holder | None:
        """From what is in a lock; None where that is something else, such as the text of an earlier version."""
        try:
            values = json.loads(content)
            return cls(**values) if str(values["token"]).isalnum() else None
        except (ValueError, TypeError, KeyError):
            return None

    @property
    def content(self) -> bytes:
        """As it stands in a lock."""
        return json.dumps(asdict(self)).encode()

    @property
    def text(self) -> str:
        """In words."""
        return f"{self.application}, process {self.process} on {self.host}, since {self.since}"


def is_over(spark: SparkSession, holder: Holder) -> bool:
    """True where it is known that the run has ended: its process was on this machine, or YARN says so."""
    if holder.application.startswith("application_"):
        return _is_over_on_yarn(spark, holder.application)
    return holder.machine == _machine() != "" and _begun(holder.process) != holder.begun


def _machine() -> str:
    """Empty where the system does not tell."""
    try:
        return f"{Path('/proc/sys/kernel/random/boot_id').read_text().strip()}/{os.stat('/proc/self/ns/pid').st_ino}"
    except OSError:
        return ""


def _begun(process: int) -> str:
    """When a process began, by the system's own count; empty where there is none, or the system does not tell."""
    try:
        return Path(f"/proc/{process}/stat").read_text().rpartition(")")[2].split()[19]
    except (OSError, IndexError):
        return ""


def _is_over_on_yarn(spark: SparkSession, application: str) -> bool:
    gateway: Any = spark.sparkContext._gateway
    yarn = gateway.jvm.org.apache.hadoop.yarn
    try:
        client = yarn.client.api.YarnClient.createYarnClient()
        client.init(spark.sparkContext._jsc.hadoopConfiguration())
        client.start()
        try:
            number = yarn.api.records.ApplicationId.fromString(application)
            state = client.getApplicationReport(number).getYarnApplicationState().toString()
        finally:
            client.stop()
    except Exception:  # no YARN here, or it has forgotten: not known
        return False
    return state in ("FINISHED", "FAILED", "KILLED")
