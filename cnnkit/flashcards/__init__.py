"""Flashcards that schedule themselves."""
