"""Mechanical mutants: a right function with one small thing wrong, made from its syntax tree.

The hidden examples are chosen, and the audit proves them, with the mutants of the reference and of the right
variants: mistakes that nobody thought of. Only our own functions are mutated, so they may run outside the sandbox.
"""

import ast
import contextlib
import inspect
import sys
import textwrap
import warnings
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass

import numpy as np

from cnnkit.answers import RAISED, Answer, answer_of, arrays_in
from cnnkit.exercises import Call
from cnnkit.exercises.layouts import copy_of
from cnnkit.timelimit import time_limit

#: Seconds after which a mutant's call is given up: a loop may have lost its end.
_PATIENCE = 1.0
_OPERATORS = {
    ast.Add: (ast.Sub,),
    ast.Sub: (ast.Add,),
    ast.Mult: (ast.Add, ast.Div),
    ast.Div: (ast.Mult, ast.FloorDiv),
    ast.FloorDiv: (ast.Div, ast.Mult),
    ast.Mod: (ast.FloorDiv,),
    ast.MatMult: (ast.Mult,),
    ast.Pow: (ast.Mult,),
    ast.Lt: (ast.LtE, ast.GtE),
    ast.LtE: (ast.Lt, ast.Gt),
    ast.Gt: (ast.GtE, ast.LtE),
    ast.GtE: (ast.Gt, ast.Lt),
    ast.Eq: (ast.NotEq,),
    ast.NotEq: (ast.Eq,),
    ast.Is: (ast.IsNot,),
    ast.IsNot: (ast.Is,),
    ast.And: (ast.Or,),
    ast.Or: (ast.And,),
}
_NAMES = {
    "max": "min", "min": "max", "sum": "mean", "mean": "sum", "maximum": "minimum", "minimum": "maximum", "var": "std",
    "std": "var", "sqrt": "square", "exp": "expm1", "floor": "ceil", "ceil": "floor", "round": "trunc", "rint": "trunc",
    "zeros": "ones", "ones": "zeros", "argmax": "argmin", "any": "all", "all": "any", "prod": "sum", "amax": "amin",
    "float32": "uint8", "float64": "uint8", "float": "int",
}  # fmt: skip


@dataclass(frozen=True)
class Mutant:
    """A function with one thing changed.

    Parameters
    ----------
    origin : str
        The name of the function that it was made from.
    change : str
        What was changed: ``"i * stride → i / stride"``, and which one where there are several such.
    function : callable
    source : str
    """

    origin: str
    change: str
    function: Callable
    source: str

    @property
    def name(self) -> str:
        """Unique among the mutants of an exercise, and the same as long as the function is."""
        return f"{self.origin}: {self.change}"


def mutants(function: Callable) -> list[Mutant]:
    """All mutants of a function that differ in their text.

    Parameters
    ----------
    function : callable
        A plain function of ours, whose source can be read.

    Examples
    --------
    >>> import autograder.variants.convolution as ours
    >>> [mutant.change for mutant in mutants(ours.split_by_moveaxis)][:2]
    ['2 → 3', '2 → 1']
    """
    tree = ast.parse(textwrap.dedent(inspect.getsource(function)))
    namespace = vars(sys.modules[function.__module__])
    found, seen, times = [], {ast.unparse(tree)}, Counter()
    for before, after in _changes(tree):
        source = ast.unparse(tree)
        if source in seen:
            continue
        seen.add(source)
        scope = dict(namespace)
        exec(compile(ast.fix_missing_locations(tree), f"<mutant of {function.__name__}>", "exec"), scope)
        change = f"{before} → {after}"
        times[change] += 1
        change += f" ({times[change]})" if times[change] > 1 else ""
        found.append(Mutant(function.__name__, change, scope[function.__name__], source))
    return found


def general_faults(reference: Callable) -> list[Mutant]:
    """Faults that any function can have, put around the reference: they change, remember or ignore something.

    Each is a new function with a memory of its own.
    """
    seen, kept = {}, {}

    def changes_its_input(*args, **named):
        result = np.array(reference(*args, **named))
        for array in arrays_in(args):
            array.flat[0] = array.flat[0] * 0 + 1 if array.flat[0] != 1 else 0
            break
        return result

    def remembers_by_shape(*args, **named):
        key = str([np.shape(value) if isinstance(value, np.ndarray) else value for value in args]), str(named)
        return seen.setdefault(key, reference(*args, **named))

    def goes_on_adding(*args, **named):
        result = np.array(reference(*args, **named), dtype=float)
        kept[result.shape] = kept.get(result.shape, 0) + result
        return kept[result.shape]

    def reads_memory_in_order(*args, **named):
        return reference(*(_in_memory_order(value) for value in args), **named)

    def never_negative(*args, **named):
        return np.maximum(reference(*args, **named), 0)

    def one_more(*args, **named):
        return np.asarray(reference(*args, **named)) + 1

    def tenth_more(*args, **named):
        return np.asarray(reference(*args, **named)) * 1.1

    def grows_with_the_place(*args, **named):
        result = np.asarray(reference(*args, **named), dtype=float)
        return result * (1 + np.arange(result.size)).reshape(result.shape)

    def squared(*args, **named):
        return np.square(np.asarray(reference(*args, **named), dtype=float))

    def transposed(*args, **named):
        return np.asarray(reference(*args, **named)).T

    def backwards(*args, **named):
        return np.asarray(reference(*args, **named))[..., ::-1]

    def zeros(*args, **named):
        return np.zeros_like(reference(*args, **named))

    def whole_numbers(*args, **named):
        return np.asarray(reference(*args, **named)).astype(int)

    def not_a_number(*args, **named):
        return np.asarray(reference(*args, **named)) * np.nan

    wrong = (changes_its_input, remembers_by_shape, goes_on_adding, reads_memory_in_order, never_negative, one_more)
    wrong += (tenth_more, grows_with_the_place, squared, transposed, backwards, zeros, whole_numbers, not_a_number)
    return [Mutant("fault", function.__name__.replace("_", " "), function, "") for function in wrong]


def _in_memory_order(value):
    """An array's numbers in the order in which they lie in memory, as if they were in rows."""
    return value.ravel(order="K").reshape(value.shape) if isinstance(value, np.ndarray) else value


def answers(function: Callable, calls: list[Call]) -> tuple[list[Answer], list[list[np.ndarray]]]:
    """What one of our own functions gives for calls, and its array arguments afterwards.

    An exception is an answer too, and so is a loop without end.
    """
    given, after = [], []
    with time_limit() as limit, np.errstate(all="ignore"), warnings.catch_warnings(action="ignore"):
        for call in map(copy_of, calls):
            try:
                given.append(limit.run(lambda call=call: answer_of(call.on(function)), _PATIENCE))
            except Exception as error:
                given.append(Answer(RAISED, text=f"raised {type(error).__name__}"))
            after.append(call.arrays())
    return given, after


def _changes(tree: ast.Module) -> Iterator[tuple[str, str]]:
    """Every single change, made in the tree until the next one is asked for: the text before and after."""
    for node in ast.walk(tree):
        for replacement in list(_replacements(node)):
            before = ast.unparse(node)
            with _become(node, replacement):
                try:
                    after = ast.unparse(node)
                except Exception:
                    continue
                yield _short(before), _short(after)


@contextlib.contextmanager
def _become(node: ast.AST, replacement: ast.AST) -> Iterator[None]:
    """Turn a node of the tree into another one, where it stands, for a while."""
    kind, fields = node.__class__, dict(node.__dict__)
    position = {name: fields[name] for name in ("lineno", "col_offset") if name in fields}
    node.__class__ = replacement.__class__
    node.__dict__.clear()
    node.__dict__.update(replacement.__dict__ | position)
    try:
        yield
    finally:
        node.__class__ = kind
        node.__dict__.clear()
        node.__dict__.update(fields)


def _replacements(node: ast.AST) -> Iterator[ast.AST]:
    match node:
        case ast.BinOp(left, operator, right):
            yield from (ast.BinOp(left, other(), right) for other in _OPERATORS.get(type(operator), ()))
            yield left
            yield right
        case ast.AugAssign(target, operator, value):
            yield from (ast.AugAssign(target, other(), value) for other in _OPERATORS.get(type(operator), ()))
            yield ast.Assign([target], value)
        case ast.Compare(left, [operator], comparators):
            yield from (ast.Compare(left, [other()], comparators) for other in _OPERATORS.get(type(operator), ()))
        case ast.BoolOp(operator, values):
            yield from (ast.BoolOp(other(), values) for other in _OPERATORS[type(operator)])
        case ast.UnaryOp(ast.USub() | ast.Not(), operand):
            yield operand
        case ast.IfExp(_, body, orelse):
            yield body
            yield orelse
        case ast.Constant(value=bool() as value):
            yield ast.Constant(not value)
        case ast.Constant(value=int() as value):
            yield ast.Constant(value + 1)
            yield ast.Constant(value - 1) if value > 0 else ast.UnaryOp(ast.USub(), ast.Constant(1 - value))
        case ast.Constant(value=float() as value):
            yield ast.Constant(value + 1)
            yield ast.Constant(value * 2)
        case ast.Slice(lower, upper, step):
            if lower and upper:
                yield ast.Slice(None, upper, step)
                yield ast.Slice(lower, None, step)
            if step:
                yield ast.Slice(lower, upper, None)
        case ast.Tuple(elts=[first, second, *rest]) if ast.dump(first) != ast.dump(second):
            yield ast.Tuple([second, first, *rest], node.ctx)
        case ast.Attribute(value, name) if name in _NAMES and _exists(value, _NAMES[name]):
            yield ast.Attribute(value, _NAMES[name], node.ctx)
        case ast.Attribute(value, "T"):
            yield value
        case ast.Call(ast.Name("range"), [start, stop, step], []):
            yield ast.Call(ast.Name("range", ast.Load()), [start, stop], [])
        case ast.Call(function, arguments, keywords) if keywords:
            yield from (
                ast.Call(function, arguments, [other for other in keywords if other is not keyword])
                for keyword in keywords
            )
        case ast.If(_, body, orelse) if not isinstance(body[-1], ast.Raise):
            yield ast.If(ast.Constant(True), body, orelse)
            yield ast.If(ast.Constant(False), body, orelse)


def _exists(value: ast.AST, name: str) -> bool:
    """Whether the other name is there: of NumPy's functions we know."""
    return not (isinstance(value, ast.Name) and value.id == "np") or hasattr(np, name)


def _short(text: str) -> str:
    line = " ".join(text.split())
    return line if len(line) <= 60 else f"{line[:57]}..."
