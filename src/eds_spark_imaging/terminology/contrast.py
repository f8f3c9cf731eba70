"""Contrast in a text: with, without, both, or nothing said. A radionuclide is not a contrast agent."""

from __future__ import annotations

from collections.abc import Sequence
from functools import lru_cache

from eds_spark_imaging.terminology.clauses import REASON
from eds_spark_imaging.terminology.data_files import group
from eds_spark_imaging.terminology.lexicon import Lexicon
from eds_spark_imaging.terminology.span import Span
from eds_spark_imaging.terminology.text import stems

OF_CONTRAST = frozenset({"with", "without", "agent", "agent_alone", "agent_imaging", "enhanced", "unenhanced"})
WITH, WITHOUT, BOTH = "with", "without", "both"
# Roles of words that say something of contrast.
_SAYING = OF_CONTRAST | {"enhanced_both", "phase", "phase_mr", "phase_before"}
_ENHANCED = {"enhanced": WITH, "unenhanced": WITHOUT, "enhanced_both": BOTH}
_NUCLEAR = frozenset({"tep", "medecine_nucleaire"})
_PHASED = frozenset({"scanner", "irm"})
# Stage IV, grade IV: a number, not the way of an injection.
_NUMBERED = stems("numbers_follow")


def stated_contrast(
    spans: Sequence[Span], category: str, cut: bool, outside: Sequence[bool], scopes: Sequence[str]
) -> str:
    """What the words say, by the scope of each; ``outside`` marks the spans that are not in an indication."""
    said: set[str] = set()
    i = 0
    while i < len(spans):
        if _SAYING.isdisjoint(spans[i].roles):
            i += 1
            continue
        polarities, j = _chain(spans, i)
        if polarities:
            reason = scopes[i] == REASON
            told, i = _after_chain(spans, j, polarities, category, cut)
            if i > j or not reason:  # `low back pain with right radiculopathy`
                said |= told
            continue
        unsure = cut and i == len(spans) - 1 and spans[i].words in _UNSURE_WHERE_CUT
        told = set() if unsure else _alone(spans, i, category, outside[i])
        said |= told
        i += 2 if told and spans[i].roles & _ENHANCED.keys() and _more_of_agent(spans, i + 1) else 1
    if BOTH in said or {WITH, WITHOUT} <= said:
        return BOTH
    return next(iter(said), "")


def _more_of_agent(spans: Sequence[Span], i: int) -> bool:
    """`non injecté PDC`: the agent is named once more."""
    return i < len(spans) and "agent" in spans[i].roles and not spans[i].place and spans[i].before != "+"


def implied_contrast(lexicon: Lexicon, spans: Sequence[Span], category: str, outside: Sequence[bool]) -> str:
    """The contrast that an exam of this name always has; the name may be the first word of a place (`cystographie`)."""
    if category in _NUCLEAR:
        return ""  # `cystographie isotopique`
    for span, said in zip(spans, outside, strict=True):
        contrast = _contrast_named(lexicon, span, category) if said and span.entries else ""
        if contrast:
            return contrast
    return ""


def both_exams(lexicon: Lexicon, spans: Sequence[Span], category: str, outside: Sequence[bool]) -> bool:
    """`CEREBRAL SANS INJ + ANGIOSCANNER TSA`: whether one that always has contrast is added to one without."""
    placed = without = False
    for span, said in zip(spans, outside, strict=True):
        if without and said and _contrast_named(lexicon, span, category) == WITH:
            return True
        placed = placed or span.place is not None
        without = without or (placed and bool(span.roles & {"without", "unenhanced"}))
    return False


def _contrast_named(lexicon: Lexicon, span: Span, category: str) -> str:
    place = span.place
    inner = place is not None and not place.weak and len(span.words) > 1
    return span.meaning.contrast or (_within_place(lexicon, span.words, category) if inner else "")


@lru_cache(maxsize=65536)
def _within_place(lexicon: Lexicon, words: tuple[str, ...], category: str) -> str:
    """The contrast that a word of the name of a place implies."""
    for i, word in enumerate(words):
        alone = word in lexicon.singles and not _VEINS.intersection(words[i + 1 : i + 2])  # `artério-veineuse`
        contrast = lexicon.root.next[word].meaning(category).contrast if alone else ""
        if contrast:
            return contrast
    told = (entry for word in words if len(word) > 2 for entry in lexicon.singles.get(word, ()))
    return WITH if any(entry.role == "agent_alone" for entry in told) else ""


def _polarity(span: Span) -> str:
    roles = span.roles
    return WITH if "with" in roles else WITHOUT if "without" in roles else ""


def _chain(spans: Sequence[Span], i: int) -> tuple[list[str], int]:
    """Prepositions from ``i`` on, with connectors between them: `sans puis avec`."""
    found: list[str] = []
    j = i
    while j < len(spans):
        polarity = _polarity(spans[j])
        if polarity:
            found.append(polarity)
        elif not (found and "connector" in spans[j].roles and j + 1 < len(spans) and _polarity(spans[j + 1])):
            break
        j += 1
    return found, j


def _after_chain(
    spans: Sequence[Span], j: int, polarities: list[str], category: str, cut: bool
) -> tuple[set[str], int]:
    both = len(set(polarities)) == 2
    following = spans[j] if j < len(spans) else None
    if following is not None and following.roles & {"agent", "agent_alone", "enhanced", "agent_imaging"}:
        end = j + 1
        while _more_of_agent(spans, end):
            end += 1
        while end < len(spans) and spans[end].words[0].isdigit():
            end += 1
        traced = end < len(spans) and "tracer" in spans[end].roles
        if traced or _of_tracer(following, category, polarities):
            return set(), end
        return {BOTH if both else polarities[0]}, end
    if following is not None and "enhanced_both" in following.roles:
        return {BOTH}, j + 1
    if j == len(spans) - 1 and _begins_agent(spans[j - 1], spans[j], 1 if cut else _SHORTEST_AGENT):
        return {BOTH if both else polarities[0]}, j + 1
    word = spans[j - 1].words[0]
    if word == "w" and following is not None and "kernel" in following.roles and not following.place and not both:
        return set(), j  # `w/ 3D`
    said = category in {*_PHASED, ""} and _says_it_alone(word, following, cut, both)
    return ({BOTH if both else polarities[-1]} if said else set()), j


def _says_it_alone(word: str, following: Span | None, cut: bool, both: bool) -> bool:
    """`TDM THORAX SANS`, `BRAIN W/O`: no agent need be named, unless the text may go on."""
    if (following is None or following.before == ";") and word in _ENDS[cut]:
        return True
    ends = following is None or following.before in {";", ",", "+"} or bool(following.roles & _ENDING_SAID)
    if following is not None and (following.roles & _ENDING or following.words[0].isdigit()):
        ends = True  # `HEAD WITHOUT FOR HEADACHE`, `HEAD WITHOUT 12/03/2024`
    if word == "without" and following is not None and "disease" in following.roles:
        return not cut  # `W/O STONE`
    return not cut and (both or (ends and word in _SAY_IT_ALONE) or word in _SHORT_FORMS)


def _begins_agent(before: Span, last: Span, shortest: int) -> bool:
    """`SS I`, `AVEC CO` where the text was cut there; `AVEC INJE` wherever it ends."""
    agents = _ENGLISH_AGENTS if before.words[-1] in _ENGLISH_WORDS else _AGENTS
    word = last.words[0]
    return len(last.words) == 1 and len(word) >= shortest and any(agent.startswith(word) for agent in agents)


# Letters that the beginning of an agent needs where texts are not cut by systems that are known.
_SHORTEST_AGENT = 4
_AGENTS, _ENGLISH_AGENTS = group("agents_begin"), group("agents_begin_english")
_ENGLISH_WORDS = stems("english_prepositions")
# Words that mean contrast, and that begin others too: `CONTROLE`, `CEREBRAL`, `POST BIOPSIE`.
_UNSURE_WHERE_CUT = frozenset((word,) for word in stems("unsure_where_cut"))
_SIDES = frozenset({"right", "left", "both_sides"})
_ENDING_SAID = _SIDES | {"connector"}  # `SANS PUIS ANGIO TSA`
_ENDING = frozenset({"strong_indication", "weak_indication", "noise"})
_SAY_IT_ALONE = stems("say_it_alone")
# Words that say it at the end of a text, by whether the text may have been cut there: `AX T1 POST`.
_ENDS = (stems("say_it_at_the_end"), stems("say_it_at_a_cut_end"))
_SHORT_FORMS = stems("say_it_within")
_NOT_AFTER_INJECTION = stems("not_after_injection")
_INJECTIONS = stems("injections")
_JOINTS = frozenset(group("injected_joints"))
_VEINS = stems("veins")
_OF_FILMS = stems("plain_films")


def _of_tracer(agent: Span, category: str, polarities: list[str]) -> bool:
    """`60 min après injection` of a nuclear exam means the tracer's; so does `injection` in a scintigraphy."""
    if category not in _NUCLEAR or "agent_alone" in agent.roles:
        return False
    return agent.words[0] in _INJECTIONS and category == "medecine_nucleaire" and WITH in polarities


def _is_procedure(span: Span) -> bool:
    """`CT GUIDED FACET INJECTION` is a treatment."""
    return "procedure" in span.roles and "agent_imaging" not in span.roles


def _into_joint(after: Span | None) -> bool:
    """`CT INJ LT SI JT`, `INJ HIP` are treatments."""
    if after is None or after.before != " ":
        return False
    return bool(after.roles & {"right", "left"}) or (after.place is not None and _JOINTS.issuperset(after.place.parts))


def _agent_follows(after: Span | None) -> bool:
    """`sans & avec poids` is no contrast."""
    return after is None or after.before == ";" or bool(after.roles & {"agent", "agent_alone"})


def _alone(spans: Sequence[Span], i: int, category: str, outside: bool) -> set[str]:
    roles = spans[i].roles
    after = spans[i + 1] if i + 1 < len(spans) else None
    if category == "radiographie" and spans[i].words[0] in _OF_FILMS:
        return set()  # `PLAIN ABDOMEN`
    for role, polarity in _ENHANCED.items():
        if role == "enhanced" and category == "medecine_nucleaire":
            continue  # `SCINTI INJECTEE`: the tracer was
        if role in roles:
            of_else = role == "enhanced_both" and category not in {*_PHASED, ""} and not _agent_follows(after)
            return set() if of_else else {polarity}
    phased = category in _PHASED
    treated = after is not None and after.words[0] in _NOT_AFTER_INJECTION
    treating = spans[i].words[0] in _INJECTIONS and (_into_joint(after) or any(map(_is_procedure, spans)))
    numbered = i > 0 and spans[i - 1].words[-1] in _NUMBERED and len(spans[i].words) == 1
    given = (
        ("agent_alone" in roles and not spans[i].place and category != "medecine_nucleaire")
        or (phased and "phase" in roles)
        or (category == "irm" and "phase_mr" in roles and not treated)
        or (phased and "agent_imaging" in roles and not numbered and not treating)
    )
    if outside and given:
        return {WITH}
    return {WITHOUT} if outside and phased and "phase_before" in roles else set()
