"""Scenarios: what somebody supposes, who wins, who loses."""
