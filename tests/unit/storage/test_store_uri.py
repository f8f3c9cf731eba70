import pytest

from eds_spark_imaging.config import SourceConfig
from eds_spark_imaging.errors import ConfigError
from eds_spark_imaging.storage import store_of
from eds_spark_imaging.storage.local import LocalStore
from eds_spark_imaging.storage.uri import as_folder, is_remote, plain, split


@pytest.mark.parametrize(
    ("text", "parts"),
    [
        ("s3://bucket/a//b?c#d%41", ("s3", "bucket", "/a//b?c#d%41")),
        ("S3://Bucket", ("s3", "Bucket", "")),
        ("hdfs:///data", ("hdfs", "", "/data")),
        ("hdfs://node:8020/data/a b", ("hdfs", "node:8020", "/data/a b")),
        ("/data/s3://x", ("", "", "/data/s3://x")),
        ("s3://b/line\nbreak", ("s3", "b", "/line\nbreak")),
        ("relative/path", ("", "", "relative/path")),
    ],
)
def test_places_are_split_as_they_stand(text: str, parts: tuple[str, str, str]) -> None:
    assert split(text) == parts


@pytest.mark.parametrize("text", ["file:///data/a%20b", "file://localhost/data/a%20b", "file:/data/a%20b", "/data/a b"])
def test_file_uris_are_local_paths(text: str) -> None:
    assert SourceConfig("s", text).root == "/data/a b"


def test_a_local_path_is_not_unquoted() -> None:
    assert plain("/data/a%20b") == "/data/a%20b"


def test_files_of_other_hosts_are_refused() -> None:
    with pytest.raises(ConfigError, match="of this machine"):
        plain("file://elsewhere/data")


@pytest.mark.parametrize("text", ["s3://user:geheim@bucket/x", "hdfs://user:geheim@node/x", "webhdfs://:geheim@node"])
def test_a_password_in_a_place_is_refused_and_not_repeated(text: str) -> None:
    for make in (lambda: SourceConfig("s", text), lambda: SourceConfig("s", "/x", inventory=text)):
        with pytest.raises(ConfigError) as caught:
            make()
        assert "geheim" not in str(caught.value)
        assert caught.value.__cause__ is None


@pytest.mark.parametrize("text", ["abfs://container@account/x", "hdfs://node:8020/a@b", "s3://bucket/a:b@c"])
def test_an_at_sign_alone_is_no_password(text: str) -> None:
    assert plain(text) == text


@pytest.mark.parametrize("place", ["/data", "relative", "file:///data"])
def test_local_places_have_the_local_store(place: str) -> None:
    assert isinstance(store_of(place), LocalStore)
    assert not is_remote(place)


def test_a_scheme_that_no_package_knows_is_a_configuration_error() -> None:
    with pytest.raises(ConfigError, match="nosuch"):
        store_of("nosuch://host/x")


@pytest.mark.parametrize(
    ("options", "said"),
    [
        ({"inventory_mode": "delta"}, "needs an inventory"),
        ({"inventory_mode": "some", "inventory": "/i.csv"}, "full or delta"),
    ],
)
def test_inventory_modes_are_checked(options: dict[str, str], said: str) -> None:
    with pytest.raises(ConfigError, match=said):
        SourceConfig("s", "/data", **options)


def test_only_a_delta_inventory_makes_a_source_partial() -> None:
    assert SourceConfig("s", "/data", inventory="/i.csv", inventory_mode="delta").is_partial
    assert not SourceConfig("s", "/data", inventory="/i.csv").is_partial


def test_what_lies_within_a_folder_begins_with_it() -> None:
    assert as_folder("/data/a/../x/y").startswith(as_folder("/data/x/"))
    assert as_folder("s3://bucket/x").startswith(as_folder("s3a://bucket"))
    assert as_folder("/data/x").startswith(as_folder("/"))
    assert not as_folder("/data/xy").startswith(as_folder("/data/x"))
