"""The desired state of plain Linux networking: what was configured, the plan that gets there, and the way back."""
