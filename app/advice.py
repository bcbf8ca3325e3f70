"""What a report says beside its verdicts: advice about policies; a function of the snapshot and its documents alone.

No check and no control depends on it. It is performed again with the report, like everything else on its pages.
"""

from app import judging
from app.model.judgement import Judgement
from app.model.report import Advice, ReportDefinition
from app.model.snapshot import Snapshot


def advice(definition: ReportDefinition, snapshot: Snapshot, judgement: Judgement) -> Advice:
    """Work out what the sections of a definition ask for."""
    wanted = definition.sections
    return Advice(hygiene=judging.policy_hygiene(snapshot, judgement) if "hygiene" in wanted else None)
