"""The report of an exercise as one printable page: no script, nothing from elsewhere."""

from __future__ import annotations

from base64 import b64encode
from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from hashlib import sha256
from html import escape
from typing import Any

from api.http import WEB
from api.reports.charts import HATCHES, Bar, distribution, participation, shade

STYLE = (WEB / "report.css").read_text()
POLICY = (
    "default-src 'none'; "
    f"style-src 'sha256-{b64encode(sha256(STYLE.encode()).digest()).decode()}'; "
    "base-uri 'none'; form-action 'none'"
)

_STATUS = {
    "CONSENSUS": ("Consensus", "met"),
    "CONSENSUS_WITH_DISSENT": ("Consensus, with dissent", "met"),
    "CONSENSUS_AGAINST": ("Consensus against", "against"),
    "NO_CONSENSUS": ("No consensus", "not"),
    "NOT_ENOUGH_VOTES": ("Not enough votes", "open"),
    "WITHHELD": ("Withheld", "open"),
    None: ("Not disclosed", "open"),
}
_VOTERS = {"PEOPLE": "People", "ORGANISATIONS": "Organisations"}
_VISIBILITY = {
    "LIVE": "votes were visible to members while the ballot was open",
    "AFTER_OWN_VOTE": "votes were visible to whoever had voted while the ballot was open",
    "AFTER_CLOSE": "votes were blind until the ballot was closed",
}


def as_html(document: Mapping[str, Any]) -> bytes:
    """Return a report as a page that stands alone, with its own content security policy."""
    exercise = document["exercise"]
    statement = document["statement"] or {}
    title = escape(exercise["title"])
    parts = [
        _head(document),
        "<h2>Panel</h2>",
        _stated("Who was eligible, and how they were chosen", statement, "panel_selection"),
        _panel(document["panel"]),
        "<h2>Definition of consensus</h2>",
        _stated("Why it was defined so", statement, "consensus_definition"),
        _definitions(document["items"]),
        "<h2>Conduct</h2>",
        _stated("Anonymity", statement, "anonymity"),
        _stated("Feedback between rounds", statement, "feedback"),
        _stated("Items dropped or changed", statement, "changes"),
        _changes(document["items"]),
        _stated("Deviations from the plan", statement, "deviations"),
        "<h2>Participation</h2>",
        _participation(document["items"]),
        "<h2>Results</h2>",
        *(map(_item, document["items"]) if document["items"] else [_nothing("No ballot yet.")]),
        "<h2>Comments</h2>",
        _discussions(document["discussions"]),
        _dispositions(document["dispositions"]),
        "<h2>Interests and funding</h2>",
        _stated("Conflicts of interest", statement, "conflicts_of_interest"),
        _stated("Funding", statement, "funding"),
        "<h2>Evidence</h2>",
        _evidence(document),
        f"<footer>{_as_of(document)}</footer>",
    ]
    return (
        '<!doctype html><html lang="en"><head><meta charset="utf-8">'
        f'<meta http-equiv="content-security-policy" content="{escape(POLICY)}">'
        '<meta name="viewport" content="width=device-width, initial-scale=1">'
        f"<title>{title}: report</title><style>{STYLE}</style></head>"
        f"<body>{HATCHES}<main>{''.join(parts)}</main></body></html>\n"
    ).encode()


def _head(document: Mapping[str, Any]) -> str:
    exercise, items = document["exercise"], document["items"]
    reached = [item for item in items if _STATUS[item["status"]][1] in ("met", "against")]
    people = sum(group["stakeholders"] for group in document["panel"])
    figures = {
        "people": people,
        "constituencies": len(document["panel"]),
        "ballots": len(items),
        "with consensus": len(reached),
    }
    shown = "".join(f"<div><dt>{name}</dt><dd>{n}</dd></div>" for name, n in figures.items())
    began, ended = _day(exercise["opened_at"]), _day(exercise["closed_at"])
    when = f"{began} to {ended}" if ended else f"since {began}" if began else "not opened yet"
    return (
        '<header><p class="eyebrow">Report of an engagement exercise</p>'
        f"<h1>{escape(exercise['title'])}</h1>"
        f'<p class="lead">On the specification “{escape(exercise["specification"])}”, {when}.</p>'
        f'{_paragraphs(exercise["purpose"])}<dl class="figures">{shown}</dl></header>'
    )


def _as_of(document: Mapping[str, Any]) -> str:
    moment = _minute(document["as_of"])
    return f"As of the log sealed on {moment}." if moment else "Nothing has happened yet."


def _panel(panel: Sequence[Mapping[str, Any]]) -> str:
    if not panel:
        return _nothing("No constituency was declared.")
    return _table(
        "The constituencies whose consensus was measured",
        ("Constituency", "Declared by", "*People", "*Organisations"),
        [
            (each["label"], _words(each["kind"]), each["stakeholders"], each["organisations"])
            for each in panel
        ],
    )


def _definitions(items: Sequence[Mapping[str, Any]]) -> str:
    if not items:
        return _nothing("No ballot was opened.")
    rows = []
    for number, item in enumerate(items, 1):
        rule = {**item["rule"]}
        name, version = rule.pop("name"), rule.pop("version")
        parameters = ", ".join(
            f"{key.replace('_', ' ')} {_value(value)}" for key, value in rule.items()
        )
        rows.append(
            (
                f"{number}. {item['question']}",
                f"{_words(name)}, version {version}: {parameters}",
                _minute(item["fixed_at"]) or "not fixed, or not disclosed",
                (item["rule_hash"] or "")[:12],
            )
        )
    return _table(
        "The rule of each ballot, which its first vote fixed, and how its SHA-256 begins",
        ("Ballot", "Rule", "Fixed", "Hash"),
        rows,
    )


def _changes(items: Sequence[Mapping[str, Any]]) -> str:
    rows = [
        (
            item["question"],
            round_["number"],
            _words(round_["disposition"]),
            round_["disposition_reason"],
        )
        for item in items
        for round_ in item["rounds"]
        if round_["disposition"] in ("DROPPED", "REWORDED")
    ]
    return _table("After rounds", ("Item", "Round", "Became", "Reason"), rows) if rows else ""


def _participation(items: Sequence[Mapping[str, Any]]) -> str:
    """Show the share of the votes that could have been cast, over all ballots that are told."""
    sums: dict[str, list[int]] = {}
    for item in items:
        for group in filter(_voted_is_told, item["groups"]):
            voted, eligible = sums.setdefault(group["label"], [0, 0])
            sums[group["label"]] = [voted + group["voted"], eligible + group["eligible"]]
    if not sums:
        return _nothing("Nothing about votes is disclosed yet.")
    bars = [Bar(label, [voted], voted, eligible) for label, (voted, eligible) in sums.items()]
    caption = "Votes cast, of those that could have been cast, over all ballots"
    return participation(caption, bars) + _table(
        caption,
        ("Constituency", "*Cast", "*Possible"),
        [(bar.label, bar.voted, bar.eligible) for bar in bars],
    )


def _item(item: Mapping[str, Any]) -> str:
    words, kind = _STATUS[item["status"]]
    place = f" · held in “{item['roundtable']}”" if item["roundtable"] else ""
    facts = (
        f"{_words(item['kind'])} · {_words(item['state'])} · "
        f"{_VISIBILITY.get(item['visibility'], _words(item['visibility']))}{place}"
    )
    if item["secrecy"] != "NAMED":
        facts += f" · {_words(item['secrecy'])}"
    if item["votes_by"] == "ORGANISATIONS":
        facts += " · official positions of organisations"
        if item["consolidated_views"] is not None:
            facts += f", which consolidate views of members: {item['consolidated_views']}"
    turnout = item["turnout"]
    voted = f" · {turnout['voted']} of {turnout['eligible']} voted" if turnout else ""
    reasons = "".join(f"<li>{escape(reason)}</li>" for reason in item["reasons"])
    listed = f'<ul class="reasons">{reasons}</ul>' if reasons else ""
    return (
        f"<article><h3>{escape(item['question'])}</h3>"
        f'<p><span class="status {kind}">{words}</span></p>'
        f'<p class="meta">{escape(facts + voted)}</p>'
        f"{_decided(item)}{listed}{_votes(item) if item['groups'] else ''}{_rounds(item)}</article>"
    )


def _votes(item: Mapping[str, Any]) -> str:
    groups = item["groups"]
    names = _names(item)
    rated = any(group["median"] is not None for group in groups)
    header = ("Group", "Status", *(f"*{name}" for name in names), "*Share", "*95 %")
    rows = [
        (
            group["label"],
            _STATUS[group["status"]][0],
            *map(_figure, group["counts"]),
            _share(group),
            _interval(group["interval"]),
            *((_value(group["median"]),) if rated else ()),
        )
        for group in groups
    ]
    return (
        _objections(item)
        + _distribution(item)
        + _table(
            f"{_VOTERS[item['votes_by']]} for each choice; the share that the rule compares, with "
            "its Wilson interval",
            (*header, "*Median") if rated else header,
            rows,
            first_is_total=True,
        )
    )


def _distribution(item: Mapping[str, Any]) -> str:
    """Draw who chose what, where everybody chose one thing; elsewhere the table says it.

    Nor is a group drawn of which some figures are suppressed.
    """
    if item["options"] or all(each["suppressed"] for each in item["groups"]):
        return ""
    legend = "".join(
        f"<li>{_swatch(choice)}{name}</li>"
        for choice, name in zip(item["choices"], _names(item), strict=True)
    )
    return (
        distribution(
            f"Distribution of votes: {item['question']}",
            item["choices"],
            [_bar(each["label"], each) for each in item["groups"] if not each["suppressed"]],
        )
        + f'<ul class="legend">{legend}</ul>'
    )


def _voted_is_told(group: Mapping[str, Any]) -> bool:
    return group["voted"] is not None


def _figure(number: int | None) -> str:
    """Return a number of people, or what stands where it is suppressed."""
    return "…" if number is None else str(number)


def _share(group: Mapping[str, Any]) -> str:
    return "…" if group["of"] is None else f"{group['in_favour']}/{group['of']}"


def _bar(label: str, group: Mapping[str, Any]) -> Bar:
    return Bar(label, group["counts"], group["voted"], group["eligible"])


def _names(item: Mapping[str, Any]) -> list[str]:
    """Return what readers call the choices of an item: the texts of its options, or words."""
    return list(item["choices"]) if item["options"] else list(map(_words, item["choices"]))


def _objections(item: Mapping[str, Any]) -> str:
    found = item["open_objections"] or {}
    number = found.get("raised", 0) + found.get("qualified", 0)
    if not number:
        return ""
    return f"<p>Objections that are open: {number}, of which about safety: {found['safety']}.</p>"


def _decided(item: Mapping[str, Any]) -> str:
    words = f"<p>Decision: {escape(item['decision'])}</p>" if item["decision"] else ""
    if not item["state_reason"]:
        return words
    return f'{words}<p class="meta">{_words(item["state"])}: {escape(item["state_reason"])}</p>'


def _rounds(item: Mapping[str, Any]) -> str:
    """Show how each group changed from round to round, where more than one round is told."""
    told = [each for each in item["rounds"] if each["groups"]]
    if len(told) < 2:  # noqa: PLR2004 - a change has two sides
        return ""
    pairs = [
        (f"{group['label']}, {round_['number']}", group)
        for group in told[0]["groups"]
        for round_ in told
        for group in [_same(round_["groups"], group)]
    ]
    caption = "Change between rounds: each group with the number of the round"
    bars = [_bar(name, group) for name, group in pairs]
    chart = "" if item["options"] else distribution(caption, item["choices"], bars)
    rows = [(name, *group["counts"], group["voted"], group["eligible"]) for name, group in pairs]
    header = ("Group, round", *(f"*{name}" for name in _names(item)), "*Voted", "*Of")
    still = [
        f"<li>From round {round_['number'] - 1} to {round_['number']}, {each['kept']} of "
        f"{each['of']} people kept their answer; the net change of {each['changed']} is "
        f"{'stable' if each['stable'] else 'not stable'}.</li>"
        for round_ in told
        if (each := round_["stability"])
    ]
    return (
        f"<h4>{caption}</h4>{chart}"
        f'<ul class="reasons">{"".join(still)}</ul>{_table(caption, header, rows)}'
    )


def _same(groups: Sequence[Mapping[str, Any]], group: Mapping[str, Any]) -> Mapping[str, Any]:
    """Return the same group among those of another round; as nobody where it was not asked."""
    nobody = {**group, "counts": [0] * len(group["counts"]), "eligible": 0, "voted": 0}
    return next((each for each in groups if each["constituency"] == group["constituency"]), nobody)


def _discussions(discussions: Sequence[Mapping[str, Any]]) -> str:
    if not discussions:
        return _nothing("Nobody commented.")
    return _table(
        "What comments were about, without those that moderators hid",
        ("About", "*Threads", "*Comments", "*People"),
        [
            (_words(each["subject"]), each["threads"], each["comments"], each["people"])
            for each in discussions
        ],
    )


def _dispositions(dispositions: Sequence[Mapping[str, Any]]) -> str:
    if not dispositions:
        return ""
    return _table(
        "What was decided on threads, and what came of it",
        ("About", "Themes", "Decided", "Reason", "Change"),
        [
            (
                _words(each["subject"]),
                ", ".join(each["themes"]),
                _words(each["kind"]),
                each["reason"],
                each["change"] or "",
            )
            for each in dispositions
        ],
    )


def _evidence(document: Mapping[str, Any]) -> str:
    evidence = document["evidence"]
    rows = [
        (chain["topic"], _words(chain["audience"]), len(chain["entries"]), len(chain["seals"]))
        for chain in evidence["chains"]
    ]
    return (
        "<p>The log of the exercise is a chain of commitments, sealed with the key of this "
        "installation whenever a ballot was closed and for this report. The JSON form of the "
        "report has all of it: <code>python -m api verify report.json</code> finds whatever was "
        "changed, removed or swapped since.</p>"
        + _table("Sealed logs", ("Log", "Stream", "*Events", "*Seals"), rows)
        + f'<p>Key <span class="digest">{escape(evidence["key"]["x"])}</span></p>'
        f'<p>Signature <span class="digest">{escape(document["signature"])}</span></p>'
    )


def _stated(heading: str, statement: Mapping[str, Any], name: str) -> str:
    words = statement.get(name)
    return f"<h3>{heading}</h3>" + (_paragraphs(words) if words else _nothing("Not stated."))


def _nothing(sentence: str) -> str:
    return f'<p class="muted">{sentence}</p>'


def _paragraphs(words: str) -> str:
    return "".join(f"<p>{escape(part.strip())}</p>" for part in words.split("\n\n") if part.strip())


def _table(
    caption: str,
    header: Sequence[str],
    rows: Iterable[Sequence[object]],
    *,
    first_is_total: bool = False,
) -> str:
    """Return a table; columns whose heading begins with * hold numbers."""
    numbers = [name.startswith("*") for name in header]

    def attribute(column: int) -> str:
        return ' class="n"' if numbers[column] else ""

    head = "".join(
        f'<th scope="col"{attribute(column)}>{escape(name.removeprefix("*"))}</th>'
        for column, name in enumerate(header)
    )
    body = ""
    for number, (first, *others) in enumerate(rows):
        cells = "".join(
            f"<td{attribute(column)}>{escape(str(value))}</td>"
            for column, value in enumerate(others, 1)
        )
        total = ' class="all"' if first_is_total and number == 0 else ""
        body += f'<tr{total}><th scope="row">{escape(str(first))}</th>{cells}</tr>'
    return (
        f"<table><caption>{escape(caption)}</caption><thead><tr>{head}</tr></thead>"
        f"<tbody>{body}</tbody></table>"
    )


def _swatch(choice: str) -> str:
    kind = shade(choice)
    box = 'x="1" y="1" width="12" height="12"'
    hatch = f'<rect fill="url(#against)" {box}/>' if kind.startswith("d") else ""
    return f'<svg viewBox="0 0 14 14" aria-hidden="true"><rect class="{kind}" {box}/>{hatch}</svg>'


def _words(name: str) -> str:
    return name.replace("_", " ").capitalize()


def _value(value: object) -> str:
    if isinstance(value, bool):
        return "yes" if value else "no"
    return f"{value:g}" if isinstance(value, float) else "" if value is None else str(value)


def _interval(interval: Sequence[float] | None) -> str:
    return "" if interval is None else f"{interval[0]:.2f} to {interval[1]:.2f}"


def _day(moment: str | None) -> str:
    return f"{datetime.fromisoformat(moment):%d %B %Y}".lstrip("0") if moment else ""


def _minute(moment: str | None) -> str:
    return f"{datetime.fromisoformat(moment):%d %B %Y, %H:%M} UTC".lstrip("0") if moment else ""
