"""Settings of Spark and Delta, in one place and without importing PySpark.

``conf/spark-defaults.conf`` for spark-submit is written from here (``./dev docs``), and a test compares them.
"""

import tempfile

SPARK_VERSION = "4.2.0"
DELTA_VERSION = "4.4.0"
DELTA_COORDINATE = f"io.delta:delta-spark_4.2_2.13:{DELTA_VERSION}"
DELTA_JARS = (f"io.delta_delta-spark_4.2_2.13-{DELTA_VERSION}.jar", f"io.delta_delta-storage-{DELTA_VERSION}.jar")

# What Delta asks for and Spark has already, or a catalogue server that we do not use: 160 MB not fetched.
DELTA_EXCLUDES = (
    "io.delta:delta-kernel-api",
    "io.delta:delta-kernel-defaults",
    "io.delta:delta-kernel-unitycatalog",
    "io.unitycatalog:unitycatalog-client",
    "io.unitycatalog:unitycatalog-hadoop",
    "org.apache.logging.log4j:log4j-api",
    "org.apache.logging.log4j:log4j-core",
    "org.apache.logging.log4j:log4j-slf4j2-impl",
    "org.antlr:antlr4-runtime",
    "org.slf4j:slf4j-api",
)

DELTA_PACKAGES = {
    "spark.jars.packages": DELTA_COORDINATE,
    "spark.jars.excludes": ",".join(DELTA_EXCLUDES),
}

# Needed for the tables to be what the specifications say, wherever the job runs.
TABLE_CONF = {
    "spark.sql.extensions": "io.delta.sql.DeltaSparkSessionExtension",
    "spark.sql.catalog.spark_catalog": "org.apache.spark.sql.delta.catalog.DeltaCatalog",
    # Run times are shown in it; clinical times are wall-clock and do not depend on it.
    "spark.sql.session.timeZone": "Europe/Paris",
    # Text such as ${env:NAME} in a query, a comment or a criterion stays text: the environment holds secrets.
    "spark.sql.variable.substitute": "false",
    # Statistics cut strings at 32 characters, too short to tell UIDs apart.
    "spark.databricks.io.skipping.stringPrefixLength": "64",
    # With a session zone other than UTC, Delta checks this list by reading the whole log again after every commit.
    "spark.databricks.delta.allFilesInCrc.enabled": "false",
    # What a MERGE takes in has been written to files, or comes from one version of a table: it is the same each time.
    "spark.databricks.delta.merge.materializeSource": "none",
    # Readers keep to a release, of which a table may be older than that. How long files stay is for `maintain` to say.
    "spark.databricks.delta.vacuum.enforceTimeTravelWithinDeletedFileRetentionDuration": "false",
    # A bad value in a log line or error message must not quote a whole plan.
    "spark.sql.debug.maxToStringFields": "100",
    "spark.sql.maxMetadataStringLength": "60",
    "spark.sql.execution.arrow.maxRecordsPerBatch": "2000",
    # A run has some hundreds of generated classes; of 100, the default, none is there any more in the next run.
    "spark.sql.codegen.cache.maxEntries": "2000",
    # Each Column would keep the Python call that made it: thousands of them for a table of attributes.
    "spark.python.sql.dataFrameDebugging.enabled": "false",
}

SMALL = "spark.edsImaging.small"  # our own: tells a session for little data

# Small data: compiling code for hundreds of columns costs more than running it. For demonstrations and tests.
SMALL_CONF = {
    SMALL: "true",
    "spark.sql.codegen.factoryMode": "NO_CODEGEN",
    "spark.sql.codegen.wholeStage": "false",
    # Planning again after each stage, to fit the work to what the stage before it gave, takes longer than the work.
    "spark.sql.adaptive.enabled": "false",
    "spark.sql.shuffle.partitions": "1",
    # What must hold of the rows of a frame is kept with a frame that is kept in memory. Of hundreds of columns that are
    # compared it is more than the heap holds; it would spare a few rows.
    "spark.sql.constraintPropagation.enabled": "false",
    # A run broadcasts a thousand times and sorts hundreds: of these sizes, each of them a few kB.
    "spark.broadcast.blockSize": "128k",
    "spark.buffer.pageSize": "1m",
    # With one compiler the JVM keeps 48 MB for code, which these jobs fill; it then goes on without compiling. A run
    # makes 40 GB of objects that live for a moment, and classes that live to its end.
    # Queries that are planned once each run their code some hundred times: it is compiled sooner than by default.
    "spark.driver.extraJavaOptions": "-XX:TieredStopAtLevel=1 -XX:CompileThresholdScaling=0.2"
    " -XX:ReservedCodeCacheSize=240m -XX:+UseParallelGC -XX:NewSize=700m -XX:MetaspaceSize=256m",
}

# On one machine: no shuffle of 200 tasks, no web page, no look-up of the host's name.
LOCAL_CONF = {
    "spark.ui.enabled": "false",
    "spark.ui.showConsoleProgress": "false",
    "spark.driver.bindAddress": "127.0.0.1",
    "spark.driver.host": "127.0.0.1",
    "spark.driver.memory": "2g",
    # What counts is how much is done, not how long one pause is.
    "spark.driver.extraJavaOptions": "-XX:+UseParallelGC",
    # A lake in a folder needs no warehouse; without this a folder of that name appears where the command is run.
    "spark.sql.warehouse.dir": f"{tempfile.gettempdir()}/eds-imaging-warehouse",
    "spark.sql.shuffle.partitions": "4",
    "spark.databricks.delta.snapshotPartitions": "1",
    "spark.default.parallelism": "4",
    # Over TCP, delayed acknowledgements cost each task of Python 40 ms. Not on clusters, where the names of folders for
    # temporary files may be longer than a socket's may.
    "spark.python.unix.domain.socket.enabled": "true",
    "spark.sql.sources.parallelPartitionDiscovery.parallelism": "4",
    # By Hadoop's FileContext, the default of both, each rename on a local disk starts four processes of `readlink`.
    "spark.delta.logStore.file.impl": "io.delta.storage.LocalLogStore",
    "spark.sql.streaming.checkpointFileManagerClass": "org.apache.spark.sql.execution.streaming.checkpointing"
    ".FileSystemBasedCheckpointFileManager",
}
