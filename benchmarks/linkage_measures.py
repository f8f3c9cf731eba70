"""What the links of synthetic hospitals are worth: precision, recall, by method, defect, truth and stratum."""

from __future__ import annotations

import math
import unicodedata
from pathlib import Path

import pandas as pd

_DATES = 7  # kinds of defect up to this one touch identifiers, names, birth date, sex or the dates of the exam
_WORKLIST = ("conflict", "ambiguous")
_AGES = {"newborn, to 28 days": 0.077, "to 1 year": 1, "1 to 17": 18, "18 to 39": 40, "40 to 64": 65, "65 to 79": 80}


def judged(links: pd.DataFrame, truth: pd.DataFrame) -> pd.DataFrame:
    """Exams with their truth: ``is_linked``, and ``is_right`` where the link names the true person."""
    exams = truth.merge(links, on="study_instance_uid", how="left", suffixes=("_true", ""), validate="one_to_one")
    exams["is_linked"] = exams["person_id"].notna()
    true_ids = exams["person_ids"].map(lambda ids: set() if ids is None else set(ids))
    exams["is_right"] = [p in ids for p, ids in zip(exams["person_id"], true_ids, strict=True)]
    return exams


def interval(right: int, total: int) -> str:
    """A share with its 95 % interval (Wilson)."""
    if total == 0:
        return "none"
    z, p = 1.96, right / total
    middle, spread = p + z * z / (2 * total), z * math.sqrt(p * (1 - p) / total + z * z / (4 * total * total))
    low, high = ((middle - spread) / (1 + z * z / total), (middle + spread) / (1 + z * z / total))
    return f"{p:.4%} ({low:.3%} to {high:.3%}) of {total:,}"


def measures(exams: pd.DataFrame, with_identity: bool) -> dict[str, str]:
    """The figures of one hospital, or of several together."""
    verified = exams[exams["is_linked"] & exams["link_verified"]]
    unverified = exams[exams["is_linked"] & ~exams["link_verified"]]
    knowable = exams["person_knowable_with_identity" if with_identity else "person_knowable_without_identity"]
    lost = exams[exams["is_patient"] & ~exams["correctly_attached"] & knowable]
    attached = exams[exams["is_patient"] & exams["correctly_attached"]]
    links = exams[exams["is_linked"]]
    told = links[links["is_right"] | links["against"]]
    wrong_ipp = exams[exams["wrong_person_id"].notna() & exams["traits_present"]]
    caught = ~(wrong_ipp["is_linked"] & ~wrong_ipp["is_right"])
    # A default date is no date: without names, nothing but the sex is then left to compare.
    dated = caught[~wrong_ipp["defects"].map(lambda names: "birth_date_default" in names)]
    return {
        "verified links that are right": interval(int(verified["is_right"].sum()), len(verified)),
        "unverified links that are right": interval(int(unverified["is_right"].sum()), len(unverified)),
        "all links that are right": interval(int(links["is_right"].sum()), len(links)),
        "all links, wrong ones where the header says so": interval(int(told["is_right"].sum()), len(told)),
        "not correctly attached but knowable, recovered": interval(int(lost["is_right"].sum()), len(lost)),
        "correctly attached, linked": interval(int(attached["is_right"].sum()), len(attached)),
        "IPP of another person with traits, caught": interval(int(caught.sum()), len(wrong_ipp)),
        "the same, where the birth date is no default": interval(int(dated.sum()), len(dated)),
    }


def with_people(exams: pd.DataFrame, hospital: Path, with_identity: bool) -> pd.DataFrame:
    """Adds the strata of the true person (age, sex, sort of name) and ``against``: whether the header holds anything
    against the person of the link: birth date, sex or, where they are known, a name; or what the truth says."""
    people = _people(hospital)
    header = pd.read_parquet(hospital / "truth" / "header.parquet").drop_duplicates("study_instance_uid")
    columns = ["study_instance_uid", "patient_name", "patient_birth_date", "patient_sex"]
    exams = exams.merge(header[columns], on="study_instance_uid", how="left")
    true = people.reindex(exams["person_id_true"]).reset_index(drop=True)
    age = (exams["wall_clock"].dt.tz_localize(None) - pd.to_datetime(true["birth_date"])).dt.days / 365.25
    names = (
        true["birth_name"].fillna("") + "|" + true["used_name"].fillna("") + "|" + true["first_given_name"].fillna("")
    )
    parts = true[["birth_name", "first_given_name"]].fillna("")
    short = parts["birth_name"].map(_letters).str.len().between(1, 4) | parts["first_given_name"].map(
        _letters
    ).str.len().between(1, 3)
    kind = pd.Series("simple name", index=exams.index).mask(names.str.contains(r"[- ]"), "compound name")
    exams["age"] = pd.cut(age, [-200.0, *_AGES.values(), 200.0], right=False, labels=[*_AGES, "80 and over"]).astype(
        str
    )
    exams["sex"] = true["sex"].fillna("none")
    exams["name"] = kind.mask(short, "name of one syllable")
    linked = people.reindex(exams["person_id"]).reset_index(drop=True)
    if not with_identity:
        linked[["birth_name", "used_name", "first_given_name"]] = None
    told = exams["against"] if "against" in exams else pd.Series(None, index=exams.index, dtype=object)
    exams["against"] = [
        bool(is_linked) and bool(_against(says, known) if pd.isna(always) else always)
        for is_linked, always, says, known in zip(
            exams["is_linked"], told, exams.to_dict("records"), linked.to_dict("records"), strict=True
        )
    ]
    return exams


def _people(hospital: Path) -> pd.DataFrame:
    """Identities by ``person_id``, that of every person row."""
    identity = pd.read_parquet(hospital / "warehouse" / "patient_identity").drop_duplicates("ipp")
    person = pd.read_parquet(hospital / "warehouse" / "person").drop_duplicates("person_id")
    rows = person.merge(identity, left_on="person_source_value", right_on="ipp", how="left")
    return rows.set_index("person_id")[["birth_name", "used_name", "first_given_name", "birth_date", "sex"]]


def _letters(text: object) -> str:
    return "".join(sign for sign in unicodedata.normalize("NFD", str(text or "")).upper() if "A" <= sign <= "Z")


def _against(says: dict[str, object], known: dict[str, object]) -> bool:
    """Whether what a header says is not what is known of a person, however small the difference."""
    date, born = str(says["patient_birth_date"] or ""), str(known["birth_date"]).replace("-", "")
    if date[:4] > "1900" and born[:4] > "1900" and born != "nan":
        years_only = date.endswith("0101") or born.endswith("0101")
        if date[:4] != born[:4] or (date != born and not years_only):
            return True
    sexes = {says["patient_sex"], known["sex"]}
    if sexes == {"M", "F"}:
        return True
    name = _letters(says["patient_name"])
    if not name or "INCONNU" in name or set(name) == {"X"}:
        return False
    families = [_letters(known[column]) for column in ("birth_name", "used_name") if isinstance(known[column], str)]
    if not families:
        return False
    given = _letters(known["first_given_name"])
    return not any(family[:4] in name for family in families) or given[:3] not in name


def strata(exams: pd.DataFrame, knowable: pd.Series) -> pd.DataFrame:
    """Precision and recall once the work list is decided rightly, by stratum; the last row is all together."""
    exams = exams.assign(knowable=knowable & exams["is_patient"])
    by_hand = exams["link_status"].isin(_WORKLIST)
    exams["decided"] = exams["is_linked"] | (by_hand & exams["knowable"])
    exams["decided_right"] = exams["is_right"] | (by_hand & exams["knowable"])
    # What the header holds nothing against cannot be found wrong by anybody.
    exams["decided_wrong"] = exams["decided"] & ~exams["decided_right"] & exams["against"]
    patients = exams[exams["is_patient"]]
    groups = {
        f"{column}: {value}": group
        for column in ("age", "sex", "name", "hospital")
        for value, group in patients.groupby(column)
    } | {"all": patients}
    rows = {}
    for name, group in groups.items():
        known = group[group["knowable"]]
        rows[name] = (
            len(group),
            f"{group['link_status'].isin(_WORKLIST).mean():.2%}",
            share(int(group["decided_right"].sum()), int((group["decided_right"] | group["decided_wrong"]).sum())),
            share(int(group["decided_right"].sum()), int(group["decided"].sum())),
            share(int((known["decided_right"]).sum()), len(known)),
        )
    columns = ["exams", "work list", "precision, header against", "precision, all", "recall"]
    return pd.DataFrame(rows, index=columns).T.rename_axis("stratum")


def share(right: int, total: int) -> str:
    """A share in percent, and what of how many it leaves."""
    return f"{right / total:.3%} (-{total - right})" if total else "none"


def by_method(exams: pd.DataFrame) -> pd.DataFrame:
    """Right links among those of each method."""
    links = exams[exams["is_linked"]]
    groups = links.groupby("link_method")
    right = groups["is_right"].sum()
    rows = {name: (len(group), interval(int(right[name]), len(group))) for name, group in groups}
    return pd.DataFrame(rows, index=["links", "right"]).T.rename_axis("method")


def by_defect(exams: pd.DataFrame, defects: pd.DataFrame) -> pd.DataFrame:
    """What became of the exams with each defect of identity or dates, of ``truth/defect``; an exam may have several."""
    rows = exams.assign(defect=exams["defects"].map(lambda names: list(names) or ["none"])).explode("defect")
    rows = rows[rows["defect"].isin({"none", *defects.loc[defects["kind"] <= _DATES, "defect"]})]
    groups = rows.groupby("defect")
    table = pd.DataFrame({"exams": groups.size()})
    for name, column in _outcomes(rows).items():
        table[name] = column.groupby(rows["defect"]).sum()
    return table


def confusion(exams: pd.DataFrame, knowable: pd.Series) -> pd.DataFrame:
    """What became of the exams by what is true of them."""
    truth = pd.Series("no patient", index=exams.index)
    truth[exams["is_patient"] & exams["correctly_attached"]] = "correctly attached"
    lost = exams["is_patient"] & ~exams["correctly_attached"]
    truth[lost & knowable] = "wrongly or not attached, person can be known"
    truth[lost & ~knowable] = "wrongly or not attached, person cannot be known"
    table = pd.DataFrame({"exams": truth.value_counts()})
    for name, column in _outcomes(exams).items():
        table[name] = column.groupby(truth).sum()
    return table.rename_axis("truth").sort_index()


def _outcomes(exams: pd.DataFrame) -> dict[str, pd.Series]:
    status = exams["link_status"]
    linked, right, verified = exams["is_linked"], exams["is_right"], exams["link_verified"].fillna(False)
    return {
        "right": linked & right,
        "wrong, verified": linked & ~right & verified,
        "wrong, not verified": linked & ~right & ~verified,
        "conflict": status == "conflict",
        "ambiguous": status == "ambiguous",
        "unlinked": status.isin(["unlinked_unknown_id", "unlinked_no_id"]),
        "not_a_patient": status == "not_a_patient",
    }


def markdown(table: pd.DataFrame) -> str:
    """A table without the help of other packages."""
    rows = [[str(table.index.name), *map(str, table.columns)], ["---"] * (table.shape[1] + 1)]
    rows += [[str(name), *map(str, row)] for name, row in zip(table.index, table.to_numpy(), strict=True)]
    return "\n".join(f"| {' | '.join(row)} |" for row in rows)
