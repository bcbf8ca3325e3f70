"""Kubernetes objects as they stand on the wire: only the fields that normalisation reads, decoded strictly.

A wrong type is an error that names its JSON path instead of a guess. `null` means absent, as the API server reads it.
Unknown fields are ignored, except inside a policy's `spec`: there a field that is not understood could change the
verdict, so it makes the policy invalid. Field names and shapes: Kubernetes API reference (core/v1, apps/v1, batch/v1,
networking.k8s.io/v1), Gateway API v1 and OpenShift route/v1.
"""
