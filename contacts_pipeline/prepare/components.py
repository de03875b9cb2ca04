"""Connected components of a large sparse graph, by labels that only ever shrink."""

import numpy as np
from numpy.typing import NDArray

Nodes = NDArray[np.int64]


def component_labels(ends: Nodes, other_ends: Nodes, nodes: int) -> Nodes:
    """The smallest node of each node's component.

    Args:
        ends: One end of each edge, in ``range(nodes)``.
        other_ends: The other end of each edge.
        nodes: How many nodes there are.
    """
    labels = np.arange(nodes, dtype=np.int64)
    while ends.size:
        smallest = np.minimum(ends, other_ends)
        np.minimum.at(labels, np.maximum(ends, other_ends), smallest)
        # Each label points to a smaller one or to itself: follow them to the end at once, so
        # that a chain of thousands takes a handful of passes instead of thousands.
        while not np.array_equal(labels, further := labels[labels]):
            labels = further
        ends, other_ends = labels[ends], labels[other_ends]
        apart = ends != other_ends
        ends, other_ends = ends[apart], other_ends[apart]
    return labels
