"""The registry's schema, one plain SQL file a step, applied in the order of their names."""
