"""What every mesh needs: answers with three values, lists of ports, Services in front of pods, grants."""
