r"""The number of neurons that end polysemantic in the full flow, in five figures.

- `polytheory.experiments.collisions.count`: against the width of the layer;
- `polytheory.experiments.collisions.ratio`: divided by that of exclusion, over n, m/n, λ√m;
- `polytheory.experiments.collisions.few_body`: the same against n/√m, with the few-body theory;
- `polytheory.experiments.collisions.two_rows`: the two-row functions that this theory needs;
- `polytheory.experiments.collisions.fidelity`: how often the initially largest weight wins.

Each follows instances of the full flow to their limits with `polytheory.sweeps.count_task`; the
record is `polytheory.experiments.ends.Ends`.
"""
