"""Mean, variance and bounds of the number of polysemantic neurons."""

from typing import Any, overload

import numpy as np
from numpy.typing import ArrayLike

from polytheory._checks import FloatArray, Number, one_of, refuse_value, shown, unwrap
from polytheory.claims import Kind, claim
from polytheory.theory.collisions import _independent
from polytheory.theory.collisions._few_body import FEW, few_body_mean
from polytheory.theory.collisions._measured import MEASURED, SURVIVED, measured_ratio
from polytheory.theory.collisions._sites import DOMAINS, FEATURES, NEURONS, SITES

RANDOM_PLACEMENTS = ("exclusion", "independent")
NULL_MODELS = (*RANDOM_PLACEMENTS, "paper")
#: They need λ.
IN_THE_FLOW = ("few-body", "measured")
COUNT_MODELS = (*NULL_MODELS, *IN_THE_FLOW)
SIGNS = ("opposite", "any")


@overload
def expected_polysemantic(
    n_features: Number,
    n_neurons: Number,
    *,
    null_model: str = ...,
    signs: str = ...,
    l1_strength: Number | None = ...,
) -> float: ...
@overload
def expected_polysemantic(
    n_features: ArrayLike,
    n_neurons: ArrayLike,
    *,
    null_model: str = ...,
    signs: str = ...,
    l1_strength: ArrayLike | None = ...,
) -> FloatArray: ...
@claim(
    Kind.EXACT,
    SITES,
    says="n features on n different signed sites of 2m: E[X] = n(n−1)/(2(2m−1))",
    source="collisions: Mean",
    note="Exact as combinatorics. For the flow see polysemantic_count.",
)
@claim(
    Kind.STATISTICAL,
    FEATURES,
    name="expected_polysemantic_independent",
    says="n independent choices: E[X] = m[1 − 2(1 − 1/2m)ⁿ + (1 − 1/m)ⁿ] neurons with both signs",
    source="collisions: Independence",
)
@claim(
    Kind.LEADING_ORDER,
    SURVIVED,
    name="polysemantic_count",
    says="the flow ends with r n(n−1)/(2(2m−1)) polysemantic neurons, r within a band",
    source="collisions: An open problem: the constant",
    rests_on="expected_polysemantic",
    note="The band is 0.65 to 1.2, measured. Where crowding or λ kills rows, deaths dominate r. "
    "r depends on n, m and λ; the paper's n²/4m is r = 1 to leading order.",
)
@claim(
    Kind.LEADING_ORDER,
    FEW,
    name="few_body_count",
    says="for n ≤ 2√m the flow ends with n(n−1)/2 · P e^{−s(n−2)} polysemantic neurons",
    source="collisions: Few bodies",
    rests_on="expected_polysemantic",
    note="P: pair_probability_in_the_flow, s: three_body_slope; no number is fitted to counts. "
    "That third rows lower ln P by s each is a heuristic.",
)
@claim(
    Kind.EMPIRICAL,
    MEASURED,
    name="measured_polysemantic_count",
    says="the flow ends with r n(n−1)/(2(2m−1)) polysemantic neurons, r from a measured table",
    source="collisions: An open problem: the constant",
    rests_on="expected_polysemantic",
    note="No derivation of r is known; the null model that it multiplies is proved.",
)
def expected_polysemantic(
    n_features: Any,
    n_neurons: Any,
    *,
    null_model: str = "exclusion",
    signs: str = "opposite",
    l1_strength: Any = None,
) -> Any:
    r"""Return the mean number of polysemantic neurons.

    .. math:: \text{exclusion: } \frac{n(n-1)}{2(2m-1)} \qquad
              \text{independent: } m\bigl[1 - 2(1-\tfrac1{2m})^n + (1-\tfrac1m)^n\bigr] \qquad
              \text{paper: } \frac{n^2}{4m} \qquad
              \text{few-body: } \frac{n(n-1)}2 P\,e^{-s(n-2)}

    Under *exclusion* two features share a neuron only with opposite signs. Under *independent*
    they may also share it with equal signs; interference separates such features, so the comparable
    count is the number of neurons chosen with both signs. ``signs="any"`` counts all neurons chosen
    at least twice, :math:`m[1-(1-\frac1m)^n-\frac nm(1-\frac1m)^{n-1}]`. *Few-body* is about the
    full flow: P is the probability that two rows alone collide (`pair_probability_in_the_flow`),
    which each further row lowers by a factor e^−s (`three_body_slope`). *Measured* is *exclusion*
    times the ratio measured in the full flow, see `measured_ratio`.

    Parameters
    ----------
    n_features : int or array
        n: number of features (rows); whole, ≥ 1.
        For *exclusion* and *paper* n ≤ 2m; *few-body* and *measured* have smaller domains.
    n_neurons : int or array
        m: number of neurons (columns); whole, ≥ 1.
    null_model : {"exclusion", "independent", "paper", "few-body", "measured"}
        Null model of the placement.
    signs : {"opposite", "any"}
        Neurons that the *independent* null model counts.
        The other null models have opposite signs only.
    l1_strength : float or array, optional
        λ: ℓ1 strength, flow units.
        Required by *few-body* and *measured*; the others do not depend on it.

    Returns
    -------
    float or ndarray
        Broadcast over n and m; relative error about 1e-14, except for *few-body*, 3 %, and
        *measured*, whose standard error is that of `measured_ratio`.

    Raises
    ------
    TypeError, ValueError
        For an unknown null model or sign, sizes that are not whole or too large, or n > 2m under
        *exclusion* and *paper*; for *few-body*, if n > 2√m or λ√m is outside [0.003, 1].

    Notes
    -----
    Kind: exact. Source: derivations/collisions, “Mean”. As `expected_polysemantic_independent`:
    statistical; derivations/collisions, “Independence”. As `polysemantic_count`: leading order;
    derivations/collisions, “An open problem: the constant”. As `few_body_count`: leading order;
    derivations/collisions, “Few bodies”. As `measured_polysemantic_count`: empirical;
    derivations/collisions, “An open problem: the constant”.

    *Exclusion* and *independent* are exact as combinatorics, and statistical as models of the flow.
    *Paper* (arXiv 2312.03096) is *exclusion* to leading order for 1 ≪ n, and an upper bound of it
    for n ≤ 2m. *Few-body* is leading order in n/√m, *measured* empirical.

    Examples
    --------
    >>> from polytheory.theory.collisions import expected_polysemantic
    >>> names = ("exclusion", "paper", "independent")
    >>> [round(expected_polysemantic(64, 64, null_model=null_model), 2) for null_model in names]
    [15.87, 16.0, 9.88]
    """
    one_of("null_model", null_model, COUNT_MODELS)
    one_of("signs", signs, SIGNS)
    if signs == "any" and null_model != "independent":
        raise refuse_value(
            "signs", f"'any' with null_model={null_model!r}", "'opposite' for that null model"
        )
    if null_model in IN_THE_FLOW and l1_strength is None:
        raise refuse_value("l1_strength", "no value", f"given with null_model={null_model!r}")
    if null_model == "few-body":
        return few_body_mean(n_features, n_neurons, l1_strength)
    if null_model == "measured":
        ratio, _ = measured_ratio(n_features, n_neurons, l1_strength=l1_strength)
        n, m = SITES.check(n_features=n_features, n_neurons=n_neurons)
        return unwrap(ratio * exclusion_mean(n, m))
    if l1_strength is not None:
        came = f"{shown(l1_strength)} with null_model={null_model!r}"
        named = " or ".join(map(repr, IN_THE_FLOW))
        raise refuse_value("l1_strength", came, f"left out except with null_model={named}")
    n, m = DOMAINS[null_model].check(n_features=n_features, n_neurons=n_neurons)
    return unwrap(m * _independent.two_or_more(n, m) if signs == "any" else mean(null_model, n, m))


def mean(null_model: str, n: FloatArray, m: FloatArray) -> FloatArray:
    """Return the mean number under one of `NULL_MODELS`, without a check of the arguments."""
    if null_model == "exclusion":
        return exclusion_mean(n, m)
    return n * n / (4.0 * m) if null_model == "paper" else m * _independent.both_signs(n, m)


def exclusion_mean(n: FloatArray, m: FloatArray) -> FloatArray:
    """Return n(n−1)/(2(2m−1)), with a single rounding while n² and 4m are below 2⁵³."""
    return n * (n - 1.0) / (2.0 * (2.0 * m - 1.0))


@overload
def expected_polysemantic_bounds(n_features: Number, n_neurons: Number) -> tuple[float, float]: ...
@overload
def expected_polysemantic_bounds(
    n_features: ArrayLike, n_neurons: ArrayLike
) -> tuple[FloatArray, FloatArray]: ...
@claim(
    Kind.BOUND,
    SITES,
    says="n(n−1)/(4m) ≤ E[X] ≤ n²/(4m) for n ≤ 2m",
    source="collisions: Mean (n²/(4m): arXiv 2312.03096)",
)
def expected_polysemantic_bounds(n_features: Any, n_neurons: Any) -> Any:
    r"""Return simple bounds on the mean number of polysemantic neurons under exclusion.

    .. math:: \frac{n(n-1)}{4m} \le \frac{n(n-1)}{2(2m-1)} \le \frac{n^2}{4m}

    Parameters
    ----------
    n_features : int or array
        n: number of features (rows); whole, ≥ 1.
        n ≤ 2m: beyond, the upper bound fails.
    n_neurons : int or array
        m: number of neurons (columns); whole, ≥ 1.

    Returns
    -------
    tuple of (float or ndarray)
        Lower and upper bound. Equalities: n = 1 on the left, n = 2m on the right.

    Raises
    ------
    ValueError
        If a size is not a whole number from 1 to 10¹⁵, or n > 2m.

    Notes
    -----
    Kind: bound. Source: derivations/collisions, “Mean” (n²/(4m): arXiv 2312.03096).

    The upper bound is the estimate of arXiv 2312.03096; that it is a bound is proved here.

    Examples
    --------
    >>> from polytheory.theory.collisions import expected_polysemantic_bounds
    >>> expected_polysemantic_bounds(64, 128)
    (7.875, 8.0)
    """
    n, m = SITES.check(n_features=n_features, n_neurons=n_neurons)
    return unwrap(n * (n - 1.0) / (4.0 * m)), unwrap(n * n / (4.0 * m))


@overload
def polysemantic_variance(
    n_features: Number, n_neurons: Number, *, null_model: str = ...
) -> float: ...
@overload
def polysemantic_variance(
    n_features: ArrayLike, n_neurons: ArrayLike, *, null_model: str = ...
) -> FloatArray: ...
@claim(
    Kind.EXACT,
    SITES,
    says="Var X = n(n−1)(2m−n)(2m−n−1)/(2(2m−1)²(2m−3))",
    source="collisions: Variance",
)
def polysemantic_variance(n_features: Any, n_neurons: Any, *, null_model: str = "exclusion") -> Any:
    r"""Return the variance of the number of polysemantic neurons.

    .. math:: \text{exclusion: } \frac{n(n-1)(2m-n)(2m-n-1)}{2(2m-1)^2(2m-3)} \qquad
              \text{independent: } m\,p(1-p) + m(m-1)c

    with p = 1 − 2a₁ + a₂ the probability that a neuron is chosen with both signs, and
    c = 4(a₂−a₁²) − 4(a₃−a₁a₂) + a₄−a₂² the covariance of two, :math:`a_j = (1-\frac j{2m})^n`.

    Parameters
    ----------
    n_features : int or array
        n: number of features (rows); whole, ≥ 1.
        For *exclusion* n ≤ 2m.
    n_neurons : int or array
        m: number of neurons (columns); whole, ≥ 1.
    null_model : {"exclusion", "independent"}
        Null model of the placement; see `expected_polysemantic`.

    Returns
    -------
    float or ndarray
        Relative error about 1e-13.

    Raises
    ------
    TypeError, ValueError
        For an unknown null model or sizes outside its domain.

    Notes
    -----
    Kind: exact. Source: derivations/collisions, “Variance”.

    Under exclusion it is symmetric under the exchange of occupied and free sites, n → 2m − n.

    Examples
    --------
    >>> from polytheory.theory.collisions import polysemantic_variance
    >>> round(polysemantic_variance(64, 64), 4)
    4.0318
    """
    one_of("null_model", null_model, RANDOM_PLACEMENTS)
    n, m = DOMAINS[null_model].check(n_features=n_features, n_neurons=n_neurons)
    if null_model == "independent":
        return unwrap(_independent.variance(n, m))
    free, sites = 2.0 * m - n, 2.0 * m - 1.0
    # For m = 1 the variance is 0: a prefactor vanishes.
    left = free / sites * ((free - 1.0) / np.maximum(2.0 * m - 3.0, 1.0))
    return unwrap(np.where(m > 1, exclusion_mean(n, m) * left, 0.0))


@overload
def pair_probability(n_neurons: Number, *, null_model: str = ...) -> float: ...
@overload
def pair_probability(n_neurons: ArrayLike, *, null_model: str = ...) -> FloatArray: ...
@claim(
    Kind.EXACT,
    NEURONS,
    says="P(two given features on different signed sites share a neuron) = 1/(2m − 1)",
    source="collisions: Mean",
)
def pair_probability(n_neurons: Any, *, null_model: str = "exclusion") -> Any:
    """Return the probability that two features share a neuron: 1/(2m − 1), 1/m if independent.

    Parameters
    ----------
    n_neurons : int or array
        m: number of neurons (columns); whole, ≥ 1.
    null_model : {"exclusion", "independent"}
        Null model of the placement.
        Independent features share it with opposite signs in half of the cases.

    Returns
    -------
    float or ndarray

    Raises
    ------
    TypeError, ValueError
        For an unknown null model, or a width that is not whole or out of range.

    Notes
    -----
    Kind: exact. Source: derivations/collisions, “Mean”.

    Under exclusion one of the other 2m − 1 sites is on the neuron of the first feature.

    Examples
    --------
    >>> from polytheory.theory.collisions import pair_probability
    >>> round(pair_probability(128), 6), pair_probability(128, null_model="independent")
    (0.003922, 0.0078125)
    """
    one_of("null_model", null_model, RANDOM_PLACEMENTS)
    (m,) = NEURONS.check(n_neurons=n_neurons)
    return unwrap(1.0 / (2.0 * m - 1.0) if null_model == "exclusion" else 1.0 / m)


@overload
def necessary_polysemantic(n_features: Number, n_neurons: Number) -> float: ...
@overload
def necessary_polysemantic(n_features: ArrayLike, n_neurons: ArrayLike) -> FloatArray: ...
@claim(
    Kind.BOUND,
    SITES,
    says="if no neuron carries three features, X ≥ max(0, n − m)",
    source="collisions: More features than neurons",
)
def necessary_polysemantic(n_features: Any, n_neurons: Any) -> Any:
    """Return the number of polysemantic neurons that lack of room forces: max(0, n − m).

    Polysemantic neurons beyond this number are incidental.

    Parameters
    ----------
    n_features : int or array
        n: number of features (rows); whole, ≥ 1.
        n ≤ 2m. In the flow, count the features that survive: crowding kills some in narrow layers.
    n_neurons : int or array
        m: number of neurons (columns); whole, ≥ 1.

    Returns
    -------
    float or ndarray
        A whole number, at most n/2.

    Raises
    ------
    ValueError
        If a size is not a whole number from 1 to 10¹⁵, or n > 2m.

    Notes
    -----
    Kind: bound. Source: derivations/collisions, “More features than neurons”.

    If no neuron carries more than two features, x = n − m + e with e empty neurons, so the bound is
    attained for e = 0. With three features on one neuron x may be smaller; in general only
    Σ(occupancy − 1)₊ ≥ n − m.

    Examples
    --------
    >>> from polytheory.theory.collisions import necessary_polysemantic
    >>> necessary_polysemantic([32, 64, 96], 64).tolist()
    [0.0, 0.0, 32.0]
    """
    n, m = SITES.check(n_features=n_features, n_neurons=n_neurons)
    return unwrap(np.maximum(n - m, 0.0))
