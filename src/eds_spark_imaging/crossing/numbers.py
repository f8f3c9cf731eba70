"""Numbers of orders and visits, as two systems write them: compared, and told apart by their form."""

from __future__ import annotations

import re
from string import ascii_uppercase

from eds_spark_imaging.crossing.patient import Exam

_SURE = 7  # signs that a part of a number must have to stand for the whole


def same_accession(exam: Exam, number: str | None) -> bool | None:
    """Whether an event has the exam's accession number; None where one of them has none.

    The header may have it in the places of other order numbers too; these do not speak against an event, nor does a
    number of another form, which is that of another system, nor another line of the same order (`-1`, `-2`).
    """
    if number is None:
        return None
    if any(_same(own, number) for own in exam.accessions | exam.orders):
        return True
    others = (own for own in exam.accessions if _order(own) != _order(number))
    return False if any(_alike(whole(own), whole(number)) for own in others) else None


def of_one_order(exam: Exam, other: Exam) -> bool:
    """Whether two exams have one accession number, as the systems that have it write it."""
    return any(_same(one, number) for one in exam.accessions for number in other.accessions)


def same_visit_number(exam: Exam, number: str | None) -> bool | None:
    """Whether the header names the visit ``number``, in any place that it may have; False where it names another one.

    Another one is a text in a place of visit numbers that has the form of this one.
    """
    if number is None:
        return None
    if bare(number) in map(bare, exam.numbers):
        return True
    return False if any(_alike(own, number) for own in exam.admissions) else None


def _order(number: str) -> str:
    """The number of an order without that of its line, where it is long enough to be one."""
    order, _, line = number.partition("-")
    return order if line and len(order) >= _SURE else number


def whole(number: str) -> str:
    """The number of an order and that of its line as one."""
    return number.replace("-", "")


def bare(number: str) -> str:
    """Without zeros in front, which systems add and drop; what is left must be long enough to name one visit."""
    left = number.lstrip("0")
    return left if len(left) >= _SURE else number


def _same(one: str, other: str) -> bool:
    """Equal, or one with a prefix, with a letter behind, or cut off (the header has room for 16 signs, PS3.5 6.2), or
    without the line.
    """
    if ("-" in one) != ("-" in other) and whole(one) != whole(other):
        one, other = _order(one), _order(other)
    one, other = whole(one), whole(other)
    if one == other:
        return True
    if one[:1].isalpha() != other[:1].isalpha():  # the hospital's trigram on one side, maybe its digits on the other
        one, other = one.lstrip(ascii_uppercase), other.lstrip(ascii_uppercase)
    short, long = sorted((one, other), key=len)
    if len(short) < _SURE:
        return False
    ends = (long, long[:-1]) if long[-1].isalpha() and short[-1].isdigit() else (long,)
    return any(end.endswith(short) for end in ends) or (len(short) >= 16 and long.startswith(short))


def _alike(one: str, other: str) -> bool:
    return _form(one) == _form(other) or _form(bare(one)) == _form(bare(other))


def _form(number: str) -> str:
    return re.sub("[A-Z]", "A", re.sub("[0-9]", "9", number))
