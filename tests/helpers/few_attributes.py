"""A declaration of few attributes, for tests of what jobs do with files and not of what they read in them.

Hundreds of columns cost Spark seconds in every step, however small the data.
"""

from __future__ import annotations

from collections.abc import Sequence

from eds_spark_imaging.dicom.declaration import declaration
from eds_spark_imaging.dicom.declaration.attribute import Attribute

# What transforms ask for by name, and some of each level.
COLUMNS = {
    "sop_instance_uid",
    "study_instance_uid",
    "series_instance_uid",
    "patient_id",
    "issuer_of_patient_id",
    "other_patient_ids",
    "other_patient_ids_patient_id",
    "patient_name",
    "patient_birth_name",
    "patient_birth_date",
    "patient_sex",
    "patient_age",
    "quality_control_subject",
    "study_date",
    "study_time",
    "admission_id",
    "service_episode_id",
    "accession_number",
    "filler_order_number_imaging_service_request",
    "request_accession_number",
    "modality",
    "series_date",
    "series_time",
    "performed_station_ae_title",
    "institution_name",
    "institutional_department_name",
    "station_name",
    "source_application_entity_title",
    "acquisition_date",
    "acquisition_time",
    "acquisition_date_time",
    "content_date",
    "content_time",
    "image_position_patient",
    "image_orientation_patient",
    "frame_positions",
    "frame_orientations",
    "frame_pixel_spacings",
    "pixel_spacing",
    "rows",
    "columns",
    "number_of_frames",
    "acquisition_number",
    "images_in_acquisition",
    "number_of_temporal_positions",
    "temporal_position_identifier",
    "study_description",
    "protocol_name",
    "body_part_examined",
    "laterality",
    "series_description",
    "manufacturer",
    "manufacturer_model_name",
    "device_serial_number",
    "kvp",
    "x_ray_tube_current",
    "slice_thickness",
    "echo_time",
    "image_type",
    "instance_number",
    "sop_class_uid",
    "transfer_syntax_uid",
}


def few_attributes(site: Sequence[Attribute] = ()) -> tuple[Attribute, ...]:
    """Stands in for ``declaration``."""
    return tuple(a for a in declaration(site) if a.column in COLUMNS)
