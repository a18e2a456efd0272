"""The conclusions from a diagnosis as text, and their limitations.

Every sentence is a function of the diagnosis alone. None claims an origin: a count that is
consistent with chance may have other causes.
"""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from polytheory.diagnosis._finding import Finding
from polytheory.theory.collisions import expected_polysemantic

#: Below this width the largest weight often has half of the squared norm by chance.
_MIN_WIDTH = 10
#: With this many carriers, equal signs occur by chance with a probability of 2⁻¹⁰ < 0.1 %.
_MIN_CARRIERS = 11


def verdict(d: Finding) -> str:
    """Return the conclusions from the numbers."""
    if not d.n_living:
        return "Every weight is zero: all features are dead, and there is nothing to count."
    return " ".join(_sparse(d) if d.carrier_picture else _dense(d))


def _dense(d: Finding) -> Iterator[str]:
    typical = np.median(d.participation_ratio[d.nonzero_count > 0])
    yield (
        f"The rows are not sparse: a typical feature extends over {typical:.3g} neurons, and "
        f"{d.concentrated} of {d.n_living} living features have more than half of their squared "
        "norm on one neuron. The carrier picture does not apply, and the count of polysemantic "
        "neurons means little here."
    )
    yield (
        "A measure that does not depend on the choice of basis: "
        f"the features have {d.dimensionality.sum():.4g} of at most "
        f"{min(d.n_living, d.n_neurons)} dimensions to themselves, a typical feature "
        f"{np.median(d.dimensionality[d.nonzero_count > 0]):.3g}."
    )


def _sparse(d: Finding) -> Iterator[str]:
    yield (
        f"{d.carried} of {d.n_features} features are carried by one neuron, and "
        f"{d.polysemantic_neurons} of {d.n_neurons} neurons carry more than one."
    )
    if d.n_features > d.n_neurons:
        yield (
            f"With {d.n_features} features and {d.n_neurons} neurons, at least "
            f"{d.n_features - d.n_neurons} features have to share a neuron or have none."
        )
    if d.necessary:
        yield (
            f"For the {d.carried} carried features lack of room forces {d.necessary} neurons to be "
            f"shared; it does not explain the other {d.polysemantic_neurons - d.necessary}."
        )
    elif d.polysemantic_neurons:
        yield "Lack of room forces none of this sharing."
    if d.chance is not None:
        yield _against_chance(d)
    if d.flow is not None:
        yield _against_flow(d)
    if d.same_pairs:
        yield _same_signs(d)
    if d.winner_fidelity is not None:
        yield (
            f"{d.winner_fidelity:.0%} of the features end on the neuron of their largest initial "
            f"weight; {1 / d.n_neurons:.1%} would if the two were independent."
        )


def _against_chance(d: Finding) -> str:
    c = d.chance
    assert c is not None
    low, high = c.interval
    seen = (
        f"Neurons with both signs: {c.observed}; {c.n_sites} signed sites taken at random would "
        f"give {c.expected:.3g} ± {c.standard_deviation:.2g} ({low} to {high} with a probability "
        f"of at least {c.level:.3g}; p = {c.p_value:.2g}): "
    )
    if c.powerless:
        return seen + "every possible count lies in that range, so the test says nothing."
    if c.consistent:
        return seen + (
            "consistent with chance. That does not prove an incidental origin: other causes can "
            "give the same count."
        )
    if c.observed < c.expected:
        return seen + "fewer than by chance. Something keeps features of opposite sign apart."
    return seen + "more than by chance. Something brings features of opposite sign together."


def _against_flow(d: Finding) -> str:
    c = d.flow
    assert c is not None
    low, high = c.interval
    seen = (
        f"The ℓ1 flow itself would give {c.expected:.3g} ± {c.standard_deviation:.2g} on average "
        f"({low} to {high}; p = {c.p_value:.2g}, with the uncertainty of that mean): "
    )
    if c.powerless:
        return seen + "the test says nothing."
    if c.consistent:
        return seen + "consistent with the flow from a random start."
    return seen + f"{'fewer' if c.observed < c.expected else 'more'} than from a random start."


def _same_signs(d: Finding) -> str:
    any_sign = expected_polysemantic(d.carried, d.n_neurons, null_model="independent", signs="any")
    return (
        f"Pairs with the same sign on one neuron: {d.same_pairs}; in the toy model interference "
        "resolves such pairs. Features that choose neurons independently would share "
        f"{any_sign:.3g} neurons on average, whatever the signs."
    )


def reservations(d: Finding) -> tuple[str, ...]:
    """Return the limitations of the conclusions."""
    return tuple(
        each
        for rule in (_about_shape, _about_rule, _about_chance, _about_start)
        for each in rule(d)
    )


def _about_shape(d: Finding) -> Iterator[str]:
    if d.n_neurons < d.n_features:
        yield (
            f"There are fewer neurons ({d.n_neurons}) than features ({d.n_features}): rows are "
            "read as features and columns as neurons; transpose the matrix if it is the other way "
            "round."
        )
    if d.unit_columns:
        yield (
            "Every column has norm 1, and the rows do not: if features are the directions of norm "
            "1, they are the columns here; transpose the matrix."
        )
    if d.n_neurons < _MIN_WIDTH and d.n_living:
        yield (
            f"With {d.n_neurons} neurons, one weight can have half of a row's squared norm by "
            "accident: a row that looks sparse may not be."
        )


def _about_rule(d: Finding) -> Iterator[str]:
    if d.dead.size:
        yield f"{_features(d.dead.size)} dead (all weights zero) and not counted."
    if d.distributed.size and d.carrier_picture:
        count = _features(d.distributed.size)
        yield f"{count} carried by no single neuron and not counted."
    if d.carrier_rule == "published" and abs(d.carried - d.concentrated) > 0.1 * d.n_living:
        low, high = d.largest_weights
        yield (
            f"The published rule (largest weight between 0.8 and 1.2) finds {d.carried} carriers, "
            f"while {d.concentrated} features have more than half of their squared norm on one "
            f"neuron; the largest weights lie between {low:.3g} and {high:.3g}. The rule 'share' "
            "does not depend on scale."
        )
    if d.ties:
        yield (
            f"{_features(d.ties)} assigned to the first of several equal weights, by convention."
        )


def _about_chance(d: Finding) -> Iterator[str]:
    if d.chance is None:
        return
    if not d.carrier_picture:
        yield (
            "The comparison with chance uses carriers only and means little for rows that are not "
            "sparse."
        )
        return
    signs = d.carrier_signs[d.carriers >= 0]
    if d.carried >= _MIN_CARRIERS and np.abs(signs.sum()) == d.carried:
        yield (
            "All carriers have the same sign. The comparison with chance counts pairs of opposite "
            "sign and does not apply to such a matrix."
        )
    yield (
        "Chance means here that all signed sites are equally likely. Neurons that differ from the "
        "start (biases, scales, dead units) violate this."
    )
    if d.flow is None and d.l1_strength is not None:
        yield (
            "The count in the full flow was not measured at this n, m and ℓ1 strength, and the "
            "few-body theory does not cover it, so there is no correction."
        )
    elif d.flow is None:
        yield (
            "In the full ℓ1 flow the mean count lies up to a quarter below and up to 15 % above "
            "chance; the correction needs the ℓ1 strength."
        )


def _about_start(d: Finding) -> Iterator[str]:
    if d.winner_fidelity is None and d.carrier_picture and d.polysemantic_neurons:
        yield (
            "Without the initial matrix it is unknown whether the initial weights determined which "
            "features share a neuron."
        )


def _features(count: int) -> str:
    return "One feature is" if count == 1 else f"{count} features are"
