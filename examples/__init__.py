"""Clusters written for this project, and the demo that replays their nights."""
