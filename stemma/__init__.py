"""Stemma: durable LangGraph runs, a memory that knows where each statement came from, evals that catch its faults."""
