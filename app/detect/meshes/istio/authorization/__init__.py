"""Authorisation by Istio: policies are read, callers sorted, rules matched, and the first policy that speaks decides."""
