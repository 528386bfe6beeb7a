"""python -m tools.docs (`make docs`): write the generated pages, the picture, and what commands print now."""

from __future__ import annotations

from tools.docs import ROOT, architecture
from tools.docs.generated import GENERATED
from tools.docs.refresh import refresh


def main() -> None:
    for page, text in GENERATED.items():
        path = ROOT / page
        if not path.exists() or path.read_text(encoding="utf-8") != text():
            path.write_text(text(), encoding="utf-8")
            print(f"wrote {page}")
    if architecture.renew():
        print(f"wrote {architecture.PICTURE}")
    refresh()


if __name__ == "__main__":
    main()
