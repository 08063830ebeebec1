"""The examples: everything that the demo model is trained on and measured with.

Each task is a list of (prompt, answer) made by rule. A tenth of its cases, chosen by a fixed seed, is
held out: the model never sees them, in no wording.
"""

import itertools
import random
from dataclasses import dataclass

from vocabulary import COLORS, NAMES, NOUNS, PLACES

SEED = 20
HELD_OUT_SHARE = 10

Example = tuple[str, str]


@dataclass
class Task:
    """One kind of question."""

    name: str
    train: list[Example]
    held_out: list[Example]


def held_out_of(name: str, cases: list) -> set:
    """A tenth of the cases, the same ones each time."""
    cases = sorted(cases)
    random.Random(f"{SEED} {name}").shuffle(cases)
    return set(cases[: len(cases) // HELD_OUT_SHARE])


def split(name: str, examples: list[tuple[object, Example]]) -> Task:
    """Parts (case, example) pairs by case."""
    out = held_out_of(name, list({case for case, _ in examples}))
    train = [example for case, example in examples if case not in out]
    return Task(name, train, [example for case, example in examples if case in out])


def arithmetic(name: str, sign: str) -> Task:
    """Both orders of two numbers are one case: no mirror image of a held-out pair is trained on."""
    examples = []
    for a, b in itertools.product(range(100), repeat=2):
        answer = a + b if sign == "+" else a - b
        examples.append(((min(a, b), max(a, b)), (f"{a} {sign} {b} =", str(answer))))
    return split(name, examples)


def listed(first: int, last: int) -> str:
    step = 1 if last >= first else -1
    return ", ".join(map(str, range(first, last + step, step)))


LONGEST_COUNT = 12


def counting() -> Task:
    """``Count from 3 to 9:``, up or down."""
    examples = []
    for a, b in itertools.product(range(101), repeat=2):
        if 1 <= abs(a - b) <= LONGEST_COUNT:
            for verb in ("count", "Count"):
                examples.append(((a, b), (f"{verb} from {a} to {b}:", listed(a, b))))
    return split("counting", examples)


def continuing() -> Task:
    """``1, 2, 3,``: goes on to the next ten, up or down."""
    examples = []
    for start, length, step in itertools.product(range(101), (2, 3, 4), (1, -1)):
        last = start + step * (length - 1)
        end = (last // 10 + 1) * 10 if step == 1 else (last - 1) // 10 * 10
        if 0 <= last <= 100 and 0 <= end <= 100:
            prompt = listed(start, last) + ","
            examples.append(((start, length, step), (prompt, listed(last + step, end))))
    return split("continuing", examples)


@dataclass(frozen=True)
class Relation:
    """A kind of fact about a noun, with the questions that ask for it and their answers."""

    name: str
    values: list[str]
    fact: str
    questions: list[Example]


RELATIONS = [
    Relation(
        "color",
        COLORS,
        "The {noun} is {value}.",
        [("The color of the {noun} is", " {value}"), ("What color is the {noun}?", "{value}")],
    ),
    Relation(
        "place",
        PLACES,
        "The {noun} is in the {value}.",
        [("Where is the {noun}?", "in the {value}")],
    ),
    Relation(
        "owner",
        NAMES,
        "{value} has a {noun}.",
        [("The {noun} belongs to", " {value}"), ("Who has the {noun}?", "{value}")],
    ),
]

CONTEXTS_PER_QUESTION = 8


def sentences() -> list[Task]:
    """A fact or two, and a question about one; a held-out pair is in no fact that is trained on."""
    cases = {
        relation.name: list(itertools.product(NOUNS, relation.values)) for relation in RELATIONS
    }
    out = {name: held_out_of(name, pairs) for name, pairs in cases.items()}
    known = [
        (relation, noun, value)
        for relation in RELATIONS
        for noun, value in cases[relation.name]
        if (noun, value) not in out[relation.name]
    ]
    return [
        sentence_task(relation, cases[relation.name], out[relation.name], known)
        for relation in RELATIONS
    ]


def sentence_task(relation: Relation, cases: list, out: set, known: list) -> Task:
    rng = random.Random(f"{SEED} sentences {relation.name}")
    train, held_out = [], []
    for noun, value in cases:
        target = held_out if (noun, value) in out else train
        for question, answer in relation.questions:
            for _ in range(CONTEXTS_PER_QUESTION):
                facts = [relation.fact.format(noun=noun, value=value), *distraction(rng, noun, known)]
                rng.shuffle(facts)
                prompt = " ".join([*facts, question.format(noun=noun)])
                target.append((prompt, answer.format(value=value)))
    return Task(relation.name, unique(train), unique(held_out))


def distraction(rng: random.Random, noun: str, known: list) -> list[str]:
    """No second fact, or one about another noun."""
    if rng.random() < 0.3:
        return []
    relation, other, value = rng.choice([fact for fact in known if fact[1] != noun])
    return [relation.fact.format(noun=other, value=value)]


def unique(examples: list[Example]) -> list[Example]:
    return list(dict.fromkeys(examples))


def tasks() -> list[Task]:
    return [
        arithmetic("addition", "+"),
        arithmetic("subtraction", "-"),
        counting(),
        continuing(),
        *sentences(),
    ]
