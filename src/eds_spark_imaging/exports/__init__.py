"""Exams in the forms that other systems read: OMOP with its imaging extension, FHIR. DataFrame to DataFrame, pure."""
