"""Values that a command shows in its help, which must not load numerics to be printed."""

__all__ = ["CARRIER_RULES", "DEFAULT_SEED", "RECORDED_METHODS", "SIZES"]

#: The definitions of a carrier, see `polytheory.carriers`.
CARRIER_RULES = ("published", "share")
#: Seed of the default run of `polytheory.verify`, which therefore draws the same cases every time.
DEFAULT_SEED = 20231205
#: Methods that a recorded run can be made with, see `polytheory.recorded`.
RECORDED_METHODS = (
    *("exact", "euler", "subgradient", "proximal"),
    *("rk4", "rk23", "rk45", "dop853"),
)
#: Sizes of a figure: a quick look, reduced where the paper's scale takes long, the paper's scale.
SIZES = ("small", "full", "paper")
