"""`python -m app` is `netattest`."""

from app.cli import main

if __name__ == "__main__":
    main()
