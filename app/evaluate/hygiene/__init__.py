"""Policies looked at as policies: which do nothing, which undo others, which were meant otherwise (pure).

groups   pods that are asked the same policies in the same order, so that one of them answers for all
items    rules and policies, numbered
cells    intervals of ports on which the same rules of a group match
trace    the walk through a program, with what arrives where
spare    rules and policies without which every decision stays the same
opened   policies that restrict what others open to everyone
nameless pods that are isolated and cannot resolve names
typos    labels that nothing has, near labels that something has
remarks  the findings of all of these, in words
"""

from app.evaluate.hygiene.remarks import hygiene

__all__ = ["hygiene"]
