"""From an export of real runs to a scenario, and from the model's answer to how far it is from what happened."""
