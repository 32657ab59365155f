"""Where the bare view inserts. On its own, because the view's module configures Django when it is imported."""

TABLE = "bench_bare"
