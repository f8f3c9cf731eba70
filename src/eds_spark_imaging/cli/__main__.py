"""``python -m eds_spark_imaging.cli``."""

from eds_spark_imaging.cli.app import main

main()
