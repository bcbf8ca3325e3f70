"""What several checks share: gaps and what they put in doubt, enforcement, scope, addresses, wording, evidence."""
