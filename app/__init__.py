"""netattest: compliance evidence for Kubernetes network security. Read `app.pipeline` first."""

__version__ = "0.1.0"
