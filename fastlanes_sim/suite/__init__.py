"""The benchmark suite: workloads and layouts that everybody can compare the same numbers of."""
