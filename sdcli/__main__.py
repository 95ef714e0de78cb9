"""`python -m sdcli`, and the console script."""

from sdcli.cli import cli


def main() -> None:
    """Run the program."""
    cli(prog_name="sdcli")


if __name__ == "__main__":
    main()
