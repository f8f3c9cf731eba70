"""Lake and base centrale as databases of a metastore, across processes."""

from __future__ import annotations

from pathlib import Path

import pytest
from commands import run_command

from eds_spark_imaging.errors import SetupError
from eds_spark_imaging.spark.metastore import metastore_conf

WAREHOUSE = "spark.sql.warehouse.dir"


def test_where_the_metastore_is(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    for name in ("SPARK_CONF_DIR", "HIVE_CONF_DIR", "HADOOP_CONF_DIR", "SPARK_HOME"):
        monkeypatch.delenv(name, raising=False)
    hive = {"spark.sql.catalogImplementation": "hive"}
    assert metastore_conf({}, local=False) == hive
    assert metastore_conf({"spark.hadoop.hive.metastore.uris": "thrift://node:9083"}, local=True) == hive
    embedded = metastore_conf({WAREHOUSE: "/data/databases"}, local=True)
    assert "databaseName=/data/databases/metastore_db;" in embedded["spark.hadoop.javax.jdo.option.ConnectionURL"]
    with pytest.raises(SetupError, match=WAREHOUSE):
        metastore_conf({}, local=True)
    (tmp_path / "hive-site.xml").touch()
    monkeypatch.setenv("HIVE_CONF_DIR", str(tmp_path))
    assert metastore_conf({}, local=True) == hive


@pytest.mark.slow  # budget: 4 minutes
def test_a_lake_that_is_a_database(tree: Path, tmp_path: Path) -> None:
    config = tmp_path / "databases.toml"
    config.write_text(f'[spark]\n"{WAREHOUSE}" = "{tmp_path}/databases"\n')
    run = run_command("run", "--config", config, "--source", tree, "--lake", "db:imaging")
    assert run.returncode == 0, run.stderr[-3000:]
    query = "SELECT count(*) AS exams FROM imaging_study"
    shown = run_command("sql", "--config", config, "--lake", "db:imaging", "--format", "csv", query)
    assert (shown.returncode, shown.stdout.split()) == (0, ["exams", "4"])
    typo = run_command("sql", "--config", config, "--lake", "db:imagign", query)
    assert (typo.returncode, typo.stderr) == (5, "error: the lake's database imagign does not exist\n")
    shown = run_command("sql", "--config", config, "--lake", "db:imaging", "--format", "csv", "SHOW DATABASES")
    assert shown.stdout.split() == ["namespace", "default", "imaging"]
    again = run_command("run", "--config", config, "--source", tree, "--lake", "db:imaging")
    assert again.returncode == 0, again.stderr[-3000:]
    assert sorted(path.name for path in Path.cwd().glob("*derby*")) == []
