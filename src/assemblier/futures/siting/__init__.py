"""Siting with proof: where more doctors or sites do most good."""
