"""How consoles and desks of the other hospital write people: names by the habit of a site, slips, dates, identifiers.

Each method that may spoil something adds the name of what it has done to ``slips``.
"""

from __future__ import annotations

import random
import unicodedata
from calendar import monthrange
from datetime import date

from benchmarks.habits import words
from benchmarks.habits.people import Person

_LETTERS = "AEIOURSTLNDMCPBGVHYKZ"
_SHORT = {"ALEXANDRE": "ALEX", "FRANÇOISE": "FANFAN", "MOHAMED": "MOMO", "JACQUELINE": "JACKIE", "CATHERINE": "CATHY"}
_LIMITS = {"P": (64,), "Q": (27,), "R": (20,), "S": (16, 64, 64, 64)}


def plain(text: str) -> str:
    """Without accents."""
    return "".join(sign for sign in unicodedata.normalize("NFD", text) if not unicodedata.combining(sign))


class Writer:
    """Writes people as the sites P, Q, R and S do."""

    def __init__(self, rng: random.Random) -> None:
        self.rng = rng

    def _draw(self, shares: dict[str, float]) -> str:
        """One of the names with its share, or an empty text."""
        draw = self.rng.random()
        for name, share in shares.items():
            draw -= share
            if draw < 0:
                return name
        return ""

    def name(self, person: Person, site: str, slips: list[str]) -> tuple[str, str | None]:
        """PatientName and PatientBirthName."""
        rng = self.rng
        family, given, maiden = person.birth_name, person.given, None
        if person.used_name:
            habit = {"P": "used", "Q": "both", "R": "used", "S": rng.choice(["birth", "used", "both"])}[site]
            if habit == "used" or rng.random() < 0.2:
                family = person.used_name
                maiden = plain(person.birth_name) if rng.random() < 0.3 else None
            elif habit == "both":
                family = rng.choice(words.WITH_MAIDEN_NAME).format(u=person.used_name, b=person.birth_name)
        if rng.random() < 0.02 and person.others:
            slips.append("name_other_given")
            other = person.others[0]
            given = rng.choice([f"{given} {other}", f"{other} {given}", f"{given}, {', '.join(person.others)}"])
        family, given = self._slip(person, family, given, slips)
        return self._signs(self._layout(person, family, given, site, slips), site, slips), maiden

    def _slip(self, person: Person, family: str, given: str, slips: list[str]) -> tuple[str, str]:
        rng = self.rng
        shares = {"misspelt": 0.012, "letters_transposed": 0.006, "family_new": 0.005, "given_half": 0.005}
        what = self._draw(shares | {"diminutive": 0.006, "given_wholly_other": 0.003})
        if not what or (what == "given_half" and not {"-", " "} & set(given)):
            return family, given
        slips.append(f"name_{what}")
        if what in ("misspelt", "letters_transposed"):
            spoil = self._mistype if what == "misspelt" else self._transpose
            return (spoil(family), given) if rng.random() < 0.6 else (family, spoil(given))
        if what == "family_new":
            return rng.choice(words.NEW_FAMILY_NAMES), given
        if what == "given_half":
            return family, rng.choice(given.replace("-", " ").split())
        return family, _SHORT.get(given, plain(given)[:3]) if what == "diminutive" else (person.others or [given])[0]

    def _mistype(self, word: str) -> str:
        place, kind = self.rng.randrange(len(word)), self.rng.choice(["replace", "drop", "double", "add"])
        if kind == "replace":
            return word[:place] + self.rng.choice(_LETTERS) + word[place + 1 :]
        if kind == "drop" and len(word) > 2:
            return word[:place] + word[place + 1 :]
        return word[:place] + (word[place] if kind == "double" else self.rng.choice(_LETTERS)) + word[place:]

    def _transpose(self, word: str) -> str:
        place = self.rng.randrange(max(1, len(word) - 1))
        return word[:place] + word[place + 1 : place + 2] + word[place] + word[place + 2 :]

    def _layout(self, person: Person, family: str, given: str, site: str, slips: list[str]) -> str:
        rng = self.rng
        if person.origin == "vietnamese" and rng.random() < 0.3:
            slips.append("name_order_viet")
            *middle, last = given.split()
            form = rng.choice(["{l}^{f} {m}", "{f} {m}^{l}", "{f}^{l}^{m}"])
            return form.format(f=family, l=last, m=" ".join(middle))
        if person.origin == "portuguese" and rng.random() < 0.3:
            slips.append("name_last_alone")
            return f"{family.rsplit(maxsplit=1)[-1]}^{given.split(maxsplit=1)[0]}"
        if person.origin == "arabic" and rng.random() < 0.2:
            slips.append("name_joined")
            return f"{family.replace(' ', '')}^{given.replace(' ', '')}"
        shares = {"swapped": 0.01, "titled": 0.02, "marked": 0.01, "misplaced": 0.01, "initial": 0.01}
        what = self._draw(shares | {"family_alone": 0.005})
        if not what:
            return {"P": "{f}^{g}", "Q": "{f}^{g}", "R": "{f} {g}", "S": "{f}^{g}^"}[site].format(f=family, g=given)
        slips.append(f"name_{what}")
        forms = {
            "swapped": ["{g}^{f}"],
            "titled": words.TITLED,
            "marked": words.MARKED,
            "misplaced": words.MISPLACED,
            "initial": [f"{{f}}^{given[0]}", f"{{f}}^{given[0]}."],
            "family_alone": ["{f}^"],
        }
        return rng.choice(forms[what]).format(f=family, g=given)

    def _signs(self, text: str, site: str, slips: list[str]) -> str:
        """Accents lost or spoilt, case, and the limit of the site."""
        rng = self.rng
        if site != "S" or rng.random() < 0.5:
            text = plain(text)
        elif plain(text) != text and rng.random() < 0.3:
            slips.append("name_mojibake")
            how = rng.choice(["twice", "mac", "?", "", "_"])
            if how == "twice":
                text = text.encode("utf-8").decode("latin-1")
            elif how == "mac":
                text = text.encode("latin-1", "replace").decode("mac-roman")
            else:
                text = "".join(sign if sign.isascii() else how for sign in text)
        if site == "R" and rng.random() < 0.5:
            text = text.title()
        limit = rng.choice(_LIMITS[site])
        if len(text) > limit:
            slips.append("name_truncated")
        return text[:limit]

    def newborn(self, person: Person, mother: Person) -> str:
        """The name of somebody who has none yet."""
        family = self.rng.choice([person.birth_name, mother.birth_name, mother.used_name or mother.birth_name])
        word = "FILLE" if person.sex == "F" else "GARCON"
        return plain(self.rng.choice(words.NEWBORN).format(f=family, w=word, m=mother.given))

    def birth_date(self, born: date, slips: list[str]) -> date | None:
        """PatientBirthDate."""
        rng = self.rng
        shares = {"default": 0.01, "1900": 0.004, "absent": 0.014, "swapped": 0.006, "typo": 0.008, "by_age": 0.002}
        what = self._draw(shares)
        if not what or (what == "swapped" and (born.day > 12 or born.day == born.month)):
            return born
        slips.append(f"birth_date_{what}")
        first = born.replace(month=1, day=1)
        spoilt = {
            "default": first,
            "1900": date(1900, 1, 1),
            "absent": None,
            "by_age": first.replace(year=born.year + rng.choice([-1, 0, 1])),
        }
        if what == "swapped":
            return date(born.year, born.day, born.month)
        return self._typo(born) if what == "typo" else spoilt[what]

    def _typo(self, born: date) -> date:
        rng, part = self.rng, self.rng.choice(["day", "month", "year", "decade", "century"])
        off = {"year": rng.choice([-1, 1]), "decade": rng.choice([-10, 10])}
        year = born.year + (off | {"century": 100 if born.year < 1925 else -100}).get(part, 0)
        month = rng.randrange(1, 13) if part == "month" else born.month
        day = rng.randrange(1, 29) if part == "day" else born.day
        return date(year, month, min(day, monthrange(year, month)[1]))

    def sex(self, sex: str, slips: list[str]) -> str | None:
        """PatientSex."""
        what = self._draw({"unknown": 0.02, "swapped": 0.007})
        if what == "unknown":
            return self.rng.choice(["O", None, None])
        if what == "swapped":
            slips.append("sex_swapped")
            return {"F": "M", "M": "F"}[sex]
        return sex

    def dressed(self, ipp: str, code: str) -> str:
        """An IPP with something beside it."""
        form = self.rng.choice(words.DRESSED)
        return form.format(i=ipp, c=code, a=ipp[:1], b=ipp[1:4], d=ipp[4:7], e=ipp[7:])

    def mistyped(self, ipp: str, slips: list[str]) -> str:
        """An IPP with one error, or two digits wrong."""
        rng, place = self.rng, self.rng.randrange(1, len(ipp) - 1)
        what = rng.choice(["one", "one", "transposed", "transposed", "missing", "extra", "two"])
        slips.append(f"id_digit_{what}")
        other = str((int(ipp[place]) + rng.randrange(1, 10)) % 10)
        return {
            "one": ipp[:place] + other + ipp[place + 1 :],
            "transposed": ipp[:place] + ipp[place + 1] + ipp[place] + ipp[place + 2 :],
            "missing": ipp[:place] + ipp[place + 1 :],
            "extra": ipp[:place] + ipp[place] + ipp[place:],
            "two": ipp[: place - 1] + other + other + ipp[place + 1 :],
        }[what]
