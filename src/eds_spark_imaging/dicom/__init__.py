"""DICOM headers: the attribute declaration, and the reader that follows it. No Spark here."""
