"""Free text to words: one form for French and English, any case, accents, separators and contrast signs."""

from __future__ import annotations

import re
import unicodedata
from bisect import bisect_left
from collections.abc import Callable, Sequence
from contextlib import suppress
from functools import lru_cache
from typing import NamedTuple

from eds_spark_imaging.terminology.data_files import group, rows

# Longer texts are reports or junk; the exam is named at the beginning.
MAX_LENGTH = 400
MAX_WORDS = 60

# A capital that begins a word after another one. The capital comes first in the pattern, so that a search leaps to it.
_CAMEL = re.compile(
    r"[A-Z](?:(?<=[a-zà-ÿ].)"
    r"|(?=[a-z]{2})(?:(?<=\b[LR].)|(?<=\b(?:AA|CT|MR|RX|XR).)|(?<=\b(?:TDM|IRM|PET).)))"
)
# `TDM TAP. Chute hier`: a dot that abbreviates nothing.
_SENTENCE = re.compile(r"(?<=[A-Z]{3})\. +(?=[A-ZÀ-Ý][a-zà-ÿ])")
_LIGATURES = str.maketrans(
    {"œ": "oe", "æ": "ae", "ß": "ss", "’": "'", "‘": "'", "`": "'", "´": "'", "–": "-", "—": "-"}
)
# What stands for a letter that could not be decoded; in French most are an E, but for the word `crâne`.
_REPLACED = "\ufffd"
_LOST_WITHIN = re.compile(r"(?<=[A-Za-z])\?(?=[A-Za-z])")
_LOST_A = re.compile(r"(?<=\bcr)\ufffd(?=ne)", re.IGNORECASE)
_SIGNED = r"(?<![a-z0-9])(?:iv|inj|pdc|gado|gd|injection|contraste?|i\.v\.)"
# Applied in order, after lower case and without accents: where one of the needs stands in the text, what is rewritten.
# Where several stand there a pattern is applied again, and finds nothing more.
_REWRITES = tuple(
    (need, re.compile(pattern), replacement)
    for needs, pattern, replacement in (
        # A dash between words, `TAP IV+ - suivi`, is no sign of what stands before it.
        ((" - ",), r"(?<!\b[a-z])\s-\s(?=[a-z0-9])", "; "),
        # `HAND L R/O FX` has one side.
        (("r/o", "r /", "/ o"), r"\br\s?/\s?o\b", "rule out "),
        (("g+",), r"(?<=\b[dgrl] )g\+(?=$|\s)", "avec iv "),
        (("g+",), r"\bg\+(?=\s*(?:$|[),;]))", "gplus "),  # gadolinium, or the left one of a pair
        # `S/I`, `A/I`, `S+A/I`: sans, avec injection; `S/I JOINT` is the sacroiliac one.
        (("/i", "/a i"), r"(?<![a-z0-9])s\s?[/+&-]\s?a\s?[/ ]\s?i(?![a-z0-9])", " wwo "),
        (
            ("/i",),
            r"(?<![a-z0-9/+-])([as])/i(?![a-z0-9/]|\s?(?:j|art))",
            lambda match: " avec iv " if match[1] == "a" else " sans iv ",
        ),
        # `INJECTION SI BESOIN`; not `INJ SI JOINT`.
        (
            (" si ", " if "),
            r"(?<!\bavec )(?<!\bwith )\b(?:inj\w*|gado\w*|iv|pdc|contraste?)\s(?:si(?! j| art)|if)(?= [a-z])",
            " plusminus ",
        ),
        (("y/o",), r"\by/o\b", "years "),
        (("c/o",), r"\bc/o\b", "; complaining of "),
        (("dr",), r"(?<=[(,;:-])\s?dr\.?\s(?=[a-z])", " docteur "),
        (
            ("2m", "2p", "2g", "2h", "2e", "2s", "2c"),
            r"(?<![a-z0-9.,-])2(?=(?:mi|ms|mains?|pieds?|genoux?|hanches?|epaules?|seins?|coudes?|chevilles?|poignets?)\b)",
            "2 ",
        ),  # `2MI`
        (("1v", "2v", "3v"), r"(?<=[a-z]{5})([123]v)(?=(?:rt|lt|bil|r|l)?\b)", r" \1 "),  # `XRKNEE2VRT`
        (("max",), r"\bmax\b(?=\.?\s?(?:[+/,&-]|et)?\s?mand)", "maxillaire"),  # `DENTASCANNER MAX + MAND`
        (("max",), r"(\bmand(?:ibule)?\.?\s?(?:[+/,&-]|et)?\s?)max\b", r"\1maxillaire"),
        (("d'",), r"(?<![a-z])d'", "de "),
        (("l'",), r"(?<![a-z])l'", "la "),
        ((" un",), r"(?<![a-z])[dl] (?=une?\b)", "de "),
        (("la face",), r"\b(?:de la|la) face\b", "visage"),
        ((".",), r"(?<![a-z])(?:[a-z]\.)+[a-z](?![a-z])\.?", lambda match: match[0].replace(".", "") + " "),
        (
            (" ou ", " or ", "/ou ", "/or "),
            r"\b(?:avec|av|with|w)\s?/?\s?(?:et/)?(?:ou|or)\s(?:sans|ss|without|w\s?[/-]?\s?o)(?![a-z])/?"
            r"(?:\s?(?:iv|inj\w*|pdc|gado\w*|contraste?)(?![a-z0-9]))*",
            " plusminus ",
        ),
        (("+",), r"\b(?:sans|ss|without|no)\s(?:iv|inj\w*|pdc|gado|c)\s?\+(?![a-z0-9])", " sans iv "),
        (("w",), r"\bw\s?[/+&-]\s?(?:and\s)?(?:wo|w\s?[/-]\s?o)(?![a-z])", " wwo "),
        (("w",), r"\bw\s?(?:and|et)\s?(?:wo|w\s?[/-]\s?o)(?![a-z])", " wwo "),
        (("w",), r"\b(?:wo|w\s?[/-]\s?o)\s?(?:[/+&-]|and|followed by)?\s?w(?:/|\b)(?!\s?/?o\b)", " wwo "),
        (("w",), r"\bw\s?[/-]\s?o(?:ut)?(?![a-z])", " without "),
        (("w",), r"\bw\s?/(?!\s?o\b)", " w "),
        (("-", "±"), _SIGNED + r"\s?\(?(?:\+\s?/?\s?-|-\s?/?\s?\+|±)(?![a-z0-9])\)?", " plusminus "),
        (("-", "±"), r"(?:\+\s?/\s?-|±)\s?(?:iv|inj\w*|pdc|gado\w*|gd|contraste?)(?![a-z0-9])", " plusminus "),
        (("+",), r"(?<![a-z0-9])c(?:\+/?-|-/?\+)(?![a-z0-9])", " wwo "),
        (("c-",), r"(?<![a-z0-9])c-\s?(?:et|and|/|\+|puis)?\s?c\+", " wwo "),
        (("+",), _SIGNED + r"\s?\(?\+\)?(?=$|[^a-z0-9+]*$|[^a-z0-9+]*[ ,;)/-])", " avec iv "),
        (("-",), _SIGNED + r"\s?\(?-\)?(?=$|\s|[),;/+])", " sans iv "),
        (("c+",), r"(?<![a-z0-9])c\+(?=$|[^a-z0-9])", " avec iv "),
        (("c-",), r"(?<![a-z0-9])c-(?=$|[),;/+]|\s(?!\s*spine|\s*rachis))", " sans iv "),
        (
            ("+",),
            r"(?:(?<=[a-z\s(_^])|^)\+\s?c(?![a-z0-9]|\s?-?\s?(?:sp|rachis|[0-9](?![0-9]*\s?(?:min|s(?:ec)?(?![a-z])))))",
            " avec iv ",
        ),
        (("-",), r"(?:(?<=[\s(_^])|^)-\s?c(?![a-z0-9-])", " sans iv "),
        (("-",), r"(?:(?<=[\s(_^])|^)-(?:iv|pdc|gado)(?![a-z0-9-])", " sans iv "),
        (("po+", "po +"), r"(?<![a-z0-9])po\s?\+(?![a-z0-9])", " avec oral "),
        (("i+",), r"(?<![a-z0-9])i\+(?![a-z0-9])", " avec iv "),
        (("i-",), r"(?<![a-z0-9])i-(?=$|[\s),;])", " sans iv "),
        ((".",), r"(?<=[a-z])\.(?=[a-z])", " "),
        (("temp",), r"\btemp\.? bone", "temporal bone"),
        (("?",), r"(?:(?<=[\s(,])|^)\?\s?(?=[a-z]{3})", "; bilan "),  # `CT HEAD ?BLEED`: what is asked
        (("cephal",), r"\b([0-9]+) ?(?:°|deg[a-z]*)? ?(?:cephali\w*|cephalad)", r"\1"),  # `AP + 20 céphalique`: a view
        (("ce ",), r"\b(chez|dans|sur|pour|de|que|est|depuis) ce\b", r"\1"),
        (("dixon",), r"(dixon\b.*?)[ -]w(?=$| (?!contrast|c\b|iv))", r"\1"),  # `mDIXON-W`: the image of water
        (("sa",), r"\b([0-9]{1,2})sa\b", r"\1 sa"),
        # The article `le` is left out below: not before words that it never goes with.
        (
            ("le ",),
            r"\ble (?=(?:ven(?:ous|o)?\b|art(?:erial)?\b|dopp|angio|dvt|duplex|runoff|lt|rt|left|right|bil(?:at\w*)?\b"
            r"|wo?\b))",
            "lower extremity ",
        ),
        (
            (" le",),
            r"\b(cta|ctv|mra|mrv|mri|bil(?:at\w*)?|venous|arterial|doppler|duplex|dvt|mapping|pelvis|ext) le(?=\s*$)",
            r"\1 lower extremity",
        ),
        # Angiographie par résonance magnétique, not the arm; so wherever the exam is called by its French name.
        (("irm",), r"\barm\b(?=.*\birm\b)", "angio-irm"),
        (("irm",), r"(\birm\b.*?)\barm\b", r"\1angio-irm"),
        (
            ("arm ",),
            r"\barm (?=(?:des? |du )?(?:tsa|tronc|polyg|willis|cereb|enceph|cerv|aort|caro|arter(?!y|ies)|vein(?!s?\b)"
            r"|rena|memb|mi\b))",
            "angio-irm ",
        ),
    )
    for need in needs
)
# Signs and figures of which a text needs one or more to be rewritten.
_SIGNS = frozenset(sign for need, _, _ in _REWRITES for sign in need if not ("a" <= sign <= "z" or sign == " "))
_WORD = re.compile(r"([a-z0-9]+)")
# Systems write blanks as these, `CT_HEAD_W/O_CONTRAST`.
_BLANKS = re.compile(r"[ \t_^]+")
# Letters of a word that a dot after it may abbreviate.
_ABBREVIATED = 4
_SMALL_WORDS = frozenset(group("small_words"))
_NO_PLURALS = frozenset(group("no_plurals"))
_FEMININE = tuple((row["ending"], row["masculine"]) for row in rows("endings"))


class Words(NamedTuple):
    """Words of a text: ``forms`` as compared, ``breaks`` the sign before each (`;,+-/` or a blank)."""

    forms: tuple[str, ...]
    breaks: tuple[str, ...]


def plain(text: str) -> str:
    """Lower case, without accents and ligatures; words written together in CamelCase are parted."""
    text = text[:MAX_LENGTH]
    if ". " in text:
        text = _SENTENCE.sub("; ", text)
    if "?" in text:
        text = _LOST_WITHIN.sub(_REPLACED, text)
    if text.isascii():
        return _parted(text.replace("`", "'")).lower()
    text = _with_accents(_parted(_decoded(text))).translate(_LIGATURES).replace("Œ", "OE")
    return "".join(c for c in unicodedata.normalize("NFKD", text.lower()) if not unicodedata.combining(c))


def _parted(text: str) -> str:
    """A text with a blank between words written together in CamelCase."""
    return text if text.isupper() else _CAMEL.sub(lambda capital: f" {capital[0]}", text)


def _decoded(text: str) -> str:
    """A text that was read in another encoding than its own, once or more: `crÃ¢ne`."""
    with suppress(UnicodeError):
        while "Ã" in text:
            text = text.encode("cp1252").decode()
    return text


def _with_accents(text: str) -> str:
    """A text with likely letters for those that could not be decoded: `t\ufffdte`."""
    return _LOST_A.sub("a", text).replace(_REPLACED, "e") if _REPLACED in text else text


@lru_cache(maxsize=4096)
def words(text: str) -> Words:
    """The words of a text in the form in which vocabulary and texts are compared; small words are left out."""
    line = plain(text)
    if "_" in line or "^" in line or "  " in line:
        line = _BLANKS.sub(" ", line)
    for need, pattern, replacement in _rewrites(_SIGNS.intersection(line)):
        if need in line:
            line = pattern.sub(replacement, line)
    forms: list[str] = []
    breaks: list[str] = []
    left_out, before = "", ""
    pieces = _WORD.split(line)
    for between, word in zip(pieces[::2], pieces[1::2], strict=False):  # what follows the last word is left out
        form = _form(word)
        if not form:
            left_out += f"{between} "
            continue
        gap = left_out + between
        breaks.append(" " if gap == " " else _break(gap, _is_whole(before)))
        forms.append(form)
        left_out, before = "", form
    breaks[:1] = [";"] if forms else []
    return Words(tuple(forms[:MAX_WORDS]), tuple(breaks[:MAX_WORDS]))


@lru_cache(maxsize=4096)
def _rewrites(signs: frozenset[str]) -> Sequence[tuple[str, re.Pattern[str], str | Callable[[re.Match[str]], str]]]:
    """What texts with these signs may need."""
    return [rewrite for rewrite in _REWRITES if signs.issuperset(_SIGNS.intersection(rewrite[0]))]


@lru_cache(maxsize=65536)
def _form(word: str) -> str:
    """A word as compared; nothing for a small one."""
    return "" if word in _SMALL_WORDS else stem(word)


@lru_cache(maxsize=65536)
def _is_whole(word: str) -> bool:
    """Whether a dot after a word ends a clause: it abbreviates one of few letters, but for `head`, `mets` or a year."""
    return len(word) > _ABBREVIATED or word in _NO_ABBREVIATIONS or (word.isdigit() and len(word) == _ABBREVIATED)


@lru_cache(maxsize=4096)
def _break(gap: str, after_word: bool) -> str:
    """The sign between two words; a dot after a word of few letters abbreviates (not ``after_word``)."""
    if any(c in gap for c in ";:()[]|\n?!") or " - " in gap or (after_word and ". " in gap):
        return ";"
    for sign in ",+&/-":
        if sign in gap:
            return "/" if sign == "&" else sign
    return " "


def stem(word: str) -> str:
    """A word without the endings of plural and of French feminine adjectives, where that is safe."""
    if word.isdigit():
        return str(int(word)) if len(word) < 5 else word
    if len(word) <= 3:
        return word
    if word.endswith("eaux"):
        return word[:-1]
    if word.endswith("aux") and len(word) > 4:
        return word[:-3] + "al"
    if word.endswith("s") and not word.endswith(("ss", "is", "us", "as", "os", "ies")) and word not in _NO_PLURALS:
        word = word[:-1]
    for ending, masculine in _FEMININE:
        if word.endswith(ending) and len(word) > len(ending) + 1:
            return word[: -len(ending)] + masculine
    return word


def begun(words_sorted: Sequence[str], beginning: str) -> Sequence[str]:
    """The words with this beginning, of words in order."""
    first, last = (bisect_left(words_sorted, end) for end in (beginning, f"{beginning}\uffff"))
    return words_sorted[first:last]


def stems(name: str) -> frozenset[str]:
    """The members of a group of single words, as texts are compared with them."""
    return frozenset(stem(plain(word)) for word in group(name))


_NO_ABBREVIATIONS = stems("no_abbreviations")
