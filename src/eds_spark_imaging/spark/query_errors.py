"""What a query of Spark may raise."""

from py4j.protocol import Py4JJavaError
from pyspark.errors import PySparkException

# The second: errors of Java that PySpark has no class for, such as a file that is gone.
QUERY_ERRORS = (PySparkException, Py4JJavaError)
