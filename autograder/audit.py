"""The tests' own test: do the hidden examples reject every wrong function we know of, and accept every right one?

For each exercise the compiled examples are put to its misconceptions, to its right variants, to general faults, and to
mechanical mutants of the reference and of the variants. A mutant that is not rejected is a hole in the hidden
properties, or it is no mistake: then ``EQUIVALENT`` in :mod:`autograder.variants` says why.
"""

from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from functools import cache

from rich.console import Console
from rich.markup import escape
from rich.table import Table

from autograder import hidden, variants
from autograder.corpus import Corpus, draw
from autograder.mutants import Mutant, answers, general_faults, mutants
from cnnkit import exercises
from cnnkit.answers import answer_of
from cnnkit.exercises import Call, Exercise
from cnnkit.exercises.layouts import copy_of
from cnnkit.exercises.matching import Tried, matching_misconception

#: Of how many right variants, beside the reference, mutants are made: the styles that students write most come first.
MODELS = 4
#: Examples of each property on which a mutant of the reference must be right to count as equivalent.
_FURTHER = 25
#: Where only rules judge, by what comes out, it may miss so many of them: a little worse at learning is no mistake.
_MISSED = 0.1


@dataclass
class Audit:
    """What the hidden examples of one exercise make of functions that are known to be right or wrong.

    Parameters
    ----------
    exercise : str
    examples : int
    sufficient : int
        So few of the examples reject all that all of them reject.
    rejected : dict of str to frozenset of str
        By wrong function, the names of the properties that reject it.
    survivors : list of Mutant
        Mutants that nothing rejects, and that are not known to be equivalent.
    equivalent : dict of str to str
        Mutants that nothing rejects, and why they are right.
    missed : list of str
        Misconceptions that are accepted, or rejected under another name.
    refused : dict of str to str
        Right functions that are rejected, with the property.
    idle : list of str
        Properties that reject nothing.
    stale : list of str
        What ``EQUIVALENT`` names although there is no such mutant, or it is rejected.
    """

    exercise: str
    examples: int
    sufficient: int = 0
    mutants: int = 0
    accepted: int = 0
    rejected: dict[str, frozenset[str]] = field(default_factory=dict)
    survivors: list[Mutant] = field(default_factory=list)
    equivalent: dict[str, str] = field(default_factory=dict)
    missed: list[str] = field(default_factory=list)
    refused: dict[str, str] = field(default_factory=dict)
    idle: list[str] = field(default_factory=list)
    stale: list[str] = field(default_factory=list)

    @property
    def passed(self) -> bool:
        """Whether everything right is accepted and everything wrong rejected."""
        return not (self.survivors or self.missed or self.refused or self.idle or self.stale)


def audit(exercise: Exercise, corpus: Corpus, quick: bool = False) -> Audit:
    """Put the hidden examples of an exercise to the test.

    Parameters
    ----------
    exercise : Exercise
    corpus : Corpus
    quick : bool, optional
        Mutate the reference and the first right variant only.
    """
    found = Audit(exercise.name, len(corpus.examples))
    right = variants.right(exercise.name)
    properties = {prop.name: prop for prop in hidden.properties(exercise.name)}

    def failed(function: Callable) -> Iterator[tuple[int, str]]:
        """The examples on which a function fails, by number and property; it sees all of them, in order."""
        for number, example in enumerate(corpus.examples):
            given, after = answers(function, example.calls)
            if properties[example.property].failure(example.calls, given, example.expected, after):
                yield number, example.property

    for function in (exercise.reference, *right):
        complaint = next(failed(function), None)
        if complaint:
            found.refused[function.__name__] = complaint[1]
        found.accepted += not complaint
    kills: dict[str, set[int]] = {}

    def judge(name: str, function: Callable) -> bool:
        complaints = list(failed(function))
        kills[name] = {number for number, _ in complaints}
        found.rejected[name] = frozenset(prop for _, prop in complaints)
        return bool(complaints)

    for mistake in exercise.misconceptions:
        if not judge(f"misconception: {mistake.name}", mistake.function):
            found.missed.append(f"{mistake.name} is accepted")
        elif (named := _name(exercise, corpus, properties, mistake.function)) != mistake.name:
            found.missed.append(f"{mistake.name} is taken for {named}")
    for fault in general_faults(exercise.reference):
        judge(fault.name, fault.function)
    models = (exercise.reference, *right[: 1 if quick else max(1, round(MODELS * exercise.share))])
    known = {name: why for why, names in variants.equivalent(exercise.name).items() for name in names}
    made = [mutant for model in models for mutant in mutants(model)]
    found.stale = [] if quick else sorted(known.keys() - {mutant.name for mutant in made})
    for mutant in made:
        found.mutants += 1
        if judge(mutant.name, mutant.function):
            found.stale += [mutant.name] if mutant.name in known else []
            continue
        reason = known.get(mutant.name)
        # Where only rules judge, whatever keeps to them is right, in whichever way it was written.
        if not reason and (mutant.origin == exercise.reference.__name__ or all(p.rule for p in properties.values())):
            reason = _beyond_the_exercise(mutant, exercise, properties)
        if reason:
            found.equivalent[mutant.name] = reason
        else:
            found.survivors.append(mutant)
    found.sufficient = _smallest_cover([numbers for numbers in kills.values() if numbers])
    active = frozenset().union(*found.rejected.values())
    found.idle = [name for name in properties if name not in active]
    return found


def _beyond_the_exercise(mutant: Mutant, exercise: Exercise, properties: dict) -> str:
    """Why a mutant of the reference may live: the reference does more than any exercise asks for.

    It takes batches and pairs, and refuses bad arguments. A mutant that is right on many more examples of all that the
    exercise asks changes only that. This is no excuse for a mutant of a right variant, which does what is asked and no
    more; unless an exercise asks for nothing but a result, as training does.
    """
    further = _further(exercise.name)
    missed, most = 0, _MISSED * len(further) if all(prop.rule for prop in properties.values()) else 0
    for prop, calls, expected in further:
        given, after = answers(mutant.function, calls)
        missed += properties[prop].failure(calls, given, expected, after) is not None
        if missed > most:
            return ""
    right = f"{len(further) - missed} of {len(further)}" if missed else f"{len(further)}"
    return f"right on {right} further examples: it changes nothing that the exercise asks for"


@cache
def _further(exercise_name: str) -> list[tuple[str, list[Call], list]]:
    """Examples that are in no corpus, with the reference's results, by the name of their property."""
    exercise = exercises.find(exercise_name)
    reference, count = exercise.reference, round(_FURTHER * exercise.share)
    return [
        (prop.name, calls, [answer_of(copy_of(call).on(reference)).value for call in calls])
        for prop in hidden.properties(exercise_name)
        for calls in draw(prop, count, f"audit/{exercise_name}/{prop.name}")
    ]


def _name(exercise: Exercise, corpus: Corpus, properties: dict, function: Callable) -> str | None:
    tried = [
        Tried(
            properties[example.property],
            example.calls,
            answers(function, example.calls)[0],
            example.expected,
            example.mistaken,
        )
        for example in corpus.examples
    ]
    found = matching_misconception(exercise, tried)
    return found.name if found else None


def _smallest_cover(kills: list[set[int]]) -> int:
    """How many examples reject, together, everything that is rejected; greedily, so perhaps one or two too many."""
    count = 0
    while kills:
        best = Counter(number for numbers in kills for number in numbers).most_common(1)[0][0]
        kills = [numbers for numbers in kills if best not in numbers]
        count += 1
    return count


def show(audits: list[Audit], verbose: bool = False) -> None:
    """Print a table, then everything that is not as it should be.

    Parameters
    ----------
    audits : list of Audit
    verbose : bool, optional
        Also what each property rejects, and the equivalent mutants with their reasons.
    """
    console = Console()
    table = Table("exercise", "misconceptions", "mutants", "right", "examples", "would do", title="Audit")
    for each in audits:
        wrong = len(exercises.find(each.exercise).misconceptions)
        total = each.accepted + len(each.refused)
        equivalent = f", {len(each.equivalent)} equivalent" if each.equivalent else ""
        table.add_row(
            each.exercise,
            f"{wrong - len(each.missed)} of {wrong} named",
            f"{each.mutants - len(each.survivors) - len(each.equivalent)} of {each.mutants} rejected{equivalent}",
            f"{each.accepted} of {total} accepted",
            str(each.examples),
            str(each.sufficient),
        )
    console.print(table)
    for each in audits:
        if verbose:
            console.print(f"[bold]{each.exercise}[/bold]: what each property rejects, and what it alone rejects")
            for prop in hidden.properties(each.exercise):
                alone = sum(names == {prop.name} for names in each.rejected.values())
                count = sum(prop.name in names for names in each.rejected.values())
                console.print(f"  {prop.name}: {count}, alone {alone}")
            for name, reason in each.equivalent.items():
                console.print(f"  equivalent: {escape(name)}\n    {escape(reason)}", soft_wrap=True)
        for text in each.missed:
            console.print(f"{each.exercise}: misconception {escape(text)}", style="red", soft_wrap=True)
        for name, prop in each.refused.items():
            console.print(f"{each.exercise}: right variant {name} is refused by {prop!r}", style="red", soft_wrap=True)
        for name in each.idle:
            console.print(f"{each.exercise}: property {name!r} rejects nothing", style="red", soft_wrap=True)
        for name in each.stale:
            console.print(f"{each.exercise}: not equivalent, or not there: {escape(name)}", style="red", soft_wrap=True)
        for mutant in each.survivors:
            text = f"{each.exercise}: mutant survives: {mutant.name}\n{mutant.source}\n"
            console.print(escape(text), style="red", soft_wrap=True)
