"""Spark job: the same as `eds-imaging terms`, for spark-submit."""

import sys

from eds_spark_imaging.cli.app import main

if __name__ == "__main__":
    sys.argv[:1] = ["eds-imaging", "terms"]
    main()
