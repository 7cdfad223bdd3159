"""Use cases: one keyword-only function per thing a person does; interfaces only call these."""
