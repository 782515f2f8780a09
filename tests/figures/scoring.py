"""Compares what the program prints with the truth, in the vocabulary of the contract."""
import re
import unicodedata
from collections import Counter

CODES = {"numero_etranger", "numero_titre", "numero_visa", "numero_passeport", "numero_demande_anef", "numero_dossier_at", "numero_suivi",
         "ephoto_code", "timbre_identifiant", "employeur_siret", "telephone"}
ADDRESSES = {"adresse", "hebergeant_adresse"}
# Printed on some pages although a truth does not always list them.
SOMETIMES = {"contrat_debut", "contrat_type", "annee", "etablissement", "diplome"}


def plain(text):
    text = unicodedata.normalize("NFD", str(text).replace("Œ", "OE").replace("œ", "oe"))
    text = "".join(c for c in text if not unicodedata.combining(c)).upper()
    return " ".join(re.sub(r"[-'’`´_/.,;:·–—()]+", " ", text).split())


def flat(value):
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, list):
        return " ".join(flat(v) for v in value)
    if isinstance(value, dict) and "annee" in value:
        return "-".join(f"{int(value.get(key) or 0):0{width}}" for key, width in (("annee", 4), ("mois", 2), ("jour", 2)))
    if isinstance(value, dict):
        return " ".join(flat(value[key]) for key in ("numero", "voie", "code_postal", "commune") if value.get(key))
    return str(value)


def normal(field, value):
    """The form in which two values of one field are compared; None when there is none."""
    if value is None:
        return None
    if field == "nationalites" or field.endswith("_nationalite"):
        return " ".join(sorted(plain(v) for v in (value if isinstance(value, list) else re.split(r"[\s,;/]+", str(value))) if v))
    text = flat(value)
    if field in CODES:
        return re.sub(r"[\s.\-]", "", text).upper()
    if field == "courriel":
        return text.strip().lower()
    if field == "ressources_mensuelles":
        return f"{float(text.replace(',', '.')):.2f}" if re.fullmatch(r"\d+([.,]\d+)?", text.strip()) else plain(text)
    return plain(text)


def decision(reading):
    """`accepted`, `review` or `absent`; a value that an agent confirmed counts as accepted."""
    word = reading.get("decision") if reading else None
    if word in ("accepted", "confirmed"):
        return "accepted" if reading.get("value") is not None else "absent"
    return word or "absent"


def pair(truth, got):
    """Each true envelope takes the envelope that shares most pages with it, one to one."""
    shared = sorted(((len(set(t["pages"]) & set(g["pages"])), -j, i, j) for i, t in enumerate(truth) for j, g in enumerate(got)), reverse=True)
    matched, taken = {}, set()
    for count, _, i, j in shared:
        if count and i not in matched and j not in taken:
            matched[i] = got[j]
            taken.add(j)
    return matched


class Score:
    """Counts over any number of files."""

    def __init__(self, truths):
        self.n = Counter()
        self.wrong, self.split_wrong, self.false_complete = [], [], []
        self.known = {name for _, truth in truths.values() for e in truth["envelopes"] for name in e["fields"]}

    def add(self, truth, result):
        envelopes = (result or {}).get("envelopes", [])
        matched = pair(truth["envelopes"], envelopes)
        self.split(truth, envelopes, matched)
        for i, expected in enumerate(truth["envelopes"]):
            got = matched.get(i, {})
            self.values(truth["file"], expected, got)
            self.pages(expected, got)
            self.outcome(truth["file"], expected, got)

    def split(self, truth, envelopes, matched):
        wanted = truth["envelopes"]
        neutral = {page for e in wanted for page in e.get("neutral_pages", [])}
        right = len(wanted) == len(envelopes) == len(matched) and all(
            set(wanted[i]["pages"]) - neutral == set(got["pages"]) - neutral for i, got in matched.items())
        kind = "double" if len(wanted) > 1 else "single"
        self.n[f"{kind}_files"] += 1
        self.n[f"{kind}_split"] += right
        if not right:
            self.split_wrong.append(truth["file"])

    def values(self, file, expected, got):
        read = {**{f"date_{key}": value for key, value in (got.get("dates") or {}).items()}, **(got.get("fields") or {})}
        conflicts = {c["field"] for c in expected.get("conflicts", [])}
        for field, value in expected["fields"].items():
            reading = read.get(field)
            exact = reading is not None and reading.get("value") is not None and normal(field, reading["value"]) == normal(field, value)
            word = decision(reading)
            printed = field not in expected.get("handwritten", [])
            self.n["values"] += 1
            self.n["exact"] += exact
            self.n["printed"] += printed
            self.n["printed_exact"] += printed and exact
            if word == "accepted":
                self.n["accepted"] += 1
                self.harm(not exact, "wrong_value", file, field, value, reading)
                self.harm(exact and field in conflicts, "accepted_in_contradiction", file, field, value, reading)
            self.harm(reading is not None and reading.get("decision") == "absent", "wrongly_absent", file, field, value, reading)
        for field, reading in read.items():
            if field in self.known and field not in expected["fields"] and field not in SOMETIMES and decision(reading) == "accepted":
                self.harm(reading.get("value") not in (None, "", [], False), "invented", file, field, None, reading)

    def harm(self, happened, kind, file, field, expected, reading):
        if happened:
            self.n[kind] += 1
            self.wrong.append({"harm": kind, "file": file, "field": field, "expected": expected, "got": reading.get("value")})

    def pages(self, expected, got):
        kinds = {page: piece.get("kind") for piece in got.get("pieces", []) for page in piece.get("pages", [])}
        for piece in expected["pieces"]:
            for page in piece["pages"]:
                if page in expected.get("neutral_pages", []) and page not in kinds:
                    continue
                self.n["pages"] += 1
                self.n["pages_right"] += kinds.get(page) in {piece["kind"], *piece.get("accept", [])}

    def outcome(self, file, expected, got):
        said, wanted = got.get("outcome"), expected["expected_outcome"]
        self.n["envelopes"] += 1
        if said == "complete" != wanted:
            self.false_complete.append(file)
        self.n["outcome_right"] += said == wanted
        if wanted == "complete":
            self.n["complete"] += 1
            self.n["complete_right"] += said == wanted

    def share(self, part, whole):
        return round(self.n[part] / self.n[whole], 4) if self.n[whole] else None

    @property
    def harmed(self):
        return sum(self.n[kind] for kind in ("wrong_value", "accepted_in_contradiction", "wrongly_absent", "invented"))

    @property
    def settled(self):
        return self.n["accepted"] + self.n["wrongly_absent"] + self.n["invented"]

    def report(self):
        return {**{key: int(value) for key, value in sorted(self.n.items())}, "exact_share": self.share("exact", "values"),
                "printed_exact_share": self.share("printed_exact", "printed"), "accepted_share": self.share("accepted", "values"),
                "pages_right_share": self.share("pages_right", "pages"), "outcome_share": self.share("outcome_right", "envelopes"),
                "complete_share": self.share("complete_right", "complete"),
                "harmed": self.harmed, "settled": self.settled, "harm_share": round(self.harmed / self.settled, 4) if self.settled else None,
                "false_complete": self.false_complete, "split_wrong": self.split_wrong, "wrong": self.wrong[:40]}
