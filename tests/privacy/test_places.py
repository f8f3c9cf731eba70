"""Where tiers lie and who may enter: links, ``..`` and URIs are what they lead to."""

from __future__ import annotations

import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from eds_spark_imaging.config import LakeConfig
from eds_spark_imaging.errors import LakeError, SetupError
from eds_spark_imaging.privacy.permissions import closed_to_others
from eds_spark_imaging.storage.uri import resolved


@pytest.mark.parametrize(
    "tier", ["lake/tier", "x/../lake/tier", "link/tier", "link", "file://{}/lake/tier", "lake/", "."]
)
def test_a_tier_in_the_lake_or_around_it_is_refused(tmp_path: Path, tier: str) -> None:
    from eds_spark_imaging.pipeline.pseudonymise.job import check_apart

    for folder in ("lake", "x"):
        (tmp_path / folder).mkdir()
    (tmp_path / "link").symlink_to(tmp_path / "lake")
    place = tier.format(tmp_path) if "://" in tier else f"{tmp_path}/{tier}"
    with pytest.raises(LakeError, match="folder of its own"):
        check_apart(LakeConfig(str(tmp_path / "lake")), LakeConfig(place))
    check_apart(LakeConfig(str(tmp_path / "lake")), LakeConfig(str(tmp_path / "lake2")))


def test_ways_of_writing_a_remote_place() -> None:
    assert resolved("s3://bucket/lake/") == resolved("s3a://bucket/x/../lake") == "s3a://bucket/lake"
    assert resolved("hdfs://name:8020/lake") != resolved("hdfs://other:8020/lake")


@pytest.fixture
def everybodys() -> Iterator[Path]:
    """A folder that everybody may enter; those of pytest are closed."""
    with tempfile.TemporaryDirectory() as name:
        Path(name).chmod(0o755)
        yield Path(name)


def test_a_link_is_as_closed_as_what_it_leads_to(everybodys: Path) -> None:
    opened, closed = everybodys / "open", everybodys / "closed"
    opened.mkdir(mode=0o755)
    closed.mkdir(mode=0o750)
    (closed / "inner").mkdir(mode=0o755)
    (closed / "lake").symlink_to(opened)
    (opened / "lake").symlink_to(closed / "inner")
    for place in (opened, closed / "lake", f"file://{opened}", closed / ".." / "open"):
        with pytest.raises(SetupError, match="everybody"):
            closed_to_others(str(place))
    for place in (closed, opened / "lake", f"file://{closed}/inner"):
        assert closed_to_others(str(place)).endswith("its owner and group alone")
    assert closed_to_others("hdfs://name/lake").endswith("not checked)")
