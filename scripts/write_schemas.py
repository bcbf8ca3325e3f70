"""Write `config/schema/*.schema.json` from the models that read and write the files: `make schemas`."""

import json
from pathlib import Path

from app import assess, render

FOLDER = Path(__file__).resolve().parent.parent / "config" / "schema"


def main() -> None:
    """Write each schema, sorted and indented so that a change reads as one."""
    for name, schema in {**assess.schemas(), **render.schemas()}.items():
        text = json.dumps(schema, indent=2, sort_keys=True, ensure_ascii=False)
        (FOLDER / f"{name}.schema.json").write_text(f"{text}\n", encoding="utf-8")


if __name__ == "__main__":
    main()
