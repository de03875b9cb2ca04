"""Wiring: the only room that imports dagster."""
