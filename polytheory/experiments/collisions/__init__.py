r"""How many neurons end polysemantic in the full flow, in three figures.

- `polytheory.experiments.collisions.count`: against the width of the layer;
- `polytheory.experiments.collisions.ratio`: in units of what exclusion expects, over n, m/n, λ√m;
- `polytheory.experiments.collisions.fidelity`: how often the initially largest weight wins.

Each follows instances of the full flow to their limits with `polytheory.sweeps.count_task`; the
record is `polytheory.experiments.ends.Ends`.
"""
