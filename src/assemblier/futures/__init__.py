"""Futures: what would change if doctors came, left or settled elsewhere, and where it is best.

Every answer about a place carries its proof: a value, a bound that nobody can pass, and the gap
between them.
"""
