"""What the end of a run tells beside failures: each test that was skipped, a unit test too, and each that is too long."""

import unit_results

LONG = 10  # seconds; what takes longer is marked slow


def section(reporter, title: str, lines: list[str]) -> None:
    if lines:
        reporter.section(f"{len(lines)} {title}")
        for line in lines:
            reporter.line(line)


def pytest_terminal_summary(terminalreporter) -> None:
    skips = {report.nodeid: report.longrepr[2].removeprefix("Skipped: ") if isinstance(report.longrepr, tuple) else ""
             for report in terminalreporter.stats.get("skipped", [])}
    skips |= {f"unit test {name}": why for name, why in unit_results.skipped().items()}
    section(terminalreporter, "tests were skipped", [f"{name}: {why}" for name, why in skips.items()])
    calls = [report for reports in terminalreporter.stats.values() for report in reports
             if getattr(report, "when", "") == "call" and "slow" not in report.keywords and report.duration > LONG]
    section(terminalreporter, f"tests took longer than {LONG} s and are not marked slow",
            [f"{report.duration:5.1f} s {report.nodeid}" for report in calls])
