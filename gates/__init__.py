"""Quality gates: what must hold of every shipped mode before anything else is worth a look."""
