"""The diagnosis as a table of text."""

from __future__ import annotations

import textwrap
from collections.abc import Iterator
from typing import Any

import numpy as np

from polytheory.diagnosis._finding import Finding
from polytheory.diagnosis._sharing import SharedNeuron
from polytheory.diagnosis._verdict import reservations, verdict

_WIDTH, _INDENT = 98, " " * 20
#: Shared neurons shown in the table; `to_dict` contains all.
_SHOWN = 12
_RULES = {
    "published": "the published rule, 0.8 ≤ |W_ik| ≤ 1.2",
    "share": "the rule 'share', W_ik² > ‖W_i‖²/2",
}


def table(d: Finding) -> str:
    """Return the diagnosis as lines of text."""
    lines = [f"{name:20}{text}" for name, text in _cells(d)]
    lines += ["", *_wrapped("verdict", verdict(d))]
    for each in reservations(d):
        lines += _wrapped("note", each)
    return "\n".join(lines)


def _cells(d: Finding) -> Iterator[tuple[str, str]]:
    yield "encodings", f"{d.n_features} features × {d.n_neurons} neurons"
    yield "carried", f"{d.carried} features, by {_RULES[d.carrier_rule]}"
    yield "not carried", f"{d.distributed.size} distributed over neurons, {d.dead.size} dead"
    yield "polysemantic", f"{d.polysemantic_neurons} neurons, {d.necessary} forced by lack of room"
    if d.dead_neurons.size:
        yield "unused", f"{d.dead_neurons.size} neurons have no weight"
    yield "pairs", f"{d.opposite_pairs} of opposite sign, {d.same_pairs} of the same sign"
    if d.chance is not None and d.carrier_picture:
        c = d.chance
        expected = f"{c.expected:.4g} ± {c.standard_deviation:.3g} neurons with both signs"
        yield "by chance", f"{expected}, {c.level:.0%}: {c.interval[0]} to {c.interval[1]}"
        tails = f"P(≤) = {c.p_fewer:.3g}, P(≥) = {c.p_more:.3g}"
        yield "observed", f"{c.observed} with both signs: p = {c.p_value:.3g} two-sided, {tails}"
    if d.measured is not None:
        mean, error = d.measured
        yield "measured flow", f"{mean:.4g} neurons on average (s.e. {error:.2g}), empirical"
    elif d.few_body is not None:
        mean, error = d.few_body
        yield "few-body flow", f"{mean:.4g} neurons on average (± {error:.2g}), leading order"
    if d.flow is not None and d.carrier_picture:
        c = d.flow
        ends = f"{c.level:.0%}: {c.interval[0]} to {c.interval[1]}"
        yield (
            "by the flow",
            f"{c.expected:.4g} ± {c.standard_deviation:.3g}, {ends}, p = {c.p_value:.3g}",
        )
    if d.winner_fidelity is not None:
        yield "initial winner", f"wins for {d.winner_fidelity:.1%}; {1 / d.n_neurons:.1%} by chance"
    living = d.nonzero_count > 0
    if living.any():
        yield (
            "neurons per feature",
            f"{_median_and_range(d.participation_ratio[living])} (participation ratio)",
        )
        total = f"{d.dimensionality.sum():.4g} of at most {min(d.n_living, d.n_neurons)}"
        yield "dimensionality", f"{_median_and_range(d.dimensionality[living])}, sum {total}"
    for i, each in enumerate(d.shared[:_SHOWN]):
        yield "neuron: features" if i == 0 else "", _named(d, each)
    if len(d.shared) > _SHOWN:
        yield "", f"… and {len(d.shared) - _SHOWN} more"


def _named(d: Finding, each: SharedNeuron) -> str:
    signed = [f"+{d.feature(i)}" for i in each.positive]
    signed += [f"−{d.feature(i)}" for i in each.negative]
    return f"{d.neuron(each.neuron)}: {' '.join(signed)}"


def _median_and_range(values: Any) -> str:
    return f"{np.median(values):.3g}, from {values.min():.3g} to {values.max():.3g}"


def _wrapped(name: str, text: str) -> list[str]:
    return textwrap.wrap(
        text, _WIDTH, initial_indent=f"{name:20}", subsequent_indent=_INDENT, break_on_hyphens=False
    )
