"""Names that nobody bears: words for tests, samples and models, with French endings, accents and compounds."""

from __future__ import annotations

import unicodedata
from functools import lru_cache
from random import Random


def words(text: str) -> list[str]:
    """A list written as words with blanks between them."""
    return text.split()


_ROOTS = words(
    "TEST EXEMPL FICTIV SPÉCIM ESSAY FACTIC MODÉL PROTOTYP SYNTHÉT MAQUETT ÉCHANTILL FEINTIS SIMUL LEURR PATRON GABAR "
    "ÉPROUV CANEV POSTICH IMAGIN APOCRYPH CHIMÉR HYPOTHÉS FACSIMIL"
)
_MIDDLES = ["", "", "", *words("AM AB OR IL OU ÉN UR AÇ OL IB EST AND")]
_ENDINGS = words("ARD IER EAU IÈRE ET OT IN ON AULT EZE OUX ANEL ELIN ICHE ORÉ EUIL AC ÈS")
_SHORT = words("ZIG ZAG BIP TIC TAC TOC CLIC FLOP PLIC BOF ZUT")
_PARTICLES = ["DE ", "LE ", "D'", "DE LA "]
_GIVEN_ROOTS = words("Test Exempl Fict Modél Spécim Proto Synth Échant Simul Essay Fauss Imag Patr Gabar Maqu Chimér")
_GIVEN_SHORT = {"M": words("Bo Ti Zéd"), "F": words("Zo Lu Nû")}
_GIVEN_ENDINGS = {
    "M": words("in an ien aud éo is el ric"),
    "F": words("ine anne ienne aude éa ise elle ia"),
}


def family_name(rng: Random) -> str:
    """An upper-case family name with its accents; one in eight has a particle or is compound, a few one syllable."""
    name = rng.choice(_ROOTS) + rng.choice(_MIDDLES) + rng.choice(_ENDINGS)
    kind = rng.random()
    if kind < 0.04:
        return rng.choice(_PARTICLES) + name
    if kind < 0.12:
        return name + rng.choice("- ") + rng.choice(_ROOTS) + rng.choice(_ENDINGS)
    if kind > 0.97:
        return rng.choice(_SHORT)
    return name


def given_name(rng: Random, sex: str) -> str:
    """A first given name in title case; one in twelve is compound with a hyphen, a few have one syllable."""
    endings = _GIVEN_ENDINGS[sex]
    name = rng.choice(_GIVEN_ROOTS) + rng.choice(endings)
    kind = rng.random()
    if kind > 0.97:
        return rng.choice(_GIVEN_SHORT[sex])
    if kind < 0.08:
        return f"{name}-{rng.choice(_GIVEN_ROOTS)}{rng.choice(endings)}"
    return name


def without_accents(text: str) -> str:
    """The text with each accented letter replaced by its base letter."""
    return "".join(c for c in unicodedata.normalize("NFD", text) if not unicodedata.combining(c))


@lru_cache(maxsize=1 << 16)
def letters(text: str) -> str:
    """Only the letters A-Z, upper case and without accents: what two spellings of a name have in common."""
    return "".join(c for c in without_accents(text).upper() if "A" <= c <= "Z")


def parts(name: str) -> list[str]:
    """The parts of a compound name (``TESTARD-ESSAYIER``) that can stand alone; particles cannot."""
    return [part for part in name.replace("-", " ").split() if len(part) > 3]
