"""Questions made from a corpus by rule, without a model."""
