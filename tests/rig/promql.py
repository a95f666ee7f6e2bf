"""What a parsed expression looks at."""

from collections.abc import Iterator
from typing import Any

Selector = tuple[str, frozenset[str]]


def nodes(node: Any, *, only_needed: bool = False) -> Iterator[Any]:
    """The node and all below it; `only_needed` leaves out those without which there may be an answer."""
    yield node
    for child in _children(node, only_needed=only_needed):
        yield from nodes(child, only_needed=only_needed)


def selectors(node: Any, *, only_needed: bool = False) -> list[Selector]:
    """Every metric with the labels of its matchers."""
    return [
        (found.name, frozenset(matcher.name for matcher in found.matchers.matchers))
        for found in nodes(node, only_needed=only_needed)
        if type(found).__name__ == "VectorSelector"
    ]


def _children(node: Any, *, only_needed: bool) -> list[Any]:
    match type(node).__name__:
        case "BinaryExpr":
            operator = str(node.op)
            if only_needed and operator in ("or", "unless"):
                return [node.lhs] if operator == "unless" else []
            return [node.lhs, node.rhs]
        case "AggregateExpr" | "ParenExpr" | "UnaryExpr" | "SubqueryExpr":
            return [node.expr]
        case "Call":
            return list(node.args)
        case "MatrixSelector":
            return [node.vector_selector]
        case _:
            return []
