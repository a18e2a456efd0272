"""What the numbers say in plain words, and what they do not say.

Every sentence is a function of the diagnosis alone. None claims an origin: a count that chance
explains may have other causes.
"""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from polytheory.diagnosis._finding import Finding
from polytheory.theory.collisions import expected_polysemantic

#: Below this width the largest of a few weights often holds half of the norm by itself.
_MIN_WIDTH = 10
#: From this many carriers on, equal signs are no accident: 2·2⁻¹⁰ < 0.2 %.
_MIN_CARRIERS = 11


def verdict(d: Finding) -> str:
    """Return what follows from the numbers."""
    if not d.n_living:
        return "Every weight is zero: all features are dead, and there is nothing to count."
    return " ".join(_sparse(d) if d.carrier_picture else _dense(d))


def _dense(d: Finding) -> Iterator[str]:
    typical = np.median(d.participation_ratio[d.nonzero_count > 0])
    yield (
        f"These rows are not sparse: {typical:.3g} neurons take part in a typical feature, and "
        f"{d.concentrated} of {d.n_living} living features have more than half of their squared "
        "norm on one neuron. The carrier picture does not apply, and the count of polysemantic "
        "neurons means little here."
    )
    yield (
        "Measures that do not depend on the choice of basis: "
        f"the features have {d.dimensionality.sum():.4g} of at most "
        f"{min(d.n_living, d.n_neurons)} dimensions to themselves, "
        f"{np.median(d.dimensionality[d.nonzero_count > 0]):.3g} a typical feature."
    )


def _sparse(d: Finding) -> Iterator[str]:
    yield (
        f"{d.carried} of {d.n_features} features are carried by one neuron, and "
        f"{d.polysemantic_neurons} of {d.n_neurons} neurons carry more than one."
    )
    if d.n_features > d.n_neurons:
        yield (
            f"With {d.n_features} features on {d.n_neurons} neurons at least "
            f"{d.n_features - d.n_neurons} features have to share or to go without a neuron."
        )
    if d.necessary:
        yield (
            f"For the {d.carried} that are carried lack of room forces {d.necessary} neurons to be "
            f"shared; it does not explain the other {d.polysemantic_neurons - d.necessary}."
        )
    elif d.polysemantic_neurons:
        yield "Lack of room forces none of this sharing."
    if d.chance is not None:
        yield _against_chance(d)
    if d.same_pairs:
        yield _same_signs(d)
    if d.winner_fidelity is not None:
        yield (
            f"{d.winner_fidelity:.0%} of the features end on the neuron of their largest initial "
            f"weight, against {1 / d.n_neurons:.1%} if the two had nothing to do with each other."
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
        return seen + "every possible count lies in that range, so this says nothing."
    if c.consistent:
        return seen + (
            "consistent with chance. That does not prove an incidental origin: other causes can "
            "give the same count."
        )
    if c.observed < c.expected:
        return seen + "fewer than by chance. Something keeps features of opposite sign apart."
    return seen + "more than by chance. Something brings features of opposite sign together."


def _same_signs(d: Finding) -> str:
    any_sign = expected_polysemantic(d.carried, d.n_neurons, null_model="independent", signs="any")
    return (
        f"Pairs with the same sign on one neuron: {d.same_pairs}; in the toy model interference "
        "resolves such pairs. Features that choose neurons independently would share "
        f"{any_sign:.3g} neurons on average, whatever the signs."
    )


def reservations(d: Finding) -> tuple[str, ...]:
    """Return what to keep in mind when reading the numbers."""
    return tuple(
        each
        for rule in (_about_shape, _about_rule, _about_chance, _about_start)
        for each in rule(d)
    )


def _about_shape(d: Finding) -> Iterator[str]:
    if d.n_neurons < d.n_features:
        yield (
            f"There are fewer neurons ({d.n_neurons}) than features ({d.n_features}): rows are "
            "taken for features and columns for neurons; transpose the matrix if it is the other "
            "way round."
        )
    if d.n_neurons < _MIN_WIDTH and d.n_living:
        yield (
            f"With {d.n_neurons} neurons one weight can hold half of a row's squared norm by "
            "accident: that a row looks sparse says little."
        )


def _about_rule(d: Finding) -> Iterator[str]:
    if d.dead.size:
        yield f"{_features(d.dead.size)} dead (all weights zero) and left out of every count."
    if d.distributed.size and d.carrier_picture:
        count = _features(d.distributed.size)
        yield f"{count} carried by no single neuron and left out of the counts."
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
            f"{_features(d.ties)} carried by the first of several equal weights: which neuron that "
            "is, is a convention."
        )


def _about_chance(d: Finding) -> Iterator[str]:
    if d.chance is None:
        return
    if not d.carrier_picture:
        yield (
            "The comparison with chance counts carriers only and means little where rows are not "
            "sparse."
        )
        return
    signs = d.carrier_signs[d.carriers >= 0]
    if d.carried >= _MIN_CARRIERS and np.abs(signs.sum()) == d.carried:
        yield (
            "All carriers have the same sign. The comparison with chance is about pairs of "
            "opposite sign and does not fit such a matrix."
        )
    yield (
        "Chance here means that all signed sites are equally likely. Neurons that differ from the "
        "start (biases, scales, dead units) break that."
    )
    if d.measured is None and d.l1_strength is not None:
        yield (
            "The count in the full flow was not measured at this n, m and ℓ1 strength, so there is "
            "no empirical correction."
        )
    elif d.measured is None:
        yield (
            "In the full ℓ1 flow the mean count lies up to a quarter below and up to 15 % above "
            "this chance; the correction needs the ℓ1 strength."
        )


def _about_start(d: Finding) -> Iterator[str]:
    if d.winner_fidelity is None and d.carrier_picture and d.polysemantic_neurons:
        yield (
            "Without the initial matrix nothing can be said about whether the initial weights "
            "decided who shares a neuron."
        )


def _features(count: int) -> str:
    return "One feature is" if count == 1 else f"{count} features are"
